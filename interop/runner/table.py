"""The matrix in Markdown."""

from collections import Counter
from collections.abc import Iterable, Sequence

from .cells import KINDS
from .peers import Fault
from .results import ABSENT, FAILED, PASSED, THEIRS, worst
from .store import Row

HEAD = """\
# Who speaks with whom

Made by `interop/run`, which anyone can run: [README.md](README.md) says how, and what each cell means.

![The matrix as a chart](matrix.svg)

A number counts the cells that passed: of {cells} for each kind of connection, and of {parameters} more
with parameters of compression. With ✗ there are known faults of the other side, which are told below,
and with **‼** failures that nobody has explained. What an API has no way to do is not counted: see the
end. A dash is a kind that the implementation does not have.
"""


def cells_by_kind(row: Row, role: str) -> dict[str, dict[str, str]]:
    """The worst outcome of each cell over our adapters, by kind."""
    outcomes: dict[str, dict[str, list[str]]] = {}
    for result in row.results:
        if result.role == role:
            cells = outcomes.setdefault(result.kind, {})
            cells.setdefault(result.cell, []).append(result.outcome)
    return {
        kind: {cell: worst(found) for cell, found in cells.items()}
        for kind, cells in outcomes.items()
    }


def markdown(rows: Sequence[Row], cells: int, parameters: int) -> str:
    """The page."""
    days = sorted({row.day for row in rows})
    commits = ", ".join(dict.fromkeys(row.commit for row in rows))
    total = Counter(result.outcome for row in rows for result in row.results)
    parts = [
        HEAD.format(cells=cells, parameters=parameters),
        f"Tried: {' to '.join(days[:1] + days[1:][-1:])}, with the crate as of {commits}. "
        f"{_counted(rows)}, {_summed(total)}.\n",
        _matrix(rows),
        _faults(rows),
        _unexplained(rows),
        _absent(rows),
    ]
    return "\n".join(part for part in parts if part)


def _counted(rows: Sequence[Row]) -> str:
    proxies = sum("proxy" in row.peer.parts for row in rows)
    return f"{len(rows) - proxies} implementations and {proxies} set-ups of proxies"


def _summed(total: Counter[str]) -> str:
    return (
        f"{total.total() - total[ABSENT]} cells tried: {total[PASSED]} passed, "
        f"{total[THEIRS]} known faults of theirs, {total[FAILED]} unexplained"
    )


def _matrix(rows: Sequence[Row]) -> str:
    lines = [
        f"| implementation | language | version | role | {' | '.join(KINDS)} |",
        f"|---|---|---|---|{'--:|' * len(KINDS)}",
    ]
    for row in rows:
        for role in row.peer.parts:
            counts = cells_by_kind(row, role)
            shown = " | ".join(_counts(counts.get(kind, {}).values()) for kind in KINDS)
            peer = row.peer
            lines.append(f"| {peer.name} | {peer.language} | {row.version} | {role} | {shown} |")
    return "\n".join(lines) + "\n"


def _counts(outcomes: Iterable[str]) -> str:
    count = Counter(outcomes)
    if not count.total():
        return "–"
    theirs = f" {count[THEIRS]} ✗" if count[THEIRS] else ""
    failed = f" **{count[FAILED]} ‼**" if count[FAILED] else ""
    return f"{count[PASSED]}{theirs}{failed}"


def _faults(rows: Sequence[Row]) -> str:
    lines = [_fault(row, fault) for row in rows for fault in row.peer.faults]
    return "\n".join(["## Faults of theirs\n", *lines, ""]) if lines else ""


def _fault(row: Row, fault: Fault) -> str:
    kinds = [kind for kind in fault.kinds if kind in row.peer.parts[fault.role].kinds]
    cells = ", ".join(f"`{cell}`" for cell in fault.cells)
    often = " Now and then." if fault.sometimes else ""
    why = fault.why.rstrip(".")
    where = f"- **{row.peer.name}** {row.version}, {fault.role}, {', '.join(kinds)}: {cells}"
    return f"{where}: {why} ({fault.section}).{often}"


def _unexplained(rows: Sequence[Row]) -> str:
    failed = [str(result) for row in rows for result in row.results if result.outcome == FAILED]
    return "\n".join(["## Unexplained\n", *(f"- {line}" for line in failed), ""]) if failed else ""


def _absent(rows: Sequence[Row]) -> str:
    lines = [_absent_of(row, role) for row in rows for role in row.peer.parts]
    shown = [line for line in lines if line]
    return "\n".join(["## What an API has no way to do\n", *shown, ""]) if shown else ""


def _absent_of(row: Row, role: str) -> str:
    kinds: dict[str, list[str]] = {}
    for kind, cells in cells_by_kind(row, role).items():
        for cell, outcome in cells.items():
            if outcome == ABSENT:
                kinds.setdefault(cell, []).append(kind)
    if not kinds:
        return ""
    present = row.peer.parts[role].kinds
    shown = [_absent_cell(cell, found, present) for cell, found in kinds.items()]
    return f"- {row.peer.name}, {role}: {', '.join(shown)}"


def _absent_cell(cell: str, kinds: Sequence[str], present: Sequence[str]) -> str:
    everywhere = set(kinds) >= set(present)
    return f"`{cell}`" if everywhere else f"`{cell}` ({', '.join(kinds)})"
