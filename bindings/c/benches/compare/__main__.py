"""Runs the comparisons with the programs in a directory."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import memory
import report
import sockets


@dataclass
class Extent:
    """How often things are run."""

    starts: int
    rounds: int
    pipelined_batches: int
    closed_batches: int


FULL = Extent(starts=3, rounds=15, pipelined_batches=10, closed_batches=20)
ONCE = Extent(starts=1, rounds=1, pipelined_batches=1, closed_batches=1)


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--test", action="store_true", help="run each once, only to see it run")
    parser.add_argument("--output", type=Path, help="write the results here")
    return parser.parse_args()


def main():
    chosen = options()
    load_before = os.getloadavg()
    found = measure(chosen.directory, ONCE if chosen.test else FULL)
    text = report.text(load_before, **found)
    print(text)
    if chosen.output:
        chosen.output.write_text(text)


def measure(directory, extent):
    """The nanoseconds for a message, of all that is compared."""
    often = extent.starts, extent.rounds
    return {
        "receive": memory.fastest(directory, "receive", *often),
        "echo": memory.fastest(directory, "echo", *often),
        "pipelined": sockets.fastest(directory, 64, *often, extent.pipelined_batches),
        "closed": sockets.fastest(directory, 1, *often, extent.closed_batches),
    }


main()
