"""Where things are."""

import os
from pathlib import Path

INTEROP = Path(__file__).resolve().parent.parent
REPOSITORY = INTEROP.parent
SHARED = INTEROP / "peers" / "shared"


def cache() -> Path:
    """What is installed is kept here."""
    given = os.environ.get("INTEROP_CACHE")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(given) if given else caches / "websocket-proto-matrix"


def of_peer(key: str) -> Path:
    """The cache of one peer."""
    return cache() / "peers" / key
