"""The process that makes an implementation playable."""

import subprocess

from events import SECOND, Told

NEVER = (1 << 64) - 1
PLAIN_OPTIONS = [
    "max_message",
    "max_frame",
    "max_fragments",
    "max_head",
    "max_headers",
    "max_refusal_body",
    "max_output",
    "fragment_size",
]
TIMES = ["handshake_timeout", "close_timeout", "write_timeout", "message_timeout"]


def nanos(seconds):
    return NEVER if seconds is False else round(seconds * SECOND)


def digits(data):
    return "x" + data.hex()


class Answers:
    """What a step has led to."""

    def __init__(self):
        self.told = []
        self.sent = b""
        self.refused = None
        self.transport = None
        self.agreed = False
        self.lenient = []


class Driver:
    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1 << 16
        )

    def say(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")

    def step(self, *words):
        self.say(*words)
        self.process.stdin.flush()
        answers = Answers()
        while (line := self.process.stdout.readline().rstrip("\n")) != "done":
            if not line:
                raise SystemExit(f"the driver ended: status {self.process.wait()}")
            self.note(answers, *line.split(" "))
        return answers

    def note(self, answers, what, *words):
        if what == "event":
            answers.told.append(Told(words[0]))
        elif what == "+":
            answers.told[-1].add(*words)
        elif what == "sent":
            answers.sent += bytes.fromhex(words[0][1:])
        elif what == "agreed":
            answers.agreed = [int(word) for word in words]
        elif what == "lenient":
            answers.lenient.append(words[0])
        else:
            setattr(answers, what, words[0])

    def begin(self, vector, role, manner):
        """Sets up the connection of a vector. The manner is how the driver reads and delivers."""
        self.say("begin")
        self.configure(vector.get("config", {}))
        for word in manner:
            self.say(*word.split(" "))
        for word in ("echo", "held"):
            if vector.get(word):
                self.say(word)
        if vector.get("start") != "handshake":
            agreed = vector.get("agreed")
            self.say("open", role, *(parameters(agreed)[:4] if agreed is not None else []))
        elif role == "server":
            self.say("server")

    def configure(self, config):
        config = dict(config)
        for name in PLAIN_OPTIONS:
            self.option(name, config.pop(name, None))
        for name in TIMES:
            time = config.pop(name, None)
            self.option(name, None if time is None else nanos(time))
        if (pong := config.pop("automatic_pong", None)) is not None:
            self.option("automatic_pong", int(pong))
        self.keepalive(config.pop("keepalive", None))
        if (path := config.pop("health_check", None)) is not None:
            self.say("health_check", digits(path.encode()))
        if lenient := config.pop("lenient", None):
            self.say("lenient", *lenient)
        self.deflate(config.pop("deflate", None))
        assert not config, f"options that are not known: {config}"

    def option(self, name, number):
        if number is not None:
            self.say("option", name, number)

    def keepalive(self, keepalive):
        if keepalive is False:
            return self.option("keepalive", 0)
        for name, number in (keepalive or {}).items():
            is_time = name in ("interval", "timeout")
            self.option(name, nanos(number) if is_time else int(number))

    def deflate(self, deflate):
        if deflate is None:
            return
        self.option("deflate", 1)
        self.option("minimum", deflate.get("minimum"))
        for of in ("offer", "fallback", "policy"):
            if (given := deflate.get(of)) is not None:
                left_out = 0 if of == "policy" else 15
                self.say("deflate", of, *parameters(given, left_out))

    def end(self):
        """Lets the driver end by itself; its status."""
        self.process.stdin.close()
        return self.process.wait()


def parameters(given, client_window=0):
    """Those of compression, in order. `client_window` stands for one that is left out."""
    window = given.get("client_max_window_bits", client_window)
    return [
        int(given.get("server_no_context_takeover", False)),
        int(given.get("client_no_context_takeover", False)),
        given.get("server_max_window_bits", 0),
        int(window),
        int(given.get("requires_client_max_window_bits", False)),
    ]
