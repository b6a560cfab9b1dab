"""wsproto under Hypercorn as a server: server.py PORT. It always accepts compression."""

import asyncio
import os
import sys

from asgi_app import application
from hypercorn.asyncio import serve
from hypercorn.config import Config

config = Config()
config.bind = [f"127.0.0.1:{sys.argv[1]}"]
config.websocket_max_message_size = 64 << 20
config.certfile = os.environ.get("INTEROP_CERTIFICATE")
config.keyfile = os.environ.get("INTEROP_KEY")
asyncio.run(serve(application, config))
