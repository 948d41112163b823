/**
 * The queue of cells and what becomes of them: one runs at a time, its outputs go to the client under its header, an
 * error drops what waits behind it (`stop_on_error`), and the death of the executor is explained in the cell.
 */
import type {
  CellOutcome,
  ErrorReport,
  FromExecutor,
  InputRequest,
  RestartWish,
  StreamName,
  ToExecutor,
} from "../link/messages.js";
import type { Message, ParentHeader } from "../protocol/messages.js";
import type { Sockets } from "../protocol/sockets.js";
import { helpTarget } from "../source/help.js";
import type { History } from "./history.js";
import type { Stdin } from "./stdin.js";
import type { Types } from "./types.js";

/** Headers kept for output that comes after its cell ended. */
const PARENTS_MAX = 1000;
/** Requests that a client sent together with the failing one are still on their way for this long. */
const ABORT_WINDOW_MS = 10;

const INTERRUPTED: ErrorReport = {
  ename: "Interrupted",
  evalue: "the cell was interrupted",
  traceback: ["Interrupted: the cell was interrupted"],
};

interface Job {
  readonly request: Message;
  readonly code: string;
  readonly silent: boolean;
  readonly storeHistory: boolean;
  readonly stopOnError: boolean;
}

interface RunningJob extends Job {
  readonly cell: number;
  readonly count: number;
}

export interface ExecutionParts {
  readonly sockets: Sockets;
  readonly history: History;
  readonly stdin: Stdin;
  readonly send: (message: ToExecutor) => void;
  /** What `inspect_request` would answer about a name, for `?name`. */
  readonly inspect: (name: string, whole: boolean) => Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Starts a fresh executor, because a cell asked for one. */
  readonly restart: (wish: RestartWish) => void;
  readonly types: Types;
  /** What `%info` tells of the supervisor's side. */
  readonly about: () => Readonly<Record<string, string>>;
}

/** Owns the queue. */
export class Execution {
  readonly #parts: ExecutionParts;
  readonly #queue: Job[] = [];
  readonly #parents = new Map<number, ParentHeader>();
  #running: RunningJob | undefined;
  /** The running cell is being checked and has not been sent to the executor. */
  #checking = false;
  #ending = false;
  #cells = 0;
  #count = 0;

  constructor(parts: ExecutionParts) {
    this.#parts = parts;
  }

  /** The header of the running cell, for whom `busy` must be said again after an answer of the immediate lane. */
  get runningParent(): ParentHeader | undefined {
    return this.#running?.request.header;
  }

  /** The header of the request behind a cell; empty when it is long gone. */
  parentOf(cell: number): ParentHeader {
    return this.#parents.get(cell) ?? {};
  }

  submit(request: Message): void {
    const { code, silent = false, store_history: store = true, stop_on_error: stop = true } = request.content;
    if (typeof code !== "string") {
      const evalue = "Cannot execute a request without code: its content must have a string `code`.";
      this.#refuse(request, { ename: "ProtocolError", evalue, traceback: [evalue] });
      return;
    }
    const storeHistory = !silent && store !== false;
    this.#queue.push({ request, code, silent: silent === true, storeHistory, stopOnError: stop !== false });
    this.#next();
  }

