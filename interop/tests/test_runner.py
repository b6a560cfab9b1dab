"""The judges have to be strict, and the files of the peers have to be understood."""

import tomllib
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from runner import cells, chart, commands, judge, lines, peers, plan, results, store, table
from runner.peers import Fault, Install, Part, Peer
from runner.results import ABSENT, FAILED, PASSED, THEIRS, Result

GOOD = {
    "cell": "",
    "subprotocol": True,
    "deflate": "permessage-deflate",
    "messages": [],
    "pings": [4],
    "pongs": ["one", "two", "are you there?"],
    "signs_of_life": 2,
    "data_frames": 4,
    "close": [1000, ""],
    "peer_closed_first": True,
    "clean": True,
    "refused": True,
    "cause": "",
}
MESSAGES = {
    "text:126": [["text", 126]],
    "binary:0": [["binary", 0]],
    "many": [["text", number * len(f"message {number} ")] for number in range(100)],
    "fragments-sent": [["text", 70_010]],
    "drop-sent": [["text", 3]],
}
CHANGES = {
    "close-received:3000": {"peer_closed_first": False},
    "close-sent:reason": {"close": [3001, "enough κόσμε"]},
    "drop-sent": {"close": None, "clean": False},
}
SPOILT = {
    "text:126": {"messages": [["text", 125]]},
    "binary:0": {"messages": [["text", 0]]},
    "many": {"messages": [["text", 0]] * 100},
    "fragments-sent": {"data_frames": 2},
    "fragments-received": {"pongs": ["one"]},
    "ping-sent": {"pings": [0]},
    "ping-received": {"pongs": []},
    "close-sent:reason": {"close": [3001, ""]},
    "close-received:3000": {"peer_closed_first": True},
    "subprotocol": {"subprotocol": False},
    "refusal": {"refused": False},
    "drop-sent": {"close": [1000, ""]},
    "idle": {"signs_of_life": 1},
}


def good(cell: str) -> judge.Record:
    return {**GOOD, "messages": MESSAGES.get(cell, []), **CHANGES.get(cell, {})}


def peer(*faults: Fault) -> Peer:
    parts = {"client": Part("x", ("plain", "deflate")), "server": Part("x", ("plain",))}
    return Peer("x", "X", "C", Install(), parts, faults)


def result(outcome: str, cell: str = "many", role: str = "client", adapter: str = "std") -> Result:
    return Result("x", role, "plain", adapter, cell, outcome)


class Judge(unittest.TestCase):
    def test_a_good_record_passes_and_each_spoilt_one_fails(self) -> None:
        for cell, change in SPOILT.items():
            with self.subTest(cell):
                self.assertEqual(judge.complaint(cell, True, good(cell)), "")
                self.assertNotEqual(judge.complaint(cell, True, {**good(cell), **change}), "")

    def test_every_cell_of_programs_has_a_judge(self) -> None:
        for cell in cells.FOR_PROGRAMS:
            self.assertIn(cell.partition(":")[0], {*judge.CHECKS, "refusal"})

    def test_a_connection_has_to_be_seen_compressed_and_closed(self) -> None:
        record = good("text:126")
        self.assertNotEqual(judge.complaint("text:126", False, None), "")
        self.assertNotEqual(judge.complaint("text:126", True, {**record, "deflate": None}), "")
        self.assertEqual(judge.complaint("text:126", False, {**record, "deflate": None}), "")
        for change in ({"clean": False}, {"close": [1001, ""]}):
            self.assertNotEqual(judge.complaint("text:126", True, {**record, **change}), "")


class Faults(unittest.TestCase):
    fault = Fault("client", ("many", "text:*"), "it does", "§1", ("plain",))

    def test_only_a_declared_failure_is_theirs(self) -> None:
        it = peer(self.fault)
        self.assertEqual(results.judged(result(FAILED), it).outcome, THEIRS)
        self.assertEqual(results.judged(result(FAILED, "text:1"), it).outcome, THEIRS)
        self.assertEqual(results.judged(result(FAILED, "idle"), it).outcome, FAILED)
        self.assertEqual(results.judged(result(FAILED, role="server"), it).outcome, FAILED)
        self.assertEqual(results.judged(result(PASSED), it).outcome, PASSED)

    def test_a_fault_that_is_gone_is_told(self) -> None:
        it = peer(self.fault)
        self.assertEqual(results.outlived([result(THEIRS), result(PASSED, "idle")], it), [])
        self.assertEqual(len(results.outlived([result(THEIRS), result(PASSED, "text:1")], it)), 1)

    def test_the_worst_adapter_counts(self) -> None:
        self.assertEqual(results.worst([PASSED, FAILED, THEIRS]), FAILED)
        self.assertEqual(results.worst([PASSED, ABSENT]), PASSED)


