"""Keeps the latest prices of a feed, whatever happens to the feed's server.

    python market_data.py ws://localhost:8765/feed BTC-USD ETH-USD

Each message of the feed is like {"symbol": "BTC-USD", "price": "97000.5", "sequence": 7}. The
program subscribes anew on each connection, and reports a gap in the sequence numbers.
"""

import argparse
import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import Any

from websocket_proto import Backoff
from websocket_proto.asyncio import connect
from websocket_proto.exceptions import ConnectionClosed


@dataclass
class Book:
    """The latest price of each symbol."""

    prices: dict[str, str] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)

    def apply(self, update: dict[str, Any]) -> None:
        symbol, sequence = update["symbol"], update["sequence"]
        expected = self.sequences.get(symbol, sequence - 1) + 1
        if sequence != expected:
            print(f"{symbol}: missed {sequence - expected}", flush=True)
        self.prices[symbol], self.sequences[symbol] = update["price"], sequence
        print(f"{symbol} {update['price']}", flush=True)


async def follow(uri: str, symbols: list[str], first_delay: float) -> None:
    book = Book()
    # No price for ten seconds is a dead feed: the next ping finds out.
    connecting = connect(uri, ping_interval=5, ping_timeout=5, reconnect=Backoff(first=first_delay))
    async for websocket in connecting:
        print("connected", flush=True)
        try:
            await websocket.send(json.dumps({"subscribe": symbols}))
            async for message in websocket:
                book.apply(json.loads(message))
        except ConnectionClosed as error:
            print(f"lost: {error}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Follows the prices of a feed.")
    parser.add_argument("uri")
    parser.add_argument("symbols", nargs="+")
    parser.add_argument("--first-delay", type=float, default=5.0, help="seconds, at most")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    asyncio.run(follow(arguments.uri, arguments.symbols, arguments.first_delay))


if __name__ == "__main__":
    main()
