"""The results as Markdown."""

import datetime
import importlib.metadata
import os
import platform
import subprocess
from dataclasses import dataclass, field

import tables
import targets
from tables import Table

BEGINNING = """# Results

Made by `bindings/python/bench`; [README.md](README.md) tells how. Figures are good only as ratios
within one run.
"""
PEERS = ["picows", "aiofastnet", "aiohttp", "websockets", "wsproto", "uvicorn", "uvloop"]


@dataclass
class Footnotes:
    """What peers leave out: a dagger for the first of these, two for the second one, and so on."""

    texts: list[str] = field(default_factory=list)

    def mark(self, leaves_out: str) -> str:
        if not leaves_out:
            return ""
        if leaves_out not in self.texts:
            self.texts.append(leaves_out)
        return f" †{self.texts.index(leaves_out) + 1}"

    def markdown(self) -> str:
        return "".join(f"†{place} {words}.\n\n" for place, words in enumerate(self.texts, 1))


def text(found: list[Table], load_before: tuple[float, float, float], charts: str = "") -> str:
    footnotes = Footnotes()
    all_tables = "\n".join(tables.markdown(table, footnotes.mark) for table in found)
    parts = [
        BEGINNING,
        facts(load_before),
        charts.rstrip("\n") + "\n" if charts else "",
        targets.markdown(found),
        f"## Tables\n\n{LEGEND}\n",
        all_tables,
        footnotes.markdown().rstrip("\n") + "\n" if footnotes.texts else "",
    ]
    return "\n".join(part for part in parts if part)


LEGEND = """Less is better in all of them. Ratios compare ways of use that are alike: with callbacks, or with
`recv` and `send`. *Not a peer's*: what it costs without WebSockets. †: leaves something out."""


def facts(load_before: tuple[float, float, float]) -> str:
    load = f"{load_before[0]:.1f} before the run, {os.getloadavg()[0]:.1f} after it"
    peers = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PEERS)
    lines = {
        "date": datetime.datetime.now(datetime.UTC).date(),
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "load of the machine": load,
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "compiler": said("rustc", "--version"),
        "peers": peers,
    }
    return "".join(f"- {name}: {value}\n" for name, value in lines.items())


def processor() -> str:
    with open("/proc/cpuinfo") as file:
        names = [line.split(": ")[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else "unknown"


def said(*command: str) -> str:
    """The first line that a command prints."""
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.partition(
        "\n"
    )[0]
