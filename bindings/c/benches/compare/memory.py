"""The comparison in memory: a process for each library, asked in turn."""

import subprocess
from contextlib import ExitStack

from processes import last_core, rotated

LENGTHS = [16, 125, 1024, 16 << 10, 64 << 10]
PROGRAMS = {"Rust crate": "memory", "C library": "memory_ours", "wslay": "memory_wslay"}


class Program:
    """A program that prints what a message took, for each line that it is given."""

    def __init__(self, path):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([*last_core(), path], stdin=pipe, stdout=pipe, text=True)

    def nanoseconds(self, way, length):
        print(way, length, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def fastest(directory, way, starts, rounds):
    """The nanoseconds of each library for a message of each length."""
    least = {name: dict.fromkeys(LENGTHS, float("inf")) for name in PROGRAMS}
    for _ in range(starts):
        with ExitStack() as stack:
            programs = {
                name: stack.enter_context(Program(directory / file))
                for name, file in PROGRAMS.items()
            }
            for length in LENGTHS:
                for name in rotated(programs, rounds):
                    took = programs[name].nanoseconds(way, length)
                    least[name][length] = min(least[name][length], took)
    return least
