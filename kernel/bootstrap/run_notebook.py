"""Executes a notebook under the kernel `sojourn` into a copy, and tells what happened as lines of JSON.

    python run_notebook.py NOTEBOOK COPY [SECONDS]

Events: {"event": "kernel"}, {"event": "cell", "index", "of"}, {"event": "caches", "before", "after", "foreign"},
{"event": "failed", "cell", "name", "message", "trace"}, {"event": "written"}. The caches' counts come from the kernel itself,
by the comm that the side panel uses (kernel/src/panel-protocol.ts). Cells run in the notebook's own folder. The end of
standard input means that the starter is gone: the kernel is ended and nothing stays behind.
"""

import asyncio
import json
import os
import pathlib
import queue
import sys
import threading
import time
import uuid

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, CellTimeoutError, DeadKernelError

PANEL_TARGET = "sojourn.panel.v1"
PANEL_PROTOCOL_VERSION = 2
PANEL_SECONDS_MAX = 10
SETTLED_SECONDS_MAX = 3


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def stop_at_end_of_input(loop, task):
    while os.read(0, 4096):  # not sys.stdin, whose lock a reading thread would hold when the interpreter ends
        pass
    loop.call_soon_threadsafe(task.cancel)


async def overview(client):
    """What the panel would show now, or None where the kernel does not answer the panel."""
    comm = uuid.uuid4().hex
    hello = {"type": "hello", "version": PANEL_PROTOCOL_VERSION, "visible": True, "view": "session"}

    def send(kind, content):
        client.shell_channel.send(client.session.msg(kind, content))

    send("comm_open", {"comm_id": comm, "target_name": PANEL_TARGET, "data": hello})
    limit = time.monotonic() + PANEL_SECONDS_MAX
    try:
        while time.monotonic() < limit:
            try:
                message = await client.get_iopub_msg(timeout=1)
            except queue.Empty:
                continue
            content = message["content"]
            if content.get("comm_id") != comm:
                continue
            if message["msg_type"] == "comm_close":
                return None
            if message["msg_type"] == "comm_msg" and content["data"].get("type") == "overview":
                return content["data"]["overview"]
        return None
    finally:
        send("comm_close", {"comm_id": comm, "data": {}})


async def settled(client):
    """The overview once it does not change any more: entries are written behind what cells answer."""
    before = await overview(client)
    limit = time.monotonic() + SETTLED_SECONDS_MAX
    same = 0
    while before and same < 2 and time.monotonic() < limit:
        await asyncio.sleep(0.3)
        after = await overview(client)
        if after is None:
            break
        same = same + 1 if after["kinds"] == before["kinds"] else 0
        before = after
    return before


class Foreign:
    """Counts, per kind, the hits on entries that another process wrote.

    As long as a session had nothing but hits it stored nothing, so what it hit was there before. Later hits are left out, because
    they may be on its own entries: the count is a lower bound.
    """

    def __init__(self):
        self.hits = {}
        self.sure = {}

    def take(self, seen):
        for kind in seen["kinds"] if seen else []:
            session = kind["lookups"]
            stored = session["misses"] + session["refusals"] + session["bypasses"]
            if stored == 0:
                self.hits[kind["kind"]] = session["hits"]
            self.sure[kind["kind"]] = stored == 0

    def undecided(self):
        return any(self.sure.values())


def trace_of(cell):
    """The kernel's own report of an error, without the copy of the cell that nbclient puts around it."""
    return "\n".join(line for output in cell.outputs if output.output_type == "error" for line in output.traceback)


async def execute(source, copy, timeout):
    watched = (asyncio.get_running_loop(), asyncio.current_task())
    threading.Thread(target=stop_at_end_of_input, args=watched, daemon=True).start()
    notebook = nbformat.read(source, as_version=4)
    resources = {"metadata": {"path": str(source.parent)}}
    client = NotebookClient(notebook, kernel_name="sojourn", resources=resources, timeout=timeout)
    count = 0
    try:
        async with client.async_setup_kernel():
            before = after = await overview(client.kc)
            foreign = Foreign()
            foreign.take(before)
            tell("kernel")
            code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
            for count, index in enumerate(code, 1):
                tell("cell", index=count, of=len(code))
                await client.async_execute_cell(notebook.cells[index], index, execution_count=count)
                if foreign.undecided():
                    after = await overview(client.kc)
                    foreign.take(after)
            if before is not None:
                after = await settled(client.kc)
            tell("caches", before=before, after=after, foreign=foreign.hits)
        return 0
    except CellExecutionError as error:
        tell("failed", cell=count, name=error.ename, message=error.evalue, trace=trace_of(notebook.cells[index]))
    except (CellTimeoutError, DeadKernelError, CellControlSignal) as error:
        tell("failed", cell=count, name=type(error).__name__, message=str(error).split("\n")[0], trace="")
    finally:
        nbformat.write(notebook, copy)
        tell("written")
    return 1


if __name__ == "__main__":
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else None
    try:
        sys.exit(asyncio.run(execute(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), seconds)))
    except (asyncio.CancelledError, KeyboardInterrupt):
        sys.exit(130)
