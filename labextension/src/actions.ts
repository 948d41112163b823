/**
 * What deletes, in two steps: what would go, in numbers, in a dialog on which Cancel has the focus; then that plan.
 */
import { Dialog, showDialog } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import {
  type AskName,
  type Asks,
  CACHE_KINDS,
  type EntryName,
  type Permission,
  type RemovalPlan,
  type RemovalWish,
  type VacuumWish,
} from "@sojourn/kernel/panel-protocol";
import { KernelRefusal } from "./connection/channel.js";
import { formatBytes } from "./view-model/numbers.js";
import { isLive, type Notice, type PanelState } from "./view-model/state.js";

/** What a dialog needs of the panel. */
export interface ActionHost {
  readonly trans: TranslationBundle;
  readonly state: PanelState;
  ask<N extends AskName>(name: N, of: Asks[N][0]): Promise<Asks[N][1]>;
  tell(notice: Notice | undefined): void;
  show(): void;
  untilLive(): Promise<boolean>;
  offers(action: "clear" | "vacuum"): boolean;
  permission(action: "clear" | "vacuum"): Permission;
}

interface Words {
  readonly title: string;
  /** Nothing would go. */
  readonly nothing: string;
  readonly button: string;
  readonly buttonLabel: string;
}

export function clearCaches(model: ActionHost): Promise<void> {
  const { trans } = model;
  return guarded(model, "clear", () =>
    remove(
      model,
      { what: "clear", kinds: CACHE_KINDS },
      {
        title: trans.__("Clear Sojourn caches?"),
        nothing: trans.__("There is nothing to clear."),
        button: trans.__("Clear"),
        buttonLabel: trans.__("Clear Sojourn caches"),
      },
    ),
  );
}

export function removeEntries(model: ActionHost, entries: readonly EntryName[]): Promise<boolean> {
  const { trans } = model;
  return remove(
    model,
    { what: "remove", entries },
    {
      title: trans._n("Delete this entry?", "Delete these entries?", entries.length),
      nothing: trans.__("They are gone already."),
      button: trans.__("Delete"),
      buttonLabel: trans.__("Delete entries"),
    },
  );
}

/** Asks what should go, then shows what that is. */
export function vacuumCaches(model: ActionHost): Promise<void> {
  const { trans } = model;
  return guarded(model, "vacuum", async () => {
    const form = new VacuumForm(trans);
    const { button, value } = await showDialog<VacuumWish>({
      title: trans.__("What should go?"),
      body: form,
      buttons: [
        Dialog.cancelButton({ label: trans.__("Cancel") }),
        Dialog.okButton({ label: trans.__("Show what would go") }),
      ],
      defaultButton: 0,
      focusNodeSelector: "select",
    });
    if (!button.accept || value === null) return;
    await remove(
      model,
      { what: "vacuum", query: value },
      {
        title: trans.__("Delete these entries?"),
        nothing: trans.__("Nothing would go."),
        button: trans.__("Delete"),
        buttonLabel: trans.__("Delete what the vacuum found"),
      },
    );
  });
}

/** Answers whether something was removed. */
async function remove(model: ActionHost, wish: RemovalWish, words: Words): Promise<boolean> {
  const { trans } = model;
  model.tell(undefined);
  try {
    const plan = await model.ask("plan", wish);
    if (plan.entries === 0 && plan.leftovers === 0) {
      model.tell({ tone: "info", text: [words.nothing, ...pinnedText(plan, trans)].join(" ") });
      return false;
    }
    const answer = await showDialog({
      title: words.title,
      body: new PlanBody(plan, trans),
      buttons: [
        Dialog.cancelButton({ label: trans.__("Cancel") }),
        Dialog.warnButton({ label: words.button, ariaLabel: words.buttonLabel }),
      ],
      defaultButton: 0,
    });
    if (!answer.button.accept) return false;
    const gone = await model.ask("carryOut", { plan: plan.plan }).catch((error: unknown) => {
      if (error instanceof KernelRefusal) throw error;
      // the kernel may have heard all the same
      throw new Error(`${String((error as Error).message)} ${trans.__("Look again before you delete more.")}`);
    });
    const text = trans._n("Deleted %1 entry (%2).", "Deleted %1 entries (%2).", gone.entries, formatBytes(gone.bytes));
    model.tell({ tone: "info", text });
    return true;
  } catch (error) {
    model.tell({ tone: "error", text: error instanceof Error ? error.message : String(error) });
    return false;
  }
}

