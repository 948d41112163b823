"""Magics and `?name`: what they print, what they leave alone, what they refuse and how."""

import json
import os
import re
import unittest

from support import Kernel, KernelTest

TIME = r"\d+(\.\d+)?(e[+-]\d+)? (s|ms|µs|ns)"


class Magics(KernelTest):
    def test_time_of_an_expression_and_of_a_cell(self):
        outcome = self.run_ok("%time await new Promise((r) => setTimeout(r, 30, 'value'))")
        self.assertRegex(outcome.text(), rf"^{TIME} \(CPU {TIME}\)\n$")
        self.assertEqual(outcome.result, "'value'")
        self.assertGreaterEqual(float(outcome.text().split()[0]), 29)
        self.assertEqual(self.run_ok("%%time\nlet counted = 0\nfor (let i = 0; i < 10; i++) counted += i\ncounted").result, "45")
        self.assertEqual(self.run_ok("counted").result, "45")

    def test_timeit_runs_often_and_leaves_names_alone(self):
        self.run_ok("let calls = 0; function tick() { return ++calls }")
        outcome = self.run_ok("%timeit tick()")
        self.assertRegex(outcome.text(), rf"^{TIME} ± {TIME} per loop \(mean and standard deviation of 7 runs of [\d,]+ loops\)\n$")
        self.assertIsNone(outcome.result)
        self.assertGreater(int(self.run_ok("calls").result), 1000)
        ends = self.run_ok("%timeit\nconst list = [1, 2];\nlist.map((x) => x * 2)")
        self.assertRegex(ends.text(), r"per loop \(mean and standard deviation of 7 runs of")
        waiting = self.run_ok("%timeit\nawait new Promise((r) => setTimeout(r, 20))")
        self.assertGreaterEqual(float(waiting.text().split()[0]), 19)
        self.assertIn(" ms ±", waiting.text())

    def test_errors_have_their_place_in_the_cell(self):
        outcome = self.run_error("let fine = 1\n%time fine + nowhere")
        self.assertEqual(outcome.reply["ename"], "ReferenceError")
        self.assertRegex(outcome.traceback, r"cell-\d+\.ts:2:14\n\n  1 \| let fine = 1\n> 2 \| %time fine \+ nowhere\n    \|              \^")
        below = self.run_error("%cd .\nconst a = 1\nthrow new Error('third')")
        self.assertRegex(below.traceback, r"cell-\d+\.ts:3:7")

    def test_magics_between_code_run_in_order(self):
        outcome = self.run_ok("console.log(1)\n%cd .\nconsole.log(2); 'last'")
        self.assertEqual([line for line in outcome.text().split("\n") if line in "12"][:2], ["1", "2"])
        self.assertEqual(outcome.result, "'last'")
        self.assertEqual(self.run_ok("const percent = 7\n  % 4\npercent").result, "3")
        self.assertEqual(self.run_ok("const inside = `\n%who\n`\ninside.length").result, "6")

    def test_who_and_memory(self):
        self.run_ok("const bigArray = new Float64Array(1e6); let word: string = 'w'; class Shape {}; globalThis.global1 = null")
        text = self.run_ok("%who").text()
        for row in (r"^bigArray\s+Float64Array\s", r"^word\s+string\s+'w'", r"^Shape\s+function\s", r"^global1\s+null\s"):
            self.assertRegex(text, re.compile(row, re.M))
        self.assertNotIn("console", text)
        text = self.run_ok("%memory").text()
        self.assertRegex(text, r"heap +[\d.]+ MB of at most \d+ MB")
        self.assertIn("bigArray 7.6 MB", text)

    def test_environment_and_folder(self):
        self.run_ok("%env SOJOURN_TRIAL=one two")
        self.assertEqual(self.run_ok("process.env.SOJOURN_TRIAL").result, "'one two'")
        self.assertEqual(self.run_ok("%env SOJOURN_TRIAL").text(), "one two\n")
        self.run_ok("%env MY_API_TOKEN=abc123")
        listing = self.run_ok("%env").text()
        self.assertIn("MY_API_TOKEN=(hidden)", listing)
        self.assertNotIn("abc123", listing)
        os.mkdir(os.path.join(self.kernel.cache, "inner folder"))
        here = os.path.realpath(self.kernel.cache)
        self.assertEqual(self.run_ok("%cd 'inner folder'").text(), f"{here}/inner folder\n")
        self.assertEqual(self.run_ok("%cd ..").text(), f"{here}\n")
        self.assertEqual(self.run_error("%cd nowhere").reply["evalue"], f"Cannot change to {here}/nowhere: there is no such folder.")

    def test_info_names_versions_and_folders(self):
        text = self.run_ok("%info").text()
        for part in ("Sojourn ", "Node ", "heap limit", self.kernel.cache, "Jupyter 5.5, tcp"):
            self.assertIn(part, text)

    def test_load_replaces_the_cell(self):
        with open(os.path.join(self.kernel.cache, "part.ts"), "w") as file:
            file.write("let loaded: number = 4\n")
        (payload,) = self.run_ok("%load part.ts").reply["payload"]
        self.assertEqual(payload, {"source": "set_next_input", "text": "// %load part.ts\nlet loaded: number = 4\n", "replace": True})
        self.assertIn("there is no such file", self.run_error("%load nothing.ts").reply["evalue"])

    def test_unknown_ones_name_the_nearest(self):
        self.assertEqual(self.run_error("%tiem 1").reply["evalue"], "Cannot run %tiem: there is no such magic; did you mean %time?")
        self.assertEqual(self.run_error("%matplotlib inline").reply["evalue"], "Cannot run %matplotlib: there is no such magic; %magics lists them.")
        listing = self.run_ok("%magics").text()
        for name in ("%time ", "%npm ", "%reset"):
            self.assertIn(name, listing)
        self.assertIn("nothing is there to be timed", self.run_error("%time").reply["evalue"])

    def test_completion_of_magics(self):
        reply = self.kernel.ask("complete_request", {"code": "1\n%%ti", "cursor_pos": 6})
        self.assertEqual((reply["matches"], reply["cursor_start"], reply["cursor_end"]), (["%%time", "%%timeit"], 2, 6))

    def test_pages_for_names(self):
        self.run_ok("function paged(x: number) { return x }")
        for code in ("?paged", "paged?", "??paged"):
            (payload,) = self.run_ok(code).reply["payload"]
            self.assertEqual((payload["source"], payload["start"]), ("page", 0))
            self.assertIn("function paged(x", payload["data"]["text/plain"])
        missing = self.run_ok("?nowhere.atall")
        self.assertEqual((missing.reply["payload"], missing.text()), ([], "Nothing named nowhere.atall is there.\n"))


