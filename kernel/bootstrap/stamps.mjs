/**
 * Stamps say that a step was completed for exactly these inputs. A stamp is removed before its step begins and
 * written, whole, after it ended, so that an interrupted step has none and is done again.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** All files below the given files and folders, sorted; what does not exist is left out. */
export function filesBelow(root, names, keep = () => true) {
  const found = [];
  const visit = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() && keep(path)) found.push(path);
    if (stat?.isDirectory())
      for (const entry of readdirSync(path)) if (entry !== "node_modules") visit(join(path, entry));
  };
  for (const name of names) visit(join(root, name));
  return found.sort();
}

/** SHA-256 over names and contents of files, and over further strings. */
export function digest(root, files, ...more) {
  const hash = createHash("sha256");
  for (const text of more) hash.update(`${text.length}:${text}\n`);
  for (const file of files) {
    const bytes = readFileSync(file);
    hash.update(`${relative(root, file)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

export function readStamp(paths, name) {
  try {
    return JSON.parse(readFileSync(join(paths.stamps, `${name}.json`), "utf8"));
  } catch {
    return undefined;
  }
}

export function removeStamp(paths, name) {
  rmSync(join(paths.stamps, `${name}.json`), { force: true });
}

export function writeStamp(paths, name, content) {
  mkdirSync(paths.stamps, { recursive: true });
  const file = join(paths.stamps, `${name}.json`);
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(content)}\n`, { flush: true });
  renameSync(`${file}.${process.pid}`, file);
}
