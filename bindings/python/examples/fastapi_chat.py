"""A chat with rooms, in FastAPI. Start it where this file is, and open http://127.0.0.1:8000 twice:

uvicorn --ws websocket_proto.uvicorn:Protocol fastapi_chat:app
"""

import asyncio
from collections import defaultdict
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query, WebSocket, WebSocketDisconnect, status
from fastapi.responses import FileResponse, PlainTextResponse

# How many messages may wait for a member who reads slowly before that member has to leave.
PATIENCE = 256

app = FastAPI()


class Member:
    """Somebody in a room, and what is still to be sent to them."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.waiting: asyncio.Queue[dict[str, object]] = asyncio.Queue(PATIENCE)
        self.hearing: asyncio.Task[None] | None = None

    def tell(self, message: dict[str, object]) -> None:
        try:
            self.waiting.put_nowait(message)
        except asyncio.QueueFull:
            if self.hearing is not None:
                self.hearing.cancel()

    async def take_part(self, room: "Room", name: str) -> None:
        """Passes on what the member says and hears, until the member leaves or falls too far back."""
        self.hearing = asyncio.create_task(self.hear())
        saying = asyncio.create_task(self.say(room, name))
        tasks = [saying, self.hearing]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for task in done:
            if not task.cancelled():
                task.result()

    async def hear(self) -> None:
        try:
            while True:
                await self.socket.send_json(await self.waiting.get())
        except WebSocketDisconnect:
            pass

    async def say(self, room: "Room", name: str) -> None:
        async for text in self.socket.iter_text():
            room.tell(name=name, text=text)


class Room(dict[str, Member]):
    """The members of a room by their names."""

    def tell(self, **message: object) -> None:
        for member in self.values():
            member.tell(message)


rooms: defaultdict[str, Room] = defaultdict(Room)


@app.get("/")
async def page() -> FileResponse:
    return FileResponse(Path(__file__).with_name("fastapi_chat.html"))


@app.websocket("/rooms/{room_name}")
async def chat(
    socket: WebSocket, room_name: str, name: Annotated[str, Query(min_length=1, max_length=20)]
) -> None:
    room = rooms[room_name]
    if name in room:
        taken = PlainTextResponse(f"{name} is already there", status.HTTP_409_CONFLICT)
        await socket.send_denial_response(taken)
        return
    room[name] = member = Member(socket)
    try:
        await socket.accept()
        room.tell(joined=name, members=sorted(room))
        await member.take_part(room, name)
    finally:
        del room[name]
        room.tell(left=name, members=sorted(room))
        if not room:
            del rooms[room_name]