class Files(unittest.TestCase):
    def test_all_peers_can_be_read_and_have_pairs(self) -> None:
        for key in peers.all_keys():
            with self.subTest(key):
                it = peers.load(key)
                self.assertTrue(plan.pairs([it], {}))
                for fault in it.faults:
                    self.assertIn("§", fault.section)

    def test_mistakes_are_told(self) -> None:
        bad = (
            'name = "x"\nlanguage = "C"',
            'name = "x"\nlanguage = "C"\n[client]\ncommand = "x"\nkinds = ["udp"]',
            'name = "x"\nlanguage = "C"\n[client]\ncommand = "x"\nkinds = ["tls"]\nwhat = 1',
            'name = "x"\nlanguage = "C"\n[proxy]\ncommand = "x"\nkinds = ["tls"]',
            'name = "x"\nlanguage = "C"\n[client]\ncommand = "x"\nkinds = ["tls"]\n'
            '[[fault]]\nrole = "server"\ncells = ["many"]\nwhy = "x"\nsection = "x"',
        )
        for text in bad:
            with self.subTest(text), self.assertRaises((TypeError, ValueError)):
                peers._peer("x", tomllib.loads(text))

    def test_names_in_braces_are_filled_in_and_other_braces_stay(self) -> None:
        values = {"port": "1", "peer": "/a b"}
        self.assertEqual(commands.words("{peer}/x {port} '{a}'", values), ["/a b/x", "1", "{a}"])
        self.assertEqual(
            commands.filled_in("server { listen {port}; }", values), "server { listen 1; }"
        )

    def test_only_lines_of_outcomes_count(self) -> None:
        line = '{"cell": "many", "outcome": "failed", "detail": "x"}'
        self.assertEqual(lines.outcome(line), ("many", "failed", "x"))
        for other in ("", "many", "[]", "3", '{"cell": "many", "outcome": "fine"}'):
            self.assertIsNone(lines.outcome(other))


class Shown(unittest.TestCase):
    def setUp(self) -> None:
        it = peer(Fault("client", ("many",), "it does <that>", "§1"))
        self.rows = [
            store.Row(it, "1.0", "2026-11-27", "abc", (
                result(THEIRS), result(PASSED, "idle"), result(ABSENT, "refusal", "server"),
                result(FAILED, "idle", "server"), result(PASSED, "idle", "server", "tokio"),
            ))
        ]  # fmt: skip

    def test_the_page_tells_of_faults_failures_and_what_is_absent(self) -> None:
        page = table.markdown(self.rows, 44, 4)
        self.assertIn("| X | C | 1.0 | client | 1 1 ✗ | – | – | – |", page)
        self.assertIn("| X | C | 1.0 | server | 0 **1 ‼** | – | – | – |", page)
        self.assertIn("`many`: it does <that> (§1)", page)
        self.assertIn("x server plain idle (std)", page)
        self.assertIn("X, server: `refusal`", page)

    def test_the_chart_has_a_square_for_each_group(self) -> None:
        picture = chart.svg(self.rows)
        for outcome, times in ((PASSED, 2), (THEIRS, 2), (FAILED, 2), (ABSENT, 2)):
            self.assertEqual(picture.count(f'fill="{chart.COLOURS[outcome]}"'), times)

    def test_results_are_kept_for_the_report(self) -> None:
        cache = Path(self.enterContext(TemporaryDirectory()))
        with patch.object(store.places, "cache", lambda: cache):
            it = self.rows[0].peer
            self.assertIsNone(store.kept(it))
            row = store.keep(it, "1.0", "abc", list(self.rows[0].results))
            self.assertEqual(store.kept(it), row)


if __name__ == "__main__":
    unittest.main()
