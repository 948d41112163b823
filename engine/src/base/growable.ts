/** Typed arrays that grow by doubling: for lists whose length is known only at the end. */

export class GrowableInts {
  #values = new Int32Array(1024);
  length = 0;

  at(index: number): number {
    return this.#values[index];
  }

  push(value: number): void {
    if (this.length === this.#values.length) this.#values = doubled(this.#values, new Int32Array(2 * this.length));
    this.#values[this.length++] = value;
  }

  /** The values so far, a copy. */
  toArray(): Int32Array {
    return this.#values.slice(0, this.length);
  }
}

export class GrowableFloats {
  #values = new Float64Array(1024);
  length = 0;

  at(index: number): number {
    return this.#values[index];
  }

  push(value: number): void {
    if (this.length === this.#values.length) this.#values = doubled(this.#values, new Float64Array(2 * this.length));
    this.#values[this.length++] = value;
  }

  toArray(): Float64Array {
    return this.#values.slice(0, this.length);
  }
}

function doubled<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
