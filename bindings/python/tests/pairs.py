"""Two connections that talk to each other without a transport."""

from websocket_proto import Config, Connection, DeflateParameters, Event, Open, Request

PLAIN = Config(keepalive=None)


def open_pair(
    config: Config = PLAIN, *, deflate: DeflateParameters | None = None
) -> tuple[Connection, Connection]:
    """A client and a server between which the handshake was done."""
    client = Connection.established(client=True, config=config, deflate=deflate, now=0)
    server = Connection.established(client=False, config=config, deflate=deflate, now=0)
    return client, server


def shake_hands(client: Connection, server: Connection, **answer: object) -> Request:
    """Does the opening handshake, and returns the request."""
    (request,) = server.receive_data(client.data_to_send(), now=0)
    assert isinstance(request, Request)
    assert server.accept(now=0, **answer) == []  # type: ignore[arg-type]
    (opened,) = client.receive_data(server.data_to_send(), now=0)
    assert isinstance(opened, Open)
    return request


def carry(sender: Connection, receiver: Connection, now: float = 0) -> list[Event]:
    """Carries everything that waits to the other side, and returns what it makes of it."""
    return receiver.receive_data(sender.data_to_send(), now=now)
