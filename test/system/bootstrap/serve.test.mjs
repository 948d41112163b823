/** The server: where it listens, who may talk to it, and that it leaves nothing behind however it ends. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { noBrowserReason } from "../../../kernel/bootstrap/serve.mjs";
import { alive, DRIVE, drive, launch, plainEnvironment, temporary, waitUntil } from "./support.mjs";

const ADDRESS = /http:\/\/127\.0\.0\.1:(\d+)\/lab\/tree\/notebooks\/quickstart\.ipynb\?token=([0-9a-f]{32,})/;

/** Occupies a port of the loopback; 0 takes any. Returns the port, or undefined when it was taken already. */
function occupy(t, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1" }, () => {
      t.after(() => server.close());
      resolve(server.address().port);
    });
  });
}

function ask(port, path, { method = "GET", token, body } = {}) {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `token ${token}` };
    const asked = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode, body: text }));
    });
    asked.on("error", reject).end(body);
  });
}

const reachable = (host, port) =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });

/** A server that answers, with where and how. */
async function serving(t, ...args) {
  const root = temporary(t);
  return answering(root, drive(t, root, "serve", {}, ...args));
}

async function answering(root, starting) {
  const [address, port, token] = await starting.until(ADDRESS, 60);
  const runtime = join(root, "jupyter", "runtime");
  const note = readdirSync(runtime).find((name) => /^jpserver-\d+\.json$/.test(name));
  const { pid } = JSON.parse(readFileSync(join(runtime, note), "utf8"));
  return { root, starting, address, port: Number(port), token, pid };
}

/** Starts one of our kernels as the browser would; returns the pids of its supervisor and its executor. */
async function withKernel({ port, token, pid }) {
  const { status, body } = await ask(port, "/api/kernels", {
    method: "POST",
    token,
    body: JSON.stringify({ name: "sojourn" }),
  });
  assert.equal(status, 201, body);
  const { name } = JSON.parse(body);
  assert.equal(name, "sojourn");
  let pids = [];
  await waitUntil(() => {
    pids = descendants(pid);
    return pids.length >= 2;
  }, "the kernel's processes run");
  return pids;
}

