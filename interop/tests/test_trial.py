"""Programs that crash, stand still or talk nonsense cost the cell that they were at, and no other."""

import asyncio
import sys
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from runner import trial
from runner.certificate import Certificate
from runner.ours import Adapter
from runner.pair import Bench, Pair
from runner.peers import Install, Part, Peer
from runner.results import ABSENT, FAILED, PASSED

SERVER = """
import signal
print("nonsense")
print("listening on ws://127.0.0.1:9", flush=True)
signal.pause()
"""
CLIENT = """
import json, sys, time
url, *cells = sys.argv[1:]
assert url == "ws://127.0.0.1:9"
for cell in cells:
    if cell == "crash":
        sys.exit("it crashed")
    if cell == "stand still":
        time.sleep(60)
    outcome = cell if cell in ("failed", "absent") else "passed"
    print("nonsense")
    print(json.dumps({"cell": cell, "outcome": outcome}), flush=True)
"""


class Trial(unittest.TestCase):
    def setUp(self) -> None:
        self.directory = Path(self.enterContext(TemporaryDirectory()))

    def script(self, name: str, text: str) -> Path:
        file = self.directory / name
        file.write_text(f"#!{sys.executable}\n{text}")
        file.chmod(0o755)
        return file

    def outcomes(self, *cells: str, server: str = SERVER, absent: str = "") -> dict[str, str]:
        part = Part(str(self.script("server", server)), ("plain",), (absent,))
        peer = Peer("x", "X", "C", Install(), {"server": part})
        pair = Pair(peer, "server", "plain", "std", cells)
        nothing = Certificate(*[self.directory] * 4)
        adapter = Adapter("std", (), (str(self.script("client", CLIENT)),))
        bench = Bench({"std": adapter}, nothing)
        self.results = asyncio.run(trial.run(pair, bench))
        return {result.cell: result.outcome for result in self.results}

    def test_all_outcomes_are_told(self) -> None:
        told = self.outcomes("a", "failed", "absent", "b", absent="b")
        self.assertEqual(told, {"a": PASSED, "failed": FAILED, "absent": ABSENT, "b": ABSENT})

    def test_a_crash_costs_one_cell(self) -> None:
        told = self.outcomes("a", "crash", "b")
        self.assertEqual(told, {"a": PASSED, "crash": FAILED, "b": PASSED})
        self.assertIn("it crashed", self.results[1].detail)

    def test_standing_still_costs_one_cell(self) -> None:
        with patch.object(trial, "SECONDS_PER_CELL", 0.5):
            told = self.outcomes("stand still", "b")
        self.assertEqual(told, {"stand still": FAILED, "b": PASSED})

    def test_a_server_that_does_not_listen_fails_all(self) -> None:
        told = self.outcomes("a", "b", server="raise SystemExit('no port')")
        self.assertEqual(told, {"a": FAILED, "b": FAILED})
        self.assertIn("no port", self.results[0].detail)


if __name__ == "__main__":
    unittest.main()
