"""Every test here runs with our class and with uvicorn's own two, unless it asks for ours alone: where
they agree, a program can move without noticing. Ours is tried over uvicorn's HTTP parsers and on both
event loops."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import trustme

from .serving import OURS, Running, Serve, serving

THEIRS = ["websockets-sansio", "wsproto"]
HTTP = ["httptools", "h11"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out combinations: uvicorn's own are tried in one way, and h11 on one event loop."""
    items[:] = [item for item in items if not is_left_out(getattr(item, "callspec", None))]


def is_left_out(callspec: Any) -> bool:
    if callspec is None:
        return False
    ways = callspec.params
    is_usual = ways.get("http") != "h11" and ways.get("anyio_backend") != "uvloop"
    return not is_usual and (
        ways.get("ws") in THEIRS
        or (ways.get("http"), ways.get("anyio_backend")) == ("h11", "uvloop")
    )


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture(params=[OURS, *THEIRS], ids=["ours", *THEIRS])
def ws(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=HTTP)
def http(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def serve(ws: str, http: str) -> Serve:
    """Starts uvicorn for an application, with what the parameters of the test name."""
    return bound(ws, http)


@pytest.fixture
def serve_ours() -> Serve:
    """The same with our class alone, for what uvicorn's own do otherwise."""
    return bound(OURS, "httptools")


def bound(ws: str, http: str) -> Callable[..., AbstractAsyncContextManager[Running]]:
    def start(app: Any, **options: Any) -> AbstractAsyncContextManager[Running]:
        return serving(app, ws=ws, http=http, **options)

    return start


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The paths of a certificate for 127.0.0.1, and of its key."""
    directory = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("127.0.0.1")
    paths = directory / "certificate.pem", directory / "key.pem"
    issued.cert_chain_pems[0].write_to_path(paths[0])
    issued.private_key_pem.write_to_path(paths[1])
    return str(paths[0]), str(paths[1])


@pytest.fixture
def trust(authority: trustme.CA) -> ssl.SSLContext:
    """A client's context that trusts the certificate."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context
