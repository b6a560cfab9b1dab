"""Tables of figures, in Markdown."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rounds import Figure


@dataclass
class Row:
    name: str
    cells: dict[str, Figure]
    # What kind of row it is: ours, a peer's, or a limit's, which is not a peer.
    kind: str = "peer"
    # The row that this one is compared with: ours that is used in the same way.
    against: str = ""
    leaves_out: str = ""


@dataclass
class Table:
    name: str
    title: str
    # What a figure is shown in, and how many nanoseconds or bytes that is.
    unit: str
    divisor: float
    # What the figures after the slash are, if there are any.
    details: str = ""
    rows: list[Row] = field(default_factory=list)

    def columns(self) -> list[str]:
        return list(dict.fromkeys(column for row in self.rows for column in row.cells))

    def row(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.name == name), None)

    def ratio(self, name: str, ours: str, column: str) -> float | None:
        """How many times ours that is, if both were measured."""
        figures = self._figures(column, name, ours)
        return figures[0].median / figures[1].median if figures else None

    def detail_ratio(self, name: str, ours: str, column: str, place: int) -> float | None:
        """The same of a detail, if the figures have it."""
        figures = self._figures(column, name, ours)
        if not figures or place >= len(figures[0].median_details):
            return None
        return figures[0].median_details[place] / figures[1].median_details[place]

    def _figures(self, column: str, *names: str) -> list[Figure]:
        """The figures of these rows, or none if one is missing."""
        rows = [self.row(name) for name in names]
        figures = [row.cells.get(column) for row in rows if row]
        found = [figure for figure in figures if figure and not figure.has_stalled]
        return found if len(found) == len(names) else []


def markdown(table: Table, mark: Callable[[str], str]) -> str:
    """The table. `mark` gives the mark of a footnote for what a peer leaves out."""
    columns = table.columns()
    lines = [["", *columns], ["---", *("---:" for _ in columns)]]
    for row in table.rows:
        name = f"**{row.name}**" if row.kind == "ours" else row.name
        name = f"*{name}*" if row.kind == "limit" else name + mark(row.leaves_out)
        lines.append([name, *(cell(table, row, column) for column in columns)])
    body = "".join(f"| {' | '.join(line)} |\n".replace("|  |", "| |") for line in lines)
    return f"### {table.name}\n\n{table.title}: {legend(table)}.\n\n{body}"


def legend(table: Table) -> str:
    parts = [f"{table.unit}"]
    if any(figure.spread for row in table.rows for figure in row.cells.values()):
        parts[0] += " ± half the distance of the quartiles"
    if any(row.against for row in table.rows):
        parts.append("how many times ours that is")
    if table.details:
        parts.append(f"after the slash {table.details}")
    return "; ".join(parts)


def cell(table: Table, row: Row, column: str) -> str:
    figure = row.cells.get(column)
    if figure is None:
        return ""
    if figure.has_stalled:
        return "stalled"
    text = number(figure.median / table.divisor)
    if figure.spread is not None:
        text += f" ±{figure.spread:.0%}"
    ratio = table.ratio(row.name, row.against, column) if row.against else None
    if ratio is not None:
        text += f" · {ratio:.2f}×"
    if figure.median_details:
        text += " / " + " · ".join(number(each / table.divisor) for each in figure.median_details)
    return text


def number(value: float) -> str:
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:,.{digits}f}"
