/** All widgets of the kernel: what front ends did to them comes in here, what cells do goes out, in order. */
import { randomUUID } from "node:crypto";
import { InputError } from "@sojourn/engine/errors";
import type { FromExecutor, WidgetNews } from "../../link/messages.js";
import { createCall, type ListenerParts } from "./listeners.js";
import { BaseWidget, type Kind, SingleValue, type Surroundings, type ValueCodec } from "./model.js";

export interface RegistryParts extends ListenerParts {
  readonly emit: (message: FromExecutor) => void;
  /** Waits while too much has not left yet, so that a loop which moves a widget does not fill the memory. */
  readonly pace: () => void;
}

export interface Registry {
  make(kind: Kind, state: Readonly<Record<string, unknown>>): BaseWidget;
  single(kind: Kind, state: Readonly<Record<string, unknown>>, codec: ValueCodec): SingleValue;
  /** A widget of a class of its own. */
  add<W extends BaseWidget>(create: (id: string, surroundings: Surroundings) => W): W;
  readonly listen: Surroundings["listen"];
  onNews(model: string, news: WidgetNews): void;
  closeAll(): void;
}

export function createRegistry(parts: RegistryParts): Registry {
  const { cells, emit, pace } = parts;
  const widgets = new Map<string, BaseWidget>();
  const surroundings: Surroundings = {
    say(model, word) {
      cells.check();
      if (word.word === "open" && !cells.current)
        throw new InputError("no-cell", "Cannot make a widget: no cell has run.");
      emit({ type: "widget", cell: cells.current?.number ?? 0, model, word });
      pace();
    },
    forget: (model) => void widgets.delete(model),
    listen: (listener, topicOf) => createCall(parts, listener, topicOf),
    make,
  };
  function add<W extends BaseWidget>(create: (id: string, surroundings: Surroundings) => W): W {
    const widget = create(randomUUID(), surroundings);
    widgets.set(widget.id, widget);
    return widget;
  }
  function make(kind: Kind, state: Readonly<Record<string, unknown>>): BaseWidget {
    return add((id) => new BaseWidget(id, kind, state, surroundings));
  }

  async function hear(widget: BaseWidget | undefined, news: WidgetNews): Promise<void> {
    switch (news.word) {
      case "changed":
        return widget?.receive(news.state, news.turn);
      case "custom":
        return widget?.hear(news.content, news.buffers);
      case "closed":
        return widget?.closed();
      default:
        news satisfies never;
    }
  }

  return {
    make,
    single: (kind, state, codec) => add((id) => new SingleValue(id, kind, state, surroundings, codec)),
    add,
    listen: surroundings.listen,
    onNews(model, news) {
      // Said first: a listener that spins must not keep the supervisor from gathering what comes meanwhile.
      emit({ type: "widget-heard", settled: false });
      void hear(widgets.get(model), news).finally(() => emit({ type: "widget-heard", settled: true }));
    },
    closeAll() {
      for (const widget of [...widgets.values()]) widget.close();
    },
  };
}
