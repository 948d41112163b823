/**
 * What can go wrong on a machine that we do not know, as sentences. Each has a stable code and says what was wanted,
 * what is the case, and what to do. Whatever is not a Failure is our own mistake and prints its stack.
 */

export class Failure extends Error {
  /**
   * @param {string} code stable, for tests and scripts
   * @param {string} message one sentence
   * @param {number} exitCode 1: the machine; 2: the command line
   */
  constructor(code, message, exitCode = 1) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

export const failures = {
  usage: (what, command = "npm start") => new Failure("usage", `${what}; ${command} -- --help lists the options.`, 2),
  interrupted: () =>
    new Failure("interrupted", "Stopped before the set-up was complete; the next start repairs it.", 130),
  root: () =>
    new Failure(
      "root",
      "Cannot open JupyterLab as root without --allow-root, because every notebook could then change the whole machine; " +
        "start as another user, or say npm start -- --allow-root.",
    ),
  noPython: (found) =>
    new Failure(
      "no-python",
      `Sojourn needs Python 3.10, 3.11, 3.12 or 3.13 and found ${found.length > 0 ? found.join(", ") : "none"}; ` +
        "install one, or name it with SOJOURN_PYTHON.",
    ),
  badPython: (name, state) =>
    new Failure("bad-python", `Cannot use SOJOURN_PYTHON=${name}: it ${state}; name a Python from 3.10 to 3.13.`),
  noInstaller: (python) =>
    new Failure(
      "no-installer",
      `Cannot install pip: Python ${python.version} (${python.executable}) has neither ensurepip nor pip, and pip has no index ` +
        "configured to fetch it from; install one of them (Debian and Ubuntu: python3-venv) or set PIP_INDEX_URL, and start again.",
    ),
  network: (what, source, reason, settings) =>
    new Failure(
      "no-network",
      `Cannot install ${what}: ${source} was not reached (${reason}); connect to the network or set a proxy or an ` +
        `index in the configuration of ${settings}, and start again.`,
    ),
  readOnly: (directory, code) =>
    new Failure(
      "read-only",
      `Cannot write into ${directory}: the folder is read-only or belongs to another user (${code}); ` +
        "use a copy of Sojourn in a folder of your own.",
    ),
  noExec: (directory) =>
    new Failure(
      "noexec",
      `Cannot run programs from ${directory}: its file system is mounted noexec; move Sojourn to a folder that allows programs.`,
    ),
  full: (what, code) =>
    new Failure(
      "full",
      `Cannot ${what}: the disk is full or the quota is used up (${code}); free about 1.5 GB and start again.`,
    ),
  portBusy: (port) =>
    new Failure(
      "port-busy",
      `Cannot use port ${port}: another program listens there; choose another --port, or leave it out.`,
    ),
  runningElsewhere: (address, pid, port) =>
    new Failure(
      "running-elsewhere",
      `JupyterLab already runs from this folder at ${address} (process ${pid}) and not on port ${port}; open that ` +
        `address, or stop it with Ctrl-C in its terminal or kill -TERM ${pid} and start again.`,
    ),
  replaceRunning: (address) =>
    new Failure(
      "running",
      `Cannot replace the Python environment while JupyterLab runs from it at ${address}; stop it with Ctrl-C and start again.`,
    ),
  /** `error` is the kernel's own report: the sentence, and below it the place and an excerpt. */
  cell: (notebook, cell, error) => new Failure("cell-failed", `Cell ${cell} of ${notebook} failed: ${error}`),
  otherKernel: (notebook, kernel) =>
    new Failure(
      "other-kernel",
      `Cannot run ${notebook}: it is written for the kernel ${kernel} and only notebooks of the kernel sojourn are run here.`,
      2,
    ),
  notRun: (notebook, reason) => new Failure("not-run", `Cannot run ${notebook}: ${reason}`),
  notebookInterrupted: () => new Failure("interrupted", "Stopped; the notebook did not run to its end.", 130),
  step: (what, code, log) =>
    new Failure("step-failed", `Cannot ${what}: the command ended with ${code}; its output is above and in ${log}.`),
};

/** Turns an error of the file system into a sentence; other errors pass through unchanged. */
export function explainFileError(error, what, directory) {
  if (["ENOSPC", "EDQUOT"].includes(error.code)) return failures.full(what, error.code);
  if (["EROFS", "EACCES", "EPERM"].includes(error.code)) return failures.readOnly(directory, error.code);
  return error;
}

/** Says what went wrong and returns the exit code; what is our own mistake shows where it happened. */
export function tellFailure(context, error) {
  const told = explainFileError(error, "complete the set-up", context.root);
  context.write(told instanceof Failure ? told.message : (told.stack ?? String(told)));
  return told instanceof Failure ? told.exitCode : 1;
}