/** Shows the panel, and goes on when the kernel answers and allows it. */
async function guarded(model: ActionHost, action: "clear" | "vacuum", work: () => Promise<unknown>): Promise<void> {
  model.show();
  if (!(await model.untilLive()) || !isLive(model.state) || !model.offers(action)) return;
  const permission = model.permission(action);
  if (permission.allowed) await work();
  else model.tell({ tone: "error", text: permission.reason });
}

/** That pinned entries stay; nothing when there are none. */
function pinnedText({ pinned = 0 }: RemovalPlan, trans: TranslationBundle): string[] {
  return pinned > 0 ? [trans._n("%1 pinned entry stays.", "%1 pinned entries stay.", pinned)] : [];
}

/** What would go, in numbers. */
class PlanBody extends Widget {
  constructor(plan: RemovalPlan, trans: TranslationBundle) {
    super();
    const { entries, bytes, byKind, causes, leftovers } = plan;
    this.addClass("jp-Sojourn-plan");
    const add = (tag: string, text: string, parent: HTMLElement = this.node): HTMLElement => {
      const node = document.createElement(tag);
      node.textContent = text;
      parent.append(node);
      return node;
    };
    add(
      "p",
      trans._n(
        "%1 entry (%2) will be deleted from disk, for all notebooks. Results stay right: what is missing is computed again.",
        "%1 entries (%2) will be deleted from disk, for all notebooks. Results stay right: what is missing is computed again.",
        entries,
        formatBytes(bytes),
      ),
    );
    const list = document.createElement("ul");
    for (const one of byKind) add("li", `${one.kind}: ${one.entries} (${formatBytes(one.bytes)})`, list);
    for (const { cause, entries: count } of byKind.length > 0 && causes.length > 0 ? causes : [])
      if (causes.length > 1 || !/^(asked for|chosen by hand)$/.test(cause)) add("li", `${cause}: ${count}`, list);
    if (leftovers > 0)
      add("li", trans._n("%1 damaged or unfinished file", "%1 damaged or unfinished files", leftovers), list);
    if (list.childElementCount > 0) this.node.append(list);
    for (const text of pinnedText(plan, trans)) add("p", text);
  }
}

const DAY_MS = 86_400_000;

/** Conditions of a vacuum as a form. */
class VacuumForm extends Widget {
  constructor(trans: TranslationBundle) {
    super();
    this.addClass("jp-Sojourn-form");
    const days = (count: number): [string, string] => [trans._n("%1 day", "%1 days", count), String(count * DAY_MS)];
    const any: [string, string] = [trans.__("any"), ""];
    this.unused = this.select(trans.__("Not used for"), [any, days(1), days(7), days(30), days(90)]);
    this.older = this.select(trans.__("Made more than … ago"), [any, days(1), days(7), days(30), days(90)]);
    this.larger = this.select(trans.__("Larger than"), [
      any,
      ...[1e6, 1e7, 1e8, 1e9].map((bytes): [string, string] => [formatBytes(bytes), String(bytes)]),
    ]);
    this.kind = this.select(trans.__("Kind"), [any, ...CACHE_KINDS.map((kind): [string, string] => [kind, kind])]);
    const hint = document.createElement("p");
    hint.className = "jp-Sojourn-next";
    hint.textContent = trans.__(
      "Pinned entries stay. With no condition, only what the cap asks for goes. Nothing is deleted before you have seen it.",
    );
    this.node.append(hint);
  }

  /** Called by the dialog. */
  getValue(): VacuumWish {
    const number = (select: HTMLSelectElement) => (select.value === "" ? undefined : Number(select.value));
    const [unusedForMs, olderThanMs, largerThanBytes] = [this.unused, this.older, this.larger].map(number);
    const kind = CACHE_KINDS.find((one) => one === this.kind.value);
    return {
      ...(unusedForMs !== undefined && { unusedForMs }),
      ...(olderThanMs !== undefined && { olderThanMs }),
      ...(largerThanBytes !== undefined && { largerThanBytes }),
      ...(kind !== undefined && { kinds: [kind] }),
    };
  }

  private select(label: string, options: readonly (readonly [string, string])[]): HTMLSelectElement {
    const row = document.createElement("label");
    row.textContent = label;
    const select = document.createElement("select");
    select.className = "jp-Sojourn-select";
    for (const [text, value] of options) select.append(new Option(text, value));
    row.append(select);
    this.node.append(row);
    return select;
  }

  private readonly unused: HTMLSelectElement;
  private readonly older: HTMLSelectElement;
  private readonly larger: HTMLSelectElement;
  private readonly kind: HTMLSelectElement;
}
