"""The latest results of each peer, kept in the cache."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import date

from . import places
from .peers import Peer
from .results import FAILED, THEIRS, Result, judged


@dataclass(frozen=True)
class Row:
    """What is known of one peer."""

    peer: Peer
    version: str
    day: str
    commit: str
    results: tuple[Result, ...]


def keep(peer: Peer, version: str, commit: str, results: list[Result]) -> Row:
    """Keeps the results of today in place of earlier ones."""
    row = Row(peer, version, date.today().isoformat(), commit, tuple(results))
    directory = places.cache() / "results"
    directory.mkdir(parents=True, exist_ok=True)
    kept = [asdict(result) for result in results]
    said = {"version": version, "day": row.day, "commit": commit, "results": kept}
    (directory / f"{peer.key}.json").write_text(json.dumps(said))
    return row


def kept(peer: Peer) -> Row | None:
    """The results that were kept, if there are any."""
    file = places.cache() / "results" / f"{peer.key}.json"
    if not file.is_file():
        return None
    said = json.loads(file.read_text())
    results = tuple(_judged_anew(Result(**result), peer) for result in said["results"])
    return Row(peer, said["version"], said["day"], said["commit"], results)


def _judged_anew(result: Result, peer: Peer) -> Result:
    """The result as it is now that the peer's file may declare other faults."""
    outcome = FAILED if result.outcome == THEIRS else result.outcome
    return judged(replace(result, outcome=outcome), peer)
