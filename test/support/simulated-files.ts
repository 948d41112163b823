/**
 * A file system in memory that can say what a crash would leave of it. It keeps everything that was ever done in order, so that
 * the disk as it was after any step can be made again: as a killed process leaves it, or as a loss of power does.
 *
 * What a loss of power may do is the worst that POSIX allows. Of a file that was not synced since it was written, any part may
 * be there: nothing, a prefix, some sectors with zeros or old bytes between them, or all. Names that were made, moved or removed in a
 * folder that was not synced since may be there or not, each for itself and in any order; syncing a file does not sync its name.
 */
import { constants } from "node:os";
import type { FileStat, FileSystem, OpenFile } from "../../engine/src/cache/file-system.js";

const SECTOR = 512;
const ROOT = 0;
const FILE = 0o100000;
const FOLDER = 0o040000;

/** Uniform in [0, 1), always the same of one seed. */
export type Random = () => number;

/** Mulberry32 over a mixed seed: enough for choosing faults. */
export function randomOf(...seeds: readonly number[]): Random {
  let state = seeds.reduce(
    (mixed, seed) => Math.imul(mixed ^ (seed + 0x9e3779b9), 0x85ebca6b) ^ (mixed >>> 13),
    0x2545f491,
  );
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An error as Node makes it; Node 20 has no names for ESTALE and EDQUOT. */
export function systemError(name: keyof typeof constants.errno, call: string, path = ""): NodeJS.ErrnoException {
  const errno = -constants.errno[name];
  const code = name === "ESTALE" || name === "EDQUOT" ? `Unknown system error ${errno}` : name;
  const limit = Error.stackTraceLimit;
  // there are many, and nobody asks where they come from
  Error.stackTraceLimit = 0;
  const error = new Error(`${code}: simulated, ${call} '${path}'`);
  Error.stackTraceLimit = limit;
  return Object.assign(error, { code, errno, syscall: call, path });
}

/** What a file was after a step. */
interface Version {
  readonly step: number;
  readonly data: Buffer;
  readonly synced: Buffer;
}

interface Node {
  readonly folder: boolean;
  mode: number;
  mtimeMs: number;
  readonly versions: Version[];
}

/** One change of names, which happens wholly or not at all. */
interface Change {
  readonly step: number;
  /** When its folders were synced; Infinity while they were not. */
  syncedAt: number;
  readonly names: readonly { readonly folder: number; readonly name: string; readonly node: number | undefined }[];
}

export interface SimulatedOptions {
  readonly clock: () => number;
  readonly uid?: number;
}

/** What decides when a call happens, and how much of a read or write is done at once. */
export interface Conduct {
  readonly turn?: (call: string, path: string) => Promise<void>;
  readonly part?: (length: number) => number;
}

export class SimulatedFiles {
  private readonly nodes: Node[] = [];
  private readonly folders: Map<string, number>[] = [];
  private readonly changes: Change[] = [];
  /** How many calls have changed something or could have. */
  step = 0;

  constructor(private readonly options: SimulatedOptions) {
    this.add(true, 0o755);
  }

  private add(folder: boolean, mode: number): number {
    const mtimeMs = this.options.clock();
    const nothing = Buffer.alloc(0);
    this.nodes.push({ folder, mode, mtimeMs, versions: [{ step: this.step, data: nothing, synced: nothing }] });
    this.folders.push(new Map());
    return this.nodes.length - 1;
  }

  private find(path: string, call: string): { parent: number; name: string; node: number | undefined } {
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    let parent = ROOT;
    for (const part of parts.slice(0, -1)) {
      const next = this.folders[parent].get(part);
      if (next === undefined) throw systemError("ENOENT", call, path);
      if (!this.nodes[next].folder) throw systemError("ENOTDIR", call, path);
      parent = next;
    }
    const name = parts.at(-1);
    if (name === undefined) return { parent, name: "", node: ROOT };
    return { parent, name, node: this.folders[parent].get(name) };
  }

  private existing(path: string, call: string): number {
    const { node } = this.find(path, call);
    if (node === undefined) throw systemError("ENOENT", call, path);
    return node;
  }

  private change(names: Change["names"]): void {
    for (const { folder, name, node } of names) {
      if (node === undefined) this.folders[folder].delete(name);
      else this.folders[folder].set(name, node);
    }
    this.changes.push({ step: this.step, syncedAt: Infinity, names });
  }

  private statOf(node: number): FileStat {
    const { folder, mode, mtimeMs, versions } = this.nodes[node];
    const size = folder ? 4096 : (versions.at(-1) as Version).data.length;
    const uid = this.options.uid ?? process.getuid?.() ?? 0;
    return {
      ...{ size, mtimeMs, uid, gid: uid, mode: mode | (folder ? FOLDER : FILE) },
      isFile: () => !folder,
      isDirectory: () => folder,
    };
  }

  /** The file system as one process sees it. */
  view({ turn, part = (length) => length }: Conduct = {}): FileSystem {
    const act = async <T>(call: string, path: string, work: () => T): Promise<T> => {
      if (turn) await turn(call, path);
      this.step++;
      return work();
    };
    const opened = (node: number, path: string): OpenFile => ({
      read: (buffer, offset, length, position) =>
        act("read", path, () => {
          const data = (this.nodes[node].versions.at(-1) as Version).data.subarray(position, position + part(length));
          buffer.set(data, offset);
          return { bytesRead: data.length };
        }),
      write: (buffer, offset, length) =>
        act("write", path, () => {
          const { versions } = this.nodes[node];
          const { data, synced } = versions.at(-1) as Version;
          const more = buffer.subarray(offset, offset + part(length));
          versions.push({ step: this.step, data: Buffer.concat([data, more]), synced });
          this.nodes[node].mtimeMs = this.options.clock();
          return { bytesWritten: more.length };
        }),
      stat: () => act("fstat", path, () => this.statOf(node)),
      chmod: (mode) => act("fchmod", path, () => void (this.nodes[node].mode = mode)),
      sync: () =>
        act("fsync", path, () => {
          const { folder, versions } = this.nodes[node];
          const { data } = versions.at(-1) as Version;
          if (!folder) versions.push({ step: this.step, data, synced: data });
          else
            for (const change of this.changes)
              if (change.syncedAt === Infinity && change.names.some((one) => one.folder === node))
                change.syncedAt = this.step;
        }),
      close: () => act("close", path, () => {}),
    });
    return {
      mkdir: (path, { mode }) =>
        act("mkdir", path, () => {
          const { parent, name, node } = this.find(path, "mkdir");
          if (node !== undefined) throw systemError("EEXIST", "mkdir", path);
          this.change([{ folder: parent, name, node: this.add(true, mode) }]);
        }),
      open: (path, flags, mode = 0o666) =>
        act("open", path, () => {
          if (flags !== "wx") return opened(this.existing(path, "open"), path);
          const { parent, name, node } = this.find(path, "open");
          if (node !== undefined) throw systemError("EEXIST", "open", path);
          const made = this.add(false, mode);
          this.change([{ folder: parent, name, node: made }]);
          return opened(made, path);
        }),
      link: (from, to) =>
        act("link", to, () => {
          const node = this.existing(from, "link");
          const target = this.find(to, "link");
          if (target.node !== undefined) throw systemError("EEXIST", "link", to);
          this.change([{ folder: target.parent, name: target.name, node }]);
        }),
      rename: (from, to) =>
        act("rename", to, () => {
          const source = this.find(from, "rename");
          if (source.node === undefined) throw systemError("ENOENT", "rename", from);
          const target = this.find(to, "rename");
          this.change([
            { folder: source.parent, name: source.name, node: undefined },
            { folder: target.parent, name: target.name, node: source.node },
          ]);
        }),
      unlink: (path) =>
        act("unlink", path, () => {
          const node = this.existing(path, "unlink");
          if (this.nodes[node].folder) throw systemError("EISDIR", "unlink", path);
          const { parent, name } = this.find(path, "unlink");
          this.change([{ folder: parent, name, node: undefined }]);
        }),
      rmdir: (path) =>
        act("rmdir", path, () => {
          const node = this.existing(path, "rmdir");
          if (!this.nodes[node].folder) throw systemError("ENOTDIR", "rmdir", path);
          if (this.folders[node].size > 0) throw systemError("ENOTEMPTY", "rmdir", path);
          const { parent, name } = this.find(path, "rmdir");
          this.change([{ folder: parent, name, node: undefined }]);
        }),
      readdir: (path) =>
        act("readdir", path, () => {
          const node = this.existing(path, "readdir");
          if (!this.nodes[node].folder) throw systemError("ENOTDIR", "readdir", path);
          return [...this.folders[node].keys()];
        }),
      lstat: (path) => act("lstat", path, () => this.statOf(this.existing(path, "lstat"))),
      readNow: (path, _, bytesMax) => {
        const node = this.existing(path, "open");
        if (this.nodes[node].folder) throw systemError("EISDIR", "read", path);
        const bytes = Buffer.from((this.nodes[node].versions.at(-1) as Version).data.subarray(0, bytesMax));
        return { bytes, uid: this.statOf(node).uid };
      },
    };
  }

  /** Puts other bytes into a file, as damage does. */
  damage(path: string, change: (bytes: Buffer) => Buffer): void {
    const { versions } = this.nodes[this.existing(path, "open")];
    const data = change(Buffer.from((versions.at(-1) as Version).data));
    versions.push({ step: this.step, data, synced: data });
  }

  /** Says that everything is on the disk now. */
  settle(): void {
    for (const change of this.changes) if (change.syncedAt === Infinity) change.syncedAt = this.step;
    for (const { folder, versions } of this.nodes) {
      const { data } = versions.at(-1) as Version;
      if (!folder) versions.push({ step: this.step, data, synced: data });
    }
  }

  /** The disk as a crash after a step leaves it: of killed processes without `power`, else of lost power, as chance says. */
  after(step: number, options: SimulatedOptions, power?: Random): SimulatedFiles {
    const image = new SimulatedFiles(options);
    image.nodes.length = 0;
    image.folders.length = 0;
    for (const { folder, mode, mtimeMs, versions } of this.nodes) {
      const version = versions.findLast((one) => one.step <= step);
      const data = version === undefined ? Buffer.alloc(0) : power ? torn(version, power) : version.data;
      image.nodes.push({ folder, mode, mtimeMs, versions: [{ step: 0, data, synced: data }] });
      image.folders.push(new Map());
    }
    // all, none, or each by a chance of its own: pure chance would hardly ever lose one thing alone
    const style = power ? power() : 1;
    const chance = power === undefined || style > 0.9 ? 1 : style < 0.2 ? 0 : style < 0.4 ? 0.9 : 0.5;
    for (const { step: at, syncedAt, names } of this.changes) {
      if (at > step) break;
      if (power && syncedAt > step && power() >= chance) continue;
      for (const { folder, name, node } of names) {
        if (node === undefined) image.folders[folder].delete(name);
        else image.folders[folder].set(name, node);
      }
    }
    return image;
  }

  /** Paths of all files with their lengths, sorted. */
  list(folder = ROOT, path = ""): { readonly path: string; readonly bytes: number; readonly mtimeMs: number }[] {
    return [...this.folders[folder]].sort().flatMap(([name, node]) => {
      const { folder: isFolder, mtimeMs, versions } = this.nodes[node];
      const file = { path: `${path}/${name}`, bytes: (versions.at(-1) as Version).data.length, mtimeMs };
      return isFolder ? this.list(node, file.path) : [file];
    });
  }
}

/** What may be left of a file's bytes. */
function torn({ data, synced }: Version, random: Random): Buffer {
  if (data.length === synced.length) return data;
  const style = random();
  if (style < 0.2) return synced;
  if (style < 0.4) return data;
  if (style < 0.55) return data.subarray(0, synced.length + Math.floor(random() * (data.length - synced.length)));
  const left = Buffer.alloc(data.length);
  synced.copy(left);
  if (style < 0.65) return left;
  const old = style > 0.9 ? Math.floor(256 * random()) : 0;
  for (let start = synced.length; start < data.length; ) {
    const end = Math.min(data.length, (Math.floor(start / SECTOR) + 1) * SECTOR);
    if (random() < 0.5) data.copy(left, start, start, end);
    else left.fill(old, start, end);
    start = end;
  }
  return left;
}

/** Lets calls of several processes happen one at a time, in an order that chance makes. */
export class Turns {
  private readonly waiting: { readonly who: number; readonly go: () => void }[] = [];
  private readonly dead = new Set<number>();
  private running = false;

  constructor(private readonly random: Random) {}

  /** Whoever is dead waits for ever. */
  take(who: number): Promise<void> {
    return new Promise((go) => {
      if (this.dead.has(who)) return;
      this.waiting.push({ who, go });
      this.pump();
    });
  }

  kill(who: number): void {
    this.dead.add(who);
    for (let i = this.waiting.length - 1; i >= 0; i--) if (this.waiting[i].who === who) this.waiting.splice(i, 1);
  }

  private pump(): void {
    if (this.running) return;
    this.running = true;
    const next = (): void => {
      const [one] = this.waiting.splice(Math.floor(this.random() * this.waiting.length), 1);
      this.running = one !== undefined;
      if (one === undefined) return;
      one.go();
      setImmediate(next);
    };
    setImmediate(next);
  }
}
