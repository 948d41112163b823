/**
 * Gives prewarming work out, one item at a time on each of two lanes: families go to a process of their own, models of the
 * notebook to the executor, between cells. Jobs are on the disk, so a restarted kernel goes on with its own, and one whose
 * kernel is gone can be taken over from any other.
 */
import { randomUUID } from "node:crypto";
import type { ForecastItem, WarmerModel } from "../../link/warmer-messages.js";
import type { JobState, JobVerb, PrewarmForecast, PrewarmJob, PrewarmWish, WarmModel } from "../../panel-protocol.js";
import {
  againJob,
  forecastOf,
  ITEMS_MAX,
  isOver,
  type Job,
  type JobOwner,
  newJob,
  nextItem,
  shownJob,
  withCurrent,
  withMade,
  withState,
} from "./job.js";
import type { JobFiles } from "./job-files.js";
import { type WarmerClient, WarmerFault } from "./warmer-client.js";

/** A job that runs is written at most so often; also a sign of life for kernels on other machines. */
const WRITE_MS = 1000;
/** On another machine: a job that nobody has touched for so long belongs to nobody. */
const STALE_MS = 60_000;

type Lane = WarmModel["source"];

/** `running` between two items. */
const READY: readonly JobState[] = ["queued", "waiting", "running"];

export interface QueueParts {
  readonly files: JobFiles;
  readonly warmers: Readonly<Record<Lane, WarmerClient>>;
  readonly owner: JobOwner;
  /** What the notebook has defined; known without asking, because a cell may keep the executor from answering. */
  readonly notebookModels: () => readonly WarmerModel[];
  /** A cell runs, so that the executor has no time. */
  readonly cellRuns: () => boolean;
  /** Whether a kernel on this machine runs. */
  readonly isAlive: (owner: JobOwner) => boolean;
  readonly onChange: () => void;
  readonly clock: () => number;
}

export interface PrewarmQueue {
  /** Goes on with what a kernel of this connection had begun, and looks again which jobs of other kernels there are. */
  refresh(): Promise<void>;
  jobs(): readonly PrewarmJob[];
  models(): Promise<readonly WarmModel[]>;
  forecast(wish: PrewarmWish): Promise<PrewarmForecast>;
  /** Answers the job's id. */
  start(wish: PrewarmWish): Promise<string>;
  act(id: string, verb: JobVerb): Promise<void>;
  /** A cell began or ended, or the notebook defined a model. */
  look(): void;
  /** Writes what is not on the disk yet. */
  flush(): Promise<void>;
}

