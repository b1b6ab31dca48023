"""Tests of the driver itself: `python3 -m unittest discover benchsuite`. No peer is needed, and nothing is timed."""

import json
import sys
import unittest
from pathlib import Path
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parent))

from suite import cases, figures, machine, measure, picture, programs, table  # noqa: E402

VERSIONS = {
    "date": "2026-01-02",
    "machine": {
        "cpu": "A <processor> & more", "cores": 2, "logical_cpus": 4, "system": "Linux 6", "commit": "0123456789abcdef",
        "uncommitted_changes": False,
    },
    "programs": {"jax": "0.10.2"},
}
SETTINGS = {"quick": False, "repetitions": 3}


class Scripted:
    """Programs whose answers are known: ours makes 1000, 1100, 900 samples per second, peers half of each."""

    chainrule = Path("chainrule")

    def __init__(self, failing=()):
        self.asked, self.failing = [], failing

    def ask(self, program, case, cpus):
        if program in self.failing:
            raise programs.Failure(f"{program}: ended with 1")
        turn = sum(name == program for name in self.asked) % 3
        self.asked.append(program)
        value = (1000.0, 1100.0, 900.0)[turn] / (1 if program == cases.OWN else 2)
        return {"figures": {case.figure: value, "fma_peak_gflops": 0.001}, "wall_seconds": 1.0, "cpu_seconds": 1.0}


def runs_of(chosen, peers, scripted=None):
    silent = lambda *_: None  # noqa: E731
    return measure.measure(scripted or Scripted(), chosen, peers, 3, [0, 1], silent, silent)


class Measuring(unittest.TestCase):
    def test_own_and_peer_alternate(self):
        scripted = Scripted()
        runs_of(cases.training([1])[:1], ["jax"], scripted)
        self.assertEqual(scripted.asked, [cases.OWN, "jax"] * 3)

    def test_a_failing_peer_is_left_out_with_its_reason_and_ours_may_not_fail(self):
        case = cases.training([1])[:1]
        runs, skipped = runs_of(case, ["jax", "torch"], Scripted(failing=("jax",)))
        self.assertEqual({run["against"] for run in runs}, {"torch"})
        self.assertEqual(skipped, [{"case": "training/tiny/1", "program": "jax", "reason": "jax: ended with 1"}])
        with self.assertRaises(programs.Failure):
            runs_of(case, ["jax"], Scripted(failing=(cases.OWN,)))

    def test_cases_are_distinct_whole_batches_and_chosen_by_word(self):
        everything = cases.all_cases([1, 2], quick=False)
        keys = [case.key for case in everything]
        self.assertEqual(len(keys), len(set(keys)))
        for case in everything:
            as_it_is = case.part in ("whole-run", cases.ESTIMATORS)  # real data has the rows it has
            self.assertTrue(case.rows % case.batch == 0 or as_it_is, case.key)
        only = cases.selected(everything, ["mnist/2"])
        self.assertEqual([case.key for case in only], ["training/mnist/2", "whole-run/mnist/2"])

    def test_threads_grow_by_doubling_to_all(self):
        self.assertEqual([cases.counts_up_to(n) for n in (1, 2, 6, 8)], [[1], [1, 2], [1, 2, 4, 6], [1, 2, 4, 8]])


class Parsing(unittest.TestCase):
    def test_answers_are_whole_documents_or_last_lines(self):
        document = json.dumps({"samples_per_second": 3.0}, indent=2)
        for text in (document, "talk\n{\"samples_per_second\": 3.0}\n", "[" + document + "]"):
            self.assertEqual(programs.parsed(text), {"samples_per_second": 3.0})
        with self.assertRaises(programs.Failure):
            programs.parsed("nothing of the kind\n3\n")

    def test_a_figure_is_found_wherever_it_stands(self):
        self.assertEqual(programs.figure_named({"a": [{"accuracy": 0.5}], "accuracy": None}, "accuracy"), 0.5)
        self.assertIsNone(programs.figure_named({"a": 1}, "accuracy"))

    def test_lists_of_processors_are_read(self):
        self.assertEqual(machine.expanded("0-2,8\n"), [0, 1, 2, 8])


class Figures(unittest.TestCase):
    def test_a_ratio_says_how_many_times_faster_ours_is(self):
        self.assertEqual(figures.faster("samples_per_second", 6.0, 2.0), 3.0)
        self.assertEqual(figures.faster("step_ns", 2.0, 6.0), 3.0)

    def test_medians_spread_and_share_of_the_peak(self):
        case = cases.training([1])[0]
        [summary] = figures.summaries(runs_of([case], ["jax"])[0])
        own, peer = summary.lines
        self.assertEqual((own.program, own.value, own.spread, own.ratio), (cases.OWN, 1000.0, 0.1, None))
        self.assertEqual((peer.value, peer.ratio, peer.ratio_from, peer.ratio_to), (500.0, 2.0, 2.0, 2.0))
        # 4-16-3: 2·(3·(64 + 48) − 64) = 544 operations per row.
        self.assertAlmostEqual(own.gflops, 1000 * 544 / 1e9)
        self.assertAlmostEqual(own.share_of_peak, 0.544)


class Showing(unittest.TestCase):
    def setUp(self):
        everything = cases.all_cases([1, 2], quick=True)
        self.runs, self.skipped = runs_of(everything, ["jax", "sklearn"], Whole())
        self.summaries = figures.summaries(self.runs)

    def test_every_case_is_in_the_table_and_every_row_has_its_columns(self):
        page = table.markdown(self.summaries, VERSIONS, SETTINGS, [{"case": "x", "program": "burn", "reason": "a | b"}])
        for heading in table.HEADINGS.values():
            self.assertIn(heading, page)
        for case in cases.WORKLOADS:
            self.assertIn(f"| {case} ", page)
        self.assertIn("a \\| b", page)
        columns = 0
        for line in page.replace("\\|", "").splitlines():
            columns = line.count("|") if line.startswith("|") and not columns else columns if line.startswith("|") else 0
            self.assertEqual(line.count("|"), columns, line)

    def test_the_same_runs_give_the_same_page_and_picture(self):
        again = figures.summaries(json.loads(json.dumps(self.runs)))
        self.assertEqual(picture.svg(again, VERSIONS), picture.svg(self.summaries, VERSIONS))
        pages = [table.markdown(found, VERSIONS, SETTINGS, []) for found in (again, self.summaries)]
        self.assertEqual(*pages)

    def test_the_picture_is_well_formed_and_has_a_bar_per_program(self):
        root = ElementTree.fromstring(picture.svg(self.summaries, VERSIONS))
        bars = [e for e in root.iter("{http://www.w3.org/2000/svg}rect") if e.get("class") in ("own", "peer")]
        self.assertEqual(len(bars), 2 * len(cases.WORKLOADS) * 3)
        self.assertIsNone(picture.svg([], VERSIONS))

    def test_numbers_have_three_digits(self):
        shown = [table.number(n) for n in (0.1234, 1.234, 12.34, 123.4, 12345.0, 2345678.0, None)]
        self.assertEqual(shown, ["0.123", "1.23", "12.3", "123", "12\u202f300", "2.35 M", table.NONE])


class Whole(Scripted):
    """Also says how well the model of a whole run does."""

    def accuracy(self, program):
        return 0.97


if __name__ == "__main__":
    unittest.main()
