/** Values of a cell to what a widget's state can hold: JSON with bytes, and names of other widgets in their place. */
import type { ModelState } from "../../link/messages.js";

/** How a state names another model. */
const REFERENCE = "IPY_MODEL_";

interface Named {
  readonly id: string;
}

/** A copy, so that what is changed later does not change what was sent. `isWidget` knows other models. */
export function wireState(
  state: Readonly<Record<string, unknown>>,
  isWidget: (value: object) => value is Named,
): ModelState {
  const walk = (value: unknown): unknown => {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return Number.isFinite(value) ? value : null;
      case "bigint":
        return String(value);
      case "object":
        break;
      default:
        return undefined;
    }
    if (value === null) return null;
    if (isWidget(value)) return REFERENCE + value.id;
    if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
    if (ArrayBuffer.isView(value)) return bytesOf(value);
    if (Array.isArray(value)) return value.map((one) => walk(one) ?? null);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return walk(toJSON.call(value));
    return record(value as Record<string, unknown>);
  };
  const record = (value: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(value)
        .map(([name, one]) => [name, walk(one)] as const)
        .filter(([, one]) => one !== undefined),
    );
  return record(state);
}

/** A copy of the bytes behind a typed array. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
