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
        time.sleep(0.1)
        self.kernel.answer_input("yes")
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

    def test_requests_are_answered_while_a_cell_waits_for_input(self):
        msg_id = self.kernel.send("input('wait')", allow_stdin=True)
        self.kernel.client.get_stdin_msg(timeout=10)
        self.assertEqual(self.kernel.ask("complete_request", {"code": "famil", "cursor_pos": 5})["matches"], ["families"])
        self.kernel.client.input("done")
        self.assertEqual(self.kernel.collect(msg_id).result, "'done'")


if __name__ == "__main__":
    unittest.main()
