"""Events as a driver tells them, in the notation of vectors."""

from sent import add_header

SECOND = 1_000_000_000
NAMES = {"how", "deadline", "why", "error", "fault", "initiator"}


class Told:
    """The event that a driver is telling."""

    def __init__(self, name):
        self.name = name
        self.members = {}
        self.headers = []

    def add(self, name, *values):
        if name == "header":
            self.headers.append(tuple(bytes.fromhex(value[1:]) for value in values))
        elif name == "subprotocols":
            self.members.setdefault(name, []).append(bytes.fromhex(values[0][1:]).decode())
        else:
            self.members[name] = value(name, values[0])


def value(name, shown):
    if name in NAMES:
        return shown
    return bytes.fromhex(shown[1:]) if shown[0] == "x" else int(shown)


class Events:
    """Makes events of what is told, and messages of their parts."""

    def __init__(self, unchecked_text):
        self.unchecked_text = unchecked_text
        self.message = None
        self.has_ended = False

    def event(self, told):
        """The event; None for a part of a message."""
        assert not self.has_ended, f"{told.name} after the ending"
        method = getattr(self, told.name.replace("-", "_"))
        return method(told, told.members)

    def request(self, told, members):
        return {
            "request": {
                **{name: members[name].decode() for name in ("target", "path", "authority")},
                "query": members["query"].decode() if "query" in members else None,
                "subprotocols": members.get("subprotocols", []),
                "headers": joined(told.headers),
                "same_origin": members["same_origin"] == 1,
            }
        }

    def open(self, told, members):
        return {"open": response(told, members)}

    def refused(self, told, members):
        return {"refused": response(told, members)}

    def text(self, _, members):
        return {"text": members["data"].decode()}

    def binary(self, _, members):
        return {"binary": members["data"].hex()}

    def message_start(self, _, members):
        assert self.message is None, "a start inside of a message"
        is_text = members["is_text"] == 1 and not self.unchecked_text
        self.message = (is_text, [])

    def message_chunk(self, _, members):
        assert members["data"], "an empty chunk"
        self.message[1].append(members["data"])

    def message_end(self, _, members):
        (is_text, chunks), self.message = self.message, None
        payload = b"".join(chunks)
        return {"text": payload.decode()} if is_text else {"binary": payload.hex()}

    def ping(self, _, members):
        return {"ping": members["data"].hex()}

    def pong(self, _, members):
        round_trip = members.get("round_trip")
        seconds = None if round_trip is None else round_trip / SECOND
        return {"pong": members["data"].hex(), "round_trip": seconds}

    def close(self, _, members):
        return {"close": members["code"], "reason": members["data"].decode()}

    def fails(self, _, members):
        return {"fails": members["why"]}

    def ended(self, _, members):
        self.has_ended = True
        names = ["deadline", "code", "initiator", "sent", "received", "fault"]
        return {
            "ended": members["how"],
            **{name: members.get(name) for name in names},
            "message_lost": members["message_lost"] == 1,
            "stalled": members["stalled"] / SECOND,
        }


def joined(pairs):
    """Headers with names in lower case, and the values of each name joined."""
    headers = {}
    for name, value in pairs:
        try:
            shown = value.decode()
        except UnicodeDecodeError:
            shown = value.hex()
        add_header(headers, name.decode(), shown)
    return headers


def response(told, members):
    """What a driver does not tell of a response is read from its headers."""
    headers = joined(told.headers)
    from_proxy = "proxy-" if members["status"] == 407 else "www-"
    challenge = f"{from_proxy}authenticate"
    subprotocol = members.get("subprotocol")
    return {
        "status": members["status"],
        "subprotocol": subprotocol.decode() if subprotocol is not None else None,
        "headers": headers,
        "body": members["data" if "data" in members else "body"].decode(errors="replace"),
        "truncated": members["truncated"] == 1,
        "location": headers.get("location"),
        "retry_after": number(headers.get("retry-after", "")),
        "versions": versions(headers.get("sec-websocket-version", "")),
        "challenges": [
            value.decode() for name, value in told.headers if name.decode().lower() == challenge
        ],
    }


def number(text):
    return int(text) if text.isascii() and text.isdigit() else None


def versions(text):
    found = [number(element.strip()) for element in text.split(",")]
    return [version for version in found if version is not None and version < 256]
