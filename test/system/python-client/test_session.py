"""One warm process: answers, errors, threads, forks, and processes that die."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import unittest

import numpy as np
import sojourn
from support import ClientTest, alive, exponential, mean_of, wait_until

# A process that answers every request with the number of lines it has read.
COUNTING = (
    "for n, line in enumerate(sys.stdin, 1):",
    "    result = {'quantity': 'mean', 'values': [[n]], 'status': ['ok']}",
    "    print(json.dumps({'format': 'sojourn-result/1', 'results': [result]}), flush=True)",
)


def pid_of(session):
    return session._process.pid


class Answers(ClientTest):
    def test_one_request_or_several(self):
        self.assertEqual(mean_of(sojourn.compute(exponential(4))), 0.25)
        self.assertEqual([mean_of(one) for one in sojourn.compute([exponential(2), exponential(8)])], [0.5, 0.125])
        self.assertEqual(sojourn.compute([]), [])

    def test_a_session_keeps_its_process_warm(self):
        session = self.session()
        self.assertEqual(mean_of(session.compute(exponential(2))), 0.5)
        pid = pid_of(session)
        self.assertEqual([mean_of(one) for one in session.compute((exponential(4), exponential(5)))], [0.25, 0.2])
        self.assertEqual(pid_of(session), pid)
        self.assertNotEqual(os.getpgid(pid), os.getpgid(0))  # an interrupt at the keyboard does not reach it

    def test_a_bad_request_is_an_exception_and_the_session_goes_on(self):
        session = self.session()
        session.compute(exponential(1))
        pid = pid_of(session)
        bad = {**exponential(1), "quantities": [{"quantity": "meen"}]}
        error = self.refused(sojourn.RequestError, "unknown-quantity", '"meen"', session.compute, bad)
        self.assertIsInstance(error, sojourn.SojournError)
        self.assertEqual(str(error), f"{error.message} [unknown-quantity]")
        self.assertEqual(mean_of(session.compute(exponential(2))), 0.5)
        self.assertEqual(pid_of(session), pid)

    def test_what_is_no_json_is_refused_before_it_is_sent(self):
        session = self.session()
        for rate in (float("nan"), float("inf"), np.float64("nan"), np.array([1, np.nan])):
            where = "/theta/0/1 is nan" if isinstance(rate, np.ndarray) else f"/theta/0 is {rate}"
            words = f"Cannot send the request: {where}, and every number must be finite. [bad-json]"
            self.refused(sojourn.RequestError, "bad-json", words, session.compute, exponential(rate))
        self.refused(sojourn.RequestError, "bad-json", "object has no place", session.compute, exponential(object()))
        endless = []
        endless.append(endless)
        self.refused(sojourn.RequestError, "bad-json", "Circular", session.compute, exponential(endless))
        self.refused(sojourn.RequestError, "bad-request", "json.loads(text)", session.compute, "{}")
        self.assertIsNone(session._process)

    def test_cache_and_environment_are_those_of_the_session(self):
        cache = self.folder / "other"
        rabbits = {"model": {"family": "rabbits", "inputs": {"N": 2}}, "theta": [1, 2, 4], "quantities": [{"quantity": "mean"}]}
        session = self.session(cache_directory=cache)
        self.assertAlmostEqual(mean_of(session.compute(rabbits)), 395 / 784, places=14)
        session.close()
        self.assertTrue(any(cache.rglob("*")))
        words = ("print(os.environ['WORD'], os.environ['SOJOURN_CACHE_DIR'], flush=True)", "sys.stdin.read()")
        told = self.session(*words, environment={"WORD": "hello"})
        self.refused(sojourn.ProcessError, "bad-answer", f"'hello {self.folder}", told.compute, rabbits)

    def test_a_long_line_passes_both_ways(self):
        times = np.linspace(0, 3, 200_000)
        request = {**exponential(1), "quantities": [{"quantity": "survival", "times": times}]}
        values = self.session().compute(request)["results"][0]["values"]
        self.assertEqual(values.shape, (1, 200_000))
        np.testing.assert_allclose(values[0], np.exp(-times), rtol=1e-12)


class Deaths(ClientTest):
    def test_one_clear_error_and_then_a_new_process(self):
        session = self.session()
        session.compute(exponential(1))
        first = pid_of(session)
        os.kill(first, signal.SIGKILL)
        self.assertTrue(wait_until(lambda: not alive(first)))
        self.refused(sojourn.ProcessError, "process-died", "signal 9 ended it", session.compute, exponential(2))
        self.assertEqual(mean_of(session.compute(exponential(2))), 0.5)
        self.assertNotEqual(pid_of(session), first)

    def test_the_error_says_how_it_ended_and_its_last_words(self):
        session = self.session("sys.stdin.readline()", "print('no\\nmemory', file=sys.stderr)", "sys.exit(7)")
        message = "it ended with code 7, and it said: no memory. [process-died]"
        for _ in range(2):
            self.refused(sojourn.ProcessError, "process-died", message, session.compute, exponential(1))

    def test_half_an_answer_is_none(self):
        session = self.session("sys.stdin.readline()", "print('{\"format\": \"sojourn-res', end='')")
        self.refused(sojourn.ProcessError, "process-died", "code 0", session.compute, exponential(1))

    def test_a_process_that_ends_before_it_reads(self):
        session = self.session("pass")
        request = {**exponential(1), "padding": "x" * 1_000_000}
        self.refused(sojourn.ProcessError, "process-died", "code 0", session.compute, request)

    def test_a_flood_on_standard_error_stops_nothing(self):
        flood = ("sys.stderr.write('x' * 1_000_000)", "sys.stderr.flush()")
        self.assertEqual(mean_of(self.session(*flood, *COUNTING).compute(exponential(1))), 1)

    def test_nonsense_is_no_answer(self):
        for text in ("hello", "[1]", "{}", '{"format": "other/1"}'):
            session = self.session(f"print({text!r}, flush=True)", "sys.stdin.read()")
            self.refused(sojourn.ProcessError, "bad-answer", text[:5], session.compute, exponential(1))

    def test_a_command_that_does_not_exist(self):
        for executable in ("/no/such/sojourn", "no-such-sojourn", [], self.folder):
            self.refused(sojourn.ProcessError, "no-executable", "Cannot start sojourn", sojourn.Session, executable)

    def test_a_command_that_cannot_be_started(self):
        broken = self.folder / "broken"
        broken.write_text("#!/no/such/interpreter\n")
        broken.chmod(0o755)
        session = sojourn.Session(broken)
        self.refused(sojourn.ProcessError, "not-started", "No such file", session.compute, exponential(1))

    def test_an_interrupt_leaves_no_answer_behind_for_the_next_request(self):
        flag = self.folder / "slept"
        session = self.session(
            f"flag = {str(flag)!r}",
            "slow = not os.path.exists(flag)",
            "for line in sys.stdin:",
            "    if slow: open(flag, 'w').close(); time.sleep(0.6)",
            "    result = {'quantity': 'mean', 'values': [[1 if slow else 2]], 'status': ['ok']}",
            "    print(json.dumps({'format': 'sojourn-result/1', 'results': [result]}), flush=True)",
        )

        def interrupt(*_):
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGALRM, interrupt)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with self.assertRaises(KeyboardInterrupt):
            session.compute(exponential(1))
        self.assertTrue(flag.exists())
        self.assertEqual(mean_of(session.compute(exponential(1))), 2)


class Ends(ClientTest):
    def test_closing_ends_the_process_and_the_session(self):
        with sojourn.Session() as session:
            session.compute(exponential(1))
            pid = pid_of(session)
        self.assertFalse(alive(pid))
        self.refused(sojourn.ProcessError, "closed", "the session is closed", session.compute, exponential(1))
        session.close()
        sojourn.Session().close()

    def test_a_forgotten_session_leaves_no_process(self):
        session = sojourn.Session()
        session.compute(exponential(1))
        pid = pid_of(session)
        del session
        self.assertTrue(wait_until(lambda: not alive(pid)))

    def test_nor_does_a_program_that_ends_without_closing(self):
        program = "import support, sojourn; s = sojourn.Session(); s.compute(support.exponential(1)); print(s._process.pid)"
        environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
        ended = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, env=environment)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertTrue(wait_until(lambda: not alive(int(ended.stdout))))


    def test_a_fork_that_ends_leaves_the_process_alone(self):
        program = """
            import os, support, sojourn
            session = sojourn.Session()
            session.compute(support.exponential(1))
            pid = session._process.pid
            child = os.fork()
            if child:
                os.waitpid(child, 0)
                session.compute(support.exponential(1))
                assert session._process.pid == pid
        """
        environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
        command = [sys.executable, "-c", textwrap.dedent(program)]
        ended = subprocess.run(command, capture_output=True, text=True, env=environment)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))


class Sharing(ClientTest):
    def test_threads_get_the_answers_to_their_own_requests(self):
        session = self.session()
        wrong = []

        def ask(thread):
            for i in range(15):
                rate = 1 + 100 * thread + i
                mean = mean_of(session.compute(exponential(rate)))
                if abs(mean * rate - 1) > 1e-12:
                    wrong.append((rate, mean))

        threads = [threading.Thread(target=ask, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_a_fork_has_a_process_of_its_own(self):
        session = self.session(*COUNTING)
        self.assertEqual(mean_of(session.compute(exponential(1))), 1)
        pid = pid_of(session)
        with session._lock:  # as if another thread were asking
            child = os.fork()
            if child == 0:
                try:
                    right = mean_of(session.compute(exponential(1))) == 1 and pid_of(session) != pid
                    session.close()
                    os._exit(0 if right else 1)
                finally:
                    os._exit(2)
        ended = []
        self.assertTrue(wait_until(lambda: ended.append(os.waitpid(child, os.WNOHANG)) or ended[-1][0] == child))
        self.assertEqual(os.waitstatus_to_exitcode(ended[-1][1]), 0)
        self.assertEqual(mean_of(session.compute(exponential(1))), 2)
        self.assertEqual(pid_of(session), pid)


if __name__ == "__main__":
    unittest.main()
