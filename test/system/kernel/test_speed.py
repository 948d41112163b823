"""Times and memory against the design's goals: each may be five times its goal, because machines differ and are shared."""

import os
import statistics
import time
import unittest

from support import Kernel, KernelTest, megabytes, wait_until

FACTOR = 5
GOAL_S = {"start": 0.44, "cell": 0.0025, "completion": 0.015, "first completion": 0.3, "while spinning": 0.03}
IDLE_MEGABYTES = 200


def timed(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


class Speed(KernelTest):
    def complete(self):
        reply = self.kernel.ask("complete_request", {"code": "families.coal", "cursor_pos": 13})
        self.assertIn("coalescent", reply["matches"])

    def test_start(self):
        kernels = []
        self.addCleanup(lambda: [kernel.stop() for kernel in kernels])
        self.assertLess(min(timed(lambda: kernels.append(Kernel())) for _ in range(3)), FACTOR * GOAL_S["start"])

    def test_a_trivial_cell(self):
        times = [timed(lambda: self.run_ok("1")) for _ in range(100)]
        self.assertLess(statistics.median(times), FACTOR * GOAL_S["cell"])

    def test_completion(self):
        fresh = Kernel()
        self.addCleanup(fresh.stop)
        fresh.run("1")
        ask = {"code": "families.coal", "cursor_pos": 13}
        self.assertLess(timed(lambda: fresh.ask("complete_request", ask)), FACTOR * GOAL_S["first completion"])
        times = [timed(lambda: fresh.ask("complete_request", ask)) for _ in range(30)]
        self.assertLess(statistics.median(times), FACTOR * GOAL_S["completion"])

    def test_answers_while_a_cell_spins(self):
        self.run_ok("1")
        msg_id = self.kernel.send("console.log('started'); for (;;);")
        self.kernel.await_text("started")
        try:
            for request in (self.complete, lambda: self.kernel.ask("comm_info_request", {}), lambda: self.kernel.ask("kernel_info_request", {})):
                times = sorted(timed(request) for _ in range(40))
                self.assertLess(times[37], FACTOR * GOAL_S["while spinning"])
        finally:
            self.kernel.interrupt()
            self.kernel.collect(msg_id)


class Memory(unittest.TestCase):
    @unittest.skipUnless(os.path.exists("/proc/self/status"), "resident memory is read from /proc")
    def test_an_idle_kernel_is_small(self):
        kernel = Kernel(env={"SOJOURN_TYPES": "off", "SOJOURN_TYPES_IDLE_S": "1"})
        self.addCleanup(kernel.stop)
        kernel.run("1 + 1")
        self.assertLess(megabytes(kernel), IDLE_MEGABYTES)
        # A question starts the language service, whose memory is given back when it is ended; idle is after that.
        ask = {"code": "fam", "cursor_pos": 3}
        self.assertTrue(wait_until(lambda: kernel.ask("complete_request", ask)["metadata"] != {}, 30))
        self.assertTrue(wait_until(lambda: megabytes(kernel) < IDLE_MEGABYTES, 15), megabytes(kernel))


if __name__ == "__main__":
    unittest.main()
