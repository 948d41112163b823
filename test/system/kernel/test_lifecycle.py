"""Interrupts, deaths, restarts and ends: what is kept, what is explained, and that nothing is left behind."""

import os
import signal
import subprocess
import tempfile
import time
import unittest

from support import Kernel, KernelTest, alive, children, wait_until

#: Five times the goal of 400 ms, as everywhere in these tests; the machine may be busy with other things.
INTERRUPT_S = 2.0


class Interrupts(KernelTest):
    def interrupted(self, code):
        self.run_ok("globalThis.kept = (globalThis.kept ?? 0) + 1")
        before = self.run_ok("kept").result
        msg_id = self.kernel.send(code)
        self.kernel.await_text("started")
        start = time.monotonic()
        self.kernel.interrupt()
        outcome = self.kernel.collect(msg_id, 10)
        took = time.monotonic() - start
        self.assertEqual(outcome.status, "error")
        self.assertEqual(outcome.reply["ename"], "Interrupted", outcome.reply)
        self.assertEqual(len(outcome.of("error")), 1)
        self.assertLess(took, INTERRUPT_S, code)
        self.assertEqual(self.run_ok("kept").result, before, code)

    def test_every_kind_of_loop_and_wait_keeps_variables(self):
        for code in (
            "while (true) {}",
            "await null; while (true) {}",
            "while (true) { try { for (;;) {} } catch {} }",
            "await new Promise(() => {})",
            "while (true) await null",
            "for (;;) await new Promise((r) => setTimeout(r, 5))",
            "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
            '/^(a+)+$/.test("a".repeat(40) + "b")',
            "setInterval(() => { while (true) {} }, 1); await new Promise(() => {})",
            "for (;;) { try { console.log('more') } catch {} }",
        ):
            with self.subTest(code):
                self.interrupted("console.log('started'); " + code)

    def test_a_sleeping_loop_does_not_live_on(self):
        self.run_ok("globalThis.steps = 0")
        self.interrupted("console.log('started'); for (;;) { steps++; await new Promise((r) => setTimeout(r, 5)) }")
        before = self.run_ok("steps").result
        self.run_ok("await new Promise((r) => setTimeout(r, 50))")
        self.assertEqual(self.run_ok("steps").result, before)

    def test_long_loops_of_the_engine_stop_cooperatively_and_run_finally(self):
        self.run_ok("globalThis.ran = false")
        rule = "transitions: ([k], { rate }) => [{ to: [k + 1], rate }]"
        model = f'defineModel({{ name: "endless", parameters: ["rate"], inputs: {{}}, initial: () => [0], {rule} }})'
        self.interrupted(f"console.log('started'); try {{ await {model}.build({{}}, {{ cache: false }}) }} finally {{ ran = true }}")
        self.assertEqual(self.run_ok("ran").result, "true")

    def test_what_a_cell_left_spinning_is_stopped_too(self):
        self.run_ok("setTimeout(() => { console.log('spinning'); while (true) {} }, 20); 0")
        self.kernel.await_text("spinning")
        waiting = self.kernel.send("'alive'")
        self.kernel.interrupt()
        outcome = self.kernel.collect(waiting, 5)
        if outcome.status == "error":
            outcome = self.run_ok("'alive'")
        self.assertEqual(outcome.result, "'alive'")

    def test_idle_kernels_and_signals_take_no_harm(self):
        self.kernel.interrupt()
        os.kill(self.kernel.pid, signal.SIGINT)
        for child in children(self.kernel.pid):
            os.kill(child, signal.SIGINT)
        time.sleep(0.3)
        self.assertEqual(self.run_ok("1 + 1").result, "2")


class Deaths(unittest.TestCase):
    def setUp(self):
        self.kernel = Kernel(env={"SOJOURN_HEAP_MB": "80"})
        self.addCleanup(self.kernel.stop)

    def executor(self):
        self.assertTrue(wait_until(lambda: len(children(self.kernel.pid)) == 1))
        return children(self.kernel.pid)[0]

    def test_a_killed_executor_is_explained_and_replaced(self):
        self.kernel.run("let gone = 1")
        msg_id = self.kernel.send("console.log('started'); while (true) {}")
        self.kernel.await_text("started")
        os.kill(self.executor(), signal.SIGKILL)
        outcome = self.kernel.collect(msg_id, 10)
        self.assertEqual(outcome.reply["ename"], "KernelDied")
        self.assertIn("SIGKILL", outcome.reply["evalue"])
        self.assertIn("variables are lost", outcome.reply["evalue"])
        self.assertEqual(self.kernel.run("typeof gone").result, "'undefined'")
        self.kernel.run("let idle = 1")
        os.kill(self.executor(), signal.SIGKILL)
        self.kernel.await_text("variables are lost")
        self.assertEqual(self.kernel.run("1 + 1").result, "2")

    def test_heap_exhaustion_is_explained(self):
        outcome = self.kernel.run("const hog = []; for (;;) hog.push(new Array(1000).fill({}))", timeout=30)
        self.assertEqual(outcome.reply["ename"], "KernelDied")
        self.assertIn("heap limit", outcome.reply["evalue"])
        self.assertEqual(outcome.text("stderr"), "")
        self.assertEqual(self.kernel.run("1 + 1").result, "2")


