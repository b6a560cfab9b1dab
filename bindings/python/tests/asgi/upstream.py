"""Runs uvicorn's own WebSocket tests with our class, and nothing but what deviations.toml says may fail.

python tests/asgi/upstream.py [ARGUMENTS OF PYTEST]

The tests are those in the source distribution of the uvicorn that is installed, which is downloaded from
PyPI for the occasion. A deviation that no longer is one fails too.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
TESTS = "tests/protocols/test_websocket.py"


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        source = unpacked(Path(directory))
        command = [sys.executable, "-m", "pytest", TESTS, "-p", "upstream_plugin"]
        # Its own options ask for plugins that are not needed here.
        options = ["-o", "addopts=", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio"]
        path = {"PYTHONPATH": f"{HERE}:{source}", "PATH": "/usr/bin:/bin"}
        command += [*options, *sys.argv[1:]]
        return subprocess.run(command, cwd=source, env=path, check=False).returncode


def unpacked(directory: Path) -> Path:
    """The source distribution, as PyPI has it."""
    name = f"uvicorn-{version('uvicorn')}"
    download = ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    wanted = name.replace("-", "==")
    subprocess.run([sys.executable, *download, "--dest", directory, wanted], check=True)
    with tarfile.open(directory / f"{name}.tar.gz") as archive:
        archive.extractall(directory, filter="data")
    return directory / name


if __name__ == "__main__":
    sys.exit(main())
