"""Input from the person at the front end: blocking and not, passwords, refusals, interrupts."""

import time
import unittest
from queue import Empty

from support import KernelTest


class Input(KernelTest):
    def ask(self, code, *answers):
        msg_id = self.kernel.send(code, allow_stdin=True)
        questions = [self.kernel.answer_input(answer) for answer in answers]
        return questions, self.kernel.collect(msg_id)

    def test_a_line_is_asked_for_where_it_stands(self):
        code = "console.log('before'); const name = input('Name? '); `Hello ${name}`"
        questions, outcome = self.ask(code, "Ada 😀")
        self.assertEqual(questions, [{"prompt": "Name? ", "password": False}])
        self.assertEqual(outcome.result, "'Hello Ada 😀'")
        self.assertEqual(outcome.text(), "before\n")

    def test_many_in_a_row_and_long_ones(self):
        long = "x" * 1_000_000
        _, outcome = self.ask("[input(), input('b'), input('c').length]", "1", "", long)
        self.assertEqual(outcome.result, "[ '1', '', 1000000 ]")

    def test_passwords(self):
        questions, outcome = self.ask("[input.password('Key: '), input('again', { password: true })].join()", "s1", "s2")
        self.assertEqual([q["password"] for q in questions], [True, True])
        self.assertEqual(outcome.result, "'s1,s2'")

    def test_the_asynchronous_form_lets_timers_go_on(self):
        msg_id = self.kernel.send("let ticks = 0; const timer = setInterval(() => ticks++, 5); const got = await input.async('later'); clearInterval(timer); [got, ticks > 3]", allow_stdin=True)
        # Ticks are counted from the question on, however late the cell began.
        self.kernel.client.get_stdin_msg(timeout=30)
        time.sleep(0.3)
        self.kernel.client.input("yes")
        self.assertEqual(self.kernel.collect(msg_id).result, "[ 'yes', true ]")

    def test_where_nobody_can_answer(self):
        for code in ("input('x')", "input.password()", "await input.async()"):
            outcome = self.run_error(code, allow_stdin=False)
            self.assertEqual(outcome.reply["ename"], "InputError")
            self.assertIn("Cannot ask for input: the front end that runs this cell says that nobody can answer", outcome.reply["evalue"])
            self.assertIn(".ts:1:", outcome.traceback)
        self.assertEqual(self.run_ok("let r; try { input() } catch { r = 'caught' } r", allow_stdin=False).result, "'caught'")

    def test_a_cell_that_has_ended_gets_no_answer(self):
        first = self.kernel.send("setTimeout(() => { try { input() } catch (error) { console.log(error.message) } }, 50); 0", allow_stdin=True)
        self.kernel.collect(first)
        self.kernel.await_text("the cell that asks has ended")

    def test_interrupts_end_both_forms_and_run_finally(self):
        self.run_ok("globalThis.cleaned = 0")
        for number, call in enumerate(("input('?')", "await input.async('?')"), 1):
            msg_id = self.kernel.send(f"try {{ {call} }} finally {{ cleaned++ }}", allow_stdin=True)
            self.kernel.client.get_stdin_msg(timeout=10)
            start = time.monotonic()
            self.kernel.interrupt()
            outcome = self.kernel.collect(msg_id, 10)
            self.assertEqual(outcome.reply["ename"], "Interrupted", outcome.reply)
            self.assertLess(time.monotonic() - start, 2.0)
            self.assertEqual(self.run_ok("cleaned").result, str(number))
            # An answer that comes now is nobody's; the next question gets its own.
            self.kernel.client.input("stale")
            time.sleep(0.1)
            _, outcome = self.ask("input('fresh')", "own")
            self.assertEqual(outcome.result, "'own'")

    def test_a_loop_that_catches_the_interrupt_is_ended_too(self):
        msg_id = self.kernel.send("for (;;) { try { input('again') } catch {} }", allow_stdin=True)
        self.kernel.client.get_stdin_msg(timeout=10)
        self.kernel.interrupt()
        self.assertEqual(self.kernel.collect(msg_id, 10).reply["ename"], "Interrupted")
        self.assertEqual(self.run_ok("1").result, "1")
        with self.assertRaises(Empty):
            while True:
                self.kernel.client.get_stdin_msg(timeout=0.1)

    def test_readline_asks_through_the_front_end(self):
        self.run_ok("import * as readline from 'node:readline'; import * as promised from 'node:readline/promises'; import { createInterface, type Interface } from 'node:readline';")
        for code in (
            "const rl = promised.createInterface({ input: process.stdin, output: process.stdout }); const a = await rl.question('Name? '); const b = await rl.question('Age? '); rl.close(); [a, b]",
            "const old = readline.createInterface({ input: process.stdin }); const both = await new Promise((done) => old.question('Name? ', (a) => old.question('Age? ', (b) => done([a, b])))); old.close(); both",
        ):
            with self.subTest(code):
                msg_id = self.kernel.send(code, allow_stdin=True)
                self.assertEqual(self.kernel.answer_input("ada")["prompt"], "Name? ")
                self.assertEqual(self.kernel.answer_input("36")["prompt"], "Age? ")
                outcome = self.kernel.collect(msg_id)
                self.assertEqual((outcome.result, outcome.text()), ("[ 'ada', '36' ]", ""), outcome.reply)

    def test_lines_are_asked_for_until_nobody_wants_more(self):
        # The cell goes on after the last line: a question would still reach the front end.
        self.run_ok("import { createInterface } from 'node:readline'; const wait = () => new Promise((r) => setTimeout(r, 100))")
        for code in (
            "const got = []; const lines = createInterface({ input: process.stdin }); for await (const line of lines) { if (line === 'end') break; got.push(line) } await wait(); got",
            "const got = []; const heard = createInterface({ input: process.stdin }); await new Promise((done) => { heard.on('line', (line) => { if (line === 'end') { heard.close(); done(0) } else got.push(line) }) }); await wait(); got",
            "const got = []; let rest = ''; process.stdin.on('data', (text) => { for (const line of String(text).trim().split('\\n')) line === 'end' ? (process.stdin.pause(), rest = 'over') : got.push(line) }); while (rest === '') await new Promise((r) => setTimeout(r, 5)); await wait(); got",
        ):
            with self.subTest(code):
                msg_id = self.kernel.send(code, allow_stdin=True)
                for line in ("one", "two", "end"):
                    self.kernel.answer_input(line)
                self.assertEqual(self.kernel.collect(msg_id).result, "[ 'one', 'two' ]")
                # No field stays open for a line that nobody reads.
                with self.assertRaises(Empty):
                    self.kernel.client.get_stdin_msg(timeout=0.2)
        msg_id = self.kernel.send("console.log('waits'); for await (const line of createInterface({ input: process.stdin })) console.log(line)", allow_stdin=True)
        self.kernel.await_text("waits")
        self.kernel.client.get_stdin_msg(timeout=5)
        self.kernel.interrupt()
        self.assertEqual(self.kernel.collect(msg_id).reply["ename"], "Interrupted")

    def test_standard_input_that_nobody_can_answer_says_so(self):
        outcome = self.kernel.run("import { createInterface } from 'node:readline/promises'; await createInterface({ input: process.stdin }).question('x')", allow_stdin=False)
        self.assertIn("nobody can answer", outcome.reply["evalue"])
        self.run_ok("createInterface({ input: process.stdin }).close(); 1")

    def test_requests_are_answered_while_a_cell_waits_for_input(self):
        msg_id = self.kernel.send("input('wait')", allow_stdin=True)
        self.kernel.client.get_stdin_msg(timeout=10)
        self.assertEqual(self.kernel.ask("complete_request", {"code": "famil", "cursor_pos": 5})["matches"], ["families"])
        self.kernel.client.input("done")
        self.assertEqual(self.kernel.collect(msg_id).result, "'done'")


if __name__ == "__main__":
    unittest.main()
