"""Our programs: on each adapter in Rust, in C and in Python."""

import json
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from . import places
from .cells import ECHO, KINDS, SHORT
from .places import INTEROP, REPOSITORY

FULL = {"client": "tokio", "server": "std", "proxy": "tokio"}
"""By a peer's role, the adapter of ours that gets all cells."""
IN_RUST = ("std", "tokio", "smol")
ALL = (*IN_RUST, "c", "python")


@dataclass(frozen=True)
class Adapter:
    """One of our sides, and what is tried with it."""

    name: str
    server: tuple[str, ...]
    client: tuple[str, ...] = ()
    cells: tuple[str, ...] = SHORT
    kinds: tuple[str, ...] = KINDS
    keeps_records: bool = True
    """Whether its server tells what it has seen."""

    def plays_against(self, role: str) -> bool:
        """Whether it can be at the other end of a peer in this role."""
        return bool(self.server if role == "client" else self.client)


def build(names: Iterable[str]) -> dict[str, Adapter]:
    """Builds what these adapters need."""
    wanted = set(names)
    program = _build_rust()
    adapters = {name: _in_rust(name, program) for name in IN_RUST}
    if "c" in wanted:
        adapters["c"] = _in_c()
    if "python" in wanted:
        adapters["python"] = _in_python()
    return adapters


def _in_rust(name: str, program: str) -> Adapter:
    return Adapter(name, (program, "server", "--io", name), (program, "client", "--io", name))


def _build_rust() -> str:
    command = ["cargo", "build", "--release", "-p", "interop"]
    said = _output([*command, "--message-format=json-render-diagnostics"])
    executables = [_executable(line) for line in said.splitlines()]
    return [path for path in executables if path][-1]


def _executable(line: str) -> str:
    return str(json.loads(line).get("executable") or "")


def _in_c() -> Adapter:
    """The example with a loop of its own, which sends back what it gets and knows no commands."""
    place = places.cache() / "ours" / "c"
    _output([str(REPOSITORY / "bindings" / "c" / "install"), str(place)])
    source = REPOSITORY / "bindings" / "c" / "examples" / "epoll.c"
    library = ["-I", str(place / "include"), str(place / "lib" / "libwebsocket_proto.so")]
    program = str(place / "epoll")
    rpath = f"-Wl,-rpath,{place / 'lib'}"
    _output(["cc", "-std=c99", "-O2", str(source), "-o", program, *library, rpath])
    return Adapter(
        "c",
        (program, "{port}"),
        cells=ECHO,
        kinds=("plain", "deflate"),
        keeps_records=False,
    )


def _in_python() -> Adapter:
    """The package, by the programs that another package in its shape has."""
    venv = places.cache() / "ours" / "python"
    _output(["python3", "-m", "venv", str(venv)])
    package = str(REPOSITORY / "bindings" / "python")
    pip = [str(venv / "bin" / "pip"), "install", "-q", "--disable-pip-version-check"]
    _output([*pip, "--force-reinstall", "--no-deps", package])
    python, programs = str(venv / "bin" / "python"), INTEROP / "ours" / "python"
    return Adapter(
        "python",
        (python, str(programs / "server.py")),
        (python, str(programs / "client.py")),
        keeps_records=False,
    )


def _output(command: list[str]) -> str:
    """What a command prints; its errors are for the reader."""
    done = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"cannot build our side: {' '.join(command)} failed")
    return done.stdout


def environment(parameters: str) -> dict[str, str]:
    """The environment of our programs, with these parameters of compression, or none."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTEROP_")}
    deflate = {"INTEROP_DEFLATE": parameters} if parameters else {}
    python = {"PYTHONPATH": str(places.SHARED), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **python, **deflate}


def commit() -> str:
    """The last commit that changed what is tried."""
    return _output(["git", "log", "-1", "--format=%h", "--", "src", "bindings"]).strip()
