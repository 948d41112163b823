"""Models, quantities and arrays."""

import json
import unittest

import numpy as np
import sojourn
from support import ClientTest, exponential

# Repeats the request as an error, so that a test sees what was sent.
ECHO = (
    "for line in sys.stdin:",
    "    print(json.dumps({'format': 'sojourn-error/1', 'code': 'echo', 'message': line.strip()}), flush=True)",
)


def answering(**result):
    """A process that gives this one result."""
    document = {"format": "sojourn-result/1", "results": [result]}
    return ("for line in sys.stdin:", f"    print({json.dumps(document)!r}, flush=True)")


class Arrays(ClientTest):
    def test_numpy_goes_into_requests_as_lists_and_numbers(self):
        session = self.session(*ECHO)
        points = {"f": 1 - 2j, "g": np.array([0.5, 1j]), "h": np.complex64(2)}
        request = {"a": np.arange(3), "b": np.float32(0.5), "c": np.array([[1.5, 2]]), "d": np.int64(4), "e": "é\n\u2028", **points}
        with self.assertRaises(sojourn.RequestError) as caught:
            session.compute(request)
        sent = json.loads(caught.exception.message)
        pairs = {"f": [1, -2], "g": [[0.5, 0], [0, 1]], "h": [2, 0]}
        self.assertEqual(sent, {"a": [0, 1, 2], "b": 0.5, "c": [[1.5, 2]], "d": 4, "e": "é\n\u2028", **pairs})

    def test_values_are_lane_by_value_with_nan_for_lanes_that_failed(self):
        lanes = [None, [1, "Infinity"], ["-Infinity", "NaN"]]
        gradients = [None, [[1, 2, 3], [4, 5, 6]], [[0, 0, 0], [0, "Infinity", 0]]]
        session = self.session(
            *answering(quantity="moments", values=lanes, gradients=gradients, status=["singular", "ok", "ok"])
        )
        (one,) = session.compute({})["results"]
        np.testing.assert_array_equal(one["values"], [[np.nan, np.nan], [1, np.inf], [-np.inf, np.nan]])
        self.assertEqual(one["gradients"].shape, (3, 2, 3))
        np.testing.assert_array_equal(one["gradients"][1:], [gradients[1], [[0, 0, 0], [0, np.inf, 0]]])
        self.assertTrue(np.isnan(one["gradients"][0]).all())
        self.assertEqual(one["status"], ["singular", "ok", "ok"])

    def test_without_a_lane_that_has_values_there_are_no_columns(self):
        session = self.session(*answering(quantity="mean", values=[None, None], status=["singular"] * 2))
        self.assertEqual(session.compute({})["results"][0]["values"].shape, (2, 0))

    def test_laplace_has_complex_values(self):
        session = self.session(*answering(quantity="laplace", values=[[[0.5, 0], [0.25, -1]], None], status=["ok", "overflow"]))
        values = session.compute({})["results"][0]["values"]
        np.testing.assert_array_equal(values[0], [0.5, 0.25 - 1j])
        self.assertTrue(np.isnan(values[1]).all())


