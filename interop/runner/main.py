"""The command."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import cells, certificate, chart, ours, places, plan, store, table, trial
from .install import NotInstalled, install
from .pair import Bench, Pair
from .peers import BadPeer, Peer, all_keys, load
from .results import ABSENT, FAILED, PASSED, THEIRS, Result, outlived


def main(arguments: Sequence[str]) -> int:
    """Runs what the arguments ask for, and returns the exit code."""
    options = _options(arguments)
    try:
        peers = [load(key) for key in options.only or all_keys()]
        if options.list:
            return _list(peers)
        if options.report:
            return _report(peers, options.output)
        chosen = [peer for peer in peers if peer.quick or not options.quick]
        return _run(chosen, options)
    except (BadPeer, RuntimeError) as error:
        print(f"interop: {error}", file=sys.stderr)
        return 2


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="interop/run",
        description="Lets other implementations of WebSocket speak with ours, in both roles.",
        epilog="INTEROP_CACHE names the directory where peers are installed and results are kept.",
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these peers alone")
    parser.add_argument(
        "--quick", action="store_true", help="a handful of cheap and different peers"
    )
    parser.add_argument("--ours", nargs="+", choices=ours.ALL, metavar="NAME",
                        help=f"with these of our sides besides those in Rust: {', '.join(ours.ALL)}; "
                        "all are the default, and for --quick those in Rust")  # fmt: skip
    parser.add_argument("--list", action="store_true", help="show which peers there are")
    parser.add_argument("--report", action="store_true",
                        help="run nothing: make the matrix of the results that earlier runs have kept")  # fmt: skip
    parser.add_argument("--output", type=Path, metavar="FILE",
                        help="where to write the matrix, with its chart as matrix.svg beside it; "
                        "interop/MATRIX.md for --report and a run of everything")  # fmt: skip
    return parser.parse_args(arguments)


def _list(peers: Sequence[Peer]) -> int:
    for peer in peers:
        roles = "; ".join(f"{role}: {', '.join(part.kinds)}" for role, part in peer.parts.items())
        print(f"{peer.key:24} {peer.name} ({peer.language}): {roles}{' [quick]' * peer.quick}")
    return 0


def _run(peers: Sequence[Peer], options: argparse.Namespace) -> int:
    adapters = ours.build(options.ours or (ours.IN_RUST if options.quick else ours.ALL))
    versions, missing = _install_all(peers)
    present = [peer for peer in peers if peer.key in versions]
    results = asyncio.run(_run_pairs(plan.pairs(present, adapters), adapters))
    rows = [_keep(peer, versions[peer.key], results) for peer in present]
    output = options.output
    if not output and not options.only and not options.quick:
        output = places.INTEROP / "MATRIX.md"
    if output:
        _write(rows, output)
    return _summary(
        results, [line for row in rows for line in outlived(row.results, row.peer)], missing
    )


def _keep(peer: Peer, version: str, results: Sequence[Result]) -> store.Row:
    return store.keep(
        peer, version, ours.commit(), [result for result in results if result.peer == peer.key]
    )


def _install_all(peers: Sequence[Peer]) -> tuple[dict[str, str], list[str]]:
    versions, missing = {}, []
    for number, peer in enumerate(peers, 1):
        print(f"[{number}/{len(peers)}] installing {peer.key}", file=sys.stderr, flush=True)
        try:
            versions[peer.key] = install(peer)
        except NotInstalled as error:
            missing.append(f"{peer.key} is not installed: {error}")
    return versions, missing


async def _run_pairs(pairs: Sequence[Pair], adapters: Mapping[str, ours.Adapter]) -> list[Result]:
    cores = asyncio.Semaphore(len(os.sched_getaffinity(0)))
    done = 0

    async def run(pair: Pair, bench: Bench) -> list[Result]:
        nonlocal done
        async with cores:
            results = await trial.run(pair, bench)
        done += 1
        _tell(pair, results, f"[{done}/{len(pairs)}]")
        return results

    with tempfile.TemporaryDirectory(prefix="interop-") as work:
        Path(work).chmod(0o755)
        bench = Bench(adapters, certificate.make(Path(work)))
        every = await asyncio.gather(*(run(pair, bench) for pair in pairs))
    return [result for results in every for result in results]


def _tell(pair: Pair, results: Sequence[Result], progress: str) -> None:
    count = Counter(result.outcome for result in results)
    shown = ", ".join(f"{count[it]} {it}" for it in (PASSED, THEIRS, FAILED, ABSENT) if count[it])
    print(f"{progress} {pair}: {shown}", flush=True)
    failed: dict[str, list[str]] = {}
    for result in results:
        if result.outcome == FAILED:
            failed.setdefault(result.detail, []).append(result.cell)
    for detail, names in failed.items():
        print(f"    FAILED {', '.join(names)}: {detail}", flush=True)


def _report(peers: Sequence[Peer], output: Path | None) -> int:
    rows = [row for peer in peers if (row := store.kept(peer))]
    _write(rows, output or places.INTEROP / "MATRIX.md")
    results = [result for row in rows for result in row.results]
    lacking = [f"{peer.key} has no results" for peer in peers if not store.kept(peer)]
    return _summary(
        results, [line for row in rows for line in outlived(row.results, row.peer)], lacking
    )


def _write(rows: Sequence[store.Row], output: Path) -> None:
    parameters = len(cells.PARAMETERS)
    page = table.markdown(rows, len(cells.FOR_PROGRAMS), parameters)
    output.write_text(page)
    output.with_name("matrix.svg").write_text(chart.svg(rows))
    print(f"wrote {output}")


def _summary(
    results: Sequence[Result], outlived_faults: Sequence[str], missing: Sequence[str]
) -> int:
    count = Counter(result.outcome for result in results)
    for line in (*missing, *outlived_faults):
        print(f"FAILED {line}")
    failed = count[FAILED] + len(outlived_faults) + len(missing)
    print(f"{count[THEIRS]} known faults of theirs, {count[ABSENT]} not offered")
    print(f"{count[PASSED]} passed, {failed} failed")
    return 1 if failed else 0
