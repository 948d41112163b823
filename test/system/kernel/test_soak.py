"""A soak of mixed use: cells that compute, print, show, fail, import, are interrupted, widgets that are made, moved and closed, completions, inspections,
input, history, panels. Memory of all the kernel's processes must stay flat within a tenth, and every round must work.

In the long run only (SOJOURN_LONG=1). SOJOURN_SOAK_S says for how many seconds, else ten minutes.
"""

import os
import random
import time
import unittest

from support import Kernel, children
from test_widgets import FrontEnd

SECONDS = float(os.environ.get("SOJOURN_SOAK_S", "600"))
SEED = int(os.environ.get("SOJOURN_TEST_SEED", "20261121"))
#: A part of the time in which caches fill and code is compiled; memory is compared after it.
WARM_SHARE = 0.3
GROWTH_MAX = 1.1
#: Below that, growth is noise of garbage collection and not a leak.
NOISE_MEGABYTES = 15

SETUP = """
import { createInterface } from "node:readline/promises"; import { setTimeout as sleep } from "node:timers/promises";
const ladder = defineModel({ name: "ladder", parameters: ["rate"], inputs: {}, initial: () => [0], transitions: ([k], { rate }) => [{ to: [k + 1], rate }] });
const moved = []; let round = 0;
"""

CELLS = [
    "const ph = await families.coalescent.build({ n: 4 + (round++ % 9) }); await ph.pdf({ rate: 1 }, linspace(0.1, 5, 50))",
    "(await families.coalescent.build({ n: 8 })).plot.pdf({ rate: 1 })",
    "for (let i = 0; i < 2000; i++) console.log('line', i)",
    "const h = show('a'); for (let i = 0; i < 20; i++) h.update(i)",
    "show.table([{ a: 1, b: 'x' }, { a: 2, b: 'y' }]); show.html('<b>x</b>'); show.svg('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')",
    "for (const step of show.progress([1, 2, 3])) await sleep(1)",
    "setTimeout(() => console.log('late'), 5); await sleep(10); Array.from({ length: 1e4 }, (_, i) => ({ i }))",
    "class Point { constructor(readonly x: number, readonly y: number) {} } const points = Array.from({ length: 1000 }, (_, i) => new Point(i, i)); points.length",
    "const big = new Float64Array(1e5).map(Math.random); big.slice(0, 3)",
    "%who",
    "%time 1 + 1",
]
FAILING = ["throw new Error('on purpose')", "const x: = 1", "null.field", "await Promise.reject(new TypeError('late'))"]
ENDLESS = ["for (;;);", "await new Promise(() => {})", "await ladder.build({}, { cache: false })", "for (;;) await sleep(1)", "input('?')"]


def megabytes(pid):
    """Resident memory of the kernel and of every process below it."""
    with open(f"/proc/{pid}/status") as file:
        own = next((int(line.split()[1]) for line in file if line.startswith("VmRSS")), 0) / 1024
    return own + sum(megabytes(child) for child in children(pid))


@unittest.skipUnless(os.path.exists("/proc/self/status"), "resident memory is read from /proc")
class Soak(unittest.TestCase):
    def setUp(self):
        # A heap of modest size, so that garbage is collected often enough to tell it from a leak.
        self.kernel = Kernel(env={"SOJOURN_HEAP_MB": "256", "SOJOURN_HISTORY": "off"})
        self.addCleanup(self.kernel.stop)
        self.front = FrontEnd(self.kernel)
        self.rng = random.Random(SEED)

    def cell(self):
        self.assertEqual(self.kernel.run(self.rng.choice(CELLS)).status, "ok")

    def failing(self):
        self.assertEqual(self.kernel.run(self.rng.choice(FAILING)).status, "error")

    def interrupted(self):
        msg_id = self.kernel.send(f"console.log('started'); {self.rng.choice(ENDLESS)}", allow_stdin=True)
        self.kernel.await_text("started")
        time.sleep(self.rng.random() * 0.02)
        self.kernel.interrupt()
        self.assertEqual(self.kernel.collect(msg_id).reply["ename"], "Interrupted")
        while self.kernel.client.stdin_channel.msg_ready():
            self.kernel.client.get_stdin_msg()

    def editor(self):
        for code in ("families.coal", "show.", "const a = mov", "ladder.build("):
            self.assertEqual(self.kernel.ask("complete_request", {"code": code, "cursor_pos": len(code)})["status"], "ok")
            self.assertEqual(self.kernel.ask("inspect_request", {"code": code, "cursor_pos": 3, "detail_level": 0})["status"], "ok")
        self.kernel.ask("is_complete_request", {"code": "for (;;) {"})
        self.kernel.ask("history_request", {"hist_access_type": "tail", "n": 5, "raw": True, "output": False})

    def widgets(self):
        front = self.front
        model = front.shown("const s = widgets.slider({ min: 0, max: 100 }); s.on('change', (v) => { moved.length = 0; moved.push(v); console.log(v) }); const box = widgets.interact(({ a }) => a, { a: s }); widgets.vbox([s, widgets.any({ esm: 'x', state: { data: new Uint8Array(1e4) } })])")
        slider = front.models[model]["children"][0].removeprefix("IPY_MODEL_")
        for value in range(30):
            front.update(slider, {"value": value})
        front.until(lambda: any("29" in text for _, text in front.streams))
        front.run("widgets.closeAll()")
        self.assertEqual(front.models, {})
        for kept in (front.streams, front.echoes, front.statuses, front.closed):
            kept.clear()

    def answered(self):
        msg_id = self.kernel.send("await createInterface({ input: process.stdin }).question('Name? ')", allow_stdin=True)
        self.kernel.answer_input("ada")
        self.assertEqual(self.kernel.collect(msg_id).result, "'ada'")

    def test_memory_stays_flat(self):
        self.assertEqual(self.kernel.run(SETUP).status, "ok")
        kinds = [self.cell] * 8 + [self.failing, self.failing, self.interrupted, self.editor, self.editor, self.widgets, self.answered]
        started = time.monotonic()
        samples = []
        rounds = 0
        while (passed := time.monotonic() - started) < SECONDS:
            self.rng.choice(kinds)()
            rounds += 1
            if passed > SECONDS * WARM_SHARE and rounds % 10 == 0:
                samples.append(megabytes(self.kernel.pid))
        third = max(1, len(samples) // 3)
        # The least of each part: what is left after a collection.
        before, after = min(samples[:third]), min(samples[-third:])
        print(f"soak: {rounds} rounds in {SECONDS:.0f} s, {before:.0f} MB at first and {after:.0f} MB in the end, at most {max(samples):.0f} MB")
        self.assertLess(after, max(before * GROWTH_MAX, before + NOISE_MEGABYTES))


def load_tests(_loader, tests, _pattern):
    """Without SOJOURN_LONG there is nothing here to run, and nothing to skip."""
    return tests if os.environ.get("SOJOURN_LONG") else unittest.TestSuite()


if __name__ == "__main__":
    unittest.main()
