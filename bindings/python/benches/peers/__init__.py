"""All that is compared, in the order of the tables. A new peer is a file and its name here."""

from typing import Any

from . import aiohttp, asyncio, ours, picows, picows_websockets, uvicorn, websockets, wsproto
from .part import Chat, Client, SansIO, Uvicorn

MODULES = [ours, picows, picows_websockets, aiohttp, websockets, wsproto, uvicorn, asyncio]


def _all(kind: str) -> list[Any]:
    return [part for module in MODULES for part in getattr(module, kind, [])]


CLIENTS: list[Client] = _all("CLIENTS")
SANS_IO: list[SansIO] = _all("SANS_IO")
CHATS: list[Chat] = _all("CHATS")
UVICORN: list[Uvicorn] = _all("UVICORN")
