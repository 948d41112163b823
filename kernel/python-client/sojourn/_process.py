"""The `sojourn` command as a child process that answers lines."""

import os
import pathlib
import shutil
import subprocess
import sysconfig
import tempfile

from ._errors import ProcessError

STDERR_TAIL = 2000
CLOSE_SECONDS = 10


def find_executable(given=None):
    """The words of the command: those given, else the command beside this Python, else the one on the PATH."""
    if given is not None:
        words = [os.fspath(given)] if isinstance(given, (str, os.PathLike)) else [os.fspath(word) for word in given]
        found = shutil.which(words[0]) if words else None
        if found is None:
            raise ProcessError("no-executable", f"Cannot start sojourn: {' '.join(words)!r} is no program that can be run.")
        return [found, *words[1:]]
    found = shutil.which(pathlib.Path(sysconfig.get_path("scripts"), "sojourn")) or shutil.which("sojourn")
    if found is None:
        raise ProcessError(
            "no-executable",
            "Cannot start sojourn: there is no such command beside this Python and none on the PATH; name it with executable.",
        )
    return [found]


class LineProcess:
    """One running `sojourn compute --lines`. Not for several threads at once."""

    def __init__(self, executable, arguments, environment):
        """`executable` are the words of the command. Raises `ProcessError` when it cannot be started."""
        # A file, because a pipe that nobody reads would stop the process when it is full.
        self._stderr = tempfile.TemporaryFile()
        try:
            self._child = subprocess.Popen(
                [*executable, "compute", "--lines", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                start_new_session=True,  # an interrupt at the keyboard is for this process alone
                env={**os.environ, **environment},
            )
        except OSError as error:
            self._stderr.close()
            raise ProcessError("not-started", f"Cannot start sojourn: {executable[0]}: {error.strerror}.") from error

    @property
    def pid(self):
        return self._child.pid

    def ask(self, line):
        """Sends one line and waits for its answer, both as bytes. Raises `ProcessError` when the process is gone."""
        try:
            self._child.stdin.write(line + b"\n")
            self._child.stdin.flush()
            answer = self._child.stdout.readline()
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
        if not answer.endswith(b"\n"):
            raise self._death()
        return answer

    def _death(self):
        """Reaps the process and says how it ended."""
        self._close_stdin()
        try:
            code = self._child.wait(CLOSE_SECONDS)
            how = f"it ended with code {code}" if code >= 0 else f"signal {-code} ended it"
        except subprocess.TimeoutExpired:
            how = "it closed its output"
        self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, self._stderr.tell() - STDERR_TAIL))
        said = " ".join(self._stderr.read().decode(errors="replace").split())
        self.kill()
        last_words = f", and it said: {said}" if said else ""
        return ProcessError("process-died", f"Cannot finish the request: sojourn died; {how}{last_words}.")

    def close(self):
        """Lets the process end by itself, and ends it when it does not."""
        self._close_stdin()
        try:
            self._child.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        self.kill()

    def kill(self):
        """Ends the process, whatever it is doing. A fork of this process has no such child, and `Popen` leaves it alone."""
        self._child.kill()
        self._close_stdin()
        self._child.wait()
        self._child.stdout.close()
        self._stderr.close()

    def abandon(self):
        """After a fork: closes our copies of its pipes, so that the process ends when its owner wants it to."""
        self._close_stdin()
        self._child.stdout.close()
        self._stderr.close()
        self._child.returncode = 0  # not ours to wait for

    def _close_stdin(self):
        try:
            self._child.stdin.close()
        except OSError:
            pass  # the reader is gone, and what was not sent is lost