class FreshStarts(unittest.TestCase):
    def setUp(self):
        self.kernel = Kernel()
        self.addCleanup(self.kernel.stop)

    def test_reset_forgets_variables_and_goes_on_counting(self):
        self.kernel.run("let gone = 1")
        first = self.kernel.send("%reset")
        second = self.kernel.send("typeof gone")
        outcome = self.kernel.collect(first)
        self.assertEqual((outcome.status, outcome.text()), ("ok", "Variables are gone.\n"))
        outcome = self.kernel.collect(second)
        self.assertEqual((outcome.result, outcome.reply["execution_count"]), ("'undefined'", 3))
        self.assertEqual(outcome.text("stderr"), "")

    def test_memory_starts_again_with_another_heap(self):
        self.kernel.run("%memory 80")
        outcome = self.kernel.run("const hog = []; for (;;) hog.push(new Array(1000).fill({}))")
        self.assertEqual(outcome.reply["ename"], "KernelDied")
        self.assertIn("reached its heap limit of 80 MB. It was started again; variables are lost. For a larger heap run %memory 160", outcome.reply["evalue"])
        self.assertIn("of at most 80 MB", self.kernel.run("%memory").text())
        self.kernel.run("%memory 1G")
        self.assertIn("of at most 1024 MB", self.kernel.run("%memory").text())
        self.assertIn("must be at least 64 MB", self.kernel.run("%memory lots").reply["evalue"])

    def test_the_heap_may_be_given_on_the_command_line(self):
        kernel = Kernel(arguments=["--memory", "96"], env={"SOJOURN_HEAP_MB": "128"})
        self.addCleanup(kernel.stop)
        self.assertIn("of at most 96 MB", kernel.run("%memory").text())

    def test_npm_installs_what_the_next_cell_imports(self):
        # A package from a folder: the registry is not asked, everything else is as with one from there.
        for name in ("one", "two"):
            folder = os.path.join(self.kernel.cache, f"{name}-source")
            os.mkdir(folder)
            with open(os.path.join(folder, "package.json"), "w") as file:
                json.dump({"name": f"magic-{name}", "version": "1.0.0", "main": "index.js"}, file)
            with open(os.path.join(folder, "index.js"), "w") as file:
                file.write(f"module.exports = '{name}';")
        self.assertIn("npm install magic-one", self.kernel.run('import one from "magic-one"; one').reply["evalue"])
        outcome = self.kernel.run("%npm install ./one-source\nimport one from \"magic-one\"; one", timeout=60)
        self.assertEqual(outcome.status, "ok", outcome.reply)
        self.assertEqual(outcome.result, "'one'")
        self.assertIn("added 1 package", outcome.text())
        self.assertIn("magic-one", os.listdir(os.path.join(self.kernel.cache, "node_modules")))
        failed = self.kernel.run("%npm install ./absent-source", timeout=60)
        self.assertRegex(failed.reply["evalue"], r"^Cannot run npm install \./absent-source in .*: npm ended with \d+; it says: .*\.$")
        self.assertEqual(self.kernel.run("%npm").reply["ename"], "InputError")

    def test_npm_is_stopped_by_an_interrupt(self):
        with open(os.path.join(self.kernel.cache, "package.json"), "w") as file:
            json.dump({"name": "slow", "scripts": {"wait": "echo begun && sleep 60"}}, file)
        msg_id = self.kernel.send("%npm run wait")
        self.kernel.await_text("begun", 60)
        self.kernel.interrupt()
        self.assertEqual(self.kernel.collect(msg_id, 10).reply["ename"], "Interrupted")
        self.assertEqual(self.kernel.run("1 + 1").result, "2")


if __name__ == "__main__":
    unittest.main()
