"""History over sessions, and what a request says about being remembered, seen and stopped."""

import os
import shutil
import stat
import tempfile
import unittest

from support import Kernel


def ask(kernel, **request):
    return kernel.ask("history_request", {"raw": True, "output": False, **request})["history"]


class History(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sojourn-test-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def start(self, **env):
        kernel = Kernel(env={"SOJOURN_DATA_DIR": self.folder, **env})
        self.addCleanup(kernel.stop)
        return kernel

    def sources(self, kernel, **request):
        return [source for _, _, source in ask(kernel, **request)]

    def test_sessions_follow_each_other_and_live_side_by_side(self):
        first = self.start()
        first.run("'one'")
        first.run("'ü\\n😀' // two")
        first.run("'hidden'", store_history=False)
        first.run("'silent'", silent=True)
        self.assertEqual(self.sources(first, hist_access_type="tail", n=10), ["'one'", "'ü\\n😀' // two"])
        first.manager.restart_kernel()
        first.client.wait_for_ready(timeout=30)
        first.run("'three'")
        first.run("'one'")
        tail = ask(first, hist_access_type="tail", n=3)
        self.assertEqual([s for _, _, s in tail], ["'ü\\n😀' // two", "'three'", "'one'"])
        (older, line, source), (newer, _, _), _ = tail
        self.assertLess(older, newer)
        self.assertEqual(line, 2)
        # The numbers that tail reports are those that range takes; 0 is this session and -1 the one before.
        whole = [(older, 1, "'one'"), (older, 2, source)]
        self.assertEqual([tuple(e) for e in ask(first, hist_access_type="range", session=older, start=1)], whole)
        self.assertEqual([tuple(e) for e in ask(first, hist_access_type="range", session=-1, start=1, stop=2)], whole[:1])
        self.assertEqual(self.sources(first, hist_access_type="range", session=0, start=2), ["'one'"])
        self.assertEqual(ask(first, hist_access_type="range", session=newer + 50, start=1), [])
        self.assertEqual(self.sources(first, hist_access_type="search", pattern="'one*"), ["'one'", "'one'"])
        self.assertEqual([e[:2] for e in ask(first, hist_access_type="search", pattern="'one*", unique=True)], [[newer, 2]])
        self.assertEqual(self.sources(first, hist_access_type="search", pattern="*'*", n=1), ["'one'"])
        # A second kernel at the same time has a number of its own and sees the others.
        second = self.start()
        second.run("'beside'")
        self.assertEqual(self.sources(second, hist_access_type="tail", n=2), ["'one'", "'beside'"])
        self.assertEqual(len({e[0] for e in ask(second, hist_access_type="tail", n=10)}), 3)

    def test_files_are_the_persons_own_and_damage_is_left_out(self):
        kernel = self.start()
        kernel.run("'kept'")
        self.assertEqual(self.sources(kernel, hist_access_type="tail", n=1), ["'kept'"])
        folder = os.path.join(self.folder, "history")
        (name,) = os.listdir(folder)
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        with open(os.path.join(folder, "000900.jsonl"), "w") as file:
            file.write('[1,"good"]\n[2,"torn\nnonsense\n{}\n[3,"good too"]\n')
        other = self.start()
        other.run("0")
        self.assertEqual(self.sources(other, hist_access_type="tail", n=4), ["'kept'", "good", "good too", "0"])
        self.assertEqual(ask(other, hist_access_type="tail", n=1)[0][0], 901)

    def test_a_folder_that_cannot_be_written_harms_no_cell(self):
        with open(os.path.join(self.folder, "history"), "w") as file:
            file.write("a file where the folder should be")
        kernel = self.start()
        self.assertEqual(kernel.run("1 + 1").result, "2")
        self.assertEqual(self.sources(kernel, hist_access_type="tail", n=5), ["1 + 1"])

    def test_off_keeps_nothing(self):
        kernel = self.start(SOJOURN_HISTORY="off")
        kernel.run("1")
        self.assertEqual(self.sources(kernel, hist_access_type="tail", n=5), ["1"])
        self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    unittest.main()
