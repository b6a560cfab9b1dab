"""What drivers answer to the player, without a process in between."""

from __future__ import annotations

from driver import Answers

from events import Told


class TellingTold(Told):
    """An event with its members given at once."""

    def __init__(self, name, headers=(), **members):
        super().__init__(name)
        self.members = members
        self.headers = list(headers)


class Message:
    """Puts the parts of a message together."""

    def __init__(self):
        self.parts = None

    def add(self, part, *, first, last):
        """The whole message with its last part, and None before."""
        self.parts = [part] if first else [*self.parts, part]
        if not last:
            return None
        whole, self.parts = type(part)().join(self.parts), None
        return whole


class Driving:
    """The steps of a vector, for an implementation that is driven in this process.

    A subclass has a method for each step, which notes what happened in `answers`.
    """

    def tell(self, name, headers=(), **members):
        self.answers.told.append(TellingTold(name, headers, **members))

    def do_in(self, data, *lengths):
        data, at = unhexed(data), 0
        for length in lengths:
            self.receive(data[at : at + length])
            at += length


class Stranger(Driving):
    """A driver of another implementation."""

    def begin(self, vector, role, manner):
        self.role = role
        self.echoes = vector.get("echo", False)
        self.config = vector.get("config", {})
        self.failed = False
        self.answers = Answers()
        self.open(vector, vector.get("agreed"))

    def step(self, what, *words):
        self.answers = Answers()
        self.answers.transport = "not compared"
        getattr(self, f"do_{what}")(*words)
        self.answers.agreed = self.agreed()
        return self.answers

    def tell_failure(self):
        """That the connection failed, which is told once."""
        if not self.failed:
            self.tell("fails", why="failed")
        self.failed = True

    def tell_message(self, whole):
        if isinstance(whole, str):
            self.tell("text", data=whole.encode())
        else:
            self.tell("binary", data=bytes(whole))

    def refuse(self):
        self.answers.refused = "refused"

    # The sans-I/O layers of others have no clock, and leave writing to the caller.
    def do_at(self, _time):
        pass

    def do_clock(self, _time):
        pass

    def do_write(self, _number):
        pass


def unhexed(digits):
    return bytes.fromhex(digits[1:])


def options(words):
    """The subprotocols, headers and body in the words of a command."""
    subprotocols, headers, body = [], [], None
    words = iter(words)
    for what in words:
        if what == "p":
            subprotocols.append(unhexed(next(words)).decode())
        elif what == "h":
            headers.append((unhexed(next(words)), unhexed(next(words))))
        else:
            body = unhexed(next(words))
    return subprotocols, headers, body
