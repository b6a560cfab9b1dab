"""The player of the conformance vectors is imported as it stands."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "conformance" / "player"))
