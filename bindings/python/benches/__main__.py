"""Compares the package with its peers. Figures are good only as ratios within one run."""

import argparse
import os
import sys
import time
from pathlib import Path

import chart
import clients
import extent
import idle
import memory
import report
import servers
from extent import Extent
from processes import Failure
from tables import Table

NAMES = [*clients.NAMES, *memory.NAMES, *servers.NAMES, *idle.NAMES]


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--programs", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--certificate", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="few and short rounds")
    parser.add_argument("--test", action="store_true", help="run each once, only to see it run")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=NAMES,
        default=NAMES,
        metavar="NAME",
        help=f"only these tables: {', '.join(NAMES)}",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write the results here, and charts to the directory beside it",
    )
    return parser.parse_args()


def main() -> None:
    chosen = options()
    load_before = os.getloadavg()
    idle.allow_files()
    how_much = extent.TEST if chosen.test else extent.QUICK if chosen.quick else extent.FULL
    try:
        found = measure(chosen, how_much)
    except Failure as failure:
        sys.exit(f"bench: {failure}")
    if chosen.test:
        print(f"bench: {len(found)} tables; all of it ran once, which gives no figures")
        return
    print(report.text(found, load_before))
    if chosen.output:
        charts = chart.write(found, chosen.output.with_name("charts"))
        chosen.output.write_text(report.text(found, load_before, charts))


def measure(chosen: argparse.Namespace, how_much: Extent) -> list[Table]:
    directory, only = chosen.programs, chosen.only
    found = []
    if any(name in only for name in clients.NAMES):
        found += clients.measure(only, directory, chosen.certificate, how_much, tell)
    if any(name in only for name in memory.NAMES):
        found += memory.measure(only, how_much, tell)
    found += servers.measure(only, directory, how_much, tell)
    if "idle-memory" in only:
        found.append(idle.measure(directory, how_much, tell))
    return found


BEGIN = time.monotonic()


def tell(what: str) -> None:
    """Tells of the progress."""
    print(f"{time.monotonic() - BEGIN:5.0f} s  {what}", file=sys.stderr, flush=True)


main()
