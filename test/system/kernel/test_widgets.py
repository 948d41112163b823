"""Widgets by the protocol that front ends for Jupyter widgets speak: opened, changed from both sides, asked for, closed; also while a
cell spins. What a browser makes of them is tested in test/browser."""

import time
import unittest
from queue import Empty

from support import Kernel, KernelTest, Outcome, children, wait_until

VIEW = "application/vnd.jupyter.widget-view+json"


class FrontEnd:
    """What a widget manager keeps: the models and their states, by the messages that it gets."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.session = kernel.client.session
        self.models = {}
        self.closed = []
        self.customs = []
        self.echoes = []
        self.streams = []
        self.states = {}
        self.statuses = []

    def send(self, kind, content, buffers=(), metadata=None):
        message = self.session.msg(kind, content, metadata=metadata)
        self.session.send(self.kernel.client.shell_channel.socket, message, buffers=list(buffers))
        return message["header"]["msg_id"]

    def update(self, model, state, paths=(), buffers=()):
        data = {"method": "update", "state": state, "buffer_paths": list(paths)}
        return self.send("comm_msg", {"comm_id": model, "data": data}, buffers)

    def custom(self, model, content, buffers=()):
        return self.send("comm_msg", {"comm_id": model, "data": {"method": "custom", "content": content}}, buffers)

    def read(self, messages):
        for message in messages:
            content, parent = message["content"], message["parent_header"].get("msg_id")
            kind = message["msg_type"]
            if kind == "comm_open" and content["target_name"] == "jupyter.widget":
                assert message["metadata"]["version"].startswith("2."), message["metadata"]
                self.models[content["comm_id"]] = joined(content["data"], message["buffers"])
            elif kind == "comm_close":
                self.closed.append(content["comm_id"])
                self.models.pop(content["comm_id"], None)
            elif kind == "comm_msg":
                data = content["data"]
                if data["method"] == "update":
                    self.models.setdefault(content["comm_id"], {}).update(joined(data, message["buffers"]))
                elif data["method"] == "echo_update":
                    self.echoes.append((parent, joined(data, message["buffers"])))
                elif data["method"] == "custom":
                    self.customs.append((content["comm_id"], data["content"], [bytes(b) for b in message["buffers"]]))
                elif data["method"] == "update_states":
                    self.states = data
            elif kind == "stream":
                self.streams.append((parent, content["text"]))
            elif kind == "status":
                self.statuses.append((parent, content["execution_state"], time.monotonic()))

    def until(self, condition, timeout=10):
        """Reads messages until the condition holds."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {timeout} s; {self.__dict__}")
            try:
                self.read([self.kernel.client.get_iopub_msg(timeout=0.2)])
            except Empty:
                continue

    def run(self, code, timeout=30):
        """Runs a cell; unlike the kernel's own helper it reads what belongs to others too."""
        msg_id = self.kernel.send(code)
        messages = []
        while not (messages and messages[-1]["content"].get("execution_state") == "idle"):
            message = self.kernel.client.get_iopub_msg(timeout=timeout)
            self.read([message])
            if message["parent_header"].get("msg_id") == msg_id:
                messages.append(message)
        while True:
            reply = self.kernel.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == msg_id:
                break
        assert reply["content"]["status"] == "ok", reply["content"]
        return Outcome(reply["content"], messages)

    def shown(self, code):
        """Runs a cell that shows a widget; its model's id."""
        outcome = self.run(code)
        bundles = [c["data"] for c in outcome.of("execute_result", "display_data") if VIEW in c["data"]]
        view = bundles[-1][VIEW]
        assert view["version_major"] == 2, view
        assert bundles[-1]["text/plain"]
        return view["model_id"]


def joined(data, buffers):
    state = data["state"]
    for path, buffer in zip(data.get("buffer_paths", []), buffers):
        at = state
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = bytes(buffer)
    return state


