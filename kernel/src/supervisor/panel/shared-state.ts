/** What the panel shows of the layer of many users: where it is, for whom, who writes there and who of them counts. */
import { accessOf, examine, openUsers, type Store, volumeOf } from "@sojourn/engine/cache";
import { fsPromises } from "@sojourn/engine/file-system";
import type { SharedState } from "../../panel-protocol.js";

/** Findings of `doctor` that belong here. */
const SUBJECTS: readonly string[] = ["shared", "policy", "keys"];

/** Reads each writer's summary, and examines the directory. Never throws for what it finds. */
export async function sharedState(store: Store): Promise<SharedState> {
  const { sharedDirectory: directory, publish, shareNames, sharedCapBytes: capBytes } = store.settings;
  const status = await store.status();
  const sum = (totals: Readonly<Record<string, { entries: number; bytes: number }>>) => ({
    entries: Object.values(totals).reduce((all, { entries }) => all + entries, 0),
    bytes: Object.values(totals).reduce((all, { bytes }) => all + bytes, 0),
  });
  const { findings } = await examine(store);
  const folder = directory === "" ? {} : await folderOf(directory);
  const prefix = "refused.";
  return {
    directory,
    ...folder,
    publish,
    shareNames,
    capBytes,
    writers: status.writers.map(({ name, own, summary, uses, refusal }) => ({
      ...{ name, own, uses },
      ...sum(summary.totals),
      ...(refusal !== undefined && { refusal }),
    })),
    policy: status.policy.map(({ path, there, problem }) => ({
      ...{ path, there },
      ...(problem !== undefined && { problem }),
    })),
    libraries: status.libraries.map(({ name, version, summary }) => ({ name, version, ...sum(summary.totals) })),
    refusals: Object.entries(status.counters)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, times]) => ({ code: name.slice(prefix.length), times })),
    findings: findings
      .filter(({ subject }) => SUBJECTS.includes(subject))
      .map(({ level, text, action }) => ({ level, text, ...(action !== undefined && { action }) })),
  };
}

async function folderOf(directory: string): Promise<Pick<SharedState, "mode" | "group" | "volume" | "problem">> {
  const stat = await fsPromises.lstat(`${directory}/.`).catch((error: Error) => error);
  if (stat instanceof Error)
    return { problem: `The shared directory ${directory} cannot be read: ${(stat as NodeJS.ErrnoException).code}.` };
  const { group } = accessOf(stat);
  const volume = await volumeOf(directory);
  const { freeFiles } = volume ?? {};
  return {
    mode: (stat.mode & 0o7777).toString(8).padStart(4, "0"),
    ...(group !== undefined && { group: openUsers().groupName(group) ?? String(group) }),
    ...(volume && {
      volume: {
        type: volume.type,
        freeBytes: volume.freeBytes,
        ...(freeFiles !== undefined && { freeFiles }),
      },
    }),
  };
}
