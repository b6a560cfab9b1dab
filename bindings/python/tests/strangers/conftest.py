"""What plays this package's own vectors is imported from there."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS.parents[2] / "conformance" / "player"))
sys.path.insert(0, str(TESTS / "conformance"))
