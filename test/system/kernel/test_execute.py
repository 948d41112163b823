"""Cells: values, redeclaration, modules, errors, streams, displays, requests beside cells."""

import json
import os
import tempfile
import unittest

from support import Kernel, KernelTest


class Values(KernelTest):
    def test_last_value_and_semicolon(self):
        self.assertEqual(self.run_ok("6 * 7").result, "42")
        self.assertIsNone(self.run_ok("6 * 7;").result)
        self.assertIsNone(self.run_ok("const hidden = 1").result)
        self.assertEqual(self.run_ok("({ a: 1 })").result, "{ a: 1 }")
        self.assertEqual(self.run_ok("{ a: 1, b: 2 }").result, "{ a: 1, b: 2 }")

    def test_special_values_survive(self):
        for code, shown in [("-0", "-0"), ("12n", "12n"), ("NaN", "NaN"), ("null", "null"), ('Symbol("s")', "Symbol(s)")]:
            self.assertEqual(self.run_ok(code).result, shown, code)
        self.assertIsNone(self.run_ok("undefined").result)

    def test_top_level_await(self):
        self.assertEqual(self.run_ok("await new Promise((r) => setTimeout(r, 5, 'later'))").result, "'later'")
        self.run_ok("const awaited = await Promise.resolve(3)")
        self.assertEqual(self.run_ok("awaited").result, "3")

    def test_a_shown_promise_is_awaited_and_a_silenced_one_is_not(self):
        self.assertEqual(self.run_ok("Promise.resolve(5)").result, "5")
        self.assertIsNone(self.run_ok("new Promise(() => {});").result)
        self.assertEqual(self.run_error("Promise.reject(new Error('shown here'))").reply["evalue"], "shown here")

    def test_redeclaration_across_all_kinds(self):
        forms = ["const {0} = 1", "let {0} = 1", "var {0} = 1", "function {0}() {{}}", "class {0} {{}}"]
        for number, first in enumerate(forms):
            for second_number, second in enumerate(forms):
                name = f"r{number}{second_number}"
                self.run_ok(first.format(name))
                self.run_ok(second.format(name))
                kind = self.run_ok(f"typeof {name}").result
                self.assertEqual(kind, "'number'" if second_number < 3 else "'function'", (first, second))

    def test_closures_see_later_values(self):
        self.run_ok("let seen = 1; const look = () => seen")
        self.run_ok("seen = 10")
        self.assertEqual(self.run_ok("look()").result, "10")
        self.run_ok("let seen = 11")
        self.assertEqual(self.run_ok("look()").result, "11")

    def test_a_failed_declaration_can_be_repeated(self):
        self.run_error("const shaky = (() => { throw new Error('no') })()")
        self.assertEqual(self.run_ok("const shaky = 2; shaky").result, "2")

    def test_types_and_enums(self):
        self.run_ok("interface Point { x: number }\ntype Name = string")
        self.assertEqual(self.run_ok("const p: Point = { x: 1 } as Point; p!.x satisfies number").result, "1")
        self.assertEqual(self.run_ok("enum Color { Red, Green }\nColor.Green").result, "1")
        self.assertEqual(self.run_ok("Color[0]").result, "'Red'")
        self.assertEqual(self.run_ok("class Q { constructor(readonly a: number) {} }\nnew Q(4).a").result, "4")

    def test_counts(self):
        before = self.run_ok("0").reply["execution_count"]
        silent = self.run_ok("1", silent=True)
        self.assertEqual(silent.of("execute_input", "execute_result"), [])
        self.assertEqual(self.run_ok("2", store_history=False).reply["execution_count"], before)
        self.assertEqual(self.run_ok("3").reply["execution_count"], before + 1)

    def test_user_expressions(self):
        outcome = self.run_ok("let ue = 4", user_expressions={"twice": "ue * 2", "broken": "nowhere"})
        expressions = outcome.reply["user_expressions"]
        self.assertEqual(expressions["twice"]["data"], {"text/plain": "8"})
        self.assertEqual(expressions["broken"]["status"], "error")
        self.assertEqual(expressions["broken"]["ename"], "ReferenceError")


