"""What a program must not leave: tasks, open sockets, and complaints of its loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Leftovers:
    """Fails the test if there are any."""

    def __init__(self) -> None:
        self._complaints: list[str] = []
        self._sockets: set[str] = set()

    def note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What a loop calls for exceptions that nobody else handles."""
        # In its debug mode, asyncio tells of clients that leave during the TLS handshake.
        if not context["message"].startswith("Error on transport creation for incoming"):
            self._complaints.append(f"{context['message']}: {context.get('exception')!r}")

    async def check_tasks(self, main: Awaitable[T]) -> T:
        """Awaits, and then checks that all other tasks end by themselves."""
        result = await main
        for _ in range(100):
            if not (left := asyncio.all_tasks() - {asyncio.current_task()}):
                return result
            await asyncio.sleep(0.01)
        raise AssertionError(f"tasks are left: {left}")

    def __enter__(self) -> Self:
        self._sockets = open_sockets()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_type is None:
            assert not self._complaints, self._complaints
            left = open_sockets() - self._sockets
            assert not left, f"sockets are left open: {left}"


def open_sockets() -> set[str]:
    """The sockets that this process has open."""
    found = set()
    for descriptor in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.add(os.readlink(f"/proc/self/fd/{descriptor}"))
    return {name for name in found if name.startswith("socket:")}
