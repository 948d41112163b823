/**
 * What the panel shows when the code of its sections did not load: that it did not, and a button that tries again. Made without
 * React's help, so that it is there when nothing else is.
 */
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";

export interface LoadFaultOptions {
  readonly trans: TranslationBundle;
  readonly onRetry: () => void;
}

export class LoadFault extends Widget {
  constructor({ trans, onRetry }: LoadFaultOptions) {
    super();
    this.addClass("jp-Sojourn-status");
    this.addClass("jp-Sojourn-explanation");
    const text = document.createElement("p");
    text.className = "jp-Sojourn-notice jp-mod-error";
    text.setAttribute("role", "alert");
    text.textContent = trans.__(
      "Cannot show the caches: a part of the panel did not load. Check that the server is running, then try again; if that does not help, reload the page.",
    );
    const button = document.createElement("button");
    button.type = "button";
    button.className = "jp-Button jp-Sojourn-button";
    button.textContent = trans.__("Try again");
    button.addEventListener("click", onRetry);
    this.node.append(text, button);
  }
}
