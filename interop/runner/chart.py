"""The matrix as a picture."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from .cells import GROUPS, KINDS
from .results import ABSENT, FAILED, PASSED, THEIRS, worst
from .store import Row
from .table import cells_by_kind

COLOURS = {PASSED: "#2f9e62", THEIRS: "#e5a50a", FAILED: "#c01c28", ABSENT: "none"}
MEANINGS = {
    PASSED: "passed",
    THEIRS: "a known fault of the other side",
    FAILED: "failed, unexplained",
    ABSENT: "not offered by its API",
}
SQUARE, STEP, GAP, LINE = 11, 14, 16, 18
NAMES, TOP, BOTTOM = 270, 118, 40
STYLE = "text{font:12px system-ui,sans-serif;fill:#24292f}.small{font-size:11px;fill:#57606a}"


def svg(rows: Sequence[Row]) -> str:
    """The chart: a line for each peer and role, a square for each group of cells."""
    lines = [(row, role) for row in rows for role in row.peer.parts]
    width = _left(len(KINDS))
    height = TOP + len(lines) * LINE + BOTTOM
    body = [
        *_heads(),
        *(part for at, (row, role) in enumerate(lines) for part in _line(row, role, at)),
        *_legend(height - 16),
    ]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="Who speaks with whom">',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *body,
        "</svg>\n",
    ])  # fmt: skip


def _groups(kind: str) -> dict[str, tuple[str, ...]]:
    """The groups of cells that there are for this kind."""
    return {
        group: cells
        for group, cells in GROUPS.items()
        if group != "parameters" or kind == "deflate"
    }


def _left(number: int) -> int:
    """Where the squares of the kind with this number begin."""
    return NAMES + sum(len(_groups(kind)) * STEP + GAP for kind in KINDS[:number])


def _heads() -> Iterator[str]:
    for number, kind in enumerate(KINDS):
        left = _left(number)
        yield f'<text x="{left}" y="16" font-weight="600">{escape(kind)}</text>'
        for place, group in enumerate(_groups(kind)):
            x = left + place * STEP + SQUARE - 1
            yield _slanted(x, TOP - 8, group)


def _slanted(x: int, y: int, text: str) -> str:
    return f'<text class="small" transform="translate({x},{y}) rotate(-90)">{escape(text)}</text>'


def _line(row: Row, role: str, at: int) -> Iterator[str]:
    y = TOP + at * LINE
    is_first = role == next(iter(row.peer.parts))
    if is_first:
        yield f'<text x="8" y="{y + 10}">{escape(row.peer.name)}</text>'
        yield f'<path d="M8 {y - 3.5}H{_left(len(KINDS)) - GAP}" stroke="#eaeef2"/>'
    yield f'<text class="small" x="{NAMES - 50}" y="{y + 10}">{role}</text>'
    kinds = cells_by_kind(row, role)
    for number, kind in enumerate(KINDS):
        yield from _squares(kinds.get(kind, {}), _groups(kind), _left(number), y)


def _squares(
    cells: Mapping[str, str], groups: Mapping[str, Sequence[str]], left: int, y: int
) -> Iterator[str]:
    for place, (group, members) in enumerate(groups.items()):
        found = {cell: cells[cell] for cell in members if cell in cells}
        if found:
            outcome = worst(found.values())
            yield _square(left + place * STEP, y, outcome, _told(group, found))


def _told(group: str, found: Mapping[str, str]) -> str:
    wrong = [cell for cell, outcome in found.items() if outcome in (THEIRS, FAILED)]
    return f"{group}: {', '.join(wrong)}" if wrong else group


def _square(x: int, y: int, outcome: str, title: str) -> str:
    inset = 0.5 if outcome == ABSENT else 0
    size = SQUARE - 2 * inset
    outline = ' stroke="#c4cad1"' if outcome == ABSENT else ""
    return (
        f'<rect x="{x + inset}" y="{y + inset}" width="{size}" height="{size}" rx="2" '
        f'fill="{COLOURS[outcome]}"{outline}><title>{escape(title)}</title></rect>'
    )


def _legend(y: int) -> Iterator[str]:
    x = 8
    for outcome, meaning in MEANINGS.items():
        yield _square(x, y - 10, outcome, meaning)
        yield f'<text class="small" x="{x + 17}" y="{y}">{escape(meaning)}</text>'
        x += 40 + 6 * len(meaning)
