/** For the tests of this folder: systems from plain lists, the form of `references.json`. */
import type { DualVector, SystemTangent, TransientSystem } from "../system.js";

export interface Fixture {
  readonly name: string;
  readonly kind: "continuous" | "discrete";
  readonly size: number;
  readonly theta: readonly number[];
  readonly edges: readonly (readonly [from: number, to: number, weight: number])[];
  readonly exits: readonly number[];
  readonly tangents: readonly { readonly weights: readonly number[]; readonly exits: readonly number[] }[];
  readonly initial: readonly number[];
  readonly initialTangents: readonly (readonly number[])[];
  readonly columns: readonly { readonly value: readonly number[]; readonly tangents: readonly (readonly number[])[] }[];
  readonly times: readonly number[];
  /** By time and column: the value, then its derivatives. */
  readonly at: readonly (readonly (readonly number[])[])[];
  readonly accumulated: readonly (readonly (readonly number[])[])[];
}

export interface Lane {
  readonly system: TransientSystem;
  readonly tangents: readonly SystemTangent[];
  readonly initial: DualVector;
  readonly columns: readonly DualVector[];
}

export function lane(fixture: Pick<Fixture, "kind" | "size" | "edges" | "exits"> & Partial<Fixture>): Lane {
  const { kind, size, edges, exits } = fixture;
  const order = edges.map((_, e) => e).sort((a, b) => edges[a][0] - edges[b][0] || a - b);
  const rowStart = new Int32Array(size + 1);
  for (const [from] of edges) rowStart[from + 1]++;
  for (let i = 0; i < size; i++) rowStart[i + 1] += rowStart[i];
  const floats = (x: readonly number[]) => Float64Array.from(x);
  const start = fixture.initial ?? [1, ...Array<number>(size - 1).fill(0)];
  return {
    system: {
      kind,
      size,
      rowStart,
      targets: Int32Array.from(order, (e) => edges[e][1]),
      weights: Float64Array.from(order, (e) => edges[e][2]),
      exits: floats(exits),
    },
    tangents: (fixture.tangents ?? []).map((tangent) => ({
      weights: Float64Array.from(order, (e) => tangent.weights[e]),
      exits: floats(tangent.exits),
    })),
    initial: { value: floats(start), tangents: (fixture.initialTangents ?? []).map(floats) },
    columns: (fixture.columns ?? [{ value: exits, tangents: [] }]).map((q) => ({
      value: floats(q.value),
      tangents: q.tangents.map(floats),
    })),
  };
}

export const calm = { interrupted: () => false, name: "a test" };
