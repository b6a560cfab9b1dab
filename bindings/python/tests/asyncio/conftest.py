"""The fixtures of `link_pairs`."""

from link_pairs import contexts, run

__all__ = ["contexts", "run"]
