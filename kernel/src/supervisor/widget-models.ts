/**
 * Widgets at Jupyter's side: the protocol `jupyter.widget` 2.1 (ipywidgets' "Widget messaging protocol"). Every model's state is
 * kept here too, so that a page that is loaded while a cell spins gets all of them, and what one front end changes is
 * echoed to the others at once; the code that listens hears of it as soon as it can (`widget-mailbox.ts`).
 */
import type { ModelState, ToExecutor, WidgetWord } from "../link/messages.js";
import type { ParentHeader } from "../protocol/messages.js";
import { joinBuffers, splitBuffers } from "./buffers.js";
import type { CommListener, CommPeer, CommRouter, CommTarget } from "./comm-router.js";
import { createMailbox } from "./widget-mailbox.js";

export const WIDGET_TARGET = "jupyter.widget";
export const WIDGET_CONTROL_TARGET = "jupyter.widget.control";
const VERSION = "2.1.0";
/** How long the end of an answer waits for whoever listens to the change; front ends send the next change after it. */
const SETTLE_MS_MAX = 100;

interface Model {
  readonly peer: CommPeer;
  /** Made by a cell, which hears what becomes of it. */
  readonly ours: boolean;
  state: Record<string, unknown>;
  /** By name, the number of the change with which a front end last set it. */
  readonly turns: Map<string, number>;
}

export interface WidgetModels {
  readonly targets: readonly (readonly [string, CommTarget])[];
  /** What a cell does to a widget; `parent` is the cell. */
  onWord(model: string, word: WidgetWord, parent: ParentHeader): void;
  onHeard(settled: boolean): void;
  /** The executor is gone, and with it every widget that cells made. */
  onExecutorEnd(): void;
}

export interface WidgetParts {
  readonly send: (message: ToExecutor) => void;
  readonly begin: CommRouter["begin"];
  /** A cell runs: then nobody waits until it hears. */
  readonly isBusy: () => boolean;
}

export function createWidgetModels({ send, begin, isBusy }: WidgetParts): WidgetModels {
  const models = new Map<string, Model>();
  const mailbox = createMailbox(send);
  const settling = new Set<() => void>();
  let turns = 0;

  function sendState({ peer }: Model, method: string, state: ModelState, parent?: ParentHeader): void {
    const { value, paths, buffers } = splitBuffers(state);
    peer.send({ method, state: value, buffer_paths: paths }, buffers, parent);
  }

  /** Resolves when listeners are done with what is on its way, and anyway before long. */
  function settled(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        settling.delete(done);
        resolve();
      };
      const timer = setTimeout(done, SETTLE_MS_MAX);
      settling.add(done);
    });
  }

  function listenerOf(id: string): CommListener {
    return {
      message(data, buffers, parent) {
        const model = models.get(id);
        if (!model || !isRecord(data)) return;
        switch (data.method) {
          case "update": {
            const state = joinBuffers(isRecord(data.state) ? data.state : {}, data.buffer_paths, buffers);
            const turn = ++turns;
            for (const name of Object.keys(state)) model.turns.set(name, turn);
            model.state = { ...model.state, ...state };
            sendState(model, "echo_update", state, parent);
            if (!model.ours) return;
            mailbox.put(id, { word: "changed", state, turn });
            return isBusy() ? undefined : settled();
          }
          case "request_state":
            sendState(model, "update", model.state, parent);
            return;
          case "custom":
            if (!model.ours) return;
            mailbox.put(id, { word: "custom", content: data.content, buffers });
            return isBusy() ? undefined : settled();
          default:
            return;
        }
      },
      closed() {
        const model = models.get(id);
        models.delete(id);
        if (model?.ours) mailbox.put(id, { word: "closed" });
      },
    };
  }

  /** A model that a front end made: kept for other front ends, of no concern to cells. */
  const opened: CommTarget = (peer, data, buffers) => {
    const { state = {}, buffer_paths: paths } = isRecord(data) ? data : {};
    const joined = joinBuffers(isRecord(state) ? state : {}, paths, buffers);
    models.set(peer.id, { peer, ours: false, state: joined, turns: new Map() });
    return listenerOf(peer.id);
  };

  /** Answers with all models in one message, to a page that has just been loaded. */
  const control: CommTarget = (peer) => ({
    message(data, _buffers, parent) {
      if (!isRecord(data) || data.method !== "request_states") return;
      const states = Object.fromEntries([...models].map(([id, { state }]) => [id, described(state)]));
      const { value, paths, buffers } = splitBuffers(states);
      peer.send({ method: "update_states", states: value, buffer_paths: paths }, buffers, parent);
    },
    closed: () => undefined,
  });

  function onWord(id: string, word: WidgetWord, parent: ParentHeader): void {
    const model = models.get(id);
    switch (word.word) {
      case "open": {
        const { value, paths, buffers } = splitBuffers(word.state);
        const data = { state: value, buffer_paths: paths };
        const opening = { id, target: WIDGET_TARGET, data, buffers, metadata: { version: VERSION }, parent };
        const state = { ...word.state };
        // Known before the front ends hear of it: they may ask at once.
        models.set(id, { peer: begin(opening, listenerOf(id)), ours: true, state, turns: new Map() });
        return;
      }
      case "change": {
        if (!model) return;
        // What a front end set after the cell last heard of it stands: the cell will hear of it, and set the same.
        const stands = (name: string): boolean => (model.turns.get(name) ?? 0) > word.turn;
        const state = Object.fromEntries(Object.entries(word.state).filter(([name]) => !stands(name)));
        model.state = { ...model.state, ...state };
        if (Object.keys(state).length > 0) sendState(model, "update", state, parent);
        return;
      }
      case "custom":
        model?.peer.send({ method: "custom", content: word.content }, word.buffers, parent);
        return;
      case "close":
        models.delete(id);
        model?.peer.close(parent);
        return;
      default:
        word satisfies never;
    }
  }

  return {
    targets: [
      [WIDGET_TARGET, opened],
      [WIDGET_CONTROL_TARGET, control],
    ],
    onWord,
    onHeard(isSettled) {
      if (isSettled) for (const done of [...settling]) done();
      else mailbox.heard();
    },
    onExecutorEnd() {
      mailbox.clear();
      for (const done of [...settling]) done();
      for (const [id, { ours, peer }] of [...models]) {
        if (!ours) continue;
        models.delete(id);
        peer.close();
      }
    },
  };
}

function described(state: ModelState): Record<string, unknown> {
  const { _model_name: name, _model_module: module, _model_module_version: version } = state;
  return { model_name: name, model_module: module, model_module_version: version, state };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
