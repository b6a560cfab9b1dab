"""What every server program in Python does, whatever it speaks with."""

from matrix_connection import FRAGMENTS, Absent, Closed, Connection


def announce(port: int, has_tls: bool) -> None:
    """Says where the server listens."""
    print(f"listening on {'wss' if has_tls else 'ws'}://127.0.0.1:{port}", flush=True)


async def serve(connection: Connection) -> None:
    """Sends messages back and obeys commands, until the connection ends."""
    try:
        while not await answer(connection, await connection.receive()):
            pass
    except Closed:
        pass


async def answer(connection: Connection, message: str | bytes) -> bool:
    """Answers one message; tells whether it was the last."""
    try:
        if isinstance(message, str) and message.startswith("!"):
            return await obey(connection, message)
        await connection.send(message)
    except Absent:
        await connection.send("absent")
    return False


async def obey(connection: Connection, command: str) -> bool:
    """Does what a client asks for; tells whether the connection ends with it."""
    name, code, reason = (*command.split(" ", 2), "", "")[:3]
    if name == "!close":
        await connection.close(int(code) if code else None, reason)
        return True
    if name == "!drop":
        await connection.drop()
        return True
    if name == "!fragments":
        await connection.send_fragments([FRAGMENTS[:3], FRAGMENTS[3:5], FRAGMENTS[5:]])
    elif name == "!ping":
        await connection.ping()
        await connection.send("ponged")
    else:
        await connection.send("absent")
    return False
