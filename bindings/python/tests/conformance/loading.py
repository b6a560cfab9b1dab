"""The player's main module, which has no name that can be imported."""

import importlib.util
from pathlib import Path

PLAYER = Path(__file__).resolve().parents[4] / "conformance" / "player"


def load_player():
    spec = importlib.util.spec_from_file_location("player", PLAYER / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


player = load_player()
