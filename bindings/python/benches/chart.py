"""Charts of bars, with a line for each contestant and columns of a table side by side."""

from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from tables import Row, Table, number

# The style has a background, so that the image can be read on pages of any colour.
STYLE = (
    "text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1f2328}"
    ".title{font-weight:600;font-size:15px}.name{fill:#59636e}"
    "rect{fill:#fff}.peer{fill:#8c959f}.ours{fill:#0969da}.limit{fill:#d1d9e0}"
    "text.ours{font-weight:600;fill:#0969da}text.peer{fill:#1f2328}text.limit{fill:#59636e}"
    "@media(prefers-color-scheme:dark){"
    "text,text.peer{fill:#f0f6fc}.name,text.limit{fill:#9198a1}"
    "rect{fill:#0d1117}rect.peer{fill:#6e7681}rect.ours{fill:#4493f8}rect.limit{fill:#3d444d}"
    "text.ours{fill:#4493f8}}"
)
# All sizes are in pixels.
WIDTH = 880
NAMES_WIDTH = 270
HEAD_HEIGHT = 62
LINE_HEIGHT = 24
BAR_HEIGHT = 16
MARGIN = 14
FIGURE_WIDTH = 62


@dataclass(frozen=True)
class Chart:
    table: str
    columns: tuple[str, ...]
    title: str
    # The rows of this event loop alone, if there is one.
    loop: str = ""

    @property
    def file_name(self) -> str:
        return f"{self.table}.svg"


CHARTS = [
    Chart(
        "plain-closed",
        ("20 B", "8 KiB", "1 MiB"),
        "A client's round trip, uvloop: µs of both sides, less is better",
        "uvloop",
    ),
    Chart(
        "plain-pipelined",
        ("20 B", "256 B", "8 KiB"),
        "A client with 64 messages in flight, uvloop: µs of both sides a message, less is better",
        "uvloop",
    ),
    Chart(
        "tls-closed",
        ("20 B", "8 KiB", "1 MiB"),
        "A client's round trip over TLS, uvloop: µs of both sides, less is better",
        "uvloop",
    ),
    Chart(
        "sans-io-receive",
        ("16 B", "125 B", "64 KiB"),
        "Receiving in memory, without I/O: ns a message, less is better",
    ),
    Chart(
        "uvicorn-pipelined",
        ("20 B", "1 KiB"),
        "Echo under uvicorn, 64 messages in flight, uvloop: µs of the server a message, less is better",
        "uvloop",
    ),
    Chart(
        "broadcast",
        ("256 B", "8 KiB"),
        "A message to 1,000 connections, uvloop: µs of the server for each, less is better",
        "uvloop",
    ),
    Chart(
        "idle-memory",
        ("without pings", "with pings"),
        "Memory for an idle connection, beyond asyncio's: KiB, less is better",
    ),
]


def write(tables: list[Table], directory: Path) -> str:
    """Writes all charts whose tables were measured. Returns the lines of Markdown that show them."""
    directory.mkdir(exist_ok=True)
    by_name = {table.name: table for table in tables}
    lines = ""
    for chart in CHARTS:
        if chart.table in by_name:
            (directory / chart.file_name).write_text(draw(chart, by_name[chart.table]))
            lines += f"![{chart.title}]({directory.name}/{chart.file_name})\n\n"
    return lines


def draw(chart: Chart, table: Table) -> str:
    columns = [column for column in chart.columns if column in table.columns()]
    rows = rows_of(chart, table, columns)
    svg = beginning(HEAD_HEIGHT + len(rows) * LINE_HEIGHT + MARGIN, chart.title)
    svg += text(MARGIN, 26, "title", "start", chart.title)
    for line, row in enumerate(rows):
        name = row.name.removesuffix(f", {chart.loop}") + (" †" if row.leaves_out else "")
        svg += text(NAMES_WIDTH - MARGIN, baseline(line), row.kind, "end", name)
    width = (WIDTH - NAMES_WIDTH) // max(1, len(columns))
    for place, column in enumerate(columns):
        left = NAMES_WIDTH + place * width
        svg += text(left, HEAD_HEIGHT - 12, "name", "start", column)
        svg += bars(table, rows, column, left, width - FIGURE_WIDTH - MARGIN)
    return svg + "</svg>\n"


def rows_of(chart: Chart, table: Table, columns: list[str]) -> list[Row]:
    """The rows with the best one first."""
    rows = [
        row
        for row in table.rows
        if row.name.endswith(chart.loop) and all(is_measured(row, column) for column in columns)
    ]
    return sorted(rows, key=lambda row: row.cells[columns[0]].median)


def is_measured(row: Row, column: str) -> bool:
    return column in row.cells and not row.cells[column].has_stalled


def bars(table: Table, rows: list[Row], column: str, left: int, longest: int) -> str:
    largest = max(row.cells[column].median for row in rows)
    svg = ""
    for line, row in enumerate(rows):
        value = row.cells[column].median
        length = max(1.0, value / largest * longest)
        top = HEAD_HEIGHT + line * LINE_HEIGHT
        svg += (
            f'<rect x="{left}" y="{top}" width="{length:.1f}" height="{BAR_HEIGHT}" rx="2" '
            f'class="{row.kind}"/>\n'
        )
        figure = number(value / table.divisor)
        svg += text(left + int(length) + 6, baseline(line), row.kind, "start", figure)
    return svg


def baseline(line: int) -> int:
    return HEAD_HEIGHT + line * LINE_HEIGHT + BAR_HEIGHT - 4


def beginning(height: int, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">\n<title>{escape(title)}</title>\n'
        f'<style>{STYLE}</style>\n<rect width="{WIDTH}" height="{height}" rx="6"/>\n'
    )


def text(x: int, y: int, kind: str, anchor: str, words: str) -> str:
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>\n'
