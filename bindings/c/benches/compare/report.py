"""The results as Markdown."""

import datetime
import os
import subprocess
from pathlib import Path

import targets

BEGINNING = """# Results

Made by `bindings/c/bench`; the [README](../README.md#figures) tells how. Figures are good only as
ratios within one run.
"""


def text(load_before, receive, echo, pipelined, closed):
    return "\n".join(
        [
            beginning(load_before, os.getloadavg()),
            target_table([*targets.in_memory(receive), *targets.on_sockets(pipelined, closed)]),
            memory_table("Receiving in memory", receive),
            memory_table("Echo in memory", echo),
            socket_table({"64 in flight": pipelined, "closed loop": closed}),
        ]
    )


def beginning(load_before, load_after):
    load = f"{load_before[0]:.1f} before the run, {load_after[0]:.1f} after it"
    facts = {
        "date": datetime.datetime.now(datetime.timezone.utc).date(),
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "load of the machine": load,
        "kernel": said("uname", "-sr"),
        "compilers": f"{said('rustc', '--version')}, {said('gcc', '--version')}",
        "wslay": version("libwslay-dev"),
        "libwebsockets": version("libwebsockets-dev"),
        "uWebSockets": f"the one of socketify {socketify()}",
    }
    return BEGINNING + "\n" + "".join(f"- {name}: {value}\n" for name, value in facts.items())


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(": ")[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else "unknown"


def said(*command):
    """The first line that a command prints."""
    return subprocess.run(command, capture_output=True, text=True).stdout.partition("\n")[0]


def version(package):
    return said("dpkg-query", "--show", "--showformat", "${Version}", package)


def socketify():
    """The version of the package that brings uWebSockets."""
    with open(Path(__file__).parents[1] / "socketify.txt") as file:
        return file.read().partition("==")[2].split()[0]


def target_table(aims):
    rows = [aim.row() for aim in aims]
    return "## Targets\n\n" + table(["", "target", "measured", ""], rows)


def memory_table(title, nanoseconds):
    ours = nanoseconds["C library"]
    rows = [
        [name, *(cell(took, ours[length]) for length, took in by_length.items())]
        for name, by_length in nanoseconds.items()
    ]
    note = "Nanoseconds for a binary message, and how many times the C library's that is.\n\n"
    return f"## {title}\n\n{note}" + table(["", *map(size, ours)], rows)


def socket_table(ways):
    names = next(iter(ways.values()))
    rows = [
        [name, *(cell(way[name], way["C library"]) for way in ways.values())] for name in names
    ]
    note = (
        "Nanoseconds of the server's processor time for a message of 20 B over 100 connections,\n"
        "and how many times the C library's that is.\n\n"
    )
    return f"## Echo on sockets\n\n{note}" + table(["", *ways], rows)


def cell(took, ours):
    digits = 1 if took < 100 else 0
    return f"{took:,.{digits}f} · {took / ours:.2f}×"


def size(length):
    return f"{length} B" if length < 1024 else f"{length >> 10} KiB"


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n".replace("|  |", "| |") for line in lines)
