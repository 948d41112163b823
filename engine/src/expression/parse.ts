/**
 * Reads a formula such as `k1*exp(-d/N) + m^2`: + − * / ^, parentheses, exp, log, sqrt, min, max, share, numbers and
 * parameter names. It is parsed by precedence climbing and never run as code. `^` binds tightest and to the right; a minus before
 * a term binds like a product, so −a^2 is −(a^2).
 */
import { InputError } from "../base/errors.js";
import { type Binary, binary, constant, type Formula, isUnary, negated, parameter, unary } from "./formula.js";

const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([\p{L}_$][\p{L}\p{N}_$]*)|([-+*/^(),]))/uy;
const PLAIN = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;
const MORE = /^[\p{L}\p{N}_$]/u;
const DEPTH_MAX = 200;
const FACTORS_MAX = 1000;
const FROM_LEFT_MAX = 64;

interface Token {
  readonly kind: "number" | "name" | "sign";
  readonly text: string;
  readonly at: number;
}

/** Throws `InputError` with code `bad-formula` naming the place. Cost: linear in the text. */
export function parseFormula(text: string, names: readonly string[]): Formula {
  const tokens = tokenize(text, names);
  let next = 0;
  let depth = 0;

  const refuse = (what: string, token: Token | undefined = tokens[next]): never => {
    const where = token === undefined ? "at its end" : `at character ${token.at + 1} ("${token.text}")`;
    throw new InputError("bad-formula", `Cannot read the formula "${text}": ${what} ${where}.`);
  };
  const takes = (sign: string): boolean => {
    if (tokens[next]?.kind !== "sign" || tokens[next].text !== sign) return false;
    next++;
    return true;
  };
  const expect = (sign: string): void => {
    if (!takes(sign)) refuse(`a "${sign}" is missing`);
  };

  function sum(): Formula {
    if (++depth > DEPTH_MAX) refuse("it is nested too deeply");
    const terms = [product()];
    for (;;) {
      if (takes("+")) terms.push(product());
      else if (takes("-")) terms.push(negated(product()));
      else break;
    }
    depth--;
    return balanced(terms, 0, terms.length);
  }

  function product(): Formula {
    let left = signed();
    for (let factors = 1; ; factors++) {
      if (factors > FACTORS_MAX) refuse("it has too many factors in a row");
      const op: Binary | undefined = takes("*") ? "product" : takes("/") ? "quotient" : undefined;
      if (op === undefined) return left;
      left = binary(op, left, signed());
    }
  }

  function signed(): Formula {
    if (++depth > DEPTH_MAX) refuse("it is nested too deeply");
    const minus = takes("-");
    const value = minus || takes("+") ? signed() : power();
    depth--;
    if (!minus) return value;
    return value.op === "constant" ? constant(-value.value) : negated(value);
  }

  function power(): Formula {
    const base = atom();
    return takes("^") ? binary("power", base, signed()) : base;
  }

  function atom(): Formula {
    const token = tokens[next];
    if (token?.kind === "number") {
      next++;
      return constant(Number(token.text));
    }
    if (token?.kind === "name") {
      next++;
      return tokens[next]?.text === "(" ? call(token) : named(token);
    }
    if (takes("(")) {
      const inner = sum();
      expect(")");
      return inner;
    }
    return refuse("a number, a parameter or a bracket is missing");
  }

  function call(token: Token): Formula {
    expect("(");
    const first = sum();
    const op = token.text;
    if (op === "min" || op === "max") {
      let all = first;
      do {
        expect(",");
        all = binary(op, all, sum());
      } while (tokens[next]?.text === ",");
      expect(")");
      return all;
    }
    if (op === "share") {
      expect(",");
      const second = sum();
      expect(")");
      return binary(op, first, second);
    }
    if (op !== "exp" && op !== "log" && op !== "sqrt" && op !== "lack")
      return refuse(`there is no function ${op}; there are exp, log, sqrt, min and max`, token);
    expect(")");
    return isUnary(op) ? unary(op, first) : first;
  }

  function named(token: Token): Formula {
    const index = names.indexOf(token.text);
    if (index < 0) refuse(`there is no parameter ${token.text} (there are ${names.join(", ") || "none"})`, token);
    return parameter(index);
  }

  const formula = sum();
  if (next < tokens.length) refuse("something is left over");
  return formula;
}

/**
 * A sum of any number of terms: from the left while there are few, so that it reads and rounds as it is written; beyond,
 * as shallow as it can be, because trees are walked by recursion.
 */
function balanced(terms: readonly Formula[], from: number, end: number): Formula {
  if (end - from <= FROM_LEFT_MAX)
    return terms.slice(from + 1, end).reduce((left, term) => binary("sum", left, term), terms[from]);
  const middle = (from + end) >> 1;
  return binary("sum", balanced(terms, from, middle), balanced(terms, middle, end));
}

function tokenize(text: string, names: readonly string[]): Token[] {
  const tokens: Token[] = [];
  // a name such as k-1 is read before what it could also mean; the longest first
  const odd = names.filter((name) => !PLAIN.test(name)).sort((a, b) => b.length - a.length);
  const token = new RegExp(TOKEN); // a sticky pattern keeps its place: one for each text
  for (let at = 0; at < text.trimEnd().length; at = token.lastIndex) {
    const start = text.length - text.slice(at).trimStart().length;
    const name = odd.find((one) => text.startsWith(one, start) && !MORE.test(text.slice(start + one.length)));
    if (name !== undefined) {
      tokens.push({ kind: "name", text: name, at: start });
      token.lastIndex = start + name.length;
      continue;
    }
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null)
      throw new InputError(
        "bad-formula",
        `Cannot read the formula "${text}": the character ${start + 1} ("${text[start]}") has no meaning there.`,
      );
    const [whole, number, word, sign] = found;
    const kind = number !== undefined ? "number" : word !== undefined ? "name" : "sign";
    const value = number ?? word ?? sign;
    tokens.push({ kind, text: value, at: at + whole.length - value.length });
  }
  return tokens;
}
