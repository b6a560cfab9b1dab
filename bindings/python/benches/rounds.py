"""Rounds that take turns, and what their figures have in common."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Figure:
    """What the rounds of one contestant found. All are nanoseconds for a message, or bytes."""

    rounds: list[float] = field(default_factory=list)
    # What else is told, in each round.
    details: list[tuple[float, ...]] = field(default_factory=list)
    # Whether a message did not come back, so that there is no figure.
    has_stalled: bool = False

    def note(self, value: float, *details: float) -> None:
        self.rounds.append(value)
        self.details.append(details)

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def spread(self) -> float | None:
        """Half the distance of the quartiles, as a part of the median."""
        if self.has_stalled or len(self.rounds) < 3:
            return None
        lower, _, upper = statistics.quantiles(self.rounds, n=4, method="inclusive")
        return (upper - lower) / 2 / self.median

    @property
    def median_details(self) -> list[float]:
        return [statistics.median(values) for values in zip(*self.details, strict=True)]


def rotated(contestants: Sequence[T], rounds: int) -> Iterator[T]:
    """All contestants in each round; another one begins each time."""
    for number in range(rounds):
        first = number % len(contestants)
        yield from contestants[first:]
        yield from contestants[:first]


def count_for(seconds: float, nanoseconds_each: float, least: int) -> int:
    """How many messages fill a round."""
    return max(least, int(seconds * 1e9 / nanoseconds_each))


def timed_count(run: Callable[[int], float], seconds: float, least: int) -> int:
    """How many messages fill a round, from two short runs of `run`, which returns nanoseconds."""
    run(least)
    short = count_for(seconds / 4, run(least) / least, least)
    return count_for(seconds, run(short) / short, least)
