"""Runs what the documentation shows.

A block of Python whose first line is `# NAME.py` is a program of its own. Other blocks of a page are
run in order, as the inside of one coroutine. An echo server answers at the port that they name.
"""

import ast
import asyncio
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
PAGES = [HERE / "README.md", *sorted((HERE / "docs").glob("*.md"))]
PORT = "8765"
OUTPUT = {
    "client.py": "Hello world!\n",
    "feed.py": "subscribe\n",
    "callbacks.py": "Hello listener!\n",
    "value.py": "asked for /chat\nHello value!\n",
}
ECHO = """
import asyncio
from websocket_proto.asyncio import serve

async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)

async def main():
    async with serve(echo, "localhost", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

asyncio.run(main())
"""


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def name(block: str) -> str | None:
    first = re.match(r"# (\w+\.py)\n", block)
    return first and first[1]


PROGRAMS = [block for page in PAGES for block in blocks(page) if name(block)]


@pytest.fixture(scope="module")
def port() -> Iterator[str]:
    """The port of an echo server in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        yield server.stdout.readline().strip()
        server.terminate()


def run(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", program]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("program", PROGRAMS, ids=name)
def test_a_program_runs_as_it_stands(program: str, port: str) -> None:
    if PORT in program and "serve_forever" in program:
        program = program.replace("serve_forever()", "start_serving()").replace(PORT, "0")
    done = run(program.replace(PORT, port))
    assert (done.stdout, done.stderr) == (OUTPUT.get(name(program) or "", ""), "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_snippets_of_a_page_run(page: Path, port: str) -> None:
    source = "".join(block for block in blocks(page) if not name(block))
    code = compile(
        source.replace(PORT, port),
        page.name,
        "exec",
        flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
    )

    async def run_it() -> None:
        result = eval(code, {"__name__": page.stem})
        if inspect.isawaitable(result):
            await result

    asyncio.run(run_it())
