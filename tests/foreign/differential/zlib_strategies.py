#!/usr/bin/env python3
"""Writes zlib_strategies.json: messages as zlib compresses them by each of its strategies and with
much and little memory, neither of which flate2 can ask it for."""

import json
import pathlib
import random
import zlib

STRATEGIES = {
    "default": zlib.Z_DEFAULT_STRATEGY,
    "filtered": zlib.Z_FILTERED,
    "huffman only": zlib.Z_HUFFMAN_ONLY,
    "run lengths": zlib.Z_RLE,
    "fixed codes": zlib.Z_FIXED,
}
TAIL = b"\x00\x00\xff\xff"


def messages():
    dice = random.Random(6455)
    words = ["frame", "mask", "close", "é", "€uro", "😀", "aaaaaaaaaaaaaaaa", "\n", "0123456789"]
    text = lambda count: " ".join(dice.choice(words) for _ in range(count))
    return [text(90), "", text(40), "z" * 700, text(90)]


def stream(messages, strategy, level, bits, memory):
    deflate = zlib.compressobj(level, zlib.DEFLATED, -bits, memory, STRATEGIES[strategy])
    payloads = []
    for message in messages:
        payload = deflate.compress(message.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
        payloads.append(payload.removesuffix(TAIL).hex() or "00")
    return {
        "strategy": strategy, "level": level, "bits": bits, "memory": memory, "payloads": payloads
    }


said = messages()
streams = [
    stream(said, strategy, level, bits, memory)
    for strategy in STRATEGIES
    for level, bits in [(1, 9), (4, 15), (6, 9), (9, 12)]
    for memory in [1, 9]
]
lines = ",\n".join(json.dumps(stream) for stream in streams)
text = json.dumps(said, ensure_ascii=False)
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(f'{{"messages": {text},\n"streams": [\n{lines}\n]}}\n')
