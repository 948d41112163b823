/** What the panel is told when something cannot be done: a stable code and a sentence. */
export class PanelFault extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
