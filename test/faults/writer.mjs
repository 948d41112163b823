// Publishes entries until it is killed. Entry i holds an array filled with i, so that a reader can tell a wrong one.
import { createHash } from "node:crypto";
import { openStore } from "@sojourn/engine/cache";

const store = openStore({ directory: process.argv[2] });
for (let i = 0; ; i++) {
  const key = createHash("sha256").update(String(i)).digest();
  const meta = { kind: "graph", key, producer: "writer", components: {}, createdMs: 0, costMs: 0 };
  store.put(meta, { attributes: { name: String(i) }, arrays: { values: new Float64Array(20_000).fill(i) } });
  if (i % 4 === 3) await store.drain(10_000);
  if (i === 0) process.stdout.write("started\n");
}
