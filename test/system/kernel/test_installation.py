"""`sojourn kernel install`, `uninstall`, `list` and the doctor: by Jupyter's rules of where kernels lie, without any Python, and what was
installed is started by jupyter_client as a person's Jupyter would."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import start_new_kernel
from support import spec_folder

NODE = shutil.which("node")


class Installation(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="sojourn-install-")
        self.addCleanup(shutil.rmtree, self.home, True)
        # A Node and nothing else: no Python, no Jupyter.
        self.bin = os.path.join(self.home, "bin")
        os.mkdir(self.bin)
        os.symlink(NODE, os.path.join(self.bin, "node"))
        for tool in ("sh", "dirname"):
            os.symlink(shutil.which(tool), os.path.join(self.bin, tool))
        self.env = {"PATH": self.bin, "HOME": self.home, "SOJOURN_CACHE_DIR": self.home}

    def sojourn(self, *words, code=0, **env):
        command = [NODE, os.path.join(spec_folder(), "cli.mjs"), *words]
        done = subprocess.run(command, capture_output=True, text=True, env={**self.env, **env}, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertNotIn("    at ", done.stderr)
        return done.stdout if code == 0 else done.stderr

    def place(self, *parts):
        return os.path.join(self.home, *parts)

    def test_places_follow_jupyters_rules(self):
        user = self.place(".local", "share", "jupyter", "kernels", "sojourn")
        for words, env, folder in (
            ([], {}, user),
            (["--user"], {"XDG_DATA_HOME": self.place("xdg")}, self.place("xdg", "jupyter", "kernels", "sojourn")),
            (["--user"], {"JUPYTER_DATA_DIR": self.place("data")}, self.place("data", "kernels", "sojourn")),
            (["--prefix", self.place("opt")], {}, self.place("opt", "share", "jupyter", "kernels", "sojourn")),
            (["--sys-prefix", "--name", "mine"], {"VIRTUAL_ENV": self.place("venv")}, self.place("venv", "share", "jupyter", "kernels", "mine")),
            (["--sys-prefix"], {"CONDA_PREFIX": self.place("conda")}, self.place("conda", "share", "jupyter", "kernels", "sojourn")),
        ):
            with self.subTest(words=words, env=env):
                told = json.loads(self.sojourn("kernel", "install", *words, "--json", **env))
                self.assertEqual((told["format"], told["folder"]), ("sojourn-kernel-install/1", folder))
                self.assertTrue(os.access(os.path.join(folder, "start.sh"), os.X_OK))
                gone = json.loads(self.sojourn("kernel", "uninstall", *words, "--json", **env))
                self.assertEqual(gone["folder"], folder)
                self.assertFalse(os.path.exists(folder))

    def test_what_was_installed_runs_by_the_node_it_was_told(self):
        self.sojourn("kernel", "install", "--display-name", "Our Sojourn", "--name", "ours", "--node", NODE)
        self.sojourn("kernel", "install", "--display-name", "Our Sojourn again", "--name", "ours", "--node", NODE)
        kernels = self.place(".local", "share", "jupyter", "kernels")
        self.assertEqual(os.listdir(kernels), ["ours"])
        spec = KernelSpecManager(kernel_dirs=[kernels]).get_kernel_spec("ours")
        self.assertEqual((spec.display_name, spec.language, spec.interrupt_mode), ("Our Sojourn again", "typescript", "message"))
        self.assertEqual(spec.env, {"SOJOURN_NODE": NODE})
        for logo in ("logo-32x32.png", "logo-64x64.png", "logo-svg.svg"):
            self.assertTrue(os.path.exists(os.path.join(spec.resource_dir, logo)))
        # As under JupyterHub, whose PATH has no Node.
        empty = self.place("empty")
        os.mkdir(empty)
        for tool in ("sh", "dirname"):
            os.symlink(shutil.which(tool), os.path.join(empty, tool))
        before = dict(os.environ)
        os.environ.update(JUPYTER_PATH=self.place(".local", "share", "jupyter"), PATH=empty, SOJOURN_DATA_DIR=self.home)
        try:
            manager, client = start_new_kernel(kernel_name="ours")
            try:
                self.assertEqual(client.execute_interactive("6 * 7", timeout=30)["content"]["status"], "ok")
            finally:
                client.stop_channels()
                manager.shutdown_kernel(now=True)
        finally:
            os.environ.clear()
            os.environ.update(before)

    def test_listing_and_what_is_refused(self):
        self.sojourn("kernel", "install")
        listed = json.loads(self.sojourn("kernel", "list", "--json"))["kernels"]
        mine = [one for one in listed if one["folder"].startswith(self.home)]
        self.assertEqual([(one["name"], one["displayName"]) for one in mine], [("sojourn", "Sojourn")])
        self.assertRegex(mine[0]["version"], r"^\d+\.\d+\.\d+")
        other = self.place(".local", "share", "jupyter", "kernels", "python3")
        os.makedirs(other)
        for words, told in (
            (["install", "--user", "--sys-prefix"], "[two-places]"),
            (["install", "--name", "../x"], "[bad-name]"),
            (["install", "--name", "python3"], "[not-ours]"),
            (["uninstall", "--name", "python3"], "[not-installed]"),
            (["uninstall", "--prefix", self.place("nowhere")], f"there is one in {mine[0]['folder']}"),
            (["install", "--prefix", "/dev/null"], "[unwritable]"),
            (["install", "--node", "node"], "[bad-node]"),
        ):
            with self.subTest(words):
                self.assertIn(told, self.sojourn("kernel", *words, code=2))
        self.assertEqual(os.listdir(other), [])
        self.assertIn("install", self.sojourn("kernel", "--help"))

    def own(self):
        """The command may lie in a kernelspec that Jupyter finds: the wheel's."""
        return spec_folder().endswith(os.path.join("share", "jupyter", "kernels", "sojourn"))

    def findings(self, code=0, **env):
        command = [NODE, os.path.join(spec_folder(), "cli.mjs"), "doctor", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env={**self.env, **env}, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return [one for one in json.loads(done.stdout)["findings"] if one["subject"] == "kernel"]

    def test_the_doctor_looks_at_the_kernel(self):
        self.sojourn("kernel", "install")
        # Looked for before any environment's own.
        env = {"JUPYTER_PATH": self.place(".local", "share", "jupyter")}
        folder = self.place(".local", "share", "jupyter", "kernels", "sojourn")
        well = self.findings(**env)
        self.assertIn(f"Jupyter finds sojourn in {folder}.", [one["text"] for one in well])
        self.assertTrue(any("its addon loads" in one["text"] for one in well), well)
        old = self.place("old")
        with open(old, "w") as file:
            file.write("#!/bin/sh\nprintf 18.20.1\n")
        os.chmod(old, 0o755)
        self.assertTrue(any("is Node 18.20.1 and 20.11 is needed" in one["text"] for one in self.findings(3, SOJOURN_NODE=old, **env)))
        self.assertTrue(any("cannot be started" in one["text"] for one in self.findings(3, SOJOURN_NODE="/nowhere/node", **env)))
        with open(os.path.join(folder, "zeromq.node"), "w") as file:
            file.write("not a library")
        damaged = self.findings(3, **env)
        self.assertTrue(any("does not load" in one["text"] and one["level"] == "problem" for one in damaged), damaged)


if __name__ == "__main__":
    unittest.main()
