"""Starts real kernels through jupyter_client and gathers what a cell gives.

The kernelspec under test is the installed one, or the folder named by SOJOURN_KERNELSPEC_DIR (a folder that
holds kernel.json).
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
from queue import Empty

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

TIMEOUT = 30


class _OneSpec(KernelSpecManager):
    """Finds the kernelspec in SOJOURN_KERNELSPEC_DIR first."""

    def find_kernel_specs(self):
        folder = os.environ.get("SOJOURN_KERNELSPEC_DIR")
        return {**super().find_kernel_specs(), **({"sojourn": folder} if folder else {})}

    def get_kernel_spec(self, kernel_name):
        folder = os.environ.get("SOJOURN_KERNELSPEC_DIR")
        if folder and kernel_name == "sojourn":
            return self.kernel_spec_class.from_resource_dir(folder)
        return super().get_kernel_spec(kernel_name)


def spec_folder():
    """The folder of the kernelspec under test."""
    return _OneSpec().get_kernel_spec("sojourn").resource_dir


class Outcome:
    """Everything that one cell published, in order, and its reply."""

    def __init__(self, reply, messages):
        self.reply = reply
        self.messages = messages

    def of(self, *types):
        return [m["content"] for m in self.messages if m["msg_type"] in types]

    @property
    def status(self):
        return self.reply["status"]

    @property
    def result(self):
        """text/plain of the execute_result, or None."""
        found = self.of("execute_result")
        return found[0]["data"]["text/plain"] if found else None

    def text(self, name="stdout"):
        return "".join(c["text"] for c in self.of("stream") if c["name"] == name)

    @property
    def traceback(self):
        return "\n".join(self.reply["traceback"])


class Kernel:
    """A running kernel with its client."""

    def __init__(self, cwd=None, env=None, transport="tcp", wait=True, quiet=False, arguments=()):
        self.cache = tempfile.mkdtemp(prefix="sojourn-test-")
        self.manager = KernelManager(kernel_name="sojourn", kernel_spec_manager=_OneSpec(), transport=transport)
        if transport == "ipc":
            self.manager.ip = os.path.join(self.cache, "socket")
        environment = {**os.environ, "SOJOURN_CACHE_DIR": self.cache, "SOJOURN_DATA_DIR": self.cache, **(env or {})}
        options = {"stderr": subprocess.DEVNULL} if quiet else {}
        self.manager.start_kernel(cwd=cwd or self.cache, env=environment, extra_arguments=list(arguments), **options)
        self.client = self.manager.client()
        self.client.start_channels()
        if wait:
            self.client.wait_for_ready(timeout=TIMEOUT)

    @property
    def pid(self):
        return self.manager.provisioner.pid

    def send(self, code, **options):
        return self.client.execute(code, **options)

    def collect(self, msg_id, timeout=TIMEOUT):
        deadline = time.monotonic() + timeout
        messages = []
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no idle within {timeout} s; got {[m['msg_type'] for m in messages]}")
            try:
                message = self.client.get_iopub_msg(timeout=left)
            except Empty:
                continue
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            messages.append(message)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        while True:
            reply = self.client.get_shell_msg(timeout=max(0.1, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == msg_id:
                return Outcome(reply["content"], messages)

    def run(self, code, timeout=TIMEOUT, **options):
        return self.collect(self.send(code, **options), timeout)

    def ask(self, request, content, timeout=TIMEOUT, channel="shell"):
        """Sends a request and returns the content of its reply."""
        message = self.client.session.msg(request, content)
        socket = self.client.shell_channel if channel == "shell" else self.client.control_channel
        get = self.client.get_shell_msg if channel == "shell" else self.client.get_control_msg
        socket.send(message)
        deadline = time.monotonic() + timeout
        while True:
            reply = get(timeout=max(0.01, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return reply["content"]

    def interrupt(self):
        self.ask("interrupt_request", {}, channel="control")

    def answer_input(self, value, timeout=TIMEOUT):
        """Waits until a cell asks for input, answers, and returns what was asked."""
        question = self.client.get_stdin_msg(timeout=timeout)
        self.client.input(value)
        return question["content"]

    def await_text(self, text, timeout=TIMEOUT):
        """Reads IOPub until a stream holds the text; returns the message."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                message = self.client.get_iopub_msg(timeout=0.5)
            except Empty:
                continue
            if message["msg_type"] == "stream" and text in message["content"]["text"]:
                return message
        raise TimeoutError(f"no {text!r} within {timeout} s")

    def stop(self):
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        shutil.rmtree(self.cache, ignore_errors=True)


class KernelTest(unittest.TestCase):
    """One kernel for all tests of a class."""

    #: Where what the kernel says in the server's log would only be in the way.
    QUIET = False

    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel(quiet=cls.QUIET)

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def run_ok(self, code, **options):
        outcome = self.kernel.run(code, **options)
        self.assertEqual(outcome.status, "ok", outcome.reply)
        return outcome

    def run_error(self, code, **options):
        outcome = self.kernel.run(code, **options)
        self.assertEqual(outcome.status, "error", outcome.messages)
        return outcome


def children(pid):
    """Process ids of the children, from /proc or ps."""
    path = f"/proc/{pid}/task/{pid}/children"
    if os.path.exists(path):
        with open(path) as file:
            return [int(word) for word in file.read().split()]
    with os.popen("ps -A -o pid=,ppid=") as listing:
        rows = [line.split() for line in listing]
    return [int(child) for child, parent in rows if int(parent) == pid]


def megabytes(kernel):
    """Resident memory of all processes of a kernel, from /proc."""
    total = 0
    for pid in (kernel.pid, *children(kernel.pid)):
        with open(f"/proc/{pid}/status") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    return total / 1024


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie waits only for its parent to notice.
    try:
        with open(f"/proc/{pid}/stat") as file:
            return re.sub(r"^.*\) ", "", file.read())[0] != "Z"
    except FileNotFoundError:
        return not os.path.exists("/proc/self/stat")


def wait_until(condition, timeout=10):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
