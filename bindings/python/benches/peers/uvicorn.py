"""What uvicorn takes by itself where websockets is installed: a protocol over websockets."""

from .part import Uvicorn

UVICORN = [Uvicorn("uvicorn's default", "auto")]
