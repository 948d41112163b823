/**
 * Whether a JupyterLab of this checkout is already running. Jupyter notes each server in its runtime folder; a note
 * counts only when its process lives and answers on its port with its token.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { startTimeOf } from "./process.mjs";

/** Asks a server for its state; never through a proxy. */
export function answers(port, token, timeoutMs = 3000) {
  return new Promise((resolve) => {
    const request = get(
      {
        host: "127.0.0.1",
        port,
        path: "/api/status",
        headers: { Authorization: `token ${token}` },
        timeout: timeoutMs,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}

function notes(paths) {
  let names = [];
  try {
    names = readdirSync(paths.runtime).filter((name) => /^jpserver-\d+\.json$/.test(name));
  } catch {
    return []; // no server ever ran from here
  }
  return names.flatMap((name) => {
    try {
      return [{ file: join(paths.runtime, name), note: JSON.parse(readFileSync(join(paths.runtime, name), "utf8")) }];
    } catch {
      return []; // being written, or removed, just now
    }
  });
}

/** The server with this pid, once it has noted where it listens. */
export function noteOf(paths, pid) {
  return notes(paths).find(({ note }) => note.pid === pid)?.note;
}

/** The address to open, with the token. */
export function addressOf(note, notebook) {
  return `http://127.0.0.1:${note.port}/lab/tree/${notebook}?token=${note.token}`;
}

export async function runningServer(paths, notebook = "notebooks/quickstart.ipynb") {
  for (const { file, note } of notes(paths)) {
    if (startTimeOf(note.pid) !== undefined && (await answers(note.port, note.token))) {
      return { pid: note.pid, port: note.port, address: addressOf(note, notebook) };
    }
    if (startTimeOf(note.pid) === undefined) rmSync(file, { force: true });
  }
  return undefined;
}
