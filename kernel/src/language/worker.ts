/**
 * The worker of the language service: loads the compiler, then answers one question after the other. It ends when the supervisor
 * ends it; a question that never ends is the supervisor's to notice.
 */
import { parentPort, workerData } from "node:worker_threads";
import { fs } from "@sojourn/engine/file-system";
import type { Analyser } from "./analyser.js";
import type { Answered, Asked, Checked, Request, WorkerSetup } from "./messages.js";
import { readTypeFiles } from "./types-file.js";
import { createTypeScriptAnalyser } from "./typescript/create.js";

function answer(analyser: Analyser, request: Request): unknown {
  switch (request.type) {
    case "cell":
      return analyser.declare(request.cell);
    case "check":
      return { diagnostics: analyser.check(request.cell), known: analyser.known } satisfies Checked;
    case "complete":
      return analyser.complete(request.code, request.cursor, request.folder);
    case "inspect":
      return analyser.inspect(request.code, request.cursor, request.folder);
    case "drop":
      return analyser.drop(request.cell);
    case "refresh":
      return analyser.refresh();
    default:
      return request satisfies never;
  }
}

function start({ types }: WorkerSetup): void {
  const port = parentPort;
  if (!port) throw new Error("The language service runs only as a worker of the supervisor.");
  const say = (message: Answered): void => port.postMessage(message);
  const nodeMajor = Number(process.versions.node.split(".")[0]);
  const analyser = createTypeScriptAnalyser(readTypeFiles(fs.readFileSync(types, "utf8")), nodeMajor);
  let resting = false;
  // Between questions, a piece at a time, so that the next question waits for one at most.
  const rest = (): void => {
    resting = analyser.settle();
    if (resting) setImmediate(rest);
  };
  port.on("message", ({ id, request }: Asked) => {
    try {
      say({ id, answer: answer(analyser, request) });
    } catch (error) {
      say({ id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
    if (!resting) setImmediate(rest);
    resting = true;
  });
  // The first question costs as much as the next thousand; nobody should have to wait for it.
  analyser.complete("engine.", "engine.".length, process.cwd());
  say({ ready: true });
}

start(workerData as WorkerSetup);