class Ends(unittest.TestCase):
    def start(self):
        kernel = Kernel()
        self.addCleanup(kernel.stop)
        kernel.run("1")
        pids = [kernel.pid, *children(kernel.pid)]
        self.assertEqual(len(pids), 2)
        return kernel, pids

    def gone(self, pids, timeout=5):
        return wait_until(lambda: not any(alive(pid) for pid in pids), timeout)

    def test_shutdown_leaves_no_process(self):
        kernel, pids = self.start()
        reply = kernel.ask("shutdown_request", {"restart": False}, channel="control")
        self.assertEqual(reply, {"status": "ok", "restart": False})
        self.assertTrue(self.gone(pids), pids)

    def test_shutdown_during_a_spinning_cell(self):
        kernel, pids = self.start()
        kernel.send("console.log('started'); while (true) {}")
        kernel.await_text("started")
        kernel.ask("shutdown_request", {"restart": False}, channel="control")
        self.assertTrue(self.gone(pids), pids)

    def test_sigterm_ends_both(self):
        kernel, pids = self.start()
        os.kill(pids[0], signal.SIGTERM)
        self.assertTrue(self.gone(pids, 3), pids)

    def test_a_killed_supervisor_takes_a_spinning_executor_along(self):
        kernel, pids = self.start()
        kernel.send("console.log('started'); while (true) {}")
        kernel.await_text("started")
        os.kill(pids[0], signal.SIGKILL)
        self.assertTrue(self.gone(pids), pids)

    def test_restart_forgets_and_works(self):
        kernel, pids = self.start()
        kernel.run("let before = 1")
        kernel.manager.restart_kernel()
        kernel.client.wait_for_ready(timeout=30)
        outcome = kernel.run("typeof before")
        self.assertEqual((outcome.result, outcome.reply["execution_count"]), ("'undefined'", 1))
        self.assertTrue(self.gone(pids), pids)

    def test_the_end_of_the_parent_is_noticed(self):
        from jupyter_client.connect import write_connection_file
        from support import spec_folder

        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "connection.json")
            write_connection_file(file, key=b"k")
            script = f"JPY_PARENT_PID=$$ '{spec_folder()}/start.sh' '{file}' >/dev/null 2>&1 & echo $!; sleep 1.5"
            parent = subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, text=True, env=dict(os.environ))
            pid = int(parent.stdout.split()[0])
            self.addCleanup(lambda: alive(pid) and os.kill(pid, signal.SIGKILL))
            self.assertTrue(self.gone([pid]), pid)


class Launcher(unittest.TestCase):
    def launch(self, environment, path=None):
        from support import spec_folder

        return subprocess.run(
            [f"{path or spec_folder()}/start.sh", "nowhere.json"], capture_output=True, text=True, env=environment
        )

    def test_one_line_when_there_is_no_node(self):
        with tempfile.TemporaryDirectory() as empty:
            for tool in ("sh", "dirname"):
                os.symlink(subprocess.check_output(["sh", "-c", f"command -v {tool}"], text=True).strip(), f"{empty}/{tool}")
            done = self.launch({"PATH": empty})
        self.assertEqual((done.returncode, done.stderr.count("\n")), (127, 1), done.stderr)
        self.assertIn("SOJOURN_NODE", done.stderr)

    def test_one_line_when_the_named_node_is_missing(self):
        done = self.launch({**os.environ, "SOJOURN_NODE": "/nowhere/node"})
        self.assertEqual((done.returncode, done.stderr.count("\n")), (127, 1), done.stderr)

    def test_an_old_node_is_refused_in_one_line(self):
        from support import spec_folder

        source = f"Object.defineProperty(process.versions, 'node', {{ value: '18.1.0' }}); require('{spec_folder()}/start.cjs')"
        done = subprocess.run(["node", "-e", source], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
        self.assertIn("18.1.0 is too old", done.stderr)

    def test_one_line_when_the_connection_file_is_missing(self):
        done = self.launch(dict(os.environ))
        self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)


if __name__ == "__main__":
    unittest.main()
