"""Plays vectors against another implementation, and finds the first difference in each."""

from __future__ import annotations

from dataclasses import dataclass

import cuts
import vectors
from compare import matches, normal, normal_sent
from fair import fair, reason_to_skip
from loading import player
from sent import Broken

SEEDS = 1
# As long as any frame of a vector that is cut short on purpose.
MORE = 1 << 16


@dataclass(frozen=True)
class Difference:
    """What differs first: `late` if it is only that the connection fails with a later byte."""

    what: str
    expected: tuple
    got: tuple
    late: bool = False

    def __str__(self):
        when = " (late)" if self.late else ""
        return f"{self.what}{when}: expected {shortened(self.expected)}, got {shortened(self.got)}"


def shortened(items):
    text = ", ".join(map(str, items)) or "nothing"
    return text if len(text) < 300 else f"{text[:300]}…"


class Fair(player.Player):
    """One connection of one vector, compared as far as the interface goes."""

    def first_difference(self, way):
        for step in self.vector["steps"]:
            try:
                found = self.difference_of(step, way)
            # Whatever it raises is a difference.
            except Exception as error:  # noqa: BLE001
                return Difference("raises", (), (type(error).__name__, str(error)))
            if found is not None:
                return found
        return None

    def difference_of(self, step, way):
        answers = self.driver.step(*self.words(step, way))
        events = [event for told in answers.told if (event := self.events.event(told))]
        try:
            sent = self.sent.take(answers.sent)
        except (Broken, TypeError, ValueError) as error:
            return Difference("broken", (), (str(error),))
        wanted = [normal(it, self.notation) for it in vectors.all_items(step.get("events", []))]
        self.notation.last_ping = self.sent.last_ping
        sends = [normal_sent(it, self.notation) for it in vectors.all_items(step.get("sends", []))]
        if differs(wanted, events):
            late = fails_later(wanted, events) and self.fails_with_more()
            return Difference("events", tuple(wanted), tuple(events), late)
        if differs(sends, sent):
            return Difference("sends", tuple(sends), tuple(sent))
        if step.get("refused") != answers.refused:
            return Difference("refused", (step.get("refused"),), (answers.refused,))
        return agreed_differs(step, answers)

    def fails_with_more(self):
        """Whether the rest of the frame or head makes the connection fail."""
        if self.sent.in_head:
            rests = [b"\r\n\r\n"]
        else:
            # One more byte of header, a key, and a short payload; or a long one.
            first = b"\x81" if self.role == "server" else b"\x01"
            rests = [first + b"\x01" * 300, b"\x01" * MORE]
        for rest in rests:
            answers = self.driver.step("in", "x" + rest.hex(), len(rest))
            if answers.told:
                return answers.told[0].name == "fails"
        return False

    @property
    def role(self):
        return self.notation.role


def differs(expected, got):
    return len(expected) != len(got) or not all(map(matches, expected, got))


def fails_later(expected, got):
    return expected and "fails" in expected[-1] and not differs(expected[:-1], got)


def agreed_differs(step, answers):
    if "agreed" not in step:
        return None
    got = answers.agreed
    if got:
        flags = [bool(flag) for flag in got[:2]]
        got = dict(zip(player.PARAMETERS, flags + got[2:]))
    if matches([step["agreed"]], [got]):
        return None
    return Difference("agreed", (step["agreed"],), (got,))


def play_all(name, driver):
    """The first difference of each vector and role, by any way to cut; and what was skipped."""
    differences, skipped, played = {}, {}, 0
    for vector in vectors.read_all():
        reason = reason_to_skip(name, vector)
        if reason is not None:
            skipped[vector["id"]] = reason
            continue
        asked = fair(name, vector)
        for role in vectors.roles(vector):
            for way in cuts.ways(SEEDS):
                played += 1
                found = Fair(driver(), asked, role, []).first_difference(way)
                if found is not None:
                    differences.setdefault((vector["id"], role), {})[way] = found
    return differences, skipped, played
