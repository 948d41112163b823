"""Requests to one warm process."""

import json
import os
import threading
import weakref
from collections.abc import Mapping

from ._arrays import not_finite, plain, with_arrays
from ._errors import ProcessError, RequestError
from ._process import LineProcess, find_executable


def compute(request, executable=None):
    """Answers one request (a dictionary) or several (a list) from a process of its own; see `Session.compute`."""
    with Session(executable) as session:
        return session.compute(request)


class Session:
    """One warm `sojourn compute --lines` process: state spaces and traces are built once, requests take milliseconds.

    `executable` is the command to run, a path or a list of words; left out it is the `sojourn` beside this Python, else the
    one on the PATH.
    `cache_directory` is where its caches lie, `environment` holds environment variables for it.

    Threads may share a session: requests are answered one after the other. A process that died fails the request that it
    was answering with `ProcessError`, and the next request starts a new one. A forked process starts its own.
    """

    def __init__(self, executable=None, *, cache_directory=None, environment=None):
        self._executable = find_executable(executable)
        self._arguments = [] if cache_directory is None else ["--cache-dir", os.fspath(cache_directory)]
        self._environment = dict(environment or {})
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._process = None
        self._finalizer = None
        self._closed = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def compute(self, request):
        """The result document of a request, with numpy arrays for values and gradients; a list of them for a list.

        Raises `RequestError` for a request that cannot be answered; the session can be used further.
        """
        if isinstance(request, Mapping):
            return self._answer(request)
        if isinstance(request, str):
            raise RequestError("bad-request", "Cannot send the request: it is a text; read it first with json.loads(text).")
        return [self._answer(one) for one in request]

    def close(self):
        """Ends the process. A closed session answers nothing."""
        self._check_fork()
        with self._lock:
            self._closed = True
            process = self._drop()
            if process is not None:
                process.close()

    def _answer(self, request):
        line = _line_of(request)
        self._check_fork()
        with self._lock:
            process = self._running()
            try:
                answer = process.ask(line)
                document = _document_of(answer)
            except BaseException:
                # Whatever came between, an interrupt too: a process whose answer was not read would answer the wrong request.
                self._drop()
                process.kill()
                raise
        if document["format"] == "sojourn-error/1":
            raise RequestError(document["code"], document["message"])
        return with_arrays(document)

    def _running(self):
        if self._closed:
            raise ProcessError("closed", "Cannot answer the request: the session is closed.")
        if self._process is None:
            self._process = LineProcess(self._executable, self._arguments, self._environment)
            self._finalizer = weakref.finalize(self, self._process.kill)
        return self._process

    def _drop(self):
        """Forgets the process, and returns it."""
        process, self._process = self._process, None
        if self._finalizer is not None:
            self._finalizer.detach()
        return process

    def _check_fork(self):
        """In a forked process the lock may be held by a thread that is not there, and the pipes belong to another."""
        if os.getpid() == self._owner:
            return
        self._owner = os.getpid()
        self._lock = threading.Lock()
        process = self._drop()
        if process is not None:
            process.abandon()


def _line_of(request):
    """A request as one line. The standard escapes leave no line feed in it."""
    try:
        return json.dumps(request, default=plain, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError) as error:
        # What else there may be is a type that has no place, or a request that holds itself.
        found = not_finite(request) if "float" in str(error) else None
        why = error if found is None else f"{found[0]} is {found[1]}, and every number must be finite"
        raise RequestError("bad-json", f"Cannot send the request: {why}.") from error


def _document_of(answer):
    try:
        document = json.loads(answer)
        if document["format"] in ("sojourn-result/1", "sojourn-error/1"):
            return document
    except (ValueError, TypeError, KeyError):
        pass
    shown = answer[:80].decode(errors="replace").strip()
    raise ProcessError("bad-answer", f"Cannot read the answer to the request: it is no result but {shown!r}.")
