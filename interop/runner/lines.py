"""The lines that programs print."""

import json
from typing import Any

OUTCOMES = ("passed", "failed", "absent")


def outcome(line: str) -> tuple[str, str, str] | None:
    """The cell, the outcome and the detail of a client's line; `None` for any other line."""
    said = _object(line)
    if said is None or said.get("outcome") not in OUTCOMES or not isinstance(said.get("cell"), str):
        return None
    return said["cell"], said["outcome"], str(said.get("detail", ""))


def record(line: str) -> dict[str, Any] | None:
    """What our server says of one connection; `None` for any other line."""
    said = _object(line)
    return said if said is not None and "cell" in said else None


def _object(line: str) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
