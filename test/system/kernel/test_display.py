"""What cells show: every kind of bundle with words, and with a still picture where a front end may lack the library."""

import unittest
import xml.etree.ElementTree as ElementTree

from support import KernelTest

PLOTLY = "application/vnd.plotly.v1+json"
LITE = "application/vnd.vegalite.v5+json"
VEGA = "application/vnd.vega.v5+json"
PNG = "Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='), (c) => c.charCodeAt(0))"
FIGURE = "{ data: [{ type: 'scatter', x: [1, 2, 3], y: Float64Array.of(1, 4, 9), name: 'squares' }], layout: { title: { text: 'Growth' } } }"
CHART = "{ data: { values: [{ a: 1, b: 2 }] }, mark: 'bar', encoding: { x: { field: 'a' }, y: { field: 'b', type: 'quantitative' } } }"

#: Each helper, the type it is for, and a type that must stand beside it besides words.
HELPERS = {
    "show.html('<b>bold</b>')": ("text/html", None),
    "show.svg('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')": ("image/svg+xml", None),
    f"show.png({PNG})": ("image/png", None),
    "show.jpeg(new Uint8Array([255, 216, 255]))": ("image/jpeg", None),
    "show.markdown('# one')": ("text/markdown", None),
    "show.latex('$x^2$')": ("text/latex", None),
    "show.json({ a: [1, Float64Array.of(2)] })": ("application/json", None),
    f"show.plotly({FIGURE})": (PLOTLY, "image/svg+xml"),
    f"show.vega({CHART})": (LITE, "image/svg+xml"),
    "show.vega({ $schema: 'https://vega.github.io/schema/vega/v5.json', width: 9, height: 9, marks: [] })": (VEGA, "image/svg+xml"),
    "show.table([{ a: 1 }, { a: 2 }])": ("text/html", None),
    "show.progress(3)": ("text/html", None),
}


class Displays(KernelTest):
    def shown(self, code):
        (bundle,) = self.run_ok(code + ";").of("display_data")
        return bundle["data"]

    def test_every_helper_has_words_and_still_pictures(self):
        for code, (kind, beside) in HELPERS.items():
            with self.subTest(code):
                data = self.shown(code)
                self.assertIn(kind, data)
                self.assertTrue(data["text/plain"].strip())
                if beside:
                    self.assertEqual(ElementTree.fromstring(data[beside]).tag, "{http://www.w3.org/2000/svg}svg")

    def test_objects_that_bring_figures_get_pictures_too(self):
        own = "({ [Symbol.for('Jupyter.display')]: () => ({ '%s': %s%s }) })"
        data = self.shown("show(" + own % (PLOTLY, FIGURE, "") + ")")
        self.assertIn("Growth", data["image/svg+xml"])
        self.assertEqual(data["text/plain"], 'plotly figure: Growth; scatter "squares" (3)')
        self.assertIn("<svg", self.shown("show(" + own % (LITE, CHART, "") + ")")["image/svg+xml"])
        # A picture or words of their own stay.
        kept = self.shown("show(" + own % (PLOTLY, FIGURE, ", 'image/png': new Uint8Array([1]), 'text/plain': 'mine'") + ")")
        self.assertNotIn("image/svg+xml", kept)
        self.assertEqual(kept["text/plain"], "mine")

    def test_a_figure_that_cannot_be_read_is_the_cells_error(self):
        outcome = self.run_error("show.vega({ mark: 5 })")
        self.assertTrue(outcome.reply["evalue"].startswith("Cannot draw a figure of Vega-Lite: its specification is not valid"))

    def test_records_and_matrices_are_tables_unasked_and_stay_readable_as_text(self):
        for code, cell in (("[{ a: 1, b: 'x' }, { a: 2, b: '<' }]", "&#60;"), ("[[1, 2], [3, 4]]", ">4<")):
            data = self.run_ok(code).of("execute_result")[0]["data"]
            self.assertIn(cell, data["text/html"])
            self.assertTrue(data["text/plain"].startswith("["))
        for code in ("[1, 2, 3]", "[[1], [2, 3]]", "linspace(0, 1, 5)", "({ a: 1 })"):
            self.assertEqual(list(self.run_ok(code).of("execute_result")[0]["data"]), ["text/plain"], code)

    def test_large_tables_are_short(self):
        data = self.shown("show.table(linspace(0, 1, 100000))")
        self.assertLess(len(data["text/html"]), 5000)
        self.assertTrue(data["text/plain"].endswith("100000 rows × 1 column"))
        self.assertEqual(self.shown("show.table(linspace(0, 1, 6), { columns: 3 })")["text/plain"].split("\n")[1], "0    0  0.2  0.4")

    def test_progress_moves_one_display(self):
        outcome = self.run_ok("let sum = 0; for (const x of show.progress([1, 2, 3, 4], { label: 'adding' })) { sum += x; await new Promise((r) => setTimeout(r, 60)) } sum")
        (first,) = outcome.of("display_data")
        updates = outcome.of("update_display_data")
        self.assertEqual({one["transient"]["display_id"] for one in updates}, {first["transient"]["display_id"]})
        self.assertIn("adding", first["data"]["text/plain"])
        self.assertIn("100 %  4 of 4", updates[-1]["data"]["text/plain"])
        self.assertLess(len(updates), 5)
        self.assertEqual(outcome.result, "10")

    def test_displays_are_updated_and_cleared_from_other_cells(self):
        self.run_ok("const handle = show.html('<i>one</i>', { id: 'shared' });")
        (update,) = self.run_ok("handle.update(2);").of("update_display_data")
        self.assertEqual((update["data"]["text/plain"], update["transient"]["display_id"]), ("2", "shared"))
        (update,) = self.run_ok(f"show.update('shared', {{ [Symbol.for('Jupyter.display')]: () => ({{ '{PLOTLY}': {FIGURE} }}) }});").of("update_display_data")
        self.assertIn("image/svg+xml", update["data"])
        self.assertEqual(self.run_ok("show.clear(); show.clear({ wait: true })").of("clear_output"), [{"wait": False}, {"wait": True}])


if __name__ == "__main__":
    unittest.main()
