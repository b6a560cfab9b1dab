"""Ways to cut the input into reads. What happens must not depend on them."""

import random

# The most reads of one byte. Longer input is cut into longer reads.
MOST_READS = 20_000


def ways(seeds):
    return ["whole", "bytes", *range(seeds)]


def lengths(way, total):
    """The lengths of the reads."""
    if way == "whole":
        return [total] if total else []
    step = 1 + total // MOST_READS
    if way == "bytes":
        return [min(step, total - at) for at in range(0, total, step)]
    return random_lengths(random.Random(f"{way} {total}"), total)


def random_lengths(source, total):
    # Short reads are likelier, as they cut headers.
    short = 12 + 10 * total // MOST_READS
    reads = []
    while total:
        most = total if source.random() < 0.25 else min(total, short)
        reads.append(source.randint(1, most))
        total -= reads[-1]
    return reads
