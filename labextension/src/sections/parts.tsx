/** What sections have in common: the kernel's state as a hook, one question as a hook, buttons, notices, words for times. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { AskName, Asks, Permission } from "@sojourn/kernel/panel-protocol";
import { type ReactNode, useEffect, useReducer, useRef, useState } from "react";
import type { PanelModel, PanelWish } from "../model.js";
import { agoOf } from "../view-model/numbers.js";
import { isLive, type Live } from "../view-model/state.js";

/** The state of a kernel that answers; undefined while there is none. Draws anew with every change. */
export function useLive(model: PanelModel): Live | undefined {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    model.stateChanged.connect(redraw);
    return () => {
      model.stateChanged.disconnect(redraw);
    };
  }, [model]);
  return isLive(model.state) ? model.state : undefined;
}

/** What other parts of the panel wish of a section, also what was wished before it was there. */
export function useWish(model: PanelModel, type: PanelWish["type"], onWish: (wish: PanelWish) => void): void {
  const current = useRef(onWish);
  current.current = onWish;
  useEffect(() => {
    const take = (wish: PanelWish | undefined) => {
      if (wish?.type !== type) return;
      model.pendingWish = undefined;
      current.current(wish);
    };
    const heard = (_: PanelModel, wish: PanelWish) => take(wish);
    take(model.pendingWish);
    model.wished.connect(heard);
    return () => {
      model.wished.disconnect(heard);
    };
  }, [model, type]);
}

export interface Answered<T> {
  readonly answer?: T;
  readonly error?: string;
}

/**
 * The answer to a question, asked when it may be and again whenever `revision` changes. The last answer stays until the next is
 * there, so that nothing jumps.
 */
export function useAnswer<N extends AskName>(
  model: PanelModel,
  name: N,
  of: Asks[N][0],
  may: boolean,
  revision: unknown,
): Answered<Asks[N][1]> {
  const [state, setState] = useState<Answered<Asks[N][1]>>({});
  const question = JSON.stringify(of);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the question is compared by what it says
  useEffect(() => {
    if (!may) return;
    let current = true;
    model.ask(name, of).then(
      (answer) => current && setState({ answer }),
      (error: Error) => current && setState(({ answer }) => ({ ...(answer && { answer }), error: error.message })),
    );
    return () => {
      current = false;
    };
  }, [model, name, question, may, revision]);
  return state;
}

interface ActionProps {
  readonly children: ReactNode;
  readonly onClick: () => void;
  /** Shown as the reason when it says no. */
  readonly permission?: Permission;
  readonly disabled?: boolean;
  readonly title?: string;
  readonly label?: string;
  readonly primary?: boolean;
}

export function Action({ children, onClick, permission, disabled = false, title, label, primary }: ActionProps) {
  const refused = permission?.allowed === false ? permission.reason : undefined;
  return (
    <button
      type="button"
      className={primary ? "jp-Button jp-Sojourn-button jp-mod-primary" : "jp-Button jp-Sojourn-button"}
      disabled={disabled || refused !== undefined}
      title={refused ?? title}
      aria-label={label}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

/** There is no kernel that could answer; the overview says more. */
export function NoKernel({ trans }: { trans: TranslationBundle }) {
  return (
    <p className="jp-Sojourn-next">{trans.__("Nothing to show without a Sojourn kernel; the overview says why.")}</p>
  );
}

export function Fault({ text }: { text: string | undefined }) {
  return text === undefined ? null : (
    <p className="jp-Sojourn-notice jp-mod-error" role="alert">
      {text}
    </p>
  );
}

/** A name from a notebook: kept apart from the text around it, whatever direction it is written in. */
export function Name({ children, empty }: { children: string; empty: string }) {
  return <bdi className="jp-Sojourn-name">{children === "" ? empty : children}</bdi>;
}

export function agoText(time: number, trans: TranslationBundle): string {
  const { unit, count } = agoOf(time, Date.now());
  switch (unit) {
    case "now":
      return trans.__("just now");
    case "minutes":
      return trans.__("%1 min ago", count);
    case "hours":
      return trans.__("%1 h ago", count);
    case "days":
      return trans._n("%1 day ago", "%1 days ago", count);
    default:
      return unit satisfies never;
  }
}

/** Decoration only: the number stands beside it. */
export function Bar({ fraction, warn = false }: { fraction: number; warn?: boolean }) {
  const width = 100 * Math.min(Math.max(fraction, 0), 1);
  return (
    <svg
      className={warn ? "jp-Sojourn-bar jp-mod-warn" : "jp-Sojourn-bar"}
      viewBox="0 0 100 10"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect className="jp-Sojourn-bar-track" width="100" height="10" />
      <rect className="jp-Sojourn-bar-value" width={width} height="10" />
    </svg>
  );
}
