"""Loops to run the tests on, and certificates."""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
import trustme
import uvloop

from .leftovers import Leftovers

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}

#: No test takes as long.
LIMIT = 30


@pytest.fixture(params=list(LOOPS))
def run(request: pytest.FixtureRequest) -> Run[Any]:
    """Runs a coroutine to its end, after which no task, socket or warning may be left."""

    def run_and_check(main: Coroutine[Any, Any, T]) -> T:
        with Leftovers() as leftovers, asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.get_loop().set_exception_handler(leftovers.note)
            result = runner.run(leftovers.check_tasks(asyncio.wait_for(main, LIMIT)))
            gc.collect()
        return result

    return run_and_check


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests decide which proxies the environment names."""
    for name in ("ws", "wss", "http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name}_proxy".upper(), raising=False)
