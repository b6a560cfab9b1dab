"""Compares what a vector expects with what happened."""

import json

TEXTS = ("text", "reason", "body")
BYTES = ("binary", "continuation", "ping", "pong", "payload")
NESTED = ("request", "open", "refused", "response")


def matches(expected, got):
    """Members that are left out may have any value, None is missing, and True is there."""
    if isinstance(expected, dict) and isinstance(got, dict):
        return all(member_matches(name, value, got) for name, value in expected.items())
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(matches, expected, got))
    if expected is True:
        return got is not None and got is not False
    if isinstance(expected, (int, float)) and not isinstance(expected, bool):
        return isinstance(got, (int, float)) and not isinstance(got, bool) and expected == got
    return type(expected) is type(got) and expected == got


def member_matches(name, expected, members):
    got = members.get(name)
    return matches(expected, got) or name == "connection" and has_token(got, expected)


def has_token(listed, token):
    """Whether a list, as in Connection, has the token."""
    if not isinstance(listed, str) or not isinstance(token, str):
        return False
    return token.lower() in [option.strip().lower() for option in listed.split(",")]


def normal(expected, notation):
    """An expectation in the form that is compared: bytes as digits, names in lower case."""
    return {name: normal_member(name, value, notation) for name, value in expected.items()}


def normal_member(name, value, notation):
    if value is None or isinstance(value, bool):
        return value
    if name in TEXTS:
        return notation.text(value).decode()
    if name in BYTES:
        return notation.bytes(value).hex()
    if name == "headers":
        return {header.lower(): expected for header, expected in value.items()}
    return normal(value, notation) if name in NESTED and isinstance(value, dict) else value


def normal_sent(expected, notation):
    """Like `normal` for what is sent: frames are final and not compressed by default."""
    expected = normal(expected, notation)
    if any(name in expected for name in ("text", "binary", "continuation")):
        expected.setdefault("fin", True)
        expected.setdefault("compressed", False)
    return expected


def difference(what, expected, got):
    """What differs, in words; None if nothing does."""
    if len(expected) == len(got) and all(map(matches, expected, got)):
        return None
    return f"{what}\n    expected:{shown(expected)}\n    got:{shown(got)}"


def shown(items):
    return "".join(f"\n      {shortened(json.dumps(item))}" for item in items) or " nothing"


def shortened(text):
    return text if len(text) <= 400 else f"{text[:200]}... ({len(text)} characters)"
