"""The wire: what is dropped, what is carried, in which order, over which transport, and many kernels at once."""

import json
import os
import random
import time
import unittest
from queue import Empty

from support import Kernel, KernelTest

SEED = int(os.environ.get("SOJOURN_TEST_SEED", "20261121"))


class Refusals(KernelTest):
    QUIET = True

    def frames(self, code, **header):
        """A signed execute_request as frames."""
        session = self.kernel.client.session
        message = session.msg("execute_request", {"code": code, "silent": False})
        message["header"].update(header)
        return session.serialize(message)

    def send(self, frames, channel="shell"):
        client = self.kernel.client
        socket = {"shell": client.shell_channel, "control": client.control_channel, "stdin": client.stdin_channel}[channel]
        socket.socket.send_multipart(frames)

    def signed(self, *parts):
        session = self.kernel.client.session
        return [b"<IDS|MSG>", session.sign(list(parts)), *parts]

    def assert_unharmed(self):
        with self.assertRaises(Empty):
            while True:
                message = self.kernel.client.get_shell_msg(timeout=0.2)
                self.assertNotEqual(message["msg_type"], "execute_reply")
        self.assertEqual(self.run_ok("typeof forged").result, "'undefined'")

    def test_every_wrong_signature_is_dropped(self):
        good = self.frames("globalThis.forged = 1")
        at = good.index(b"<IDS|MSG>") + 1
        signature = good[at]
        flipped = bytes([signature[0] ^ 1]) + signature[1:]
        for bad in (b"", b"0" * 64, signature[:-1], signature + b"0", signature.upper() + b" ", flipped, b"\xff" * 64):
            self.send([*good[:at], bad, *good[at + 1 :]])
        for part in range(at + 1, at + 5):  # any signed part changed after signing
            self.send([*good[:part], good[part].replace(b"1", b"2").replace(b"{}", b'{"x":0}'), *good[part + 1 :]])
        self.assert_unharmed()

    def test_a_message_sent_again_is_dropped(self):
        frames = self.frames("globalThis.count = (globalThis.count ?? 0) + 1")
        for _ in range(3):
            self.send(frames)
        self.kernel.client.get_shell_msg(timeout=10)
        self.assert_unharmed()
        self.assertEqual(self.run_ok("count").result, "1")

    def test_malformed_messages_are_dropped_on_every_channel(self):
        header = json.dumps({"msg_id": "m", "msg_type": "execute_request", "session": "s", "username": "u", "date": "", "version": "5.3"}).encode()
        malformed = [
            [b""],
            [b"<IDS|MSG>"],
            [b"<IDS|MSG>", b"x"],
            [b"no delimiter", b"{}", b"{}", b"{}", b"{}"],
            self.signed(b"{", b"{}", b"{}", b"{}"),
            self.signed(b"[]", b"{}", b"{}", b"{}"),
            self.signed(b"null", b"{}", b"{}", b"{}"),
            self.signed(b"{}", b"{}", b"{}", b"{}"),
            self.signed(header, b"{}", b"{}", b"5"),
            self.signed(header, b"{}", b"{}", b"\xff\xfe\x00"),
            self.signed(header, b"{}", b"{}", b"[" * 100_000),
            self.signed(json.dumps({"msg_id": 5, "msg_type": "execute_request"}).encode(), b"{}", b"{}", b"{}"),
            [b"x" * 1000] * 50,
        ]
        rng = random.Random(SEED)
        malformed += [[rng.randbytes(rng.randrange(200)) for _ in range(rng.randrange(1, 9))] for _ in range(200)]
        for channel in ("shell", "control", "stdin"):
            for frames in malformed:
                self.send(frames, channel)
        self.assert_unharmed()
        self.assertEqual(self.kernel.ask("kernel_info_request", {}, channel="control")["status"], "ok")

    def test_odd_but_signed_requests_are_answered(self):
        for content in ({}, {"code": None}, {"code": ["1"]}, {"code": 1}):
            self.assertEqual(self.kernel.ask("execute_request", content)["status"], "error")
        for request in ("complete_request", "inspect_request", "is_complete_request"):
            self.assertEqual(self.kernel.ask(request, {})["status"], "error", request)
            for position in (-1, 10**9, 0.5, "3"):
                reply = self.kernel.ask(request, {"code": "famil", "cursor_pos": position, "detail_level": 7})
                self.assertIn(reply["status"], ("ok", "error", "complete"))
        for content in ({}, {"hist_access_type": "moon"}, {"hist_access_type": "range", "session": "x", "start": {}}, {"hist_access_type": "search", "pattern": "(["}):
            self.assertEqual(self.kernel.ask("history_request", content)["status"], "ok", content)
        self.assertEqual(self.run_ok("1", user_expressions={"bad": "(("}).reply["user_expressions"]["bad"]["status"], "error")


