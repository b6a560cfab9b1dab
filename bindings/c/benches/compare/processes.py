"""What both comparisons need of processes."""

import os


def first_core():
    return ["taskset", "-c", str(min(os.sched_getaffinity(0)))]


def last_core():
    return ["taskset", "-c", str(max(os.sched_getaffinity(0)))]


def rotated(names, rounds):
    """All names in each round; another one begins each time."""
    names = list(names)
    for number in range(rounds):
        first = number % len(names)
        yield from names[first:] + names[:first]