class Names(KernelTest):
    def test_a_cell_may_use_any_name_of_the_realm_for_itself(self):
        self.run_ok("const process = 5; const performance = 6; let console2 = 1")
        self.assertEqual(self.run_ok("process + performance").result, "11")
        chart = "{ data: { values: [{ a: 1 }] }, mark: 'bar', encoding: { x: { field: 'a' } } }"
        self.assertIn("image/svg+xml", self.run_ok(f"show.vega({chart})").of("display_data")[0]["data"])
        names = (
            "Promise Map Object Array Error Symbol String Buffer JSON Number globalThis Reflect Set Math RegExp setTimeout clearTimeout "
            "Uint8Array ArrayBuffer Function Date WeakRef WeakMap AbortController AbortSignal URL Int32Array BigInt Boolean TypeError "
            "Float64Array Atomics SharedArrayBuffer Proxy queueMicrotask structuredClone"
        ).split()
        self.run_ok("const " + ", ".join(f"{name} = {at}" for at, name in enumerate(names)))
        self.assertEqual(self.run_ok("Promise + Map + JSON").result, str(sum(names.index(n) for n in ("Promise", "Map", "JSON"))))
        outcome = self.run_ok("console.log('printed'); show(2); [1, 2]")
        self.assertEqual((outcome.text(), outcome.result, len(outcome.of("display_data"))), ("printed\n", "[ 1, 2 ]", 1))
        self.assertEqual(self.run_error("nowhere").reply["ename"], "ReferenceError")
        self.assertEqual(self.run_error("let broken: = 1").reply["ename"], "SyntaxError")
        self.assertEqual(self.run_ok('import { readFileSync } from "node:fs"; readFileSync.name').result, "'readFileSync'")
        self.assertEqual(self.run_ok("%timeit 1 + 1").status, "ok")
        self.assertRegex(self.run_ok("%who").text(), r"(?m)^process\s+number\s+5$")
        self.assertEqual(self.kernel.ask("complete_request", {"code": "famil", "cursor_pos": 5})["matches"], ["families"])
        self.assertAlmostEqual(float(self.run_ok("await (await families.coalescent.build({ n: 10 })).mean({ rate: 1 })").result), 1.8)
        msg_id = self.kernel.send("console.log('started'); for (;;) {}")
        self.kernel.await_text("started")
        self.kernel.interrupt()
        self.assertEqual(self.kernel.collect(msg_id, 10).reply["ename"], "Interrupted")
        self.assertEqual(self.run_ok("process").result, "5")


class Threads(KernelTest):
    def test_errors_of_builds_and_of_rules_have_their_place(self):
        build = self.run_error("\n\nawait families.coalescent.build({ n: -1 })")
        self.assertRegex(build.traceback, r"at cell-\d+\.ts:3:\d+")
        self.assertIn("> 3 | await families.coalescent.build", build.traceback)
        model = "const steps = defineModel({ name: 'steps', parameters: ['l'], initial: () => [2],"
        self.run_ok(f"{model}\n  transitions: ([k], {{ l }}) => (k > 0 ? [{{ to: [nowhere], rate: l }}] : []) }}); 0")
        rule = self.run_error("await steps.build()")
        self.assertIn("threw ReferenceError: nowhere is not defined", rule.traceback)
        self.assertRegex(rule.traceback, r"at cell-\d+\.ts:2:\d+")
        self.assertIn("> 2 |   transitions:", rule.traceback)

    def test_workers_and_imported_loops(self):
        with open(os.path.join(self.kernel.cache, "endless.ts"), "w") as file:
            file.write("console.log('started'); let n: number = 0; for (;;) n++;")
        msg_id = self.kernel.send('import "./endless"')
        self.kernel.await_text("started")
        self.kernel.interrupt()
        self.assertEqual(self.kernel.collect(msg_id, 10).reply["ename"], "Interrupted")
        code = """import { Worker } from "node:worker_threads";
        const worker = new Worker("console.log('from a thread'); require('node:worker_threads').parentPort.postMessage(7)", { eval: true });
        await new Promise<number>((resolve) => worker.on("message", resolve))"""
        outcome = self.kernel.run(code)
        self.assertEqual(outcome.result, "7", outcome.reply)


