/** Reads the fields of a serialised phasic graph, each with the path of the first fault in it. */

export type Refuse = (path: string, what: string) => never;

export interface TableShape {
  /** Number of rows, where it is known. */
  readonly length?: number;
  /** Number of columns, where it is known. */
  readonly columns?: number;
  /** Whole numbers of 32 bits only. */
  readonly whole?: boolean;
  /** May be missing, which is as good as empty. */
  readonly optional?: boolean;
}

export interface FieldReader {
  /** A whole number ≥ 0. */
  count(field: string): number;
  /** One of some words; missing it is the given one. */
  choice(field: string, words: readonly string[], missing: string): string;
  /** True, false, or undefined where it is missing. */
  flag(field: string): boolean | undefined;
  /** Whole numbers, so many. */
  list(field: string, length: number): number[];
  /** Rows of finite numbers. */
  table(field: string, shape: TableShape): number[][];
}

export function createFieldReader(fields: Readonly<Record<string, unknown>>, refuse: Refuse): FieldReader {
  const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 40);
  const whole = (value: unknown): value is number => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;

  function array(field: string, optional: boolean | undefined): unknown[] {
    const value = unwrapArray(fields[field]);
    if (value === undefined && optional) return [];
    if (!Array.isArray(value)) return refuse(`/${field}`, value === undefined ? "is missing" : "must be a list");
    return value;
  }

  return {
    count(field) {
      const value = fields[field];
      if (!whole(value) || value < 0) return refuse(`/${field}`, `must be a whole number ≥ 0 and is ${shown(value)}`);
      return value;
    },
    choice(field, words, missing) {
      const value = fields[field] ?? missing;
      if (typeof value !== "string" || !words.includes(value))
        return refuse(`/${field}`, `is ${shown(value)}, and only ${words.join(", ")} can be imported`);
      return value;
    },
    flag(field) {
      const value = fields[field];
      if (value !== undefined && value !== null && typeof value !== "boolean")
        return refuse(`/${field}`, `must be true or false and is ${shown(value)}`);
      return value ?? undefined;
    },
    list(field, length) {
      const values = array(field, false);
      if (values.length !== length) refuse(`/${field}`, `must have ${length} numbers and has ${values.length}`);
      return values.map((value, i) =>
        whole(value) ? value : refuse(`/${field}/${i}`, `must be a whole number and is ${shown(value)}`),
      );
    },
    table(field, { length, columns, optional, whole: mustBeWhole }) {
      const rows = array(field, optional);
      if (length !== undefined && rows.length !== length)
        refuse(`/${field}`, `must have ${length} rows and has ${rows.length}`);
      return rows.map((row, i) => {
        if (!Array.isArray(row) || (columns !== undefined && row.length !== columns))
          return refuse(`/${field}/${i}`, `must be a list of ${columns === undefined ? "" : `${columns} `}numbers`);
        return row.map((value, j) =>
          (mustBeWhole ? whole(value) : Number.isFinite(value))
            ? value
            : refuse(
                `/${field}/${i}/${j}`,
                `must be a ${mustBeWhole ? "whole" : "finite"} number and is ${shown(value)}`,
              ),
        );
      });
    },
  };
}

/** Files of phasic's graph cache hold arrays as `{"__type__": "ndarray", "__data__": […]}`. */
function unwrapArray(value: unknown): unknown {
  const wrapped = value as { __type__?: unknown; __data__?: unknown } | null | undefined;
  return wrapped?.__type__ === "ndarray" ? wrapped.__data__ : value;
}
