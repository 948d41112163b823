/** Questions about a name instead of code, as Jupyter's users write them: `?name`, `??name`, `name?`. Pure. */

const NAME = String.raw`[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\s*\.\s*[\p{ID_Start}$_][\p{ID_Continue}$]*)*`;
const HELP = new RegExp(String.raw`^\s*(?:\?{1,2}\s*(${NAME})|(${NAME})\s*\?{1,2})\s*;?\s*$`, "u");

/** The name that a cell asks about; undefined when the cell is code. */
export function helpTarget(source: string): string | undefined {
  const match = HELP.exec(source);
  return (match?.[1] ?? match?.[2])?.replace(/\s/g, "");
}
