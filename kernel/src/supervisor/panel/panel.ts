/** Puts together what the side panel talks to: the comm target, the desk that reads the caches, the prewarming queue. */
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import type { EngineEvent } from "@sojourn/engine";
import { openStore } from "@sojourn/engine/cache";
import type { ToExecutor } from "../../link/messages.js";
import type { FromWarmer, WarmerModel } from "../../link/warmer-messages.js";
import type { CommTarget } from "../comm-router.js";
import { createFamilyProcess } from "../prewarm/family-process.js";
import { createJobFiles } from "../prewarm/job-files.js";
import { ownerRuns } from "../prewarm/owner.js";
import { createPrewarmQueue } from "../prewarm/queue.js";
import { createWarmerClient } from "../prewarm/warmer-client.js";
import { capabilities, isWritable } from "./capabilities.js";
import { createDeskClient } from "./desk.js";
import { createPanelTarget } from "./target.js";

/** Jobs of the kernel before this one are looked for once everything else is ready. */
const RESUME_MS = 500;
/** After the last message of a cell, until the queue of cells knows that it is done. */
const SETTLE_MS = 50;

export interface PanelOptions {
  /** Where the bundles are. */
  readonly folder: string;
  readonly version: string;
  /** Of the connection; the same after a restart. */
  readonly connectionFile: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly send: (message: ToExecutor) => void;
  readonly cellRuns: () => boolean;
}

export interface Panel {
  /** Where this user's caches are. */
  readonly directory: string;
  readonly target: CommTarget;
  onEvent(event: EngineEvent): void;
  /** The executor answered about a model of the notebook. */
  onWarmed(message: FromWarmer): void;
  /** The notebook has defined a model. */
  onModel(model: WarmerModel): void;
  /** A cell begins or is done. */
  onCell(): void;
  /** The executor is gone; `why` when it was not asked to go. */
  onExecutorEnd(why?: string): void;
  /** Ends what runs beside, once jobs are on the disk. */
  end(): Promise<void>;
}

export function createPanel(options: PanelOptions): Panel {
  const { folder, version, connectionFile, environment, send, cellRuns } = options;
  const cwd = process.cwd();
  const models = new Map<string, WarmerModel>();
  let defined = 0;
  const { directory } = openStore();
  const family = createFamilyProcess(folder);
  const notebook = createWarmerClient((message) => send({ type: "warm", message }));
  const queue = createPrewarmQueue({
    files: createJobFiles(join(directory, "prewarm")),
    warmers: { family: family.client, notebook },
    owner: { connection: resolve(connectionFile), host: hostname(), pid: process.pid },
    notebookModels: () => [...models.values()],
    cellRuns,
    isAlive: ownerRuns,
    onChange: () => target.onJobs(),
    clock: Date.now,
  });
  const target = createPanelTarget({
    desk: createDeskClient(join(folder, "panel-desk.cjs"), cwd),
    queue,
    version,
    can: () => capabilities({ denied: environment.SOJOURN_PANEL_DENY, directory, folder: cwd, isWritable }),
    configure: (name, value) => send({ type: "configure", name, value }),
  });
  setTimeout(() => void queue.refresh().catch(() => undefined), RESUME_MS).unref();

  return {
    directory,
    target: target.target,
    onEvent: target.onEvent,
    onWarmed: notebook.receive,
    onModel(model) {
      models.set(model.name, model);
      target.onJobs(++defined);
      queue.look();
    },
    onCell() {
      setTimeout(() => queue.look(), SETTLE_MS).unref();
    },
    onExecutorEnd(why) {
      models.clear();
      target.onJobs(++defined);
      if (why === undefined)
        notebook.gone("Cannot prewarm: the process that runs cells was started anew.", "restarted");
      else notebook.gone(`Cannot prewarm: the process that runs cells ${why}.`);
    },
    async end() {
      await queue.flush();
      family.end();
    },
  };
}