class Widgets(KernelTest):
    def setUp(self):
        self.front = FrontEnd(self.kernel)

    def value(self, code):
        return self.run_ok(code).result

    def test_models_are_those_of_ipywidgets(self):
        front = self.front
        model = front.shown("const s = widgets.slider({ min: 0, max: 10, step: 1, value: 3, label: 'rate', layout: { width: '300px' } }); s")
        state = front.models[model]
        self.assertEqual((state["_model_name"], state["_view_name"]), ("FloatSliderModel", "FloatSliderView"))
        self.assertEqual((state["_model_module"], state["_model_module_version"]), ("@jupyter-widgets/controls", "2.0.0"))
        self.assertEqual((state["min"], state["max"], state["value"], state["readout_format"]), (0, 10, 3, "d"))
        half = front.shown("const half = widgets.slider({ min: 0, max: 1000, step: 0.5, value: 517.5 }); half")
        self.assertEqual(front.models[half]["readout_format"], ".1f")
        refused = self.kernel.run("half.value = 2000").reply
        self.assertIn("Cannot set a slider to 2000: it goes from 0 to 1000.", refused["evalue"])
        layout = front.models[state["layout"].removeprefix("IPY_MODEL_")]
        self.assertEqual((layout["_model_name"], layout["width"]), ("LayoutModel", "300px"))
        box = front.shown("widgets.vbox(['a label', widgets.hbox([s])])")
        first, second = (front.models[name.removeprefix("IPY_MODEL_")] for name in front.models[box]["children"])
        self.assertEqual((first["_model_name"], first["value"]), ("LabelModel", "a label"))
        self.assertEqual(second["children"], [f"IPY_MODEL_{model}"])

    def test_values_travel_both_ways_and_are_echoed(self):
        front = self.front
        model = front.shown("const both = widgets.slider({ min: 0, max: 10 }); both")
        front.run("both.value = 7")
        self.assertEqual(front.models[model]["value"], 7)
        sent = front.update(model, {"value": 4.5})
        front.until(lambda: front.echoes)
        self.assertEqual(front.echoes, [(sent, {"value": 4.5})])
        self.assertEqual(self.value("both.value"), "4.5")

    def test_every_control_reads_and_writes(self):
        cases = {
            "widgets.range({ min: 0, max: 9 })": ("value", [2, 3], "[ 2, 3 ]", "[4, 5]", [4, 5]),
            "widgets.dropdown({ options: ['a', 'b', 'c'] })": ("index", 2, "'c'", "'b'", 1),
            "widgets.choice({ options: { one: 1, two: 2 } })": ("index", 1, "2", "1", 0),
            "widgets.text({ label: 'name' })": ("value", "ada", "'ada'", "'bob'", "bob"),
            "widgets.number({ min: 0 })": ("value", 5, "5", "6", 6),
            "widgets.checkbox()": ("value", True, "true", "false", False),
            "widgets.html('<b>x</b>')": ("value", "<i>", "'<i>'", "'<u>'", "<u>"),
            "widgets.slider({ min: 0.1, max: 10, log: true })": ("value", 1, "1", "2", 2),
            "widgets.progress()": ("value", 0.5, "0.5", "0.25", 0.25),
        }
        for code, (name, sent, read, written, stored) in cases.items():
            with self.subTest(code):
                model = self.front.shown(f"const one = {code}; one")
                self.front.update(model, {name: sent})
                self.assertEqual(self.value("one.value"), read)
                self.front.run(f"one.value = {written}")
                self.assertEqual(self.front.models[model][name], stored)

    def test_what_cannot_be_is_refused_in_words(self):
        for code, words in {
            "widgets.slider({ min: 2, max: 1 })": "min must be < max",
            "widgets.slider({ min: 0, max: 1, log: true })": "must be > 0",
            "widgets.slider({ min: 0, max: 1, value: 3 })": "must lie between",
            "widgets.dropdown({ options: [] })": "no options",
            "widgets.dropdown({ options: ['a'] }).value = 'b'": "the options are a",
            "widgets.slider({ min: 0, max: 1 }).value = 'x'": "takes a number",
            "widgets.hbox([5])": "only widgets and texts",
            "widgets.any({})": "esm",
            "widgets.text().on('moved', () => 0)": "change",
            "widgets.interact(() => 0, { a: null })": "Cannot make a control for a",
            "{ const gone = widgets.text(); gone.close(); gone.value = 'x' }": "it is closed",
        }.items():
            with self.subTest(code):
                self.assertIn(words, self.run_error(code).reply["evalue"])

    def test_listeners_hear_and_what_they_print_goes_to_their_cell(self):
        front = self.front
        model = front.shown("const heard = widgets.slider({ min: 0, max: 10 }); heard")
        listening = front.run("heard.on('change', (value, { old }) => console.log(`${old} to ${value}`)); 0")
        owner = listening.messages[0]["parent_header"]["msg_id"]
        front.run("1")
        sent = front.update(model, {"value": 2})
        front.until(lambda: front.streams)
        self.assertEqual(front.streams, [(owner, "0 to 2\n")])
        front.update(model, {"value": 2})
        front.run("heard.value = 3")
        front.until(lambda: len(front.streams) > 1)
        self.assertEqual(front.streams[1:], [(owner, "2 to 3\n")])
        self.assertIn((sent, "idle"), [status[:2] for status in front.statuses])

    def test_slow_listeners_hear_the_latest_and_never_overlap(self):
        front = self.front
        model = front.shown("const slow = widgets.slider({ min: 0, max: 100 }); slow")
        front.run(
            "const calls = []; let inside = 0, most = 0;"
            "slow.on('change', async (value) => { most = Math.max(most, ++inside); await new Promise((r) => setTimeout(r, 60)); inside--; calls.push(value); }); 0"
        )
        for value in range(1, 31):
            front.update(model, {"value": value})
            time.sleep(0.005)
        self.assertTrue(wait_until(lambda: self.value("calls.at(-1) === 30 && inside === 0") == "true"))
        self.assertEqual(self.value("most"), "1")
        self.assertLess(int(self.value("calls.length")), 12)

    def test_a_failing_listener_is_shown_at_its_cell_and_lives_on(self):
        front = self.front
        model = front.shown("const fails = widgets.slider({ min: 0, max: 10 }); fails")
        front.run("fails.on('change', (value) => { if (value === 1) throw new TypeError('not one'); console.log('fine', value) }); 0")
        front.update(model, {"value": 1})
        front.until(lambda: any("TypeError: not one" in text for _, text in front.streams))
        front.update(model, {"value": 2})
        front.until(lambda: any("fine 2" in text for _, text in front.streams))

    def test_buttons_click_in_order(self):
        front = self.front
        model = front.shown("const button = widgets.button('Go'); let clicks = 0; button.on('click', async () => { await null; clicks++ }); button")
        for _ in range(3):
            front.custom(model, {"event": "click"})
        self.assertTrue(wait_until(lambda: self.value("clicks") == "3"))

    def test_modules_of_ones_own_with_bytes_and_messages(self):
        front = self.front
        model = front.shown(
            "const own = widgets.any({ esm: 'export default { render() {} }', css: '.a {}', state: { count: 1, data: new Float64Array([1, 2]), nested: { list: [new Uint8Array([9])] } } }); own"
        )
        state = front.models[model]
        self.assertEqual((state["_model_module"], state["_model_name"], state["_view_name"]), ("anywidget", "AnyModel", "AnyView"))
        self.assertEqual((state["count"], state["_css"], len(state["data"])), (1, ".a {}", 16))
        self.assertEqual(state["nested"], {"list": [b"\x09"]})
        front.run("own.on('message', (content, buffers) => own.send({ got: content.x, sizes: buffers.map((b) => b.length) }, [new Uint16Array([258])])); own.set({ count: 2, data: new Uint8Array([7]) })")
        self.assertEqual((front.models[model]["count"], front.models[model]["data"]), (2, b"\x07"))
        front.custom(model, {"x": 5}, [b"abc"])
        front.until(lambda: front.customs)
        self.assertEqual(front.customs, [(model, {"got": 5, "sizes": [3]}, [b"\x02\x01"])])
        front.update(model, {"nested": {}}, [["nested", "back"]], [b"\x01\x02\x03"])
        self.assertEqual(self.value("own.get('nested').back.length"), "3")

    def test_any_package_for_jupyter_widgets(self):
        model = self.front.shown("widgets.model({ module: 'bqplot', version: '^0.5', model: 'FigureModel', view: 'Figure', state: { title: 'x' } })")
        state = self.front.models[model]
        self.assertEqual((state["_view_module"], state["_view_name"], state["title"]), ("bqplot", "Figure", "x"))

    def test_a_page_that_is_loaded_gets_every_model(self):
        front = self.front
        model = front.shown("const kept = widgets.any({ esm: 'x', state: { n: 1, data: new Uint8Array([1, 2]) } }); kept")
        front.update(model, {"n": 5})
        front.run("0")
        late = FrontEnd(self.kernel)
        late.send("comm_open", {"comm_id": "control", "target_name": "jupyter.widget.control", "data": {}}, metadata={"version": "1.0.0"})
        late.send("comm_msg", {"comm_id": "control", "data": {"method": "request_states"}})
        late.until(lambda: late.states)
        described = late.states["states"][model]
        self.assertEqual((described["model_name"], described["model_module"], described["state"]["n"]), ("AnyModel", "anywidget", 5))
        self.assertIn([model, "state", "data"], late.states["buffer_paths"])
        late.send("comm_close", {"comm_id": "control", "data": {}})
        late.send("comm_msg", {"comm_id": model, "data": {"method": "request_state"}})
        late.until(lambda: model in late.models)
        self.assertEqual((late.models[model]["n"], late.models[model]["data"]), (5, b"\x01\x02"))
        self.assertEqual(self.kernel.ask("comm_info_request", {"target_name": "jupyter.widget"})["comms"][model], {"target_name": "jupyter.widget"})

    def test_closing_from_both_sides(self):
        front = self.front
        ours = front.shown("const ours = widgets.text({ layout: { width: '1em' } }); ours")
        theirs = front.shown("const theirs = widgets.text(); theirs")
        layout = front.models[ours]["layout"].removeprefix("IPY_MODEL_")
        front.run("ours.close()")
        self.assertEqual(set(front.closed), {ours, layout})
        front.send("comm_close", {"comm_id": theirs, "data": {}})
        self.assertIn("it is closed", self.run_error("theirs.value = 'x'").reply["evalue"])
        self.assertNotIn(theirs, self.kernel.ask("comm_info_request", {})["comms"])

    def test_a_model_that_a_front_end_makes_is_kept_for_the_others(self):
        front = self.front
        data = {"state": {"_model_name": "M", "_model_module": "m", "_model_module_version": "1", "x": 1}, "buffer_paths": []}
        front.send("comm_open", {"comm_id": "made", "target_name": "jupyter.widget", "data": data}, metadata={"version": "2.1.0"})
        front.update("made", {"x": 2})
        front.send("comm_msg", {"comm_id": "made", "data": {"method": "request_state"}})
        front.until(lambda: "made" in front.models)
        self.assertEqual(front.models["made"]["x"], 2)

    def test_outputs_among_controls(self):
        front = self.front
        model = front.shown("const place = widgets.output(); place")
        front.run("place.print('a'); place.print('b'); place.add(show.svg ? { a: 1 } : 0)")
        stream, shown = front.models[model]["outputs"]
        self.assertEqual(stream, {"output_type": "stream", "name": "stdout", "text": "ab"})
        self.assertEqual(shown["data"]["text/plain"], "{ a: 1 }")
        front.run("place.show(engine.families.coalescent.build({ n: 4 }).then((ph) => ph.plot.pdf({ rate: 1 })))")
        (shown,) = front.models[model]["outputs"]
        self.assertIn("image/svg+xml", shown["data"])
        front.run("place.clear()")
        self.assertEqual(front.models[model]["outputs"], [])

    def test_interact_shows_what_the_values_make_and_follows_them(self):
        front = self.front
        outcome = front.run("const i = widgets.interact(({ rate, kind, on }) => `${rate} ${kind} ${on}`, { rate: [0, 4, 1], kind: ['a', 'b'], on: true }); i")
        self.assertEqual(outcome.of("execute_result"), [])
        box, first = outcome.of("display_data")
        self.assertEqual(first["data"]["text/plain"], "'2 a true'")
        models = [name.removeprefix("IPY_MODEL_") for name in front.models[box["data"][VIEW]["model_id"]]["children"]]
        self.assertEqual([front.models[m]["_model_name"] for m in models], ["FloatSliderModel", "DropdownModel", "CheckboxModel"])
        self.assertEqual([front.models[m]["description"] for m in models], ["rate", "kind", "on"])
        updates = []
        sent = front.update(models[0], {"value": 3})
        deadline = time.monotonic() + 10
        while not updates and time.monotonic() < deadline:
            message = self.kernel.client.get_iopub_msg(timeout=10)
            if message["msg_type"] == "update_display_data":
                updates.append(message["content"])
        self.assertEqual(updates[0]["data"]["text/plain"], "'3 a true'")
        self.assertEqual(updates[0]["transient"], first["transient"])
        self.assertEqual(self.value("i.values.rate"), "3")
        self.assertTrue(sent)
        failed = self.run_error("widgets.interact(() => { throw new Error('at once') }, { a: [0, 1] })")
        self.assertEqual(failed.reply["evalue"], "at once")


