"""A counter that several clients change, and all of them see."""

import asyncio
import json

from websockets.asyncio.client import connect
from websockets.asyncio.server import broadcast, serve

USERS = set()
VALUE = 0


def users_event():
    return json.dumps({"type": "users", "count": len(USERS)})


def value_event():
    return json.dumps({"type": "value", "value": VALUE})


async def counter(websocket):
    global VALUE
    try:
        USERS.add(websocket)
        broadcast(USERS, users_event())
        await websocket.send(value_event())
        async for message in websocket:
            event = json.loads(message)
            if event["action"] == "plus":
                VALUE += 1
                broadcast(USERS, value_event())
            elif event["action"] == "minus":
                VALUE -= 1
                broadcast(USERS, value_event())
            else:
                print("unknown action", event)
    finally:
        USERS.remove(websocket)
        broadcast(USERS, users_event())


async def main():
    async with serve(counter, "localhost", 0) as server:
        port = server.sockets[0].getsockname()[1]
        uri = f"ws://localhost:{port}"
        async with connect(uri) as first:
            print("first:", await first.recv(), await first.recv())
            async with connect(uri) as second:
                print("second:", await second.recv(), await second.recv())
                print("first:", await first.recv())
                for action in ("plus", "plus", "minus"):
                    await second.send(json.dumps({"action": action}))
                    print(await first.recv() == await second.recv())
            print("first:", [await first.recv()])
        await asyncio.sleep(0.1)
        print("left:", len(USERS), "value:", VALUE)


asyncio.run(main())
