"""Output, divided into HTTP heads and frames. Every frame has to obey all of RFC 6455."""

import zlib

TAIL = b"\x00\x00\xff\xff"
CONTROL = {8: "close", 9: "ping", 10: "pong"}


class Broken(Exception):
    """The output breaks a rule of the protocol."""


def need(condition, rule):
    if not condition:
        raise Broken(rule)


def add_header(headers, name, value):
    name = name.lower()
    headers[name] = f"{headers[name]}, {value}" if name in headers else value


class Sent:
    def __init__(self, role, handshake):
        self.role = role
        self.in_head = handshake
        self.answers_head = False
        self.in_message = False
        self.bytes = b""
        self.inflater = zlib.decompressobj(-15)
        self.last_ping = b""

    def take(self, new):
        """All heads and frames that are whole now."""
        self.bytes += new
        items = []
        while (found := self.head() if self.in_head else self.frame()) is not None:
            item, size = found
            self.bytes = self.bytes[size:]
            items.append(item)
        return items

    def head(self):
        end = self.bytes.find(b"\r\n\r\n") + 4
        if end < 4:
            return None
        first, *lines = self.bytes[: end - 4].decode().split("\r\n")
        headers = {}
        for line in lines:
            add_header(headers, *line.split(": ", 1))
        if self.role == "client":
            method, target, version = first.split(" ")
            need((method, version) == ("GET", "HTTP/1.1"), "the request line")
            self.in_head = False
            return {"request": {"target": target, "headers": headers}}, end
        return self.response(first, headers, end)

    def response(self, first, headers, end):
        version, status = first.split(" ")[:2]
        need(version == "HTTP/1.1", "the status line")
        self.in_head = status != "101"
        length = int(headers.get("content-length", 0))
        response = {"status": int(status), "headers": headers}
        if self.answers_head:
            need(len(self.bytes) == end, "RFC 9110 section 9.3.2: no body in the answer to HEAD")
            return {"response": response}, end
        if len(self.bytes) < end + length:
            return None
        response["body"] = self.bytes[end : end + length].decode(errors="replace")
        return {"response": response}, end + length

    def frame(self):
        if len(self.bytes) < 2:
            return None
        first, second = self.bytes[:2]
        masked, length, at = second >> 7, second & 127, 2
        if length > 125:
            extra = 2 if length == 126 else 8
            if len(self.bytes) < at + extra:
                return None
            least = 126 if length == 126 else 1 << 16
            length = int.from_bytes(self.bytes[at : at + extra], "big")
            need(least <= length < 1 << 63, "section 5.2: the shortest form of a length")
            at += extra
        need(masked == (self.role == "client"), "section 5.1: who masks")
        key = self.bytes[at : at + 4 * masked]
        at += 4 * masked
        if len(self.bytes) < at + length:
            return None
        payload = self.bytes[at : at + length]
        if any(key):
            payload = bytes(byte ^ key[i & 3] for i, byte in enumerate(payload))
        return self.checked(first, payload), at + length

    def checked(self, first, payload):
        fin, rsv, opcode = first >> 7 == 1, first >> 4 & 7, first & 15
        need(opcode in (0, 1, 2, 8, 9, 10), "section 5.2: the opcode")
        need(rsv == 0 or rsv == 4 and opcode in (1, 2), "section 5.2: the reserved bits")
        if opcode in CONTROL:
            need(fin and len(payload) <= 125, "section 5.5: a control frame")
            return self.control(CONTROL[opcode], payload)
        need((opcode == 0) == self.in_message, "section 5.4: the order of fragments")
        self.in_message = not fin
        return self.data(opcode, fin, rsv == 4, payload)

    def control(self, name, payload):
        if name == "ping":
            self.last_ping = payload
        if name != "close":
            return {name: payload.hex()}
        need(len(payload) != 1, "section 5.5.1: half a code")
        code = int.from_bytes(payload[:2], "big") if payload else 1005
        return {"close": code, "reason": payload[2:].decode()}

    def data(self, opcode, fin, compressed, payload):
        if opcode == 0:
            return {"continuation": payload.hex(), "fin": fin, "compressed": False}
        raw = payload.hex() if compressed else None
        if compressed:
            payload = self.inflated(payload)
        shown = {"fin": fin, "compressed": compressed, "payload": raw}
        if opcode == 1:
            return {"text": payload.decode(errors="replace"), **shown}
        return {"binary": payload.hex(), **shown}

    def inflated(self, payload):
        need(not payload.endswith(TAIL), "RFC 7692 section 7.2.1: the tail is left out")
        return self.inflater.decompress(payload + TAIL)
