/** npm's part of the set-up: no network, its own settings, and what an interruption leaves behind. */
import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { alive, closedPort, drive, needOnly, serveHttp, skeleton, start, temporary, waitUntil } from "./support.mjs";

/** A cache of its own, and no second tries. */
const alone = (t, more) => ({ npm_config_cache: temporary(t), npm_config_fetch_retries: "0", ...more });

test("a first start without network gets one sentence", async (t) => {
  const registry = `http://127.0.0.1:${await closedPort()}`;
  const { code, output } = await start(
    t,
    skeleton(t),
    ["--run", "notebooks/empty.ipynb"],
    alone(t, { npm_config_registry: registry }),
  );
  assert.match(
    output,
    /^Cannot install the Node packages: the npm registry was not reached \(ECONNREFUSED\); connect to the network or set a proxy or an index in the configuration of npm, and start again\.$/m,
  );
  assert.doesNotMatch(output, /npm error/);
  assert.equal(code, 1);
});

test("npm's own registry and proxy are used", async (t) => {
  const answer = (_request, response) => response.writeHead(503).end();
  const registry = await serveHttp(t, answer);
  const root = temporary(t);
  needOnly(root, ["acorn"]);
  await drive(t, root, "packages", alone(t, { npm_config_registry: registry.address })).ended;
  assert.ok(
    registry.asked.some((path) => path.startsWith("/acorn")),
    registry.asked.join(),
  );
  const proxy = await serveHttp(t, answer);
  const behind = { npm_config_registry: "http://registry.invalid", npm_config_proxy: proxy.address };
  await drive(t, root, "packages", alone(t, behind)).ended;
  assert.ok(
    proxy.asked.some((path) => path.startsWith("http://registry.invalid/acorn")),
    proxy.asked.join(),
  );
});

test("an installation that was killed is done again, and nothing of it lives on", async (t) => {
  const silent = await serveHttp(t, () => {});
  const root = temporary(t);
  needOnly(root, ["acorn"]);
  const first = drive(t, root, "packages", alone(t, { npm_config_registry: silent.address }));
  await waitUntil(() => silent.asked.length > 0, "npm asks for a package");
  process.kill(first.pid, "SIGKILL");
  await first.ended;
  assert.ok(!existsSync(join(root, ".sojourn", "stamps", "packages.json")));
  const second = drive(t, root, "packages");
  assert.equal(await second.ended, 0, second.output);
  const [, left] = /ending process (\d+), which an interrupted start left running/.exec(second.output) ?? [];
  assert.ok(left !== undefined, second.output);
  assert.ok(!alive(Number(left)));
  assert.ok(existsSync(join(root, "node_modules", "acorn", "package.json")));
  assert.ok(existsSync(join(root, ".sojourn", "stamps", "packages.json")));
});

test("Ctrl-C during an installation ends npm too", async (t) => {
  const silent = await serveHttp(t, () => {});
  const root = temporary(t);
  needOnly(root, ["acorn"]);
  const running = drive(t, root, "packages", alone(t, { npm_config_registry: silent.address }));
  await waitUntil(() => silent.asked.length > 0, "npm asks for a package");
  process.kill(running.pid, "SIGINT");
  assert.equal(await running.ended, 130);
  assert.match(running.output, /^interrupted: Stopped before the set-up was complete; the next start repairs it\.$/m);
});

test("what is there is not installed again, what is gone is", async (t) => {
  const root = temporary(t);
  needOnly(root, ["acorn"]);
  const unreachable = { npm_config_registry: `http://127.0.0.1:${await closedPort()}`, npm_config_offline: "false" };
  assert.equal(await drive(t, root, "packages").ended, 0);
  const again = drive(t, root, "packages", alone(t, unreachable));
  assert.equal(await again.ended, 0);
  assert.doesNotMatch(again.output, /installing/);
  rmSync(join(root, ".sojourn"), { recursive: true });
  const adopted = drive(t, root, "packages", alone(t, unreachable));
  assert.equal(await adopted.ended, 0, "npm's own note is enough");
  assert.doesNotMatch(adopted.output, /installing/);
  rmSync(join(root, ".sojourn"), { recursive: true });
  rmSync(join(root, "node_modules", "acorn"), { recursive: true });
  const repaired = drive(t, root, "packages");
  assert.equal(await repaired.ended, 0);
  assert.match(repaired.output, /installing the Node packages/);
  assert.ok(existsSync(join(root, "node_modules", "acorn", "package.json")));
});
