"""Plays the conformance vectors against a driver. README.md describes both."""

import argparse
import copy
import sys

import cuts
import vectors
from compare import difference, normal, normal_sent
from driver import Driver, digits, nanos
from events import Events
from notation import Notation
from sent import Broken, Sent

# How a driver reads and looks at events, in turn: by every manner that it may have.
MANNERS = [[], ["space", "own"], ["lent"], ["take"], ["own"], ["space", "take"]]
COMMANDS_OF_BYTES = ("send_binary", "fragment", "finish", "ping", "pong")
PARAMETERS = (
    "server_no_context_takeover",
    "client_no_context_takeover",
    "server_max_window_bits",
    "client_max_window_bits",
)


class Player:
    """One connection of one vector."""

    def __init__(self, driver, vector, role, manner):
        self.driver, self.vector = driver, vector
        self.notation = Notation(role)
        self.sent = Sent(role, vector.get("start") == "handshake")
        lenient = vector.get("config", {}).get("lenient", [])
        self.events = Events("unchecked-text" in lenient)
        driver.begin(vector, role, manner)

    def play(self, way):
        """What differs from the vector; None if nothing does."""
        for number, step in enumerate(self.vector["steps"], 1):
            answers = self.driver.step(*self.words(step, way))
            try:
                found = self.differs(step, answers)
            except (Broken, AssertionError) as error:
                found = str(error)
            if found:
                return f"step {number}: {found}"
        return None

    def words(self, step, way):
        """The step as a line for the driver."""
        if "in" in step:
            data = self.notation.bytes(step["in"])
            self.sent.answers_head |= data.startswith(b"HEAD ")
            return ["in", digits(data), *cuts.lengths(way, len(data))]
        if "do" in step:
            return self.command(step["do"])
        if "at" in step:
            return ["at", nanos(step["at"])]
        if "clock" in step:
            return ["clock", nanos(step["clock"])]
        if "write" in step:
            return ["write", (1 << 64) - 1 if step["write"] == "all" else step["write"]]
        return ["eof"]

    def command(self, command):
        if command == "abort":
            return ["abort"]
        ((name, value),) = command.items()
        if name in COMMANDS_OF_BYTES:
            return [name, digits(self.notation.bytes(value))]
        return getattr(self, name)(value)

    def send_text(self, value):
        return ["send_text", digits(self.notation.text(value))]

    def start(self, kind):
        return ["start", kind]

    def close(self, value):
        return ["close", value["code"], digits(self.notation.text(value.get("reason")))]

    def connect(self, value):
        names = [word for name in value.get("subprotocols", []) for word in ("p", shown(name))]
        return ["connect", shown(value["url"]), *names, *headers(value)]

    def accept(self, value):
        subprotocol = value.get("subprotocol")
        chosen = [] if subprotocol is None else ["p", shown(subprotocol)]
        return ["accept", *chosen, *headers(value)]

    def reject(self, value):
        body = value.get("body")
        added = [] if body is None else ["b", digits(self.notation.bytes(body))]
        return ["reject", value["status"], *headers(value), *added]

    def differs(self, step, answers):
        """What differs after a step."""
        events = [event for told in answers.told if (event := self.events.event(told))]
        sent = self.sent.take(answers.sent)
        expected = [normal(it, self.notation) for it in vectors.all_items(step.get("events", []))]
        self.notation.last_ping = self.sent.last_ping
        sends = [normal_sent(it, self.notation) for it in vectors.all_items(step.get("sends", []))]
        return (
            difference("events", expected, events)
            or difference("sends", sends, sent)
            or difference("refused", [step.get("refused")], [answers.refused])
            or state_differs(step, answers)
        )


def state_differs(step, answers):
    agreed = answers.agreed
    if agreed:
        flags = [bool(flag) for flag in agreed[:2]]
        agreed = dict(zip(PARAMETERS, flags + agreed[2:]))
    now = {"transport": answers.transport, "agreed": agreed, "lenient": sorted(answers.lenient)}
    for name, got in now.items():
        if name in step and answers.transport is not None:
            expected = sorted(step[name]) if name == "lenient" else step[name]
            if found := difference(name, [expected], [got]):
                return found
    return None


def shown(text):
    return digits(text.encode())


def headers(value):
    pairs = value.get("headers", [])
    return [word for name, content in pairs for word in ("h", shown(name), shown(content))]


def ways(vector, arguments):
    """The ways to play a vector: how input is cut, read and delivered."""
    for number, way in enumerate(cuts.ways(arguments.seeds)):
        for streaming in (False, True):
            manner = MANNERS[(number + streaming) % len(MANNERS)]
            if vector.get("held"):
                # Nothing overtakes output that was taken, and such a vector may want a pong to.
                manner = [word for word in manner if word != "own"]
            yield way, manner + (["option streaming 1"] if streaming else [])


def play_all(driver, chosen, arguments):
    """How many were played, and in how many ways; those that failed are printed."""
    played, failed = 0, 0
    for vector in chosen:
        for role in vectors.roles(vector):
            for way, manner in ways(vector, arguments):
                played += 1
                found = Player(driver, vector, role, manner).play(way)
                if found:
                    failed += 1
                    print(f"{vector['id']} ({vector['title']}), {role}, {way}, {manner}:\n  {found}")
    print(f"{len(chosen)} vectors, {played} ways, {failed} failed")
    return failed == 0


def check_all(driver, chosen):
    """Whether every vector fails without one of its expectations."""
    checked, blind = 0, 0
    for vector in chosen:
        for number, step in enumerate(vector["steps"]):
            for name in ("events", "sends", "refused"):
                if not step.get(name):
                    continue
                without = copy.deepcopy(vector)
                del without["steps"][number][name]
                checked += 1
                if Player(driver, without, vectors.roles(vector)[0], []).play("whole") is None:
                    blind += 1
                    print(f"{vector['id']}: not seen without {name} of step {number + 1}")
    print(f"{checked} expectations forgotten, {blind} not missed")
    return blind == 0


def read_skipped(path):
    """The reasons for the vectors that are not played."""
    if path is None:
        return {}
    with open(path) as file:
        lines = [line.rstrip("\n").split("\t", 1) for line in file if not line.startswith("#")]
    return dict(lines)


def has_deflate(vector):
    return "agreed" in vector or "deflate" in vector.get("config", {})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--only", default="")
    parser.add_argument("--skip")
    parser.add_argument("--without-deflate", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("driver", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    skipped = read_skipped(arguments.skip)
    chosen = [it for it in vectors.read_all() if it["id"].startswith(arguments.only)]
    for vector in chosen:
        if vector["id"] in skipped:
            print(f"skipped: {vector['id']}: {skipped[vector['id']]}")
    chosen = [it for it in chosen if it["id"] not in skipped]
    if arguments.without_deflate:
        chosen = [it for it in chosen if not has_deflate(it)]
    driver = Driver(arguments.driver)
    good = check_all(driver, chosen) if arguments.check else play_all(driver, chosen, arguments)
    status = driver.end()
    if status != 0:
        print(f"the driver ended with status {status}")
    return 0 if good and status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
