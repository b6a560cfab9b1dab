"""WebSockets for asyncio, in the shape of the package `websockets`.

```python
from websocket_proto.asyncio import connect, serve
```

A program that has `import websockets` can have `import websocket_proto.asyncio as websockets`.
"""

from .. import exceptions
from ..exceptions import (
    ConnectionClosed,
    ConnectionClosedError,
    ConnectionClosedOK,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
)
from .basic_auth import basic_auth
from .broadcast import broadcast
from .client import ClientConnection, connect, unix_connect
from .connection import Connection
from .http import Request, Response
from .server import Server, ServerConnection, serve, unix_serve

__all__ = [
    "ClientConnection",
    "Connection",
    "ConnectionClosed",
    "ConnectionClosedError",
    "ConnectionClosedOK",
    "InvalidHandshake",
    "InvalidStatus",
    "InvalidURI",
    "Request",
    "Response",
    "Server",
    "ServerConnection",
    "basic_auth",
    "broadcast",
    "connect",
    "exceptions",
    "serve",
    "unix_connect",
    "unix_serve",
]
