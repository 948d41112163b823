// One of many processes on one folder: node crowd.mjs <folder> <keys> <seed> <what> <seconds>; `what` is "use" or "evict".
// Entry i holds an array filled with i, so that a wrong one shows. Prints what it saw.
import { createHash } from "node:crypto";
import { openStore } from "@sojourn/engine/cache";

const [directory, keys, seed, what, seconds] = process.argv.slice(2);
const faults = [];
const onFault = ({ action, kind, code, message }) => faults.push(`${action} ${kind} ${code}: ${message}`);
const settings = { capBytes: what === "evict" ? 40_000 : 1e9, graceMs: 0 };
const store = openStore({ directory, settings, environment: { HOME: directory }, config: "", onFault });
const end = Date.now() + 1000 * Number(seconds);
const seen = { lookups: 0, hits: 0, written: 0, evicted: 0, wrong: [] };
let state = Number(seed) + 1;
const next = (n) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};

async function use(i) {
  const key = createHash("sha256").update(`crowd ${i}`).digest();
  const found = await store.get("graph", key);
  seen.lookups++;
  store.count("lookups");
  if (found.outcome === "hit") {
    seen.hits++;
    const { values } = found.entry.arrays;
    if (values.length !== 100 + i || !values.every((value) => value === i)) seen.wrong.push(i);
    return;
  }
  const meta = { kind: "graph", key, producer: "crowd", components: {}, createdMs: 1, costMs: 1 };
  store.put(meta, { attributes: { name: "crowd" }, arrays: { values: new Float64Array(100 + i).fill(i) } }, () => {
    seen.written++;
  });
}

for (let turn = 0; Date.now() < end; turn++) {
  if (what === "evict") seen.evicted += (await store.vacuum()).entries;
  else await use(next(Number(keys)));
  if (turn % 50 === 49) await store.drain(10_000);
}
if (!(await store.drain(30_000))) seen.wrong.push("it does not end");
process.stdout.write(JSON.stringify({ ...seen, faults }));
