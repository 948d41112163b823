/**
 * Bundles the compiled kernel: dist/kernelspec/ holds everything a Jupyter server starts, one file for each process, and
 * dist/cli.mjs is the `sojourn` command. Run after `tsc -b`; takes a second.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { thirdPartyNotices } from "./notices.mjs";
import { TYPED_PACKAGES, typeFiles } from "./type-files.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const spec = join(here, "dist/kernelspec");
const cli = join(here, "dist/cli.mjs");
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

/** zeromq's prebuilt binaries, each for the oldest system library it needs. */
const ADDONS = {
  "linux x64": "linux/x64/node/glibc-127-Release",
  "linux arm64": "linux/arm64/node/glibc-127-Release",
  "darwin x64": "darwin/x64/node/libc-115-Release",
  "darwin arm64": "darwin/arm64/node/libc-115-Release",
};

function addonFile() {
  const platform = `${process.platform} ${process.arch}`;
  const folder = ADDONS[platform];
  if (!folder) {
    throw new Error(
      `Cannot bundle the kernel: it has no ZeroMQ binary for ${platform}, only for ${Object.keys(ADDONS).join(", ")}.`,
    );
  }
  const file = join(dirname(require.resolve("zeromq/package.json")), "build", folder, "addon.node");
  if (!existsSync(file)) throw new Error(`Cannot bundle the kernel: ${file} is missing; install the packages again.`);
  return file;
}

/** Native addon and compiler stay files of their own: one cannot be bundled, the other is 3.5 MB and loaded late. */
const besideTheBundle = {
  name: "beside-the-bundle",
  setup(bundler) {
    bundler.onLoad({ filter: /zeromq[\\/]lib[\\/]load-addon\.js$/ }, () => ({
      contents: "exports.__esModule = true; exports.default = require('./zeromq.node');",
      loader: "js",
    }));
    // Its native part would not be found from a bundle, and looking for it takes longer than all else at a start.
    bundler.onLoad({ filter: /msgpackr-extract[\\/]index\.js$/ }, () => ({
      contents: "throw new Error('left out');",
      loader: "js",
    }));
    bundler.onResolve({ filter: /^@swc\/wasm-typescript$/ }, () => ({ path: "./typescript.cjs", external: true }));
  },
};

const common = {
  bundle: true,
  platform: "node",
  target: "node20",
  minifyWhitespace: true,
  // An uncaught error prints the whole line it is in.
  lineLimit: 160,
  legalComments: "none",
  external: ["./zeromq.node", "./typescript.cjs"],
  plugins: [besideTheBundle],
  define: { SOJOURN_VERSION: JSON.stringify(version) },
  logLevel: "warning",
  metafile: true,
};

/**
 * Cells run in the same realm as the executor, and a `const process = …` of a cell is seen by every function there. So what
 * runs there holds on to what it uses from the start, or takes it from the global object. In a function of its own, where names of the bundle may come before these.
 */
const OWN_GLOBALS =
  "AbortController AbortSignal AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean Buffer DataView Date Error EvalError Event EventTarget FinalizationRegistry Float32Array Float64Array Function Int16Array Int32Array Int8Array Intl JSON Map Math MessageChannel Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol SyntaxError TextDecoder TextEncoder TypeError URIError URL Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly atob btoa clearImmediate clearInterval clearTimeout decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat parseInt performance process queueMicrotask setImmediate setInterval setTimeout structuredClone";
const ownGlobals = {
  banner: {
    js: `const globalThis=(0,eval)("this");const {${OWN_GLOBALS.replaceAll(" ", ",")}}=globalThis;(()=>{`,
  },
  footer: { js: "})();" },
};

const entry = (path) => join(here, "lib", path);
/** msgpackr looks for an optional native helper through `require`, also in a bundled ES module. */
const requireBanner = {
  js: 'import{createRequire as $createRequire}from"node:module";const require=$createRequire(import.meta.url);',
};

