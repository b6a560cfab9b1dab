"""A page in headless Chromium, driven by its debugging protocol."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

COMMAND = [
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
]


class Page:
    """One page, whose elements are named by CSS selectors."""

    def __init__(self, browser: ClientConnection) -> None:
        self.browser = browser
        self.numbers = itertools.count(1)
        self.session: dict[str, str] = {}

    async def open(self, url: str) -> None:
        target = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self.session = {"sessionId": attached["sessionId"]}
        await self.call("Page.enable")
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")

    async def call(self, method: str, **parameters: Any) -> Any:
        """Calls the browser and waits for its answer; events in between are dropped."""
        number = next(self.numbers)
        command = {"id": number, "method": method, "params": parameters, **self.session}
        await self.browser.send(json.dumps(command))
        while (answer := json.loads(await self.browser.recv())).get("id") != number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    async def evaluate(self, expression: str) -> Any:
        result = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def until(self, condition: str) -> None:
        """Waits until an expression is true in the page."""
        async with asyncio.timeout(20):
            while not await self.evaluate(condition):
                await asyncio.sleep(0.02)

    async def type(self, selector: str, text: str) -> None:
        """Puts text into an input as a keyboard does."""
        await self.evaluate(f"document.querySelector({selector!r}).focus()")
        await self.call("Input.insertText", text=text)

    async def click(self, selector: str) -> None:
        await self.evaluate(f"document.querySelector({selector!r}).click()")

    async def texts(self, selector: str) -> list[str]:
        found = f"[...document.querySelectorAll({selector!r})].map(found => found.textContent)"
        return list(await self.evaluate(found))


@asynccontextmanager
async def chromium(url: str) -> AsyncIterator[Page]:
    """Opens `url` in a browser with a profile of its own, which goes with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = await asyncio.create_subprocess_exec(
            *COMMAND,
            f"--user-data-dir={profile}",
            env={**os.environ, "HOME": profile},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            address = await debugging_address(Path(profile, "DevToolsActivePort"))
            async with connect(address, max_size=None, proxy=None) as connection:
                page = Page(connection)
                await page.open(url)
                yield page
        finally:
            with suppress(ProcessLookupError):
                os.killpg(browser.pid, signal.SIGKILL)
            await browser.wait()


async def debugging_address(file: Path) -> str:
    """Where the browser wants to be driven, which it writes into a file once it is up."""
    async with asyncio.timeout(20):
        while not file.exists() or len(lines := file.read_text().split()) < 2:
            await asyncio.sleep(0.02)
    return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