class Sizes(KernelTest):
    def test_huge_messages_both_ways(self):
        text = "é" * 5_000_000  # 10 MB on the wire
        outcome = self.run_ok(f"const huge = '{text}'; huge.length")
        self.assertEqual(outcome.result, "5000000")
        outcome = self.run_ok("show.json({ huge })")
        self.assertEqual(outcome.of("display_data")[0]["data"]["application/json"], {"huge": text})

    def test_buffers_travel_as_frames(self):
        client = self.kernel.client
        raw = bytes(range(256)) * 4096
        message = client.session.msg("execute_request", {"code": "'with buffers'", "silent": False})
        client.session.send(client.shell_channel.socket, message, buffers=[raw, b""])
        self.assertEqual(self.kernel.collect(message["header"]["msg_id"]).result, "'with buffers'")
        opened = client.session.msg("comm_open", {"comm_id": "b", "target_name": "sojourn.panel.v1", "data": {}})
        client.session.send(client.shell_channel.socket, opened, buffers=[raw])
        hello = client.session.msg("comm_msg", {"comm_id": "b", "data": {"type": "hello", "version": 2, "visible": False}})
        client.session.send(client.shell_channel.socket, hello, buffers=[raw])
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            message = client.get_iopub_msg(timeout=10)
            if message["msg_type"] == "comm_msg":
                break
        self.assertEqual(message["content"]["data"]["type"], "hello")


class Order(KernelTest):
    def test_busy_and_idle_pair_up_and_replies_keep_their_order(self):
        client = self.kernel.client
        rng = random.Random(SEED)
        cells, others, asked = [], [], {}
        for number in range(150):
            cells.append(self.kernel.send(f"console.log({number}); show({number}); {number}"))
            kind = rng.choice(["kernel_info_request", "complete_request", "comm_info_request", "is_complete_request"])
            message = client.session.msg(kind, {"code": "fami", "cursor_pos": 4})
            client.shell_channel.send(message)
            others.append(message["header"]["msg_id"])
        asked = {*cells, *others}
        seen = {msg_id: [] for msg_id in asked}
        open_count = len(asked)
        while open_count:
            message = client.get_iopub_msg(timeout=30)
            parent = message["parent_header"].get("msg_id")
            if parent not in asked:
                continue
            state = message["content"].get("execution_state")
            seen[parent].append(state or message["msg_type"])
            if state == "idle":
                open_count -= 1
        for number, msg_id in enumerate(cells):
            # `busy` is said again for the running cell after each other answer.
            kinds = [kind for at, kind in enumerate(seen[msg_id]) if kind != "busy" or at == 0]
            self.assertEqual(kinds, ["busy", "execute_input", "stream", "display_data", "execute_result", "idle"], number)
        for msg_id in others:
            self.assertEqual(seen[msg_id], ["busy", "idle"])
        replies = []
        while len(replies) < len(asked):
            replies.append(client.get_shell_msg(timeout=30)["parent_header"]["msg_id"])
        self.assertEqual([msg_id for msg_id in replies if msg_id in set(cells)], cells)
        self.assertEqual(sorted(replies), sorted(asked))

    def test_everything_of_a_cell_is_there_a_tenth_of_a_second_after_its_reply(self):
        for code in (
            "1",
            "for (let i = 0; i < 5000; i++) console.log(i)",
            "for (let i = 0; i < 50; i++) show(i)",
            "process.stdout.write('a'); console.error('b'); throw new Error('c')",
            "const { spawnSync } = await import('node:child_process'); spawnSync('sh', ['-c', 'echo native'], { stdio: 'inherit' }); 0",
        ):
            msg_id = self.kernel.send(code)
            while self.kernel.client.get_shell_msg(timeout=30)["parent_header"]["msg_id"] != msg_id:
                pass
            state = None
            while state != "idle":
                message = self.kernel.client.get_iopub_msg(timeout=0.1 if state else 1)
                if message["parent_header"].get("msg_id") == msg_id:
                    state = message["content"].get("execution_state", "output")


class Transports(unittest.TestCase):
    def test_ipc(self):
        kernel = Kernel(transport="ipc")
        self.addCleanup(kernel.stop)
        self.assertEqual(kernel.run("6 * 7").result, "42")
        self.assertTrue(kernel.client.hb_channel.is_beating())
        self.assertIn("Jupyter 5.5, ipc", kernel.run("%info").text())
        msg_id = kernel.send("console.log('started'); while (true) {}")
        kernel.await_text("started")
        kernel.interrupt()
        self.assertEqual(kernel.collect(msg_id, 10).reply["ename"], "Interrupted")

    def test_twenty_kernels_at_once_are_all_usable(self):
        kernels = []
        self.addCleanup(lambda: [kernel.stop() for kernel in kernels])
        for _ in range(20):
            kernels.append(Kernel(wait=False))
        for kernel in kernels:
            kernel.client.wait_for_ready(timeout=60)
        sent = [kernel.send(f"{number} * 2") for number, kernel in enumerate(kernels)]
        results = [kernel.collect(msg_id, 60).result for kernel, msg_id in zip(kernels, sent)]
        self.assertEqual(results, [str(2 * number) for number in range(20)])


if __name__ == "__main__":
    unittest.main()
