/**
 * Bundles the compiled kernel: dist/kernelspec/ holds everything a Jupyter server starts, one file for each process, and
 * dist/cli.mjs is the `sojourn` command. Run after `tsc -b`; takes a second.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

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
};

const entry = (path) => join(here, "lib", path);
/** msgpackr looks for an optional native helper through `require`, also in a bundled ES module. */
const requireBanner = {
  js: 'import{createRequire as $createRequire}from"node:module";const require=$createRequire(import.meta.url);',
};

const addon = addonFile();
for (const path of [
  "supervisor/main.js",
  "executor/main.js",
  "executor/controller.js",
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
  build({ ...common, format: "cjs", entryPoints: [entry("executor/main.js")], outfile: join(spec, "executor.cjs") }),
  build({
    ...common,
    format: "cjs",
    entryPoints: [entry("executor/controller.js")],
    outfile: join(spec, "controller.cjs"),
  }),
  // Large, and needed by few cells.
  build({
    ...common,
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
await Promise.all(bundles);

copyFileSync(addon, join(spec, "zeromq.node"));
copyFileSync(require.resolve("@swc/wasm-typescript"), join(spec, "typescript.cjs"));
for (const file of ["kernel.json", "start.sh", "start.cjs", "logo-svg.svg", "logo-32x32.png", "logo-64x64.png"]) {
  copyFileSync(join(here, "kernelspec", file), join(spec, file));
}
chmodSync(join(spec, "start.sh"), 0o755);
if (withCli) {
  chmodSync(cli, 0o755);
  copyFileSync(cli, join(spec, "cli.mjs"));
}
