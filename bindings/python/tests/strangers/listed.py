"""The list for people: the last part of `conformance/DISAGREEMENTS.md`.

`python tests/strangers/listed.py` writes it; a test compares it.
"""

from __future__ import annotations

from pathlib import Path

from disagreements import DISAGREEMENTS

FILE = Path(__file__).resolve().parents[4] / "conformance" / "DISAGREEMENTS.md"
MARK = "<!-- Written by bindings/python/tests/strangers/listed.py. -->"
BEFORE = f"""\
{MARK}

## Of Python's sans-I/O layers

`bindings/python/test tests/strangers` plays the vectors of this directory against
the Python package websockets 17.4, by its `ClientProtocol` and `ServerProtocol`,
and against wsproto 1.3.2, by its `WSConnection` and `Connection`:
whole, byte by byte and cut at random. The names of reasons are not compared, and neither is what an
interface does not show; `tests/strangers/fair.py` has the vectors that it cannot be asked, with
reasons. These are all the differences. The test fails for any other, and for a vector named here that
no longer shows one. Sections without a document are of RFC 6455.

| name | vectors | what they do | what this crate does | why |
|---|---|---|---|---|
"""


def listed():
    rows = []
    for entry in DISAGREEMENTS:
        vectors = "; ".join(f"{peer}: `{ids(names)}`" for peer, names in entry.vectors.items())
        cells = (f"`{entry.name}`", vectors, entry.theirs, entry.ours, entry.why)
        rows.append("| " + " | ".join(cells) + " |\n")
    return BEFORE + "".join(rows)


def ids(pattern):
    """The pattern as it is read in a table, where a bar would end a cell."""
    return pattern.replace("|", "\\|")


def written():
    """The file, and where this part of it begins."""
    text = FILE.read_text()
    at = text.find(MARK)
    return text, len(text) if at < 0 else at


def main():
    text, at = written()
    FILE.write_text(text[:at].rstrip("\n") + "\n\n" + listed())


if __name__ == "__main__":
    main()