  interrupt(): void {
    if (this.#checking && this.#running) {
      // the second of two finds it ended
      if (this.#ending) return;
      this.#parts.types.dropped(this.#running.cell);
      this.#end(this.#running, { status: "error", error: INTERRUPTED });
    } else this.#parts.send({ type: "interrupt" });
  }

  onExecutor(message: Extract<FromExecutor, { type: "stream" | "display" | "clear" | "done" | "input" }>): void {
    const { sockets } = this.#parts;
    const parent = this.parentOf(message.cell);
    switch (message.type) {
      case "stream":
        void sockets.publish("stream", parent, { name: message.name, text: message.text });
        break;
      case "clear":
        void sockets.publish("clear_output", parent, { wait: message.wait });
        break;
      case "display": {
        const { data, metadata } = message.bundle;
        const transient = message.displayId === undefined ? {} : { display_id: message.displayId };
        const count = message.kind === "execute_result" ? { execution_count: this.#running?.count ?? this.#count } : {};
        void sockets.publish(message.kind, parent, { data, metadata, transient, ...count });
        break;
      }
      case "input":
        this.#ask(message);
        break;
      case "done":
        if (this.#running?.cell === message.cell) {
          this.#parts.types.ended(this.#running.code, message.folder);
          this.#end(this.#running, message.outcome);
        }
        break;
      default:
        message satisfies never;
    }
  }

  /** Native prints carry no cell; they belong to the running one, else to the last. */
  onNativeText(name: StreamName, text: string): void {
    const parent = this.parentOf(this.#cells);
    void this.#parts.sockets.publish("stream", parent, { name, text });
  }

  /** The executor is gone: the running cell fails with the reason, and the person learns that variables are lost. */
  onExecutorEnd(reason: string, advice = ""): void {
    const rest = `${reason}. It was started again; variables are lost.${advice === "" ? "" : ` ${advice}`}`;
    const evalue = `The process that ran this cell ${rest}`;
    if (this.#running && !this.#ending) {
      this.#end(this.#running, {
        status: "error",
        error: { ename: "KernelDied", evalue, traceback: [`KernelDied: ${evalue}`] },
      });
    } else {
      this.onNativeText("stderr", `The process that runs cells ${rest}\n`);
    }
  }

  #next(): void {
    if (this.#running) return;
    const job = this.#queue.shift();
    if (!job) return;
    const { sockets, history } = this.#parts;
    const count = job.storeHistory ? ++this.#count : this.#count;
    const running: RunningJob = { ...job, cell: ++this.#cells, count };
    this.#running = running;
    this.#parents.set(running.cell, job.request.header);
    this.#parents.delete(running.cell - PARENTS_MAX);
    void sockets.publish("status", job.request.header, { execution_state: "busy" });
    if (!job.silent) {
      void sockets.publish("execute_input", job.request.header, { code: job.code, execution_count: count });
    }
    if (job.storeHistory) history.add(count, job.code);
    const help = helpTarget(job.code);
    if (help !== undefined) {
      void this.#explain(running, help);
      return;
    }
    const verdict = this.#check(running);
    if (verdict === undefined) this.#start(running);
    else void this.#await(running, verdict);
  }

  #check({ cell, count, code, silent, request }: RunningJob): Promise<ErrorReport | undefined> | undefined {
    const show = (data: Record<string, string>): void => {
      void this.#parts.sockets.publish("display_data", request.header, { data, metadata: {}, transient: {} });
    };
    return this.#parts.types.begin({ cell, file: `cell-${Math.max(count, 1)}.ts`, code, silent, show });
  }

  async #await(job: RunningJob, verdict: Promise<ErrorReport | undefined>): Promise<void> {
    this.#checking = true;
    const error = await verdict.catch(() => undefined);
    if (this.#running !== job || this.#ending) return; // interrupted meanwhile
    this.#checking = false;
    if (error) this.#end(job, { status: "error", error });
    else this.#start(job);
  }

  #start(running: RunningJob): void {
    const { request, code, count, silent, cell } = running;
    const expressions = request.content.user_expressions;
    this.#parts.send({
      type: "execute",
      cell,
      code,
      executionCount: Math.max(count, 1),
      silent,
      userExpressions:
        typeof expressions === "object" && expressions !== null ? (expressions as Record<string, string>) : {},
      about: this.#parts.about(),
    });
  }

  #ask(question: InputRequest): void {
    const job = this.#running;
    this.#parts.stdin.ask(question, job?.cell === question.cell ? job.request : undefined);
  }

  /** `?name`: a page for the pager, without asking the executor's main thread. */
  async #explain(job: RunningJob, name: string): Promise<void> {
    const data = await this.#parts.inspect(name, job.code.includes("??")).catch(() => undefined);
    if (data === undefined) this.#publishText(job, `Nothing named ${name} is there.\n`);
    const payload = data === undefined ? [] : [{ source: "page", data, start: 0 }];
    if (this.#running === job && !this.#ending) this.#end(job, { status: "ok", userExpressions: {}, payload });
  }

  #publishText({ silent, request }: RunningJob, text: string): void {
    if (!silent) void this.#parts.sockets.publish("stream", request.header, { name: "stdout", text });
  }

  #end(job: RunningJob, outcome: CellOutcome): void {
    this.#ending = true;
    // What native code printed is in its pipe by now; the loop reads the pipe before it comes back here.
    setImmediate(() => setImmediate(() => this.#conclude(job, outcome)));
  }

  #conclude(job: RunningJob, outcome: CellOutcome): void {
    const { sockets } = this.#parts;
    if (outcome.status === "ok") {
      const content = {
        status: "ok",
        execution_count: job.count,
        user_expressions: outcome.userExpressions,
        payload: outcome.payload,
      };
      if (outcome.restart) this.#parts.restart(outcome.restart);
      void sockets.reply("shell", job.request, "execute_reply", content);
      this.#release(job);
      return;
    }
    const { error } = outcome;
    if (!job.silent) void sockets.publish("error", job.request.header, { ...error });
    const fail = (): void => {
      const content = { status: "error", execution_count: job.count, ...error, payload: [], user_expressions: {} };
      void sockets.reply("shell", job.request, "execute_reply", content);
      this.#release(job, job.stopOnError);
    };
    if (job.stopOnError) setTimeout(fail, ABORT_WINDOW_MS);
    else fail();
  }

  #release(job: RunningJob, abort = false): void {
    void this.#parts.sockets.publish("status", job.request.header, { execution_state: "idle" });
    this.#running = undefined;
    this.#ending = false;
    this.#checking = false;
    this.#parts.stdin.forget(job.cell);
    if (abort) this.#abortQueue();
    this.#next();
  }

  #abortQueue(): void {
    const { sockets } = this.#parts;
    for (const { request } of this.#queue.splice(0)) {
      void sockets.publish("status", request.header, { execution_state: "busy" });
      void sockets.reply("shell", request, "execute_reply", { status: "aborted", execution_count: this.#count });
      void sockets.publish("status", request.header, { execution_state: "idle" });
    }
  }

  #refuse(request: Message, error: ErrorReport): void {
    const content = { status: "error", execution_count: this.#count, ...error };
    void this.#parts.sockets.reply("shell", request, "execute_reply", content);
  }
}
