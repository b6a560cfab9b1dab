"""The chat of examples/fastapi_chat.py, with members that are programs and one that is a browser."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from .chromium import chromium
from .serving import Serve

pytestmark = pytest.mark.anyio

EXAMPLE = Path(__file__).parents[2] / "examples" / "fastapi_chat.py"


@pytest.fixture
def chat() -> ModuleType:
    """The example, loaded anew, so that every test begins with empty rooms."""
    spec = importlib.util.spec_from_file_location("fastapi_chat", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def heard(member: ClientConnection) -> Any:
    return json.loads(await member.recv())


async def test_members_of_a_room_hear_each_other(serve: Serve, chat: ModuleType) -> None:
    async with serve(chat.app) as running, connect(running.url("/rooms/a?name=Ana")) as ana:
        assert await heard(ana) == {"joined": "Ana", "members": ["Ana"]}
        async with (
            connect(running.url("/rooms/a?name=Bea")) as bea,
            connect(running.url("/rooms/b?name=Cleo")) as cleo,
        ):
            for member in (ana, bea):
                assert await heard(member) == {"joined": "Bea", "members": ["Ana", "Bea"]}
            await ana.send("¿Qué tal?")
            for member in (ana, bea):
                assert await heard(member) == {"name": "Ana", "text": "¿Qué tal?"}
            assert await heard(cleo) == {"joined": "Cleo", "members": ["Cleo"]}
        assert await heard(ana) == {"left": "Bea", "members": ["Ana"]}


async def test_a_name_that_is_taken_or_missing_is_refused(serve: Serve, chat: ModuleType) -> None:
    async with serve(chat.app) as running, connect(running.url("/rooms/a?name=Ana")):
        with pytest.raises(InvalidStatus) as taken:
            await connect(running.url("/rooms/a?name=Ana"))
        with pytest.raises(InvalidStatus) as missing:
            await connect(running.url("/rooms/a"))
    assert taken.value.response.status_code == 409
    assert taken.value.response.body == b"Ana is already there"
    assert missing.value.response.status_code == 403


async def test_a_member_who_never_reads_has_to_leave(serve: Serve, chat: ModuleType) -> None:
    async with (
        serve(chat.app) as running,
        connect(running.url("/rooms/a?name=Ana"), compression=None) as ana,
        connect(running.url("/rooms/a?name=Deaf"), compression=None, max_queue=1) as deaf,
    ):
        text = "x" * 100_000
        while "Deaf" in chat.rooms["a"]:
            await ana.send(text)
            while "left" not in (message := await heard(ana)) and message.get("text") != text:
                pass
        deaf.transport.abort()


@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium here")
async def test_a_browser_takes_part(serve: Serve, chat: ModuleType) -> None:
    async with serve(chat.app) as running, connect(running.url("/rooms/lobby?name=Ana")) as ana:
        await heard(ana)
        async with chromium(f"http://127.0.0.1:{running.port}/") as page:
            await page.type("#name", "Zoë")
            await page.click("#enter button")
            assert await heard(ana) == {"joined": "Zoë", "members": ["Ana", "Zoë"]}
            await page.until("!document.querySelector('#speak').hidden")
            await page.type("#text", "grüezi " * 500)
            await page.click("#speak button")
            assert await heard(ana) == {"name": "Zoë", "text": "grüezi " * 500}
            await ana.send("welcome")
            await page.until("document.querySelectorAll('#log li').length === 3")
            assert await page.texts("#log li") == [
                "Zoë joined",
                f"Zoë: {'grüezi ' * 500}",
                "Ana: welcome",
            ]
            assert await page.texts("#status") == ["Here: Ana, Zoë"]
        assert await heard(ana) == {"name": "Ana", "text": "welcome"}
        assert await heard(ana) == {"left": "Zoë", "members": ["Ana"]}