class Modules(unittest.TestCase):
    def test_packages_and_files_from_the_notebooks_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            def write(path, text):
                path = os.path.join(folder, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w") as file:
                    file.write(text)

            package = {"name": "both", "exports": {"import": "./m.mjs", "require": "./c.cjs"}}
            write("node_modules/both/package.json", json.dumps(package))
            write("node_modules/both/m.mjs", "export default 'esm'; export const named = 1;")
            write("node_modules/both/c.cjs", "module.exports = 'cjs';")
            write("node_modules/old/package.json", json.dumps({"name": "old", "main": "index.js"}))
            write("node_modules/old/index.js", "exports.word = 'commonjs';")
            write("helper.ts", "import { inner } from './inner';\nexport const help = (n: number): number => n + inner;")
            write("inner.ts", "export const inner: number = 41;")
            kernel = Kernel(cwd=folder)
            try:
                self.assertEqual(kernel.run('import both, { named as n } from "both"; [both, n]').result, "[ 'esm', 1 ]")
                self.assertEqual(kernel.run('import { word } from "old"; word').result, "'commonjs'")
                self.assertEqual(kernel.run('import { help } from "./helper"; help(1)').result, "42")
                self.assertEqual(kernel.run('(await import("./helper.ts")).help(2)').result, "43")
                self.assertEqual(kernel.run('import * as path from "node:path"; path.basename("/a/b")').result, "'b'")
                self.assertEqual(kernel.run('import { help } from "./helper.js"; help(3)').result, "44")
                write("helper.ts", "export const help = (n: number): number => n * 100;")
                os.utime(os.path.join(folder, "helper.ts"), (2_000_000_000, 2_000_000_000))
                self.assertEqual(kernel.run('import { help } from "./helper"; help(1)').result, "100")
                def changed(name, text, when):
                    write(name, text)
                    os.utime(os.path.join(folder, name), (when, when))

                # a file that only another one imports, a folder's index, and what did not change
                write("outside.ts", "import { deep } from './lib';\nimport { born } from './steady';\nexport const got = () => [deep, born];")
                write("lib/index.ts", "export const deep = 1;")
                write("steady.ts", "export const born = Math.random();")
                got = "import { got } from './outside'; got()"
                first = json.loads(kernel.run(got).result.replace("'", '"'))
                changed("lib/index.ts", "export const deep = 2;", 2_000_000_001)
                self.assertEqual(json.loads(kernel.run(got).result), [2, first[1]])
                self.assertEqual(kernel.run('import { deep } from "./lib"; deep').result, "2")
                changed("lib/index.ts", "export const deep = 3;", 2_000_000_002)
                self.assertEqual(kernel.run('import { deep } from "./lib"; deep').result, "3")

                write("table.json", '{"rows": [1, 2]}')
                for code in (
                    'import table from "./table.json"; table.rows',
                    'import table from "./table.json" with { type: "json" }; table.rows',
                    '(await import("./table.json")).default.rows',
                    '(await import("./table.json", { with: { type: "json" } })).default.rows',
                ):
                    self.assertEqual(kernel.run(code).result, "[ 1, 2 ]", code)
                changed("table.json", '{"rows": [3]}', 2_000_000_003)
                self.assertEqual(kernel.run('import table from "./table.json"; table.rows').result, "[ 3 ]")

                write("moved.ts", "enum Kind {\n  A,\n  B,\n}\nexport const kind = Kind.B;\nexport function fail(): never {\n  throw new Error('here');\n}")
                moved = kernel.run('import { fail } from "./moved"; fail()')
                self.assertIn(f"{os.path.join(os.path.realpath(folder), 'moved.ts')}:7:", moved.traceback)

                write("broken.ts", "export const a = 1;\nexport const b = ;")
                broken = kernel.run('import { a } from "./broken"')
                self.assertEqual(broken.reply["ename"], "SyntaxError")
                self.assertIn(f"{os.path.join(os.path.realpath(folder), 'broken.ts')}:2:18", broken.reply["evalue"])
                self.assertEqual(kernel.run('import { linspace as l } from "@sojourn/engine"; l(0, 1, 2).length').result, "2")
                missing = kernel.run('\nimport x from "nowhere-to-be-found"')
                self.assertIn("cell-20.ts:2:1", missing.traceback)
                here = os.path.realpath(folder)
                self.assertEqual(
                    missing.reply["evalue"],
                    f'Cannot import "nowhere-to-be-found": no package of that name is found from {here}; '
                    "run %npm install nowhere-to-be-found in a cell.",
                )
                scoped = kernel.run('await import("@nowhere/found/deep")')
                self.assertIn(f"is found from {here}; run %npm install @nowhere/found in a cell.", scoped.reply["evalue"])
                absent = kernel.run('import { x } from "./absent.ts"')
                self.assertEqual(
                    absent.reply["evalue"], f'Cannot import "./absent.ts": there is no such file in {here}.'
                )
                write("outer.ts", "import 'nowhere-to-be-found';")
                nested = kernel.run('import "./outer"')
                self.assertIn(f"{here}/outer.ts", nested.reply["evalue"])
                for one in (missing, scoped, absent, nested):
                    self.assertRegex(one.traceback, r"cell-\d+\.ts:\d")
                    self.assertNotRegex(one.traceback, r"module-hooks|executor\.cjs|/notebook\b")
                unexported = kernel.run('import { nope } from "both"; nope')
                self.assertIn('Cannot import nope from "both"', unexported.reply["evalue"])
                self.assertEqual(kernel.run('import { OnlyAType } from "both"; 1').result, "1")
            finally:
                kernel.stop()


class Errors(KernelTest):
    def test_exactly_one_error_with_its_place(self):
        outcome = self.run_error("let q: number = 1;\nfunction thrower(n: number): never {\n  throw new RangeError(`bad ${n}`);\n}\nthrower(q)")
        count = outcome.reply["execution_count"]
        self.assertEqual(len(outcome.of("error")), 1)
        self.assertEqual((outcome.reply["ename"], outcome.reply["evalue"]), ("RangeError", "bad 1"))
        self.assertIn(f"at thrower (cell-{count}.ts:3:9)", outcome.traceback)
        self.assertIn(f"at cell-{count}.ts:5:1", outcome.traceback)
        self.assertIn("> 3 |   throw new RangeError(`bad ${n}`);\n    |         ^", outcome.traceback)
        for own in ("executor.cjs", "node:", "inspector"):
            self.assertNotIn(own, outcome.traceback)
        self.assertEqual(outcome.text("stderr"), "")

    def test_columns_after_types_and_awaits(self):
        code = "const f1 = async (x: number): Promise<never> => { await 0; throw new Error(String(x as number)) }; await f1(1)"
        self.assertIn(f".ts:1:{code.index('new Error') + 1}", self.run_error(code).traceback)
        self.assertIn(":2:3\n", self.run_error("await null;\n  nowhere").traceback + "\n")

    def test_a_printed_stack_ends_with_the_persons_code(self):
        outcome = self.run_ok("const deep = () => new Error('printed').stack\nconsole.log(deep())")
        count = outcome.reply["execution_count"]
        self.assertEqual(outcome.text(), f"Error: printed\n    at deep (cell-{count}.ts:1:20)\n    at cell-{count}.ts:2:13\n")

    def test_syntax_errors(self):
        outcome = self.run_error("let a = 1;\nlet b: number = ;")
        self.assertEqual(outcome.reply["ename"], "SyntaxError")
        self.assertIn(".ts:2:17", outcome.traceback)

    def test_place_in_a_transformed_cell(self):
        outcome = self.run_error("enum E { A }\n\n// a note\nthrow new Error(String(E.A))")
        self.assertIn(".ts:4:7", outcome.traceback)

    def test_anything_can_be_thrown(self):
        for code, evalue in [("throw 5", "5"), ("throw undefined", "undefined"), ("throw { a: 1 }", "{ a: 1 }")]:
            self.assertEqual(self.run_error(code).reply["evalue"], evalue)

    def test_causes_are_shown(self):
        outcome = self.run_error('throw new Error("outer", { cause: new TypeError("inner") })')
        self.assertIn("Caused by TypeError: inner", outcome.traceback)

    def test_errors_of_the_engine_are_one_sentence(self):
        outcome = self.run_error("const four = await families.coalescent.build({ n: 4 })\nawait four.mean({ rate: -1 })")
        self.assertEqual(outcome.reply["ename"], "InputError")
        self.assertNotIn("    at ", outcome.traceback.replace(f"    at cell-{outcome.reply['execution_count']}", ""))

    def test_stop_on_error_drops_what_waits(self):
        first = self.kernel.send("await new Promise((r) => setTimeout(r, 100)); throw new Error('stop')")
        second = self.kernel.send("globalThis.reached = true")
        self.assertEqual(self.kernel.collect(first).status, "error")
        self.assertEqual(self.kernel.collect(second).status, "aborted")
        self.assertEqual(self.run_ok("typeof reached").result, "'undefined'")
        first = self.kernel.send("throw new Error('go on')", stop_on_error=False)
        second = self.kernel.send("'ran'")
        self.assertEqual(self.kernel.collect(first).status, "error")
        self.assertEqual(self.kernel.collect(second).result, "'ran'")

    def test_process_exit_is_explained_and_keeps_variables(self):
        self.run_ok("let survivor = 1")
        outcome = self.run_error("process.exit(3)")
        self.assertIn("process.exit(3)", outcome.reply["evalue"])
        self.assertEqual(self.run_ok("survivor").result, "1")


class Streams(KernelTest):
    def test_order_and_flush_before_the_reply(self):
        outcome = self.run_ok(
            "for (let i = 0; i < 3; i++) { console.log(i); console.error(10 + i) }\nprocess.stdout.write('end')"
        )
        streams = [(c["name"], c["text"]) for c in outcome.of("stream")]
        self.assertEqual(
            streams,
            [("stdout", "0\n"), ("stderr", "10\n"), ("stdout", "1\n"), ("stderr", "11\n"), ("stdout", "2\n"), ("stderr", "12\n"), ("stdout", "end")],
        )

    def test_a_hundred_thousand_lines_in_few_messages(self):
        outcome = self.run_ok("for (let i = 0; i < 100000; i++) console.log(i)")
        self.assertEqual(outcome.text(), "".join(f"{i}\n" for i in range(100000)))
        self.assertLess(len(outcome.of("stream")), 100)

    def test_output_between_displays_stays_between(self):
        outcome = self.run_ok("console.log('a'); show(1); console.log('b'); show(2)")
        kinds = [m["msg_type"] for m in outcome.messages if m["msg_type"] in ("stream", "display_data")]
        self.assertEqual(kinds, ["stream", "display_data", "stream", "display_data"])

    def test_console_methods(self):
        text = self.run_ok("console.table([{ a: 1 }]); console.dir({ b: 2 }); console.warn('w')")
        self.assertIn("│ (index) │", text.text())
        self.assertIn("{ b: 2 }", text.text())
        self.assertEqual(text.text("stderr"), "w\n")

    def test_late_output_goes_to_its_cell(self):
        first = self.kernel.send("setTimeout(() => console.log('late one'), 250); (async () => { await new Promise((r) => setTimeout(r, 120)); console.log('later') })(); 1")
        self.kernel.collect(first)
        self.kernel.send("await new Promise((r) => setTimeout(r, 400))")
        self.assertEqual(self.kernel.await_text("later")["parent_header"]["msg_id"], first)
        self.assertEqual(self.kernel.await_text("late one")["parent_header"]["msg_id"], first)

    def test_late_failures_are_shown_and_survived(self):
        # late enough to come after the reply, also where a cell takes its time
        first = self.kernel.send("setTimeout(() => { throw new Error('late throw') }, 400); 1")
        self.kernel.collect(first)
        message = self.kernel.await_text("late throw")
        self.assertEqual((message["parent_header"]["msg_id"], message["content"]["name"]), (first, "stderr"))
        second = self.kernel.send("Promise.reject(new Error('unhandled one')); 1")
        self.assertEqual(self.kernel.await_text("unhandled one")["parent_header"]["msg_id"], second)
        self.assertEqual(self.run_ok("1").result, "1")

    def test_native_prints_are_captured(self):
        outcome = self.run_ok(
            'import { writeSync } from "node:fs"; writeSync(1, "native out\\n"); writeSync(2, "native err\\n"); 0'
        )
        self.assertIn("native out", outcome.text())
        self.assertIn("native err", outcome.text("stderr"))

    def test_a_flood_is_capped_with_a_notice(self):
        outcome = self.run_ok("const mb = 'x'.repeat(1e6); for (let i = 0; i < 20; i++) console.log(mb)")
        self.assertLessEqual(len(outcome.text()), 16_000_000)
        self.assertIn("dropped", outcome.text("stderr"))


class Displays(KernelTest):
    def test_bundles_with_text_beside(self):
        outcome = self.run_ok('show.svg("<svg/>"); show.html("<b>hi</b>"); show.json({ a: 1 }); show.latex("$x$"); show.markdown("*m*"); show.png(new Uint8Array([1, 2]))')
        data = [c["data"] for c in outcome.of("display_data")]
        self.assertEqual(data[0]["image/svg+xml"], "<svg/>")
        self.assertEqual(data[1], {"text/html": "<b>hi</b>", "text/plain": "hi"})
        self.assertEqual(data[2]["application/json"], {"a": 1})
        self.assertEqual(data[3]["text/latex"], "$x$")
        self.assertEqual(data[4]["text/markdown"], "*m*")
        self.assertEqual(data[5]["image/png"], "AQI=")
        self.assertTrue(all("text/plain" in one for one in data))
        self.assertEqual(outcome.of("execute_result"), [])

    def test_objects_that_display_themselves(self):
        define = 'const own = (bundle) => ({ [Symbol.for("Jupyter.display")]: () => bundle })'
        self.run_ok(define)
        result = self.run_ok('own({ "text/html": "<i>" })').of("execute_result")[0]["data"]
        self.assertEqual(result["text/html"], "<i>")
        self.assertIn("text/plain", result)
        late = self.run_ok('own(Promise.resolve({ data: { "text/plain": "p" }, metadata: { m: 1 } }))').of("execute_result")[0]
        self.assertEqual((late["data"], late["metadata"]), ({"text/plain": "p"}, {"m": 1}))
        self.assertEqual(self.run_error("own(5)").reply["ename"], "TypeError")

    def test_plotly_never_phones_home_and_typed_arrays_become_lists(self):
        code = 'show({ [Symbol.for("Jupyter.display")]: () => ({ "application/vnd.plotly.v1+json": { data: [{ y: Float64Array.of(1, 2) }], config: { responsive: true } } }) })'
        figure = self.run_ok(code).of("display_data")[0]["data"]["application/vnd.plotly.v1+json"]
        self.assertEqual(figure["config"], {"responsive": True, "showSendToCloud": False})
        self.assertEqual(figure["data"][0]["y"], [1, 2])

    def test_updates_and_clearing(self):
        outcome = self.run_ok('const h = show(1, { id: "d1" }); h.update(2); show.update("d1", 3); show.clear({ wait: true })')
        ids = [(m["msg_type"], m["content"]["data"]["text/plain"], m["content"]["transient"]["display_id"]) for m in outcome.messages if "display_data" in m["msg_type"]]
        self.assertEqual(ids, [("display_data", "1", "d1"), ("update_display_data", "2", "d1"), ("update_display_data", "3", "d1")])
        self.assertEqual(outcome.of("clear_output"), [{"wait": True}])

    def test_a_promise_is_shown_before_the_cell_ends(self):
        outcome = self.run_ok("show(new Promise((r) => setTimeout(r, 30, 'soon')))")
        self.assertEqual(outcome.of("display_data")[0]["data"]["text/plain"], "'soon'")
        self.assertEqual(self.run_error("show(Promise.reject(new Error('not shown')))").reply["evalue"], "not shown")


class Engine(KernelTest):
    def test_globals_need_no_import(self):
        code = "const ph = await families.coalescent.build({ n: 10 }); await ph.mean({ rate: 1 })"
        self.assertAlmostEqual(float(self.run_ok(code).result), 1.8, places=12)
        for name in ("engine", "defineModel", "families", "show", "linspace", "openEngine"):
            self.assertNotEqual(self.run_ok(f"typeof {name}").result, "'undefined'", name)

    def test_a_model_of_the_users(self):
        code = (
            'const two = defineModel({ name: "two", parameters: ["rate"], inputs: { n: 3 }, initial: ({ n }) => [n],\n'
            "  transitions: ([k], { rate }) => (k > 0 ? [{ to: [k - 1], rate }] : []) });\n"
            "const handle = await two.build(); await handle.mean({ rate: 2 })"
        )
        self.assertAlmostEqual(float(self.run_ok(code).result), 1.5, places=12)

    def test_handles_and_plots_display_richly(self):
        self.run_ok("const shown = await families.coalescent.build({ n: 4 })")
        self.assertIn("text/plain", self.run_ok("shown").of("execute_result")[0]["data"])
        bundle = self.run_ok("show(shown.plot.pdf({ rate: 1 }))").of("display_data")[0]["data"]
        self.assertIn("image/svg+xml", bundle)
        self.assertIs(bundle["application/vnd.plotly.v1+json"]["config"]["showSendToCloud"], False)


if __name__ == "__main__":
    unittest.main()
