"""The front ends that a person has, run for real: nbclient and nbconvert, papermill with parameters, the console in a terminal; and VS Code's use of
the protocol by the messages that its Jupyter extension sends."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from queue import Empty

import nbformat
import pexpect
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert.exporters import HTMLExporter, ScriptExporter
from support import Kernel, spec_folder

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"


class FrontEnd(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="sojourn-front-")
        self.addCleanup(holder.cleanup)
        self.folder = os.path.realpath(holder.name)
        # The kernelspec under test under the name that notebooks have, before any other.
        os.makedirs(self.path("jupyter", "kernels"))
        os.symlink(spec_folder(), self.path("jupyter", "kernels", "sojourn"))
        changed = {
            "JUPYTER_PATH": self.path("jupyter"),
            "JUPYTER_CONFIG_DIR": self.path("config"),
            "IPYTHONDIR": self.path("ipython"),
            "SOJOURN_CACHE_DIR": self.path("cache"),
            "SOJOURN_DATA_DIR": self.path("data"),
            "TERM": "dumb",
        }
        before = {name: os.environ.get(name) for name in changed}
        os.environ.update(changed)

        def restore():
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})

        self.addCleanup(restore)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def notebook(self, *cells, tags=None):
        book = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "sojourn", "display_name": "Sojourn", "language": "typescript"}})
        book.cells = [nbformat.v4.new_code_cell(source) for source in cells]
        for at, tag in (tags or {}).items():
            book.cells[at].metadata["tags"] = [tag]
        return book

    def write(self, name, book):
        nbformat.write(book, self.path(name))
        return self.path(name)

    def run_tool(self, *words, code=0):
        done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, cwd=self.folder, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr


class Execution(FrontEnd):
    def test_nbclient_runs_a_notebook_and_keeps_the_state_of_widgets(self):
        book = self.notebook(
            "import { readFileSync } from 'node:fs';\nreadFileSync('beside.txt', 'utf8')",
            "console.log('out'); console.error('err'); show.html('<b>x</b>')",
            "const s = widgets.slider({ min: 0, max: 5, label: 'rate' }); s.value = 2; s",
            "widgets.any({ esm: 'x', state: { data: Uint8Array.of(1, 2, 3) } })",
        )
        with open(self.path("beside.txt"), "w") as file:
            file.write("beside the notebook")
        NotebookClient(book, timeout=60, resources={"metadata": {"path": self.folder}}).execute()
        self.assertEqual(book.cells[0].outputs[0]["data"]["text/plain"], "'beside the notebook'")
        self.assertEqual([o.get("text") for o in book.cells[1].outputs[:2]], ["out\n", "err\n"])
        states = book.metadata["widgets"][STATE]["state"]
        model = book.cells[2].outputs[0]["data"][VIEW]["model_id"]
        self.assertEqual((states[model]["model_name"], states[model]["state"]["value"]), ("FloatSliderModel", 2))
        bytes_of = book.cells[3].outputs[0]["data"][VIEW]["model_id"]
        self.assertEqual([one["path"] for one in states[bytes_of]["buffers"]], [["data"]])

    def test_nbclient_stops_at_an_error_with_its_place(self):
        with self.assertRaises(CellExecutionError) as caught:
            NotebookClient(self.notebook("1", "const x = 1;\nnull.field", "2"), timeout=60).execute()
        self.assertIn("at cell-2.ts:2", str(caught.exception))

    def test_nbconvert_executes_and_exports_with_pictures_and_state(self):
        book = self.notebook(
            "(await families.coalescent.build({ n: 4 })).plot.pdf({ rate: 1 })",
            "widgets.interact(({ rate }) => `at ${rate}`, { rate: [0, 4, 1] });",
        )
        self.run_tool("nbconvert", "--execute", "--to", "notebook", "--output", "run.ipynb", self.write("book.ipynb", book))
        page, _ = HTMLExporter().from_filename(self.path("run.ipynb"))
        self.assertTrue("<svg" in page or "data:image/svg+xml" in page)
        self.assertIn("FloatSliderModel", page)
        self.assertIn("at 2", page)
        script, resources = ScriptExporter().from_filename(self.path("run.ipynb"))
        self.assertIn("families.coalescent", script)
        self.assertEqual(resources["output_extension"], ".ts")


class Papermill(FrontEnd):
    def test_parameters_are_injected_as_typescript(self):
        book = self.notebook(
            "const rate: number = 1; // per year\nlet name = 'a', list = [];\nconst big = 1n",
            "console.log(JSON.stringify({ rate, name, list, flag, none, deep, nan: Number.isNaN(nan), low, small }), typeof big, big + 1n, typeof rate)",
            tags={0: "parameters"},
        )
        parameters = {
            "rate": 2.5,
            "name": 'quo"te\n\\ and ünï €',
            "list": [1, "two", None, [True]],
            "flag": True,
            "none": None,
            "deep": {"a b": {"c": [1.5]}, "e": {}},
            "nan": float("nan"),
            "low": float("-inf"),
            "small": 1e-07,
            "big": 2**60,
        }
        with open(self.path("parameters.yaml"), "w") as file:
            file.write(json.dumps(parameters).replace("1e-07", "1.0e-07").replace("NaN", ".nan").replace("-Infinity", "-.inf"))
        source = self.write("in.ipynb", book)
        self.run_tool("papermill", source, self.path("out.ipynb"), "-f", self.path("parameters.yaml"))
        made = nbformat.read(self.path("out.ipynb"), 4)
        self.assertIn("injected-parameters", made.cells[1].metadata["tags"])
        self.assertEqual(made.cells[1].source.splitlines()[:2], ["// Parameters", "let rate = 2.5;"])
        text, *rest = made.cells[2].outputs[0]["text"].rsplit("} ", 1)
        seen = json.loads(text + "}")
        expected = {**{name: parameters[name] for name in ("rate", "name", "list", "flag", "none", "deep", "small")}, "nan": True, "low": None}
        self.assertEqual(seen, expected)
        self.assertEqual(rest, [f"bigint {2**60 + 1}n number\n"])
        # What notebooks do to others: an error ends the run and stands in the copy.
        failing = self.write("fails.ipynb", self.notebook("let rate = 1", "if (rate > 1) throw new RangeError('too fast'); 'fine'", tags={0: "parameters"}))
        self.run_tool("papermill", failing, self.path("fails-out.ipynb"))
        self.assertIn("RangeError: too fast", self.run_tool("papermill", failing, self.path("fails-out.ipynb"), "-p", "rate", "3", code=1))
        self.assertIn("rate: number (default 1)", self.run_tool("papermill", "--help-notebook", source).replace("\n", " "))


class Console(FrontEnd):
    def test_a_person_at_a_terminal(self):
        command = ["-m", "jupyter_console", "--kernel", "sojourn", "--simple-prompt"]
        child = pexpect.spawn(sys.executable, command, encoding="utf8", timeout=40, cwd=self.folder, echo=False)
        self.addCleanup(child.close, True)
        child.expect(r"Sojourn \d+\.\d+")
        child.expect(r"In \[1\]: ")
        child.sendline("const n: number = 6; n * 7")
        child.expect(r"Out\[1\]: 42")
        child.expect(r"In \[2\]: ")
        child.sendline("show((await families.coalescent.build({ n: 4 })).plot.pdf({ rate: 1 }))")
        child.expect("pdf|density|coalescent")
        child.expect(r"In \[3\]: ")
        child.sendline("`hello ${input('Who? ')}`")
        child.expect(r"Who\? ")
        child.sendline("ada")
        child.expect(r"Out\[3\]: 'hello ada'")
        child.expect(r"In \[4\]: ")
        child.sendline("for (;;);")
        time.sleep(1)
        child.sendintr()
        child.expect("Interrupted")
        child.expect(r"In \[5\]: ")
        child.sendline("n + unknown")
        child.expect("ReferenceError: unknown is not defined")
        child.expect(r"In \[6\]: ")
        child.sendline("n + 1")
        child.expect(r"Out\[6\]: 7")
        child.expect(r"In \[7\]: ")
        child.sendeof()
        child.expect("Do you really want to exit")
        child.sendline("y")
        child.expect(pexpect.EOF)


class VisualStudioCode(unittest.TestCase):
    """The messages that its extension sends, as @jupyterlab/services makes them: its headers, its options, its channels."""

    @classmethod
    def setUpClass(cls):
        cls.kernel = Kernel()

    @classmethod
    def tearDownClass(cls):
        cls.kernel.stop()

    def request(self, channel, kind, content, metadata=None):
        client = self.kernel.client
        message = client.session.msg(kind, content, metadata=metadata or {})
        message["header"].update(version="5.2", username="", subshell_id=None)
        socket = client.shell_channel if channel == "shell" else client.control_channel
        client.session.send(socket.socket, message)
        return message["header"]["msg_id"]

    def answer(self, channel, msg_id, timeout=30):
        """The reply, and what was published for it until idle."""
        client = self.kernel.client
        get = client.get_shell_msg if channel == "shell" else client.get_control_msg
        published = []
        deadline = time.monotonic() + timeout
        while not (published and published[-1]["content"].get("execution_state") == "idle"):
            try:
                message = client.get_iopub_msg(timeout=max(0.01, deadline - time.monotonic()))
            except Empty:
                raise TimeoutError(published) from None
            if message["parent_header"].get("msg_id") == msg_id:
                published.append(message)
        while True:
            reply = get(timeout=max(0.01, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == msg_id:
                return reply, published

    def execute(self, code, **options):
        content = {"code": code, "silent": False, "stop_on_error": False, "allow_stdin": True, "store_history": True, **options}
        return self.request("shell", "execute_request", content, {"cellId": "vscode-notebook-cell:1", "trusted": True})

    def test_a_session(self):
        reply, _ = self.answer("shell", self.request("shell", "kernel_info_request", {}))
        self.assertEqual(reply["content"]["language_info"]["name"], "typescript")
        reply, _ = self.answer("control", self.request("control", "kernel_info_request", {}))
        self.assertEqual(reply["content"]["status"], "ok")
        # Before the first cell: hidden code, and the comms that are there.
        reply, published = self.answer("shell", self.execute("1", silent=True, store_history=False, allow_stdin=False))
        self.assertEqual((reply["content"]["status"], [m["msg_type"] for m in published]), ("ok", ["status", "status"]))
        reply, _ = self.answer("shell", self.request("shell", "comm_info_request", {"target_name": "jupyter.widget"}))
        self.assertEqual(reply["content"]["comms"], {})
        reply, _ = self.answer("control", self.request("control", "debug_request", {"type": "request", "command": "debugInfo", "seq": 1, "arguments": {}}))
        self.assertEqual(reply["content"]["status"], "error")
        # Cells go one after the other, with an error that stops nothing.
        reply, published = self.answer("shell", self.execute("console.log('a'); show.svg('<svg/>'); 1"))
        kinds = [m["msg_type"] for m in published]
        self.assertEqual(kinds, ["status", "execute_input", "stream", "display_data", "execute_result", "status"])
        first, second = self.execute("throw new Error('x')"), self.execute("'goes on'")
        reply, _ = self.answer("shell", first)
        self.assertEqual(reply["content"]["status"], "error")
        reply, published = self.answer("shell", second)
        self.assertEqual(published[2]["content"]["data"]["text/plain"], "'goes on'")
        # While typing.
        code = "families.coal"
        reply, _ = self.answer("shell", self.request("shell", "complete_request", {"code": code, "cursor_pos": len(code)}))
        self.assertIn("coalescent", " ".join(reply["content"]["matches"]))
        reply, _ = self.answer("shell", self.request("shell", "inspect_request", {"code": "linspace", "cursor_pos": 4, "detail_level": 0}))
        self.assertTrue(reply["content"]["found"])
        # Input, an interrupt by message, and the end.
        asked = self.execute("input('Who? ')")
        self.assertEqual(self.kernel.answer_input("ada")["prompt"], "Who? ")
        self.assertEqual(self.answer("shell", asked)[1][2]["content"]["data"]["text/plain"], "'ada'")
        endless = self.execute("console.log('on'); for (;;);")
        self.kernel.await_text("on")
        self.assertEqual(self.answer_only("control", self.request("control", "interrupt_request", {}))["status"], "ok")
        self.assertEqual(self.answer_only("shell", endless)["ename"], "Interrupted")
        self.assertEqual(self.answer_only("control", self.request("control", "shutdown_request", {"restart": True})), {"status": "ok", "restart": True})

    def answer_only(self, channel, msg_id, timeout=20):
        client = self.kernel.client
        get = client.get_shell_msg if channel == "shell" else client.get_control_msg
        while True:
            reply = get(timeout=timeout)
            if reply["parent_header"].get("msg_id") == msg_id:
                return reply["content"]


if __name__ == "__main__":
    unittest.main()
