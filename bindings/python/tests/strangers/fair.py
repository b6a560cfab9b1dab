"""Vectors as another implementation can be asked for them, and why others are left out."""

from __future__ import annotations

import copy

# Members of what a server or client is shown of a head, that every interface shows.
SHOWN = {
    "request": ("target", "subprotocols", "headers"),
    "open": ("status", "subprotocol", "headers"),
    "refused": ("status", "headers", "body", "location", "retry_after", "versions", "challenges"),
}
# Header fields that wsproto keeps to itself.
KEPT = {"upgrade", "connection", "host"}

NO_OPTION = {
    "max_fragments": "no limit on fragments",
    "max_head": "its limits on heads are constants",
    "max_headers": "its limits on heads are constants",
    "max_refusal_body": "its limit on the body of a refusal is a constant",
    "max_output": "output is the caller's as soon as it is made",
    "fragment_size": "messages are not divided",
    "lenient": "rules cannot be relaxed",
    "health_check": "no answer to what is not a request for a WebSocket",
    "keepalive": "no clock",
    "message_timeout": "no clock",
    "close_timeout": "no clock",
    "handshake_timeout": "no clock",
    "write_timeout": "no clock",
}
OWN_NO_OPTION = {
    "websockets": {"automatic_pong": "pings are always answered"},
    "wsproto": {
        "max_message": "no limit on messages: it delivers parts",
        "max_frame": "no limit on frames: it delivers parts",
    },
}
# Vectors about limits on heads as they are by default.
DEFAULT_LIMITS = ("H16c", "H24", "H25c", "R10b", "R10c", "R10d")
WINDOWS = ("server_max_window_bits", "client_max_window_bits")


def reason_to_skip(name, vector):
    """Why the interface cannot be asked this; None if it can."""
    config = vector.get("config", {})
    missing = {**NO_OPTION, **OWN_NO_OPTION[name]}
    for option in config:
        if option in missing:
            return missing[option]
    if vector["id"].startswith(DEFAULT_LIMITS):
        return "its limits on heads are constants"
    if vector.get("held"):
        return "output is the caller's as soon as it is made"
    for step in vector["steps"]:
        if "at" in step and (step.get("events") or step.get("sends")):
            return "no clock"
    return reason_for_command(name, vector) or reason_for_deflate(name, vector)


def reason_for_command(name, vector):
    for step in vector["steps"]:
        command = step.get("do")
        if command == "abort" and name == "wsproto":
            return "no way to abort"
        connects = isinstance(command, dict) and "connect" in command
        about_urls = step.get("refused") or vector["id"].startswith("R14")
        if name == "wsproto" and connects and about_urls:
            return "a client is given a host and a target, and no URL"
    if name == "websockets" and vector["id"] == "H27c":
        return "a subprotocol is chosen before the request is accepted"
    if name == "wsproto" and vector["id"] == "F30c":
        return "a fragment of a text is a str, which cannot end inside a character"
    return None


def reason_for_deflate(name, vector):
    deflate = vector.get("config", {}).get("deflate") or {}
    agreed = vector.get("agreed") or {}
    if "minimum" in deflate:
        return "every message is compressed"
    if name == "wsproto" and ("fallback" in deflate or "policy" in deflate):
        return "no second offer, and no policy"
    if name == "wsproto" and deflate.get("offer", {}).get("client_max_window_bits") is False:
        return "the window of the client is always offered"
    parameters = [agreed, *(deflate.get(of, {}) for of in ("offer", "fallback", "policy"))]
    if any(given.get(window) == 8 for given in parameters for window in WINDOWS):
        return "zlib has no window of 8 bits"
    return None


def fair(name, vector):
    """The vector with what the interface shows, and without names that are this crate's."""
    vector = copy.deepcopy(vector)
    handshake = vector.get("start") == "handshake"
    for step in vector["steps"]:
        step.pop("transport", None)
        step.pop("lenient", None)
        if "refused" in step:
            step["refused"] = "refused"
        if "events" in step:
            step["events"] = fair_items(name, step["events"], with_end=not handshake)
        for item in step.get("sends", []):
            for head in ("request", "response"):
                if "headers" in item.get(head, {}):
                    item[head]["headers"] = left_to_the_layer(name, item[head]["headers"])
    return vector


def left_to_the_layer(name, headers):
    """The headers without those that an application adds by itself, as the documents say."""
    left = {"user-agent"}
    if name == "wsproto":
        # Its offer names both windows in any case.
        left |= {"sec-websocket-extensions"} if "Host" in headers or len(headers) == 1 else set()
    kept = {it: value for it, value in headers.items() if it.lower() not in left}
    if name == "wsproto" and kept.get("Connection") == "close":
        del kept["Connection"]
    return kept


def fair_items(name, items, *, with_end):
    kept = []
    for item in items:
        if "repeat" in item and "of" in item:
            item = {**item, "of": fair_items(name, item["of"], with_end=with_end)}
        elif "ended" in item:
            if name == "wsproto" or not with_end:
                continue
            item = {"ended": True, **({"code": item["code"]} if "code" in item else {})}
        elif "fails" in item:
            item = {"fails": True}
        else:
            item = {kind: shown(name, kind, value) for kind, value in item.items()}
            item.pop("round_trip", None)
        kept.append(item)
    return kept


def shown(name, kind, members):
    if kind not in SHOWN or not isinstance(members, dict):
        return members
    members = {member: value for member, value in members.items() if member in SHOWN[kind]}
    if name == "wsproto" and "headers" in members:
        headers = members["headers"]
        members["headers"] = {it: headers[it] for it in headers if hidden(it) is False}
    return members


def hidden(header):
    return header.lower() in KEPT or header.lower().startswith("sec-websocket-")
