"""The WebSocket protocol (RFC 6455) as a value, and on asyncio."""

from ._core import __version__

__all__ = ["__version__"]
