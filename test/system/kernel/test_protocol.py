"""Requests beside cells, and signatures."""

import unittest
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
        self.assertIn("function measured(x", reply["data"]["text/plain"])
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

    def test_subscribers_are_welcomed(self):
        subscriber = zmq.Context.instance().socket(zmq.SUB)
        try:
            subscriber.connect(self.kernel.client._make_url("iopub"))
            subscriber.subscribe(b"")
            self.assertTrue(subscriber.poll(5000))
            session = Session(key=self.kernel.client.session.key)
            _, frames = session.feed_identities(subscriber.recv_multipart())
            message = session.deserialize(frames)
            self.assertEqual((message["msg_type"], message["content"]), ("iopub_welcome", {"subscription": ""}))
        finally:
            subscriber.close()


if __name__ == "__main__":
    unittest.main()
