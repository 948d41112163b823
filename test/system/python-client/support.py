"""Requests with known answers, and processes that misbehave on purpose."""

import os
import pathlib
import sys
import tempfile
import time
import unittest

import sojourn


def exponential(rate):
    """Mean 1 / rate; no value at rate 0."""
    return {
        "model": {"parameters": ["rate"], "states": [[1], [0]], "initial": [[0, 1]], "edges": [[0, 1, 0, 1]]},
        "theta": [rate],
        "quantities": [{"quantity": "mean"}],
    }


def mean_of(result):
    return result["results"][0]["values"][0, 0]


class ClientTest(unittest.TestCase):
    """A cache of its own for every class, and scripts in place of the command."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="sojourn-client-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        os.environ["SOJOURN_CACHE_DIR"] = str(cls.folder / "cache")
        cls.addClassCleanup(os.environ.pop, "SOJOURN_CACHE_DIR")

    def session(self, *script, **options):
        """A session that the test closes, with a Python program of these lines as its command, if there are any."""
        command = [sys.executable, "-c", "\n".join(("import json, os, sys, time", *script))] if script else None
        session = sojourn.Session(command, **options)
        self.addCleanup(session.close)
        return session

    def refused(self, kind, code, words, action, *arguments):
        with self.assertRaises(kind) as caught:
            action(*arguments)
        self.assertEqual(caught.exception.code, code)
        self.assertIn(words, str(caught.exception))
        return caught.exception


def alive(pid):
    """Whether the process runs; one that waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return not os.path.exists("/proc/self/stat")


def wait_until(condition, timeout=20):
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
