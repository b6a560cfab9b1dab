"""Running one pair through its cells."""

import asyncio
import tempfile
from pathlib import Path

from . import lines
from .judge import Record, complaint
from .pair import Bench, NoServer, Pair, Stage
from .program import Program
from .results import ABSENT, FAILED, PASSED, Result, judged

SECONDS_PER_CELL = 60.0
UNTIL_DEAD = 0.3
"""Seconds after which a server that failed has ended, if it is a crash."""


async def run(pair: Pair, bench: Bench) -> list[Result]:
    """Runs all cells of a pair. A program that crashes or stands still costs one cell."""
    offered = [cell for cell in pair.cells if not pair.part.lacks(pair.named or cell)]
    trial = _Trial(pair, bench)
    left = offered
    while left:
        with tempfile.TemporaryDirectory(prefix="interop-") as work:
            Path(work).chmod(0o755)
            left = await trial.run_some(left, bench, Path(work))
    absent = [cell for cell in pair.cells if cell not in offered]
    return [*trial.results(offered), *(trial.result(cell, ABSENT, "") for cell in absent)]


class _Trial:
    def __init__(self, pair: Pair, bench: Bench) -> None:
        self._pair = pair
        self._adapter = bench.adapters[pair.adapter]
        self._said: dict[str, tuple[str, str]] = {}
        self._records: dict[str, Record] = {}

    async def run_some(self, cells: list[str], bench: Bench, work: Path) -> list[str]:
        """Runs cells until a program fails, and returns those that are left."""
        stage = Stage(self._pair, bench, work)
        try:
            async with stage.serving() as url:
                client = await stage.start_client(url, cells)
                try:
                    left = await self._listen(client, stage, cells)
                finally:
                    await client.stop()
                await self._read_records(stage.server)
                return left
        except (NoServer, OSError) as error:
            self._said.update({cell: (FAILED, f"the server: {error}") for cell in cells})
            return []

    async def _listen(self, client: Program, stage: Stage, cells: list[str]) -> list[str]:
        left = list(cells)
        while left:
            try:
                line = await client.line(SECONDS_PER_CELL)
            except TimeoutError:
                self._fail(
                    left.pop(0), f"nothing came of it in {SECONDS_PER_CELL:.0f} seconds", stage
                )
                return left
            if line is None:
                code = await client.code()
                self._fail(
                    left.pop(0), f"the client ended with {code}: {client.last_words()}", stage
                )
                return left
            said = lines.outcome(line)
            if said is None or said[0] not in left:
                continue
            cell, outcome, detail = said
            left.remove(cell)
            self._said[cell] = (outcome, detail)
            if outcome == FAILED:
                self._fail(cell, detail, stage)
                await asyncio.sleep(UNTIL_DEAD)
                if not stage.runs:
                    return left
        return left

    def _fail(self, cell: str, why: str, stage: Stage) -> None:
        words = stage.last_words()
        self._said[cell] = (FAILED, f"{why}; it said: {words}" if words else why)

    async def _read_records(self, server: Program | None) -> None:
        if server is None:
            return
        server.end_input()
        try:
            while (line := await server.line(SECONDS_PER_CELL)) is not None:
                if record := lines.record(line):
                    self._records[record["cell"]] = record
        except TimeoutError:
            pass

    def results(self, cells: list[str]) -> list[Result]:
        """What came of these cells."""
        return [self.result(cell, *self._judged(cell)) for cell in cells]

    def _judged(self, cell: str) -> tuple[str, str]:
        outcome, detail = self._said[cell]
        has_records = self._pair.role == "client" and self._adapter.keeps_records
        if outcome != PASSED or not has_records:
            return outcome, detail
        wrong = complaint(cell, self._pair.compressed, self._records.get(cell))
        return (FAILED, wrong) if wrong else (outcome, detail)

    def result(self, cell: str, outcome: str, detail: str) -> Result:
        """The result of one cell, with the peer's declared faults in mind."""
        pair = self._pair
        named = pair.named or cell
        result = Result(pair.peer.key, pair.role, pair.kind, pair.adapter, named, outcome, detail)
        return judged(result, pair.peer)
