/** The warmer: what was made is made, whatever becomes of waiting until it is on the disk. */
import { InputError } from "@sojourn/engine/errors";
import { expect, it, vi } from "vitest";
import type { FromWarmer } from "../link/warmer-messages.js";
import { createWarmer, type WarmableModel, type WarmerParts } from "./warmer.js";

it("says that an item was made, also where the caches cannot be asked, and does not ask for all that others wrote", async () => {
  const heard: FromWarmer[] = [];
  const status = vi.fn(async () => ({}));
  const list = vi.fn(async () => {
    throw new InputError("unreadable", "Cannot list the entries: the folder is gone.");
  });
  const engine = {
    prewarm: async () => ({ items: [{ outcome: "made", milliseconds: 5 }] }),
    cache: { status, list },
  } as unknown as WarmerParts["engine"];
  const warmer = createWarmer({
    ...{ engine, names: () => ["m"], find: () => ({ inputs: {} }) as unknown as WarmableModel },
    send: (message) => heard.push(message),
  });
  const spec = { model: "m", inputs: {}, questions: [], gradients: false, batches: [1] };
  warmer.receive({ type: "make", id: 1, spec });
  await vi.waitFor(() => expect(heard).toHaveLength(1));
  expect(heard).toEqual([{ type: "made", id: 1, item: { outcome: "made", milliseconds: 5 } }]);
  expect(list).toHaveBeenCalledOnce();
  expect(status).not.toHaveBeenCalled();
});
