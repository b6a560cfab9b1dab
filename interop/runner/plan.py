"""Which pairs there are."""

from collections.abc import Iterable, Iterator, Mapping

from . import cells, ours
from .ours import Adapter
from .pair import Pair
from .peers import Peer

RICHEST_FIRST = ("tls+deflate", "deflate", "tls", "plain")


def pairs(peers: Iterable[Peer], adapters: Mapping[str, Adapter]) -> list[Pair]:
    """All pairs of these peers with us."""
    return [
        pair
        for peer in peers
        for role in peer.parts
        for pair in (*_with_all_cells(peer, role), *_with_others(peer, role, adapters.values()))
    ]


def _with_all_cells(peer: Peer, role: str) -> Iterator[Pair]:
    kinds = peer.parts[role].kinds
    full = ours.FULL[role]
    for kind in kinds:
        yield Pair(peer, role, kind, full, cells.FOR_PROGRAMS, _parameters(kind))
    if "deflate" in kinds:
        for name, parameters in cells.PARAMETERS.items():
            yield Pair(peer, role, "deflate", full, ("many",), parameters, name)


def _with_others(peer: Peer, role: str, adapters: Iterable[Adapter]) -> Iterator[Pair]:
    """A few cells with each other adapter, by the richest kind that both have."""
    for adapter in adapters:
        common = set(peer.parts[role].kinds) & set(adapter.kinds)
        if adapter.name != ours.FULL[role] and adapter.plays_against(role) and common:
            kind = next(kind for kind in RICHEST_FIRST if kind in common)
            yield Pair(peer, role, kind, adapter.name, adapter.cells, _parameters(kind))


def _parameters(kind: str) -> str:
    return "default" if "deflate" in kind else ""
