/**
 * Typed arrays that grow by doubling: for lists whose length is known only at the end. Hot loops make room once and
 * write `values` themselves. What a list has room for beyond its length was never touched and takes no memory yet.
 */

/** Lists grow fourfold up to this length, since every copy touches new memory, then twofold. */
const FAST_GROWTH = 2 ** 22;

abstract class Growable<T extends Int32Array | Float64Array> {
  abstract values: T;
  length = 0;

  protected abstract make(length: number): T;

  /** Room for `more` values behind the last; `values` may be another array afterwards. */
  reserve(more: number): void {
    const wanted = this.length + more;
    if (wanted <= this.values.length) return;
    const factor = this.values.length < FAST_GROWTH ? 4 : 2;
    const larger = this.make(Math.max(wanted, factor * this.values.length));
    larger.set(this.values.subarray(0, this.length) as Int32Array & Float64Array);
    this.values = larger;
  }

  at(index: number): number {
    return this.values[index];
  }

  push(value: number): void {
    if (this.length === this.values.length) this.reserve(1);
    this.values[this.length++] = value;
  }

  /** The values so far, a copy. */
  toArray(): T {
    return this.values.slice(0, this.length) as T;
  }

  /** The values so far without a copy; the list is empty afterwards. */
  take(): T {
    const values = this.values.subarray(0, this.length) as T;
    this.values = this.make(0);
    this.length = 0;
    return values;
  }
}

export class GrowableInts extends Growable<Int32Array> {
  values = new Int32Array(1024);

  protected make(length: number): Int32Array {
    return new Int32Array(length);
  }
}

export class GrowableFloats extends Growable<Float64Array> {
  values = new Float64Array(1024);

  protected make(length: number): Float64Array {
    return new Float64Array(length);
  }
}
