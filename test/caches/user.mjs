/**
 * One user at work, for `users.test.ts`: node user.mjs <umask> <task as JSON>, answers one JSON document on standard output.
 * Settings come by environment variables, as a user of a cluster has them.
 *
 *     { "build": [20, 21] }                builds coalescents, says where graphs and traces came from and what status says
 *     { "poison": 20 }                     publishes a wrong graph, sound in itself, under the key of this coalescent
 *     { "files": [["unlink", "/path"]] }   calls of node:fs/promises, each answered with "done" or the system's error
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { openEngine } from "@sojourn/engine";
import { openStore } from "@sojourn/engine/cache";

process.umask(Number.parseInt(process.argv[2], 8));
const task = JSON.parse(process.argv[3]);

async function build(sizes) {
  const faults = [];
  const engine = openEngine({
    onEvent: (event) => {
      if (event.type === "fault") faults.push({ code: event.code, message: event.message });
    },
  });
  const { coalescent } = engine.families;
  const builds = [];
  for (const n of sizes) {
    const handle = await coalescent.build({ n });
    const { graph, trace } = handle.caches;
    builds.push({ n, key: coalescent.key({ n }), mean: await handle.mean({ rate: 1 }), graph, trace });
  }
  const { writers, policy, counters } = await engine.cache.status();
  await engine.close();
  const shown = writers.map(({ summary, ...writer }) => ({ ...writer, graphs: summary.totals.graph.entries }));
  return { builds, writers: shown, policy, counters, faults };
}

/** Twice the rates, in a file as it should be. */
async function poison(n) {
  const engine = openEngine();
  const key = Buffer.from(engine.families.coalescent.key({ n }), "hex");
  await engine.families.coalescent.build({ n });
  await engine.close();
  const { entry } = await openStore().get("graph", key);
  const { coefficients } = entry.arrays;
  const wrong = { ...entry, arrays: { ...entry.arrays, coefficients: coefficients.map((rate) => 2 * rate) } };
  const { attributes, arrays, signature: _, ...meta } = wrong;
  const store = openStore({ directory: `${process.env.HOME}/other`, settings: { publish: true } });
  store.put(meta, { attributes, arrays });
  await store.drain(10_000);
}

async function call([name, ...args]) {
  try {
    const answer = await Reflect.apply(Reflect.get(fs, name), fs, args);
    return Buffer.isBuffer(answer) ? createHash("sha256").update(answer).digest("hex") : "done";
  } catch (error) {
    return error.code;
  }
}

const answer = {};
if (task.files) {
  answer.files = [];
  for (const one of task.files) answer.files.push(await call(one));
}
if (task.poison) await poison(task.poison);
if (task.build) Object.assign(answer, await build(task.build));
process.stdout.write(JSON.stringify(answer));
