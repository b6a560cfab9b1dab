"""What came out, and what was expected to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .peers import Fault, Peer

PASSED, ABSENT, THEIRS, FAILED = "passed", "absent", "theirs", "failed"
WORST_LAST = (ABSENT, PASSED, THEIRS, FAILED)


@dataclass(frozen=True)
class Result:
    """One cell of one peer with one adapter of ours."""

    peer: str
    role: str
    kind: str
    adapter: str
    cell: str
    outcome: str
    detail: str = ""

    def __str__(self) -> str:
        where = f"{self.peer} {self.role} {self.kind} {self.cell} ({self.adapter})"
        return f"{where}: {self.detail}" if self.detail else where


def judged(result: Result, peer: Peer) -> Result:
    """The result with a failure that the peer's file declares told apart from others."""
    if result.outcome != FAILED or not fault_of(result, peer):
        return result
    return replace(result, outcome=THEIRS)


def fault_of(result: Result, peer: Peer) -> Fault | None:
    """The declared fault that a cell has."""
    for fault in peer.faults:
        if fault.covers(result.role, result.kind, result.cell):
            return fault
    return None


def outlived(results: Iterable[Result], peer: Peer) -> list[str]:
    """The declared faults that did not occur where they should have."""
    passed = [result for result in results if result.outcome == PASSED]
    lines = []
    for fault in peer.faults:
        cells = [it for it in passed if fault.covers(it.role, it.kind, it.cell)]
        if cells and not fault.sometimes:
            shown = ", ".join(sorted({f"{it.kind} {it.cell}" for it in cells}))
            lines.append(f"{peer.key} {fault.role}: {fault.why}: does not occur in {shown}")
    return lines


def worst(outcomes: Iterable[str]) -> str:
    """The worst of some outcomes, which is that of a cell tried with several adapters."""
    return max(outcomes, key=WORST_LAST.index, default=ABSENT)
