"""What is tried with each implementation."""

SIZES = (0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 16 << 20)
CLOSINGS = ("1000", "1001", "1011", "3000", "4999", "none", "reason", "longest")
KINDS = ("plain", "tls", "deflate", "tls+deflate")

_NO_TAKEOVER = "server_no_context_takeover,client_no_context_takeover"


def _windows(bits: int) -> str:
    return f"server_max_window_bits={bits},client_max_window_bits={bits}"


PARAMETERS = {
    "no-takeover": _NO_TAKEOVER,
    "window-10": _windows(10),
    "window-9": _windows(9),
    "least": f"{_NO_TAKEOVER},{_windows(9)}",
}
"""The cells of compression with parameters: with each of these, a program is asked for `many`."""

GROUPS = {
    "text": tuple(f"text:{size}" for size in SIZES),
    "binary": tuple(f"binary:{size}" for size in SIZES),
    "many": ("many",),
    "fragments": ("fragments-sent", "fragments-received"),
    "pings": ("ping-sent", "ping-received"),
    "close sent": tuple(f"close-sent:{what}" for what in CLOSINGS),
    "close received": tuple(f"close-received:{what}" for what in CLOSINGS),
    "subprotocol": ("subprotocol",),
    "refusal": ("refusal",),
    "abrupt end": ("drop-sent", "drop-received"),
    "idle": ("idle",),
    "parameters": tuple(PARAMETERS),
}
"""The cells as they are shown together."""

FOR_PROGRAMS = tuple(
    cell for group, cells in GROUPS.items() if group != "parameters" for cell in cells
)

SHORT = (
    "text:65536",
    "binary:65536",
    "many",
    "fragments-sent",
    "fragments-received",
    "ping-received",
    "close-sent:reason",
    "close-received:reason",
    "refusal",
    "drop-sent",
    "drop-received",
)
"""The cells that are tried with the adapters of ours that do not get them all."""

ECHO = ("text:65536", "binary:65536", "many", "fragments-sent", "ping-sent", "close-sent:reason")
"""The cells of a client program for which a server need not know any command."""


def closing(what: str) -> tuple[int, str]:
    """The code and the reason of a closing; 1005 stands for none."""
    if what == "none":
        return 1005, ""
    if what == "reason":
        return 3001, "enough κόσμε"
    if what == "longest":
        return 1000, "r" * 123
    return int(what), ""