class Models(ClientTest):
    def test_a_family_at_one_theta_and_at_several(self):
        session = self.session()
        rabbits = sojourn.Model.family("rabbits", N=2)
        mean = rabbits.values("mean", theta={"jump": 1, "l": 2, "r": 4}, session=session)
        np.testing.assert_allclose(mean, [395 / 784], rtol=1e-14)
        times = np.array([0.0, 0.5, 2.0])
        values = rabbits.values("survival", theta=np.array([[1, 2, 4], [2.0, 2, 4]]), times=times, session=session)
        self.assertEqual(values.shape, (2, 3))
        np.testing.assert_allclose(values[:, 0], 1)
        for theta in ([[1, 2, 4]], [{"jump": 1, "l": 2, "r": 4}]):
            self.assertEqual(rabbits.values("moments", theta=theta, order=3, session=session).shape, (1, 3))

    def test_an_explicit_model_with_rewards(self):
        model = sojourn.Model(
            states=[[2], [1], [0]],
            initial=[[0, 1]],
            edges=[[0, 1, 0, 1], [1, 2, 3, 0]],
            parameters=["a"],
            rewards={"stage": [2, 1, 0]},
        )
        np.testing.assert_allclose(model.values("mean", theta=2, reward="stage"), [2 / 2 + 1 / 3], rtol=1e-14)

    def test_a_theta_without_value_is_an_error_alone_and_nan_in_a_list(self):
        session = self.session()
        model = sojourn.Model.from_document(exponential(1)["model"])
        why = "Cannot compute mean: a state that is reached cannot reach absorption, because rates are 0. [singular]"
        self.refused(sojourn.LaneError, "singular", why, lambda: model.values("mean", theta=[0], session=session))
        values = model.values("mean", theta=[[0], [4]], session=session)
        np.testing.assert_array_equal(values, [[np.nan], [0.25]])

    def test_a_matrix_becomes_a_model(self):
        matrix = np.array([[-3.0, 1.0, 2.0], [0.5, -2.0, 0.0], [0.1, 0.2, -0.3]])
        initial = np.array([0.5, 0.0, 0.25])
        model = sojourn.Model.from_matrix(initial, matrix)
        exact = initial @ np.linalg.solve(-matrix, np.ones(3))
        np.testing.assert_allclose(model.values("mean"), [exact], rtol=1e-13)
        # Rows 0 and 2 sum to 0, the last one to rounding.
        self.assertEqual([edge for edge in model.document["edges"] if edge[1] == 3], [[1, 3, 1.5]])
        self.assertEqual([vertex for vertex, _ in model.document["initial"]], [0, 2])

    def test_what_is_no_matrix_of_a_model_is_refused(self):
        good = [[-2.0, 1.0], [0.0, -1.0]]
        for code, words, initial, matrix, options in (
            ("bad-matrix", "the matrix must be square, and its shape is (2, 3)", [1, 0], [[-1, 1, 0], [0, -1, 0]], {}),
            ("bad-matrix", "its shape is (2,)", [1, 0], [-1, 1], {}),
            ("bad-matrix", "its shape is (0,)", [], [], {}),
            ("bad-matrix", "in rows of one length", [1, 0], [[-1, 1], [0]], {}),
            ("bad-matrix", "initial must have 2 probabilities, and its shape is (3,)", [1, 0, 0], good, {}),
            ("bad-matrix", "must hold numbers", ["a", 0], good, {}),
            ("bad-initial", "initial[1] must be finite and is nan", [1, np.nan], good, {}),
            ("bad-rate", "entry 0, 1 must be finite and is inf", [1, 0], [[-1, np.inf], [0, -1]], {}),
            ("negative-rate", "entry 1, 1 must be ≤ 0, minus the rate at which its state is left, and is 3.0", [1, 0], [[-1, 1], [0, 3]], {}),
            ("negative-rate", "entry 0, 1 must be ≥ 0 and is -1.0", [1, 0], [[-1, -1], [0, -1]], {}),
            ("negative-rate", "entry 0, 0 must be ≥ 0", [1], [[-0.5]], {"kind": "discrete"}),
            ("bad-row", "row 1 must sum to at most 0 and sums to 0.5", [1, 0], [[-1, 1], [1.5, -1]], {}),
            ("bad-row", "row 0 must sum to at most 1 and sums to 1.5", [1], [[1.5]], {"kind": "discrete"}),
            ("bad-option", "kind must be", [1], [[0.5]], {"kind": "discret"}),
        ):
            call = lambda: sojourn.Model.from_matrix(initial, matrix, name="m", **options)  # noqa: B023, E731
            self.refused(sojourn.RequestError, code, words, call)
            self.refused(sojourn.RequestError, code, "Cannot build m from a matrix: ", call)

    def test_a_row_that_exceeds_its_mass_by_rounding_is_taken(self):
        model = sojourn.Model.from_matrix([1, 0], [[0.1 + 0.2, 0.7 + 1e-15], [0, 0.5]], kind="discrete")
        self.assertEqual([edge[:2] for edge in model.document["edges"]], [[0, 0], [0, 1], [1, 1], [1, 2]])

    def test_complex_points_of_a_transform(self):
        model = sojourn.Model.from_document(exponential(1)["model"])
        values = model.values("laplace", theta=[2], at=[1, 1j, 0.5 - 3j], session=self.session())
        np.testing.assert_allclose(values, [2 / 3, 2 / (2 + 1j), 2 / (2.5 - 3j)], rtol=1e-13)

    def test_a_discrete_matrix_keeps_its_self_loops(self):
        model = sojourn.Model.from_matrix([1, 0], [[0.5, 0.25], [0.0, 0.75]], kind="discrete")
        self.assertEqual(model.document["kind"], "discrete")
        expected = [[0, 0, 0.5], [0, 1, 0.25], [1, 1, 0.75], [0, 2, 0.25], [1, 2, 0.25]]
        self.assertEqual([[int(i), int(j), float(w)] for i, j, w in model.document["edges"]], expected)

    def test_requests_hold_what_was_given_and_nothing_else(self):
        model = sojourn.Model.family("coalescent", n=4)
        bare = {"format": "sojourn-request/1", "model": model.document, "quantities": [{"quantity": "mean"}]}
        self.assertEqual(model.request(sojourn.quantity("mean")), bare)
        epochs = [{"start": 0, "theta": [1]}, {"start": 0.5, "theta": [2]}]
        full = model.request(sojourn.quantity("pdf", times=[1]), epochs=epochs, gradient=True)
        self.assertEqual(full, {**bare, "quantities": [{"quantity": "pdf", "times": [1]}], "epochs": epochs, "gradient": True})

    def test_gradients_and_epochs_are_asked_for_and_taken_from_the_one_lane(self):
        result = dict(quantity="mean", values=[[1]], gradients=[[[2, 3]]], status=["ok"])
        model = sojourn.Model.family("coalescent", n=4)
        session = self.session(*answering(**result))
        np.testing.assert_array_equal(model.gradients("mean", theta=[1.0], session=session), [[2, 3]])
        single = [{"start": 0, "theta": [1]}, {"start": 0.5, "theta": [2]}]
        batch = [{"start": 0, "theta": [[1]]}, {"start": 0.5, "theta": [[2]]}]
        self.assertEqual(model.values("mean", epochs=single, session=session).shape, (1,))
        self.assertEqual(model.values("mean", epochs=batch, session=session).shape, (1, 1))
        echo = self.session(*ECHO)
        with self.assertRaises(sojourn.RequestError) as caught:
            model.gradients("mean", theta=[1.0], session=echo)
        self.assertIs(json.loads(caught.exception.message)["gradient"], True)


if __name__ == "__main__":
    unittest.main()
