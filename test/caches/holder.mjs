/**
 * A process at work, for `leases.test.ts`: node holder.mjs <how> <milliseconds>. It announces work on one key by the settings of its
 * environment, works by waiting (`work`) or by blocking its thread (`block`), and ends. `build` builds a model that takes a few seconds
 * instead, and says where its graph came from.
 */
import { openEngine } from "@sojourn/engine";
import { openStore } from "@sojourn/engine/cache";

const [how, milliseconds] = [process.argv[2], Number(process.argv[3])];

async function build() {
  const engine = openEngine();
  const slow = engine.defineModel({
    name: "slow",
    inputs: { n: 40 },
    initial: ({ n }) => [n],
    transitions: ([k], _, { n }) => {
      let sum = 0;
      for (let i = 1; i < 5e6; i++) sum += 1 / (i + k);
      return k > 0 ? [{ to: [k - 1], rate: 1 + sum * 1e-9 + n }] : [];
    },
  });
  process.stdout.write("working\n");
  const { graph } = (await slow.build({ n: milliseconds })).caches;
  const { counters } = await engine.cache.status();
  await engine.close();
  process.stdout.write(`${JSON.stringify({ graph, waited: counters["waited.graph"] ?? 0 })}\n`);
}

if (how === "build") await build();
else {
  const store = openStore({ leaseTimes: JSON.parse(process.env.LEASE_TIMES) });
  const end = store.leases.hold("graph", Buffer.alloc(32, 7), true);
  process.stdout.write("working\n");
  // the thread that beats starts meanwhile
  await new Promise((resolve) => setTimeout(resolve, 300));
  const until = performance.now() + milliseconds;
  if (how === "block") while (performance.now() < until) Math.sqrt(2);
  else await new Promise((resolve) => setTimeout(resolve, milliseconds));
  end();
  await new Promise((resolve) => setTimeout(resolve, 200));
}
