"""wsproto, which has no input and output."""

from typing import Any

from wsproto.connection import CLIENT, SERVER, Connection, ConnectionType
from wsproto.events import BytesMessage

from .part import Receive, SansIO, Send, Uvicorn


def receiver() -> Receive:
    connection = Connection(SERVER)

    def receive(data: bytes) -> list[Any]:
        connection.receive_data(data)
        events: Any = connection.events()
        return [event.data for event in events]

    return receive


def sender(kind: ConnectionType) -> Send:
    connection = Connection(kind)

    def send(messages: list[bytes]) -> list[bytes]:
        return [connection.send(BytesMessage(message)) for message in messages]

    return send


SANS_IO = [
    SansIO(
        "wsproto",
        receiver,
        client_sender=lambda: sender(CLIENT),
        server_sender=lambda: sender(SERVER),
        leaves_out="parts of messages as they come, which it does not join; no limits",
    )
]
UVICORN = [Uvicorn("wsproto", "wsproto")]
