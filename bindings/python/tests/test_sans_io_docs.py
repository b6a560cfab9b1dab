"""What `help` shows is what the stub says, which editors show."""

import ast
import inspect
from pathlib import Path

import pytest
import websocket_proto
from websocket_proto import _core

CLASSES = [
    "Backoff",
    "Binary",
    "Chunk",
    "ClientRequest",
    "Close",
    "Config",
    "Connection",
    "Deflate",
    "DeflateParameters",
    "End",
    "Ended",
    "Ending",
    "Failed",
    "GiveUp",
    "Headers",
    "Keepalive",
    "Open",
    "Ping",
    "Pong",
    "Prepared",
    "Proxy",
    "Refused",
    "Request",
    "Response",
    "Start",
    "Text",
    "Totals",
    "Traffic",
    "Tunnel",
]
STUB = Path(websocket_proto.__file__).with_name("_core.pyi").read_text(encoding="utf-8")
PARSED = {node.name: node for node in ast.parse(STUB).body if isinstance(node, ast.ClassDef)}


@pytest.mark.parametrize("name", CLASSES)
def test_the_stub_and_the_module_say_the_same(name):
    found = getattr(_core, name)
    assert inspect.getdoc(found) == ast.get_docstring(PARSED[name])
    described = {}
    for member in PARSED[name].body:
        if isinstance(member, ast.FunctionDef) and not member.name.startswith("__"):
            described.setdefault(member.name, ast.get_docstring(member))
    for member, text in described.items():
        assert getattr(found, member).__doc__ == text, member
