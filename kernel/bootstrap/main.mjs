/**
 * What `npm start` does, after the check of Node: reads the command line, then serves, or runs one notebook.
 */
import { parseArguments } from "./arguments.mjs";
import { checkFolder, checkRoot } from "./checks.mjs";
import { openContext, stopOnSignals } from "./context.mjs";
import { tellFailure } from "./failure.mjs";
import { checkout } from "./paths.mjs";
import { runNotebook } from "./run-notebook.mjs";
import { serve } from "./serve.mjs";

const HELP = `npm start                            set up what is missing, then open JupyterLab on the quickstart notebook
npm start -- --run NOTEBOOK          run a notebook without a browser, in a temporary copy; print its last outputs

    --port N           use this port, or fail (default: 8888 or the next free one)
    --no-browser       print the address only
    --allow-root       open JupyterLab although you are root
    --timeout SECONDS  with --run: give up on a cell after so long (default: never)
    --help             this text

SOJOURN_PYTHON names the Python (3.10 to 3.13) to build the environment with. npm's and pip's own settings for
proxies, indexes and certificates are used. All state lies in .sojourn; removing that folder starts afresh.`;

const OPTIONS = [
  { name: "run", value: "a notebook", fits: (text) => text.endsWith(".ipynb") },
  {
    name: "port",
    value: "a port from 1 to 65535",
    fits: (text) => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535,
  },
  { name: "timeout", value: "a number of seconds above 0", fits: (text) => Number(text) > 0 },
  { name: "no-browser" },
  { name: "allow-root" },
  { name: "help" },
];

async function act(context, argv) {
  const options = parseArguments(argv, process.env, OPTIONS);
  for (const { name } of OPTIONS) delete process.env[`npm_config_${name.replace(/^no-/, "").replaceAll("-", "_")}`];
  if (options.help) {
    process.stdout.write(`${HELP}\n`);
  } else if (options.run !== undefined) {
    await runNotebook(context, { notebook: options.run, timeout: options.timeout && Number(options.timeout) });
  } else {
    checkRoot(context, options["allow-root"] === true);
    checkFolder(context.paths);
    const port = options.port && Number(options.port);
    await serve(context, { port, browser: !options["no-browser"], allowRoot: options["allow-root"] === true });
  }
}

/** Runs to the end and sets the exit code; prints a sentence for what a person can do something about. */
export async function main(argv) {
  const context = openContext(checkout);
  const ignore = stopOnSignals(context.stop);
  try {
    await act(context, argv);
  } catch (error) {
    process.exitCode = tellFailure(context, error);
  } finally {
    ignore();
  }
}
