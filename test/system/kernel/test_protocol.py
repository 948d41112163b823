"""Requests beside cells, and signatures."""

import time
import unittest
from contextlib import contextmanager
from queue import Empty

import zmq
from jupyter_client.session import Session

from support import KernelTest


class Requests(KernelTest):
    def test_kernel_info(self):
        info = self.kernel.ask("kernel_info_request", {})
        self.assertEqual((info["status"], info["implementation"], info["protocol_version"]), ("ok", "sojourn", "5.5"))
        language = info["language_info"]
        self.assertEqual((language["name"], language["file_extension"]), ("typescript", ".ts"))
        self.assertEqual(self.kernel.ask("kernel_info_request", {}, channel="control")["implementation"], "sojourn")

    def test_is_complete(self):
        for code, status in [("1 + 1", "complete"), ("f(", "incomplete"), ("f)", "invalid"), ("type A = {", "incomplete")]:
            self.assertEqual(self.kernel.ask("is_complete_request", {"code": code})["status"], status, code)

    def test_complete(self):
        self.run_ok("const zebraStripes = { alpha: 1, beta: 2 }; let armed = 0; const trap = { get p() { armed++; return { inner: 1 } } }")
        def complete(code, position=None):
            return self.kernel.ask("complete_request", {"code": code, "cursor_pos": len(code) if position is None else position})
        reply = complete("1; zebraSt")
        self.assertEqual((reply["matches"], reply["cursor_start"], reply["cursor_end"]), (["zebraStripes"], 3, 10))
        self.assertEqual(complete("zebraStripes.al")["matches"], ["alpha"])
        self.assertEqual(complete("'😀'; zebraStripes.be")["cursor_start"], 18)
        self.assertIn("push", complete("Array.prototype.pu")["matches"])
        self.assertIn("coalescent", complete("families.")["matches"])
        self.assertEqual(complete("trap.p.in")["matches"], [])
        self.assertEqual(self.run_ok("armed").result, "0")

    def test_inspect(self):
        self.run_ok("function measured(x: number) { return x }")
        reply = self.kernel.ask("inspect_request", {"code": "measured(1)", "cursor_pos": 4, "detail_level": 0})
        self.assertTrue(reply["found"])
        # the code itself, or its signature once the language service is there
        self.assertIn("measured(x", reply["data"]["text/plain"])
        self.assertFalse(self.kernel.ask("inspect_request", {"code": "nowhere", "cursor_pos": 3, "detail_level": 0})["found"])

    def test_history(self):
        for code in ("'h1'", "'h2'", "'h1'"):
            self.run_ok(code)
        def ask(**request):
            return self.kernel.ask("history_request", {"raw": True, "output": False, **request})["history"]
        tail = ask(hist_access_type="tail", n=2)
        self.assertEqual([entry[2] for entry in tail], ["'h2'", "'h1'"])
        session, line, _ = tail[0]
        self.assertEqual(ask(hist_access_type="range", session=session, start=line, stop=line + 1), [tail[0]])
        self.assertEqual([e[2] for e in ask(hist_access_type="search", pattern="'h?'", unique=True)], ["'h2'", "'h1'"])
        self.assertEqual(ask(hist_access_type="tail", n=1, output=True)[0][2], ["'h1'", None])

    def test_unknown_and_malformed_requests(self):
        self.assertEqual(self.kernel.ask("debug_request", {})["status"], "error")
        self.assertEqual(self.kernel.ask("is_complete_request", {})["status"], "error")
        self.assertEqual(self.kernel.ask("execute_request", {"code": 5})["status"], "error")
        self.assertEqual(self.run_ok("1").result, "1")

    def test_a_page_that_says_that_it_heard_gets_no_answer(self):
        said = self.kernel.client.session.msg("sojourn_heard", {})
        self.kernel.client.control_channel.send(said)
        asked = self.kernel.client.session.msg("kernel_info_request", {})
        self.kernel.client.control_channel.send(asked)
        parents = []
        while len(parents) < 2:
            message = self.kernel.client.get_iopub_msg(timeout=10)
            if message["parent_header"].get("msg_id") in (said["header"]["msg_id"], asked["header"]["msg_id"]):
                parents.append(message["parent_header"]["msg_type"])
        self.assertEqual(parents, ["kernel_info_request"] * 2)
        self.assertEqual(self.kernel.client.get_control_msg(timeout=10)["parent_header"]["msg_id"], asked["header"]["msg_id"])

    def test_messages_with_a_wrong_signature_are_dropped(self):
        session = self.kernel.client.session
        forged = session.serialize(session.msg("execute_request", {"code": "globalThis.forged = 1", "silent": False}))
        forged[1] = b"0" * 64
        stream = self.kernel.client.shell_channel.socket
        stream.send_multipart(forged)
        stream.send_multipart([b"no delimiter"])
        stream.send_multipart([b"<IDS|MSG>", b"", b"{", b"{}", b"{}", b"{}"])
        with self.assertRaises(Empty):
            self.kernel.client.get_shell_msg(timeout=0.3)
        self.assertEqual(self.run_ok("typeof forged").result, "'undefined'")

    @contextmanager
    def subscriber(self, *topics):
        socket = zmq.Context.instance().socket(zmq.SUB)
        session = Session(key=self.kernel.client.session.key)

        def receive():
            self.assertTrue(socket.poll(5000))
            _, frames = session.feed_identities(socket.recv_multipart())
            message = session.deserialize(frames)
            return message["msg_type"], message["content"]

        try:
            for topic in topics:
                socket.subscribe(topic)
            socket.connect(self.kernel.client._make_url("iopub"))
            yield socket, receive
        finally:
            socket.close()

    def test_subscribers_are_welcomed(self):
        with self.subscriber(b"") as (_, receive):
            self.assertEqual(receive(), ("iopub_welcome", {"subscription": ""}))

    def test_nothing_comes_before_the_welcome(self):
        client = self.kernel.client
        heard = 0
        for _ in range(30):
            asked = [client.kernel_info() for _ in range(10)]
            with self.subscriber(b"") as (socket, receive):
                asked += [client.kernel_info() for _ in range(10)]
                self.assertEqual(receive()[0], "iopub_welcome")
                heard += 1 if socket.poll(50) else 0
            for _ in asked:
                client.get_shell_msg(timeout=20)
        self.assertGreater(heard, 5, "the kernel said nothing while others subscribed")

    def test_each_topic_is_welcomed_and_can_be_left(self):
        with self.subscriber(b"elsewhere", b"kernel.") as (socket, receive):
            welcomes = [receive() for _ in range(2)]
            self.assertEqual({topic["subscription"] for _, topic in welcomes}, {"elsewhere", "kernel."})
            self.run_ok("1")
            self.assertEqual(receive()[0], "status")
            socket.unsubscribe(b"kernel.")
            time.sleep(0.5)
            while socket.poll(100):
                socket.recv_multipart()
            self.run_ok("2")
            self.assertFalse(socket.poll(500))


if __name__ == "__main__":
    unittest.main()
