/**
 * Keys by mutation: whatever is changed in a definition, one thing at a time, changes the key of the model; layout, comments and
 * names of local variables do not.
 */
import { openEngine } from "@sojourn/engine";
import { parse } from "acorn";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/sojourn.js";

const engine = openEngine({ cacheDirectory: temporaryFolder("keys") });

/** Definitions as text, so that they can be changed; `captured` stands around them. */
const EXAMPLES: Readonly<Record<string, { captured: string; spec: string }>> = {
  coalescent: {
    captured: "const half = 0.5; const pairs = (k) => half * k * (k - 1);",
    spec: `{
      name: "coalescent",
      parameters: ["rate", "growth"],
      inputs: { n: 10, start: 1 },
      initial: ({ n }) => [n],
      transitions: ([k], { rate }, { start }) => (k > start ? [{ to: [k - 1], rate: rate.times(pairs(k)) }] : []),
      rewards: { length: ([k]) => k, pairs: ([k]) => pairs(k) },
    }`,
  },
  queue: {
    captured:
      "const servers = { count: 2, names: ['a', 'b'] }; const limits = Float64Array.of(1, 2.5, 4); const open = true;",
    spec: `{
      name: "queue",
      parameters: ["arrive", "serve"],
      inputs: { K: 12, first: 1 },
      initial: ({ first }) => [[[first], 0.75], [[first + 1], 0.25]],
      transitions([k], { arrive, serve }, { K }) {
        const moves = [];
        let busy = k < servers.count ? k : servers.count;
        if (open && k !== 0 && k < K) moves.push({ to: [k + 1], rate: arrive });
        for (let i = 0; i < limits.length; i++) if (k >= 20 + limits[i]) busy += 1;
        if (k > 0) moves.push({ to: [k - 1], rate: serve.times(busy) });
        return k === 0 ? [] : moves;
      },
      rewards: (inputs) => ({ waiting: ([k]) => Math.max(0, k - servers.count) / inputs.K }),
    }`,
  },
  discrete: {
    captured: "function other(x, y = 3) { switch (x % y) { case 0: return 1n; default: return -2n; } }",
    spec: `{
      name: "discrete",
      kind: "discrete",
      parameters: ["p"],
      inputs: { depth: 4 },
      initial: () => [0],
      transitions: ([d], { p }, { depth }) => {
        const label = \`at \${d}\`;
        if (d >= depth || /never/i.test(label)) return [];
        const step = Number(other(d)) < 0 ? 1 : 2;
        return [{ to: [Math.min(d + step, depth)], rate: p }, { to: [d], rate: p.times(-1).plus(1) }];
      },
    }`,
  },
};

const keyOf = ({ captured, spec }: { captured: string; spec: string }): string => {
  const definition = new Function(`"use strict"; ${captured} return (${spec});`)();
  return engine.defineModel(definition).key();
};

type Node = { type: string; start: number; end: number } & Record<string, unknown>;

/** Every change of one thing in a program: where, and what stands there then. */
function mutations(program: string): { at: string; text: string }[] {
  const found: { at: string; text: string }[] = [];
  const put = (node: { start: number; end: number }, text: string): void => {
    const at = `${program.slice(Math.max(0, node.start - 15), node.end + 5)} → ${text}`.replaceAll("\n", " ");
    found.push({ at, text: program.slice(0, node.start) + text + program.slice(node.end) });
  };
  const visit = (value: unknown, key = "", parent?: Node): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, key, parent);
      return;
    }
    if (typeof value !== "object" || value === null || typeof (value as Node).type !== "string") return;
    const node = value as Node;
    const source = program.slice(node.start, node.end);
    switch (node.type) {
      case "Literal":
        if (typeof node.value === "number") put(node, String(node.value + 1));
        else if (typeof node.value === "bigint") put(node, `${node.value + 1n}n`);
        else if (typeof node.value === "boolean") put(node, String(!node.value));
        else if (node.value instanceof RegExp) put(node, "/other/i");
        // two names of one kind are no other model: another kind is
        else if (typeof node.value === "string" && node.value !== "discrete")
          put(node, JSON.stringify(`${node.value}x`));
        break;
      case "TemplateElement":
        if (source !== "") put(node, `${source}x`);
        break;
      case "BinaryExpression":
      case "LogicalExpression":
      case "AssignmentExpression": {
        const left = (node.left as Node).end;
        const right = (node.right as Node).start;
        const between = program.slice(left, right);
        const operator = node.operator as string;
        const OTHERS: Readonly<Record<string, string>> = {
          "+": "-",
          "-": "+",
          "*": "/",
          "/": "*",
          "%": "*",
          "<": "<=",
          "<=": "<",
          ">": ">=",
          ">=": ">",
          "===": "!==",
          "!==": "===",
          "&&": "||",
          "||": "&&",
          "=": "+=",
          "+=": "-=",
        };
        put({ start: left, end: right }, between.replace(operator, OTHERS[operator]));
        break;
      }
      case "UnaryExpression":
        put(node, program.slice((node.argument as Node).start, node.end));
        break;
      case "UpdateExpression":
        put(node, source.replace("++", "--"));
        break;
      case "ConditionalExpression": {
        const [test, yes, no] = [node.test, node.consequent, node.alternate] as Node[];
        put(
          node,
          `${program.slice(test.start, test.end)} ? ${program.slice(no.start, no.end)} : ${program.slice(yes.start, yes.end)}`,
        );
        break;
      }
      case "MemberExpression":
        if (!node.computed && (node.property as Node).type === "Identifier") {
          const property = node.property as Node;
          // another method of a built-in object is another rule; one that there is not would be refused
          const OTHERS: Readonly<Record<string, string>> = {
            max: "min",
            min: "max",
            times: "plus",
            plus: "times",
            push: "unshift",
            count: "names",
          };
          const other = OTHERS[property.name as string];
          if (other) put(property, other);
        }
        break;
      case "CallExpression":
        if ((node.arguments as Node[]).length > 1) {
          const [a, b] = node.arguments as Node[];
          put({ start: a.start, end: b.end }, `${program.slice(b.start, b.end)}, ${program.slice(a.start, a.end)}`);
        }
        break;
      case "IfStatement":
        put(node.test as Node, `!(${program.slice((node.test as Node).start, (node.test as Node).end)})`);
        break;
    }
    for (const [name, child] of Object.entries(node)) visit(child, name, node);
  };
  visit(parse(program, { ecmaVersion: "latest" }));
  return found;
}

