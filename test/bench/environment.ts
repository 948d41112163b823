/**
 * What the peers need, in a folder of its own beside the checkout's other ignored things: a Python environment with SciPy
 * and phasic, KLU from Debian's package of SuiteSparse, and our C programs compiled for this processor. A peer that
 * cannot be had is left out with its reason.
 *
 * phasic names two packages as its dependencies, `mpfr` and `eigen`, that have nothing to do with it; one is a demonstration
 * of dependency confusion that runs code when it is installed. So phasic is installed without its dependencies, and what
 * it imports is installed by name before it.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Context } from "./contender.js";

/** Runs a command, with a log; see kernel/bootstrap/process.mjs. */
export type Run = (task: {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
}) => Promise<{ readonly code: number | string; readonly output: string }>;

export type Peer<T> = { readonly is: "there"; readonly use: T } | { readonly is: "missing"; readonly reason: string };

export interface Peers {
  /** Paths of compiled programs by lane width, phase by phase and with phases fused. */
  readonly native: Peer<ReadonlyMap<string, string>>;
  readonly klu: Peer<string>;
  /** Path of a Python that has SciPy. */
  readonly scipy: Peer<string>;
  readonly phasic: Peer<string>;
  readonly versions: Readonly<Record<string, string>>;
}

export const LANE_WIDTHS = [1, 2, 4, 8, 16] as const;

const SCIPY = ["numpy>=1.26", "scipy>=1.11"];
const BESIDE_PHASIC = ["jax", "matplotlib", "pandas", "seaborn", "tqdm", "requests"];
const PHASIC = "phasic==0.32.1";

class Missing extends Error {}

const lastLine = (output: string): string => output.trim().split("\n").at(-1) ?? "";

export async function preparePeers(context: Context, run: Run, folder: string): Promise<Peers> {
  mkdirSync(folder, { recursive: true });
  const sources = join(context.root, "test", "bench", "peers");
  const versions: Record<string, string> = {};
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<Peer<T>> => {
    try {
      return { is: "there", use: await work() };
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      context.say(`without ${what}: ${error.message}`);
      return { is: "missing", reason: error.message };
    }
  };
  const must = async (name: string, command: string, args: readonly string[], cwd = folder): Promise<string> => {
    const { code, output } = await run({ name: `bench-${name}`, command, args, cwd });
    if (code === "ENOENT") throw new Missing(`there is no ${command}`);
    if (code !== 0) throw new Missing(`${command} failed: ${lastLine(output)}`);
    return output;
  };

  const compiler = await attempt("C", async () => {
    const command = process.env.CC ?? "gcc";
    versions.compiler = (await must("cc", command, ["--version"])).split("\n")[0];
    return command;
  });
  const cc = (): string => {
    if (compiler.is === "missing") throw new Missing(compiler.reason);
    return compiler.use;
  };
  /** Compiles, unless the program is there from the same sources, by the same compiler, for the same processor. */
  const compile = async (source: string, id: string, more: readonly string[]): Promise<string> => {
    const to = join(folder, id);
    const texts = ["peer.h", source].map((name) => readFileSync(join(sources, name)));
    const options = ["-O3", "-march=native", "-std=gnu11", "-Wno-psabi"];
    const hash = createHash("sha256").update(
      [cpus()[0]?.model, versions.compiler, ...options, ...more, ...texts].join(),
    );
    const wanted = hash.digest("hex");
    const stamp = `${to}.stamp`;
    if (existsSync(to) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return to;
    await must(id, cc(), [...options, join(sources, source), ...more, "-o", to]);
    writeFileSync(stamp, wanted);
    return to;
  };

  const native = await attempt("native C", async () => {
    const programs = new Map<string, string>();
    for (const width of LANE_WIDTHS)
      for (const fused of [false, true]) {
        const id = `native${fused ? "-fused" : ""}-${width}`;
        programs.set(id, await compile("native.c", id, [`-DW=${width}`, ...(fused ? ["-DFUSED"] : [])]));
      }
    return programs;
  });

  const klu = await attempt("KLU", async () => {
    const own = join(folder, "suitesparse");
    if (!existsSync(join(own, "usr"))) {
      rmSync(own, { recursive: true, force: true });
      mkdirSync(own);
      await must("klu-download", "apt-get", ["download", "libsuitesparse-dev"], own);
      const archive = readdirSync(own).find((name) => name.endsWith(".deb"));
      await must("klu-unpack", "dpkg", ["-x", archive ?? "", own], own);
    }
    const lib = join(own, "usr", "lib");
    const triplet = readdirSync(lib).find((name) => existsSync(join(lib, name, "libklu.a")));
    if (triplet === undefined) throw new Missing("Debian's libsuitesparse-dev holds no libklu.a");
    const libraries = ["klu", "amd", "btf", "colamd", "suitesparseconfig"].map((name) =>
      join(lib, triplet, `lib${name}.a`),
    );
    const more = [`-I${join(own, "usr", "include", "suitesparse")}`, ...libraries, "-lm"];
    const archive = readdirSync(own).find((name) => name.endsWith(".deb")) ?? "";
    versions.KLU = `from ${decodeURIComponent(archive)}`;
    // newer versions of the library want OpenMP beside them
    return compile("klu.c", "klu", more).catch(() => compile("klu.c", "klu", [...more, "-fopenmp"]));
  });

  const venv = join(folder, "python");
  const python = join(venv, "bin", "python");
  const installed = async (
    stamp: string,
    packages: readonly string[],
    options: readonly string[] = [],
  ): Promise<void> => {
    const file = join(venv, `${stamp}.stamp`);
    const wanted = createHash("sha256").update(packages.join()).digest("hex");
    if (existsSync(file) && readFileSync(file, "utf8") === wanted) return;
    context.say(`installing ${packages.join(", ")} into ${venv}`);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...options, ...packages];
    await must(`pip-${stamp}`, python, pip);
    writeFileSync(file, wanted);
  };
  const versionOf = async (name: string): Promise<void> => {
    const read = `import importlib.metadata as m; print(m.version("${name}"))`;
    versions[name] = lastLine(await must("version", python, ["-c", read]));
  };
  const scipy = await attempt("SciPy", async () => {
    if (!existsSync(python)) await must("venv", process.env.PYTHON ?? "python3", ["-m", "venv", venv]);
    await installed("scipy", SCIPY);
    for (const name of ["numpy", "scipy"]) await versionOf(name);
    versions.python = lastLine(await must("version", python, ["--version"]));
    return python;
  });
  const phasic = await attempt("phasic", async () => {
    if (scipy.is === "missing") throw new Missing(scipy.reason);
    await installed("beside-phasic", BESIDE_PHASIC);
    await installed("phasic", [PHASIC], ["--no-deps"]);
    await must("phasic-import", python, ["-c", "import phasic"]);
    await versionOf("phasic");
    return python;
  });
  return { native, klu, scipy, phasic, versions };
}

/** The reason why peers are missing where nobody asked for them. */
export const NOT_ASKED = "not asked for (--peers)";

export const noPeers = (): Peers => {
  const missing = { is: "missing", reason: NOT_ASKED } as const;
  return { native: missing, klu: missing, scipy: missing, phasic: missing, versions: {} };
};
