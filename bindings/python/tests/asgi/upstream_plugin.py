"""The part of upstream.py that is loaded into pytest: our class where uvicorn's would be tried."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from websocket_proto._core import Link
from websocket_proto.uvicorn import Protocol as Ours

DEVIATIONS: dict[str, str] = tomllib.loads(Path(__file__).with_name("deviations.toml").read_text())


class Protocol(Ours):
    """Our class with what uvicorn's tests look at in theirs."""

    # Set by a test alone, which deviates.
    close_timeout = 10.0
    has_reply = False

    def on_close(self, link: Link, code: int, reason: str) -> None:
        self.has_reply = True
        super().on_close(link, code, reason)

    @property
    def close_timer(self) -> object | None:
        """Something while the answer to a Close frame is awaited."""
        return None if self.has_reply or self.is_closed else self._farewell

    @property
    def ping_timer(self) -> object | None:
        """Something if pings are sent."""
        return self._config.ws_ping_interval

    @property
    def ping_sent_at(self) -> float:
        """Something else than 0 once a ping was answered."""
        return self.round_trip or 0.0


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parameters of a test take the place of those of its fixture."""
    if "ws_protocol_cls" in metafunc.fixturenames:
        ours = pytest.mark.parametrize("ws_protocol_cls", [Protocol], ids=["ours"])
        metafunc.definition.add_marker(ours)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    used = set()
    for item in items:
        module = item.getparent(pytest.Module)
        assert module is not None
        name_our_class(module.obj)
        name = re.sub(r"(httptools|h11|zttp|ours)-?", "", item.name).replace("[]", "")
        if reason := DEVIATIONS.get(name):
            used.add(name)
            item.add_marker(pytest.mark.xfail(reason=reason, strict="At times" not in reason))
    if unknown := DEVIATIONS.keys() - used:
        raise pytest.UsageError(f"deviations.toml has tests that are not there: {sorted(unknown)}")


def name_our_class(module: ModuleType) -> None:
    """Some tests name uvicorn's class, instead of taking the parameter."""
    module.WebSocketsSansIOProtocol = Protocol  # type: ignore[attr-defined]