/** Pids of all processes below one, by what the system says. */
function descendants(pid) {
  const children = new Map();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // ended while we looked
    }
  }
  const below = (parent) => (children.get(parent) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

const noProc = existsSync("/proc/self/stat") ? false : "the system shows no processes in /proc";

test("the next free port is taken, only the loopback and only the token are let in", async (t) => {
  await occupy(t, 8888);
  const { starting, port, token } = await serving(t);
  assert.notEqual(port, 8888);
  assert.equal((await ask(port, "/api/contents")).status, 403, "without a token");
  assert.equal((await ask(port, "/api/contents", { token: "wrong" })).status, 403);
  assert.equal((await ask(port, "/api/contents", { token })).status, 200);
  assert.ok(await reachable("127.0.0.1", port));
  assert.ok(!(await reachable("127.0.0.2", port)), "listens on one address");
  await starting.until(/No browser is opened, because there is no display\./);
  assert.match(starting.output, new RegExp(`^ {4}ssh -N -L ${port}:127\\.0\\.0\\.1:${port} \\S+@\\S+$`, "m"));
  const page = await ask(port, `/lab/tree/notebooks/quickstart.ipynb?token=${token}`);
  assert.equal(page.status, 200);
  const specs = JSON.parse((await ask(port, "/api/kernelspecs", { token })).body);
  assert.equal(specs.default, "sojourn", "new notebooks are offered our kernel");
  const settings = JSON.parse(
    /<script id="jupyter-config-data" type="application\/json">\s*(.*?)\s*<\/script>/s.exec(page.body)[1],
  );
  assert.deepEqual(settings.news, { disabled: true }, "asks nobody for news");
  assert.ok(
    settings.federated_extensions.some(({ name }) => name === "@sojourn/labextension"),
    "our extension is there",
  );
});

test("a second start prints the address of the first", async (t) => {
  const { root, address, pid } = await serving(t);
  const second = drive(t, root, "serve");
  assert.equal(await second.ended, 0);
  assert.ok(
    second.output.includes(`JupyterLab is already running from this folder (process ${pid}) at\n\n    ${address}\n`),
    second.output,
  );
  assert.ok(
    second.output.includes(`\nStop it with Ctrl-C in its terminal, or with: kill -TERM ${pid}\n`),
    second.output,
  );
});

test("a second start with another port says where the first runs and how to stop it", async (t) => {
  const { root, starting, address, port, pid } = await serving(t);
  const same = drive(t, root, "serve", {}, String(port));
  assert.equal(await same.ended, 0, same.output);
  const other = port === 65535 ? port - 1 : port + 1;
  const refused = drive(t, root, "serve", {}, String(other));
  assert.equal(await refused.ended, 1);
  assert.equal(
    refused.output,
    `running-elsewhere: JupyterLab already runs from this folder at ${address} (process ${pid}) and not on port ${other}; ` +
      `open that address, or stop it with Ctrl-C in its terminal or kill -TERM ${pid} and start again.\n`,
  );
  process.kill(pid, "SIGTERM");
  assert.equal(await starting.ended, 0, starting.output);
});

test("two starts at once make one server", async (t) => {
  const root = temporary(t);
  const both = [drive(t, root, "serve"), drive(t, root, "serve")];
  const addresses = await Promise.all(both.map(async (one) => (await one.until(ADDRESS, 60))[0]));
  assert.equal(addresses[0], addresses[1]);
  const [first, second] = both[0].output.includes("already running") ? [both[1], both[0]] : both;
  assert.equal(await second.ended, 0);
  assert.match(second.output, /waiting for another start|already running/);
  assert.match(first.output, /Press Ctrl-C to stop\./);
});

test("--port takes this port or fails", async (t) => {
  const busy = await occupy(t, 0);
  const refused = drive(t, temporary(t), "serve", {}, String(busy));
  assert.equal(await refused.ended, 1);
  assert.match(
    refused.output,
    new RegExp(
      `^port-busy: Cannot use port ${busy}: another program listens there; choose another --port, or leave it out\\.$`,
      "m",
    ),
  );
});

test("Ctrl-C ends the server and its kernels", { skip: noProc }, async (t) => {
  const server = await serving(t);
  const pids = [server.pid, ...(await withKernel(server))];
  process.kill(-server.starting.pid, "SIGINT");
  assert.equal(await server.starting.ended, 0);
  assert.match(server.starting.output, /Stopping JupyterLab and its kernels\.\nJupyterLab has stopped\./);
  assert.deepEqual(pids.filter(alive), []);
});

test("a killed start leaves no server and no kernel", { skip: noProc }, async (t) => {
  const server = await serving(t);
  const pids = [server.pid, ...(await withKernel(server))];
  process.kill(server.starting.pid, "SIGKILL");
  await server.starting.ended;
  await waitUntil(() => !pids.some(alive), "all its processes have ended", 20);
  const next = drive(t, server.root, "serve");
  await next.until(ADDRESS, 60);
  assert.doesNotMatch(next.output, /already running/);
});

test("a killed npm ends the server and its kernels", { skip: noProc }, async (t) => {
  const root = temporary(t);
  const env = plainEnvironment({ npm_lifecycle_event: "start" });
  const starting = launch(t, "sh", ["-c", '"$@"; :', "npm", process.execPath, DRIVE, root, "serve"], { env });
  const server = await answering(root, starting);
  const pids = [...descendants(starting.pid), ...(await withKernel(server))];
  process.kill(starting.pid, "SIGTERM");
  assert.equal(await starting.ended, "SIGTERM");
  assert.match(starting.output, /JupyterLab has stopped\./);
  await waitUntil(() => !pids.some(alive), "all its processes have ended", 20);
});

test("a browser is opened only where a person can see it", () => {
  assert.equal(noBrowserReason({ DISPLAY: ":0" }, "linux"), undefined);
  assert.equal(noBrowserReason({ WAYLAND_DISPLAY: "wayland-0" }, "linux"), undefined);
  assert.equal(noBrowserReason({}, "darwin"), undefined);
  assert.equal(noBrowserReason({}, "linux"), "there is no display");
  assert.equal(noBrowserReason({ DISPLAY: ":10", SSH_CONNECTION: "a 1 b 22" }, "linux"), "this is an SSH session");
  assert.equal(noBrowserReason({ SSH_TTY: "/dev/pts/0" }, "darwin"), "this is an SSH session");
});
