/**
 * A small assembler for WebAssembly: instructions as nested lists of bytes, functions with typed locals, a module with
 * one imported memory. It knows the instructions that evaluators use and nothing of what they compute. Instruction
 * codes are those of the WebAssembly core specification 2.0 (binary format) and of its relaxed SIMD proposal.
 */

/** Bytes, in nested lists so that code is composed without copying. */
export type Code = readonly (number | Code)[];

export const TYPE = { i32: 0x7f, i64: 0x7e, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof TYPE;

/** A local variable of a function. */
export interface Local {
  readonly get: Code;
  set(value: Code): Code;
  tee(value: Code): Code;
}

/** Where memory is read or written: address on the stack plus a constant. */
export interface Place {
  readonly address: Code;
  readonly offset: number;
}

export const at = (address: Code, offset = 0): Place => ({ address, offset });

export function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

/** Signed integers below 2^31 in size. */
function signed(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

const eightBytes = (value: number): Code => Array.from(new Uint8Array(Float64Array.of(value).buffer));

const memarg = (logAlign: number, offset: number): Code => [logAlign, unsigned(offset)];
const prefixed = (prefix: number, code: number): Code => [prefix, unsigned(code)];
const vector = (code: number): Code => prefixed(0xfd, code);

const binary =
  (code: Code) =>
  (left: Code, right: Code): Code => [left, right, code];
const unary =
  (code: Code) =>
  (value: Code): Code => [value, code];

export const i32 = {
  const: (value: number): Code => [0x41, signed(value | 0)],
  add: binary([0x6a]),
  sub: binary([0x6b]),
  mul: binary([0x6c]),
  equals: binary([0x46]),
  load: ({ address, offset }: Place): Code => [address, 0x28, memarg(2, offset)],
  store: ({ address, offset }: Place, value: Code): Code => [address, value, 0x36, memarg(2, offset)],
} as const;

export const f64 = {
  const: (value: number): Code => [0x44, eightBytes(value)],
  add: binary([0xa0]),
  mul: binary([0xa2]),
  div: binary([0xa3]),
  atLeast: binary([0x66]),
  load: ({ address, offset }: Place): Code => [address, 0x2b, memarg(3, offset)],
  store: ({ address, offset }: Place, value: Code): Code => [address, value, 0x39, memarg(3, offset)],
} as const;

/** Two doubles side by side; comparisons give all ones or all zeros. */
export const f64x2 = {
  load: ({ address, offset }: Place): Code => [address, vector(0), memarg(3, offset)],
  loadSplat: ({ address, offset }: Place): Code => [address, vector(10), memarg(3, offset)],
  splat: unary(vector(20)),
  /** One double below, zero above. */
  loadLow: ({ address, offset }: Place): Code => [address, vector(93), memarg(3, offset)],
  /** `value` with its upper double from memory. */
  loadHigh: ({ address, offset }: Place, value: Code): Code => [address, value, vector(87), memarg(3, offset), 1],
  low: (value: Code): Code => [value, vector(33), 0],
  high: (value: Code): Code => [value, vector(33), 1],
  /** 1 where some bit is set, as an i32. */
  any: unary(vector(83)),
  store: ({ address, offset }: Place, value: Code): Code => [address, value, vector(11), memarg(3, offset)],
  const: (value: number): Code => [vector(12), eightBytes(value), eightBytes(value)],
  abs: unary(vector(236)),
  negate: unary(vector(237)),
  add: binary(vector(240)),
  sub: binary(vector(241)),
  mul: binary(vector(242)),
  div: binary(vector(243)),
  /** right < left ? right : left, one instruction of the machine. */
  pseudoMin: binary(vector(246)),
  equals: binary(vector(71)),
  differs: binary(vector(72)),
  less: binary(vector(73)),
  atLeast: binary(vector(76)),
  and: binary(vector(78)),
  /** left and not right. */
  andNot: binary(vector(79)),
  or: binary(vector(80)),
  /** a b + c, fused where the machine can. */
  relaxedMadd: (a: Code, b: Code, c: Code): Code => [a, b, c, vector(0x107)],
} as const;

/** Runs the body once for every count down from `count` to 1; `count` is consumed. */
export function times(count: Local, body: Code): Code {
  return [
    count.get,
    [0x04, 0x40], // if
    [0x03, 0x40], // loop
    body,
    count.tee(i32.sub(count.get, i32.const(1))),
    [0x0d, 0], // br_if loop
    0x0b,
    0x0b,
  ];
}

/** Runs the body as long as the condition, tested first, is not 0. */
export function whilst(condition: Code, body: Code): Code {
  return [[0x02, 0x40, 0x03, 0x40], condition, 0x45, [0x0d, 1], body, [0x0c, 0], 0x0b, 0x0b];
}

export const when = (condition: Code, body: Code): Code => [condition, [0x04, 0x40], body, 0x0b];

/** local += by. */
export const advance = (local: Local, by: number | Code): Code =>
  local.set(i32.add(local.get, typeof by === "number" ? i32.const(by) : by));

/** A function of i32 parameters that returns nothing. */
export class FunctionWriter {
  readonly parameters: readonly Local[];
  readonly #parameterCount: number;
  readonly #types: ValueType[] = [];
  readonly #code: Code[] = [];

  constructor(parameterCount: number) {
    this.#parameterCount = parameterCount;
    this.parameters = Array.from({ length: parameterCount }, (_, index) => localOf(index));
  }

  local(type: ValueType): Local {
    this.#types.push(type);
    return localOf(this.#parameterCount + this.#types.length - 1);
  }

  emit(...code: Code[]): void {
    this.#code.push(...code);
  }

  /** The body as the code section wants it. */
  finish(): { readonly parameterCount: number; readonly body: Code } {
    const groups: Code[] = this.#types.map((type) => [1, TYPE[type]]);
    return { parameterCount: this.#parameterCount, body: sized([unsigned(groups.length), groups, this.#code, 0x0b]) };
  }
}

function localOf(index: number): Local {
  const at = unsigned(index);
  return {
    get: [0x20, at],
    set: (value) => [value, 0x21, at],
    tee: (value) => [value, 0x22, at],
  };
}

const lengthOf = (code: Code): number => {
  let length = 0;
  for (const part of code) length += typeof part === "number" ? 1 : lengthOf(part);
  return length;
};

const sized = (code: Code): Code => [unsigned(lengthOf(code)), code];
const section = (id: number, code: Code): Code => [id, sized(code)];
const text = (value: string): Code => {
  const bytes = Array.from(new TextEncoder().encode(value));
  return [unsigned(bytes.length), bytes];
};
const list = (items: readonly Code[]): Code => [unsigned(items.length), items];

/** A module that imports `env.memory` and exports the functions that have names. */
export class ModuleWriter {
  readonly #functions: { readonly name: string | undefined; readonly parameterCount: number; readonly body: Code }[] =
    [];

  /** Adds a function and answers its index, for `call`. */
  add(writer: FunctionWriter, name?: string): number {
    this.#functions.push({ name, ...writer.finish() });
    return this.#functions.length - 1;
  }

  finish(): ModuleParts {
    const functions = this.#functions;
    const arities = [...new Set(functions.map(({ parameterCount }) => parameterCount))];
    const types = arities.map((n): Code => [0x60, list(Array.from({ length: n }, () => [TYPE.i32])), 0]);
    const exported = functions.flatMap(({ name }, index): Code[] =>
      name === undefined ? [] : [[text(name), 0, unsigned(index)]],
    );
    return {
      before: flat([[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], section(1, list(types))]),
      after: flat([
        section(3, list(functions.map(({ parameterCount }) => unsigned(arities.indexOf(parameterCount))))),
        section(7, list(exported)),
        section(10, list(functions.map(({ body }) => body))),
      ]),
    };
  }
}

/** A module but for the memory that it imports: what comes before that section, and what comes after. */
export interface ModuleParts {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** The bytes of a module with `pages` of memory at least; shared memory has a maximum too. */
export function moduleBytes({ before, after }: ModuleParts, pages: number, sharedMaximum?: number): Uint8Array {
  const limits: Code =
    sharedMaximum === undefined ? [0, unsigned(pages)] : [3, unsigned(pages), unsigned(sharedMaximum)];
  const memory = flat(section(2, list([[text("env"), text("memory"), 2, limits]])));
  const bytes = new Uint8Array(before.length + memory.length + after.length);
  bytes.set(before);
  bytes.set(memory, before.length);
  bytes.set(after, before.length + memory.length);
  return bytes;
}

function flat(code: Code): Uint8Array {
  const bytes = new Uint8Array(lengthOf(code));
  let at = 0;
  const write = (part: Code): void => {
    for (const item of part)
      if (typeof item === "number") bytes[at++] = item;
      else write(item);
  };
  write(code);
  return bytes;
}

export const call = (index: number, parameters: readonly Code[]): Code => [...parameters, 0x10, unsigned(index)];