class WhileACellRuns(KernelTest):
    def setUp(self):
        self.front = FrontEnd(self.kernel)

    def test_answers_come_at_once_and_listeners_hear_the_latest_afterwards(self):
        front = self.front
        model = front.shown("const busy = widgets.slider({ min: 0, max: 1000 }); const seen = []; busy.on('change', (v) => seen.push(v)); busy")
        button = front.shown("const press = widgets.button('x'); press.on('click', () => seen.push('click')); press")
        msg_id = self.kernel.send("console.log('started'); for (;;);")
        self.kernel.await_text("started")
        for value in range(1, 201):
            front.update(model, {"value": value})
        front.custom(button, {"event": "click"})
        last = front.update(model, {"value": 500})
        front.until(lambda: any(parent == last for parent, _ in front.echoes))
        late = FrontEnd(self.kernel)
        late.send("comm_msg", {"comm_id": model, "data": {"method": "request_state"}})
        late.until(lambda: late.models.get(model, {}).get("value") == 500)
        self.kernel.interrupt()
        self.assertEqual(self.kernel.collect(msg_id).reply["ename"], "Interrupted")
        # The one that was on its way, the latest before the click, the click, the latest.
        self.assertEqual(self.run_ok("seen").result, "[ 1, 200, 'click', 500 ]")
        self.assertEqual(self.run_ok("busy.value").result, "500")

    def test_a_waiting_cell_does_not_keep_listeners_waiting(self):
        front = self.front
        model = front.shown("const other = widgets.slider({ min: 0, max: 10 }); other")
        msg_id = self.kernel.send("await new Promise((done) => other.on('change', done)); other.value")
        time.sleep(0.2)
        front.update(model, {"value": 6})
        self.assertEqual(self.kernel.collect(msg_id).result, "6")

    def test_what_a_person_set_last_stands(self):
        front = self.front
        model = front.shown("const race = widgets.slider({ min: 0, max: 10 }); race")
        msg_id = self.kernel.send("console.log('started'); { const end = Date.now() + 400; while (Date.now() < end); } race.value = 1; 0")
        self.kernel.await_text("started")
        front.update(model, {"value": 9})
        front.read(self.kernel.collect(msg_id).messages)
        self.assertEqual(self.run_ok("await new Promise((r) => setTimeout(r, 20)); race.value").result, "9")
        late = FrontEnd(self.kernel)
        late.send("comm_msg", {"comm_id": model, "data": {"method": "request_state"}})
        late.until(lambda: model in late.models)
        self.assertEqual(late.models[model]["value"], 9)
        self.assertNotEqual(front.models[model]["value"], 1)

    def test_a_listener_that_spins_is_interrupted_and_hears_again(self):
        front = self.front
        model = front.shown("const spin = widgets.slider({ min: 0, max: 10 }); spin.on('change', (v) => { console.log('at', v); if (v === 1) for (;;); }); spin")
        for code in ("spin.value", "spin.value"):
            front.update(model, {"value": 1})
            front.until(lambda: any("at 1" in text for _, text in front.streams))
            self.kernel.interrupt()
            front.streams.clear()
            self.assertEqual(self.run_ok(code).result, "1")
            front.update(model, {"value": 2})
            front.until(lambda: any("at 2" in text for _, text in front.streams))
            front.streams.clear()

    def test_an_engine_call_in_a_listener_stops_cooperatively(self):
        front = self.front
        model = front.shown(
            "const long = defineModel({ name: 'long', parameters: ['rate'], inputs: {}, initial: () => [0], transitions: ([k], { rate }) => [{ to: [k + 1], rate }] });"
            "let tidied = 0; const trigger = widgets.slider({ min: 0, max: 10 });"
            "trigger.on('change', async () => { console.log('began'); try { await long.build({}, { cache: false }) } finally { tidied++ } }); trigger"
        )
        front.update(model, {"value": 1})
        front.until(lambda: any("began" in text for _, text in front.streams))
        time.sleep(0.1)
        self.kernel.interrupt()
        self.assertEqual(self.run_ok("tidied").result, "1")


class Ends(unittest.TestCase):
    def test_widgets_of_an_executor_that_died_are_closed(self):
        kernel = Kernel()
        self.addCleanup(kernel.stop)
        front = FrontEnd(kernel)
        model = front.shown("widgets.text()")
        front.run("%reset")
        front.until(lambda: model in front.closed)
        self.assertNotIn(model, kernel.ask("comm_info_request", {})["comms"])
        again = front.shown("const next = widgets.text(); next")
        front.update(again, {"value": "heard"})
        self.assertEqual(kernel.run("next.value").result, "'heard'")
        self.assertEqual(len(children(kernel.pid)), 1)


if __name__ == "__main__":
    unittest.main()
