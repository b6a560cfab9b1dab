"""Programs that run beside the runner, and what they say."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

LONGEST_LINE = 1 << 22
PATIENCE = 5.0
"""Seconds that a program has to end after it was asked to."""


class Program:
    """One program, in a session of its own so that it ends with all that it has started."""

    def __init__(self, process: asyncio.subprocess.Process, errors: Path) -> None:
        self._process = process
        self._errors = errors

    @classmethod
    async def start(
        cls, command: Sequence[str], environment: Mapping[str, str], directory: Path, name: str
    ) -> Self:
        """Starts a program in a directory, where what it says to standard error is kept, too."""
        errors = directory / f"{name}.err"
        with errors.open("ab") as sink:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=dict(environment),
                cwd=directory,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=sink,
                limit=LONGEST_LINE,
                start_new_session=True,
            )
        return cls(process, errors)

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    async def line(self, seconds: float) -> str | None:
        """The next line that it prints; `None` after the last. Raises TimeoutError."""
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), seconds)
        return line.decode(errors="replace").strip() if line else None

    def end_input(self) -> None:
        """Ends its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def code(self) -> int:
        """Waits for its end, which is near, and returns its exit code."""
        try:
            return await asyncio.wait_for(self._process.wait(), PATIENCE)
        except TimeoutError:
            await self.stop()
            return self._process.returncode or 0

    async def stop(self) -> None:
        """Ends it and what it has started."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), PATIENCE)
        self._signal(signal.SIGKILL)
        await self._process.wait()

    def _signal(self, which: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, which)

    def last_words(self) -> str:
        """The end of what it said to standard error."""
        lines = self._errors.read_text(errors="replace").strip().splitlines()
        return " / ".join(line.strip() for line in lines[-2:])[-300:]
