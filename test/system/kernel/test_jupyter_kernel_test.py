"""Jupyter's own suite for kernels, jupyter_kernel_test: every method of it, and nothing skipped.

A skipped method or sub-test would hide what the kernel lacks, so here it fails.
"""

import os
import shutil
import tempfile
import unittest

import jupyter_kernel_test
from jupyter_client.manager import KernelManager

from support import _OneSpec


class NothingSkipped:
    """Turns each skip, also one of a sub-test, into a failure."""

    def run(self, result=None):
        result = result or self.defaultTestResult()
        skip = result.addSkip
        result.addSkip = lambda test, reason: result.addFailure(test, (AssertionError, AssertionError(f"skipped: {reason}"), None))
        try:
            return super().run(result)
        finally:
            result.addSkip = skip


def start(case):
    """What the suite's own set-up does, with the kernelspec under test and folders of its own."""
    case.folder = tempfile.mkdtemp(prefix="sojourn-test-")
    case.km = KernelManager(kernel_name="sojourn", kernel_spec_manager=_OneSpec())
    case.km.start_kernel(
        cwd=case.folder, env={**os.environ, "SOJOURN_CACHE_DIR": case.folder, "SOJOURN_DATA_DIR": case.folder}
    )
    case.kc = case.km.client()


class Suite(NothingSkipped, jupyter_kernel_test.KernelTests):
    kernel_name = "sojourn"
    language_name = "typescript"
    file_extension = ".ts"

    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('a warning')"
    completion_samples = [
        {"text": "families.coal", "matches": {"coalescent"}},
        {"text": "Number.isSafe", "matches": {"isSafeInteger"}},
        {"text": "nowhere.at.all", "matches": set()},
        {"text": "%tim", "matches": {"%time", "%timeit"}},
    ]
    complete_code_samples = ["1 + 1", "const f = (x: number) => x", "if (true) {\n}", "%time", "?show", "// note"]
    incomplete_code_samples = ["function f() {", "[1, 2,", "`text", "type T = {", "%time\nf("]
    invalid_code_samples = ["const = 1", "f)", "let a: = 3"]
    code_page_something = "?linspace"
    code_generate_error = "throw new Error('expected')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "[1, 2]", "result": "[ 1, 2 ]"},
        {"code": "await Promise.resolve('later')", "result": "'later'"},
    ]
    code_display_data = [
        {"code": "show.html('<b>bold</b>')", "mime": "text/html"},
        {"code": "show.svg('<svg/>')", "mime": "image/svg+xml"},
        {"code": "show.latex('$x$')", "mime": "text/latex"},
        {"code": "show(linspace(0, 1, 3))", "mime": "text/plain"},
    ]
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "6 ?*7"
    code_inspect_sample = "families"
    code_clear_output = "show.clear()"

    @classmethod
    def setUpClass(cls):
        start(cls)
        cls.kc.start_channels()
        cls.kc.wait_for_ready(timeout=30)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        shutil.rmtree(cls.folder, ignore_errors=True)


class Welcome(NothingSkipped, jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "sojourn"
    support_iopub_welcome = True

    @classmethod
    def setUpClass(cls):
        start(cls)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        shutil.rmtree(cls.folder, ignore_errors=True)


class Guard(unittest.TestCase):
    def test_a_skip_is_a_failure_here(self):
        class Lazy(NothingSkipped, unittest.TestCase):
            def test_one(self):
                with self.subTest(part=1):
                    self.skipTest("no reason")

        result = unittest.TestResult()
        Lazy("test_one").run(result)
        self.assertEqual((len(result.failures), result.skipped), (1, []))

    def test_every_method_of_the_suite_runs(self):
        methods = {name for name in dir(jupyter_kernel_test.KernelTests) if name.startswith("test_")}
        self.assertEqual(len(methods), 12, methods)


if __name__ == "__main__":
    unittest.main()