export function createPrewarmQueue(parts: QueueParts): PrewarmQueue {
  const { files, warmers, owner, notebookModels, cellRuns, isAlive, onChange, clock } = parts;
  const jobs = new Map<string, Job>();
  const busy: Record<Lane, string | undefined> = { family: undefined, notebook: undefined };
  /** Jobs that could not go on when they were last tried, until there is something new to look at. */
  const passed: Readonly<Record<Lane, Set<string>>> = { family: new Set(), notebook: new Set() };
  /** The item that is being made gives way to a cell. */
  let givesWay = false;
  const unwritten = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const mine = (job: Job): boolean => job.owner.connection === owner.connection && job.owner.host === owner.host;
  const elsewhere = (job: Job): boolean => !mine(job) && !isOver(job) && ownerLives(job);

  function ownerLives({ owner: other, updatedMs }: Job): boolean {
    return other.host === owner.host ? isAlive(other) : clock() - updatedMs < STALE_MS;
  }

  function put(job: Job): void {
    jobs.set(job.id, job);
    unwritten.add(job.id);
    timer ??= setTimeout(() => void flush(), WRITE_MS);
    timer.unref();
    onChange();
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const now = [...unwritten];
    unwritten.clear();
    writing = writing.then(async () => {
      for (const id of now) {
        const job = jobs.get(id);
        // a disk that takes nothing costs the going on after a restart, and nothing else
        if (job) await files.write(job).catch(() => undefined);
      }
    });
    return writing;
  }

  /**
   * Takes what is on the disk in. A job of ours that is in memory is newer; one that is not was begun by the kernel before this
   * one, and goes on.
   */
  async function read(): Promise<void> {
    const found = await files.readAll(clock());
    const there = new Set(found.map(({ id }) => id));
    for (const [id, job] of jobs) if (!mine(job) && !there.has(id)) jobs.delete(id);
    for (const job of found) {
      const known = jobs.get(job.id);
      if (known && mine(known)) continue;
      if (mine(job)) {
        const taken = { ...job, owner };
        if (READY.includes(job.state)) put(withState(taken, "queued", clock()));
        else jobs.set(job.id, taken);
      } else if (isOver(job)) jobs.delete(job.id);
      else if (ownerLives(job)) jobs.set(job.id, job);
      else jobs.set(job.id, { ...withState(job, "interrupted", job.updatedMs) });
    }
    onChange();
    look();
  }

  function look(): void {
    for (const lane of ["family", "notebook"] as const) {
      passed[lane].clear();
      if (busy[lane] === undefined) void work(lane);
    }
    if (busy.notebook === undefined || !cellRuns()) return;
    // the person comes first: the item is given up, and made again later
    givesWay = true;
    warmers.notebook.stop();
  }

  const isReady = (job: Job, lane: Lane): boolean => job.wish.source === lane && mine(job) && READY.includes(job.state);

  /** Works on a lane until nothing on it can go on. */
  async function work(lane: Lane): Promise<void> {
    for (;;) {
      const ready = [...jobs.values()]
        .filter((job) => isReady(job, lane) && !passed[lane].has(job.id))
        .sort((a, b) => a.createdMs - b.createdMs);
      const [job] = ready;
      if (job === undefined) return;
      if (lane === "notebook" && cellRuns()) {
        if (job.state !== "waiting") put(withState(job, "waiting", clock(), "a cell is running"));
        return;
      }
      busy[lane] = job.id;
      if (lane === "notebook") givesWay = false;
      const goesOn = await one(job);
      busy[lane] = undefined;
      // those behind it may have what they need
      if (!goesOn) passed[lane].add(job.id);
    }
  }

  /** Makes the next item of a job; answers whether the job can go on. */
  async function one(job: Job): Promise<boolean> {
    const at = nextItem(job);
    if (at < 0) {
      put(withState(job, "done", clock()));
      return true;
    }
    put(withCurrent(job, at, clock()));
    const { model, questions, gradients, batches } = job.wish;
    try {
      const made = await warmers[job.wish.source].make({
        ...{ model, questions, gradients, batches },
        inputs: job.items[at]!.inputs,
      });
      const now = jobs.get(job.id);
      if (now === undefined) return true;
      const after = withMade(now, at, made, clock());
      const stopped = made.outcome === "cancelled" && after.state === "running";
      // an interrupt of the kernel stops it too; then the person says when it goes on
      const forCell = cellRuns() || (givesWay && job.wish.source === "notebook");
      if (stopped && !forCell) put(withState(after, "paused", clock(), "the kernel was interrupted"));
      else put(after);
      return true;
    } catch (error) {
      const { code, message } = error as WarmerFault;
      const now = jobs.get(job.id);
      if (now === undefined) return true;
      if (now.state !== "running") {
        put(withState(now, now.state, clock(), now.reason));
        return true;
      }
      if (code === "no-model" || code === "restarted") {
        put(withState(now, "waiting", clock(), "the notebook has to define the model again"));
        return false;
      }
      // what ended it was most likely this item
      const failed = { outcome: "failed" as const, reason: message, milliseconds: 0 };
      const after = withMade(now, at, failed, clock());
      put(after);
      return true;
    }
  }

  function ask({ source, ...spec }: PrewarmWish): Promise<readonly ForecastItem[]> {
    if (source === "notebook" && cellRuns())
      throw new WarmerFault(
        "busy",
        `Cannot look at ${spec.model} while a cell is running: its rule lives in the process that runs it. Try again when the cell is done.`,
      );
    return warmers[source].forecast(spec).then(limited);
  }

  function found(id: string): Job {
    const job = jobs.get(id);
    if (job === undefined) throw new WarmerFault("no-job", "Cannot change the job: it is not there any more.");
    if (elsewhere(job))
      throw new WarmerFault("elsewhere", "Cannot change the job: another kernel, which runs, is at it.");
    return job;
  }

  async function act(id: string, verb: JobVerb): Promise<void> {
    const job = found(id);
    const now = clock();
    const atWork = busy[job.wish.source] === id;
    switch (verb) {
      case "pause":
        if (isOver(job)) return;
        put(withState(job, "paused", now));
        if (atWork) warmers[job.wish.source].stop();
        break;
      case "resume":
        if (job.state === "paused" || job.state === "interrupted" || job.state === "waiting")
          put(withState({ ...job, owner }, "queued", now));
        break;
      case "cancel":
        if (isOver(job)) return;
        put(withState({ ...job, owner }, "cancelled", now));
        if (atWork) warmers[job.wish.source].stop();
        break;
      case "rerun":
        put({ ...againJob(job, now), owner });
        break;
      case "forget":
        jobs.delete(id);
        unwritten.delete(id);
        if (atWork) warmers[job.wish.source].stop();
        await writing;
        await files.remove(id);
        onChange();
        break;
      default:
        verb satisfies never;
    }
    look();
  }

  return {
    refresh: read,
    jobs: () =>
      [...jobs.values()].sort((a, b) => b.createdMs - a.createdMs).map((job) => shownJob(job, elsewhere(job))),
    async models() {
      const families = await warmers.family.models();
      return [
        ...notebookModels().map((model) => ({ source: "notebook" as const, ...model })),
        ...families.map((model) => ({ source: "family" as const, ...model })),
      ];
    },
    forecast: async (wish) => forecastOf(await ask(wish)),
    async start(wish) {
      const items = await ask(wish);
      const job = newJob(randomUUID(), wish, owner, items, clock());
      put(job);
      // once the panel hears of it, it outlives the kernel
      await flush();
      look();
      return job.id;
    },
    act,
    look,
    flush,
  };
}

function limited<T>(items: readonly T[]): readonly T[] {
  if (items.length <= ITEMS_MAX) return items;
  throw new WarmerFault(
    "too-many",
    `Cannot prewarm ${items.length} combinations of inputs from here: at most ${ITEMS_MAX} at a time; sojourn prewarm takes more.`,
  );
}
