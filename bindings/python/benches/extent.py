"""How long and how often things are measured."""

from dataclasses import dataclass

B20, B256, KIB8, KB100, MIB1 = 20, 256, 8 << 10, 100_000, 1 << 20


@dataclass(frozen=True)
class Extent:
    rounds: int
    # The length of a round.
    seconds: float
    lengths: tuple[int, ...]
    members: int
    idle_connections: int
    # Seconds for what a server still does after the last handshake.
    settling: float


FULL = Extent(
    rounds=7,
    seconds=0.15,
    lengths=(B20, B256, KIB8, KB100, MIB1),
    members=1000,
    idle_connections=10_000,
    settling=1.0,
)
QUICK = Extent(
    rounds=3,
    seconds=0.02,
    lengths=(B20, KIB8, MIB1),
    members=1000,
    idle_connections=1000,
    settling=0.3,
)
# To see that all of it runs.
TEST = Extent(
    rounds=1, seconds=0.002, lengths=(B20, KB100), members=100, idle_connections=200, settling=0.1
)


def size(length: int) -> str:
    if length % (1 << 20) == 0:
        return f"{length >> 20} MiB"
    if length % 1024 == 0:
        return f"{length >> 10} KiB"
    return f"{length // 1000} kB" if length >= 1000 else f"{length} B"
