"""The vectors, one for each of their cases."""

import json
from pathlib import Path

FILES = [
    "server-handshake",
    "extensions",
    "client-handshake",
    "frames",
    "messages",
    "utf8",
    "close",
    "deflate",
    "timing",
]


def read_all():
    for file in FILES:
        path = Path(__file__).parent.parent / f"{file}.json"
        for item in json.loads(path.read_text()):
            yield from expand(item)


def expand(item):
    """The vector once for each of its cases."""
    cases = item.pop("cases", None)
    if cases is None:
        yield item
        return
    for number, case in enumerate(cases, 1):
        yield {**filled(item, case), "id": f"{item['id']}-{number}"}


def filled(value, case):
    """The value with the names of the case replaced in all its texts."""
    if isinstance(value, str):
        return filled_text(value, case)
    if isinstance(value, list):
        return [filled(item, case) for item in value]
    if isinstance(value, dict):
        return {name: filled(member, case) for name, member in value.items()}
    return value


def filled_text(text, case):
    for name, value in case.items():
        if text == f"{{{name}}}":
            return value
    for name, value in case.items():
        shown = value if isinstance(value, str) else json.dumps(value)
        text = text.replace(f"{{{name}}}", shown)
    return text


def roles(vector):
    """The roles to play this side in."""
    return ["server", "client"] if vector["role"] == "both" else [vector["role"]]


def all_items(items):
    """The items of a list of expectations, with repeated ones expanded."""
    for item in items:
        if "repeat" in item and "of" in item:
            for _ in range(item["repeat"]):
                yield from all_items(item["of"])
        else:
            yield item
