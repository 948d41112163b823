/** What a front end can show: a bundle of MIME types, richest understood wins. */

export interface MimeBundle {
  readonly [type: string]: unknown;
}

/** Front ends show a value by what its method of this name returns. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display");

export interface Displayable {
  [DISPLAY](): MimeBundle | Promise<MimeBundle>;
}

export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