const addon = addonFile();
for (const path of [
  "supervisor/main.js",
  "supervisor/panel/desk-worker.js",
  "prewarm/main.js",
  "executor/main.js",
  "executor/controller.js",
  "language/worker.js",
  "executor/figures/vega-library.js",
]) {
  if (!existsSync(entry(path)))
    throw new Error(`Cannot bundle the kernel: ${entry(path)} is missing; run tsc -b first.`);
}
rmSync(spec, { recursive: true, force: true });
mkdirSync(spec, { recursive: true });
const bundles = [
  build({
    ...common,
    format: "cjs",
    entryPoints: [entry("supervisor/main.js")],
    outfile: join(spec, "supervisor.cjs"),
  }),
  build({
    ...common,
    format: "cjs",
    entryPoints: [entry("supervisor/panel/desk-worker.js")],
    outfile: join(spec, "panel-desk.cjs"),
  }),
  build({
    ...common,
    format: "cjs",
    entryPoints: [entry("prewarm/main.js")],
    outfile: join(spec, "prewarmer.cjs"),
  }),
  build({
    ...common,
    ...ownGlobals,
    format: "cjs",
    entryPoints: [entry("executor/main.js")],
    outfile: join(spec, "executor.cjs"),
  }),
  build({
    ...common,
    format: "cjs",
    entryPoints: [entry("executor/controller.js")],
    outfile: join(spec, "controller.cjs"),
  }),
  // The compiler comes along; read once, when somebody asks what only it knows.
  build({
    ...common,
    minify: true,
    format: "cjs",
    entryPoints: [entry("language/worker.js")],
    outfile: join(spec, "language.cjs"),
  }),
  // Large, and needed by few cells.
  build({
    ...common,
    ...ownGlobals,
    minify: true,
    format: "cjs",
    entryPoints: [entry("executor/figures/vega-library.js")],
    outfile: join(spec, "vega.cjs"),
  }),
  build({
    ...common,
    format: "esm",
    entryPoints: [entry("executor/module-hooks.js")],
    outfile: join(spec, "module-hooks.mjs"),
    banner: requireBanner,
  }),
];
const withCli = existsSync(entry("cli/main.js"));
if (withCli) {
  bundles.push(
    build({ ...common, format: "esm", entryPoints: [entry("cli/main.js")], outfile: cli, banner: requireBanner }),
  );
}
const built = await Promise.all(bundles);
writeFileSync(join(spec, "types.json"), JSON.stringify(typeFiles()));
const copied = ["zeromq", "@swc/wasm-typescript", ...TYPED_PACKAGES].map((name) =>
  require.resolve(`${name}/package.json`),
);
const metafiles = built.map(({ metafile }) => metafile);
writeFileSync(join(spec, "THIRD-PARTY.txt"), thirdPartyNotices(process.cwd(), metafiles, copied));

copyFileSync(addon, join(spec, "zeromq.node"));
const { banner, footer } = ownGlobals;
const compiler = readFileSync(require.resolve("@swc/wasm-typescript"), "utf8");
writeFileSync(join(spec, "typescript.cjs"), `${banner.js}${compiler}\n${footer.js}\n`);
// What is installed somewhere says which version it is.
const kernelJson = JSON.parse(readFileSync(join(here, "kernelspec", "kernel.json"), "utf8"));
kernelJson.metadata.version = version;
writeFileSync(join(spec, "kernel.json"), `${JSON.stringify(kernelJson, null, 2)}\n`);
for (const file of ["start.sh", "start.cjs", "logo-svg.svg", "logo-32x32.png", "logo-64x64.png"]) {
  copyFileSync(join(here, "kernelspec", file), join(spec, file));
}
chmodSync(join(spec, "start.sh"), 0o755);
if (withCli) {
  chmodSync(cli, 0o755);
  copyFileSync(cli, join(spec, "cli.mjs"));
}
