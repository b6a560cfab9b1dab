"""Command lines of peers, and what stands for the names in braces."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from . import places
from .peers import Peer


def names(peer: Peer) -> dict[str, str]:
    """What the names mean that all commands of a peer may use."""
    cache = places.of_peer(peer.key)
    python = cache / "venv" / "bin" / "python" if peer.install.pypi else Path("python3")
    return {
        "peer": str(peer.directory),
        "cache": str(cache),
        "shared": str(places.SHARED),
        "python": str(python),
    }


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """The text with `{name}` replaced for these names, and other braces as they are."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def words(command: str, values: Mapping[str, str]) -> list[str]:
    """The command line as a list. Values may have spaces."""
    return [filled_in(word, values) for word in shlex.split(command)]


def environment(peer: Peer) -> dict[str, str]:
    """The environment of a peer's programs, without what is said by variables of ours."""
    cache = places.of_peer(peer.key)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTEROP_")}
    return {
        **kept,
        "PYTHONPATH": str(places.SHARED),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NODE_PATH": str(cache / "node_modules"),
        "NO_PROXY": "*",
        "no_proxy": "*",
    }