describe("the key of a model", () => {
  for (const [name, { captured, spec }] of Object.entries(EXAMPLES)) {
    const whole = keyOf({ captured, spec });

    it(`changes with every constant, operator and captured value of ${name}`, () => {
      const seen = new Map<string, string>([[whole, "the model itself"]]);
      const all = [
        ...mutations(captured).map(({ at, text }) => ({ at, key: keyOf({ captured: text, spec }) })),
        ...mutations(`(${spec})`).map(({ at, text }) => ({ at, key: keyOf({ captured, spec: text }) })),
      ];
      expect(all.length).toBeGreaterThan(12);
      for (const { at, key } of all) {
        // the name of a model is a label, and part of nothing
        if (at.includes(`"${name}x"`)) expect(key).toBe(whole);
        else expect(key, at).not.toBe(whole);
        if (key !== whole) expect(seen.get(key), at).toBeUndefined();
        seen.set(key, at);
      }
    });

    it(`does not change with layout and comments of ${name}`, () => {
      const variants = [
        { captured, spec: spec.replaceAll(/\n\s*/g, " ") },
        { captured, spec: spec.replaceAll(",", " /* , */ ,\n// a comment\n") },
        { captured: captured.replaceAll(";", " ; \n"), spec: `(\n${spec}\n)` },
      ];
      for (const variant of variants) expect(keyOf(variant)).toBe(whole);
    });
  }

  it("does not change when local variables are renamed", () => {
    const model = (transitions: unknown, more: object = {}) =>
      engine
        .defineModel({
          name: "m",
          inputs: { n: 3 },
          initial: ({ n }: { n: number }) => [n],
          transitions,
          ...more,
        } as never)
        .key();
    const rate = 2;
    const one = model(([k]: number[], _: object, { n }: { n: number }) => {
      const next = k - 1;
      const all = [];
      for (const step of [next]) if (step >= 0 && n > 0) all.push({ to: [step], rate });
      return all;
    });
    const other = model(([state]: number[], _unused: object, { n: size }: { n: number }) => {
      const target = state - 1;
      const moves = [];
      for (const t of [target]) if (t >= 0 && size > 0) moves.push({ to: [t], rate });
      return moves;
    });
    expect(other).toBe(one);
    // two variables that change places are not renamed
    const third = model(([state]: number[], _unused: object, { n: size }: { n: number }) => {
      const target = state - 1;
      const moves = [];
      for (const t of [target]) if (size >= 0 && t > 0) moves.push({ to: [t], rate });
      return moves;
    });
    expect(third).not.toBe(one);
    const shadowing = model(([_k]: number[]) => [1].flatMap((k) => (k > 0 ? [{ to: [k - 1], rate }] : [])));
    const using = model(([k]: number[]) => [1].flatMap((_j) => (k > 0 ? [{ to: [k - 1], rate }] : [])));
    expect(using).not.toBe(shadowing);
  });

  it("changes with inputs, parameters, rewards and kind", () => {
    const base = {
      name: "m",
      parameters: ["a", "b"],
      inputs: { n: 3, s: "x", on: true, v: [1, 2] },
      initial: () => [1],
      transitions: () => [],
    };
    const key = (change: object, inputs: object = {}) =>
      engine.defineModel({ ...base, ...change } as never).key(inputs as never);
    const keys = [
      key({}),
      key({}, { n: 4 }),
      key({}, { n: 3.0000000000000004 }),
      key({}, { s: "y" }),
      key({}, { on: false }),
      key({}, { v: [2, 1] }),
      key({ parameters: ["a"] }),
      key({ parameters: ["b", "a"] }),
      key({ inputs: { s: "x", n: 3, on: true, v: [1, 2] } }),
      key({ kind: "discrete" }),
      key({ rewards: { r: () => 1 } }),
      key({ rewards: { r: () => 2 } }),
      key({ rewards: { q: () => 1 } }),
      key({ initial: () => [2] }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect([key({}, { n: 3 }), key({ name: "other", description: "more" })]).toEqual([keys[0], keys[0]]);
  });

  it("tells a rule that closes over 1 from one that closes over 5, and both from neither", async () => {
    const make = (rate: number) =>
      engine.defineModel({
        name: "closed",
        initial: () => [1],
        transitions: ([k]) => (k > 0 ? [{ to: [0], rate }] : []),
      });
    const answers = [];
    for (const rate of [1, 5, 1, 5]) answers.push(await (await make(rate).build()).mean());
    expect(answers).toEqual([1, 0.2, 1, 0.2]);
    let rate = 1;
    const live = engine.defineModel({
      name: "live",
      initial: () => [1],
      transitions: ([k]) => (k > 0 ? [{ to: [0], rate }] : []),
    });
    expect(await (await live.build()).mean()).toBe(1);
    rate = 5;
    expect(await (await live.build()).mean()).toBe(0.2);
  });
});
