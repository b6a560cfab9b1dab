"""Plays all vectors against `websockets` and `wsproto`; every difference has to be listed."""

from __future__ import annotations

import logging
from importlib.metadata import version

import listed
import of_websockets
import of_wsproto
import pytest
import vectors
from disagreements import DISAGREEMENTS
from fair import reason_to_skip
from playing import play_all

PEERS = {"websockets": (of_websockets, "17.4"), "wsproto": (of_wsproto, "1.3.2")}


@pytest.fixture(scope="module", params=PEERS)
def played(request):
    """The name, the differences, and the ids of the vectors that were played."""
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    module, wanted = PEERS[request.param]
    assert version(request.param) == wanted, "the list is about another version"
    differences, skipped, count = play_all(request.param, module.Driver)
    print(f"{request.param}: {count} ways, {len(differences)} differ, {len(skipped)} skipped")
    ids = {vector["id"] for vector in vectors.read_all()} - set(skipped)
    return request.param, differences, ids


def test_every_difference_is_listed_once(played):
    peer, differences, _ = played
    wrong = []
    for (vector_id, role), ways in differences.items():
        entries = [entry for entry in DISAGREEMENTS if entry.names(peer, vector_id)]
        late = all(difference.late for difference in ways.values())
        if len(entries) != 1 or (entries[0].late and not late):
            names = [entry.name for entry in entries]
            wrong.append(f"{vector_id} ({role}), listed as {names}: {next(iter(ways.values()))}")
    assert not wrong, "\n".join(wrong)


def test_every_vector_that_is_listed_differs(played):
    peer, differences, ids = played
    differing = {vector_id for vector_id, _ in differences}
    gone = [
        f"{entry.name}: {vector_id}"
        for entry in DISAGREEMENTS
        for vector_id in ids
        if entry.names(peer, vector_id) and vector_id not in differing
    ]
    unmet = [
        entry.name
        for entry in DISAGREEMENTS
        if peer in entry.vectors and not any(entry.names(peer, it) for it in differing)
    ]
    assert not gone and not unmet, f"no longer different: {gone} {unmet}"


def test_most_vectors_can_be_asked():
    """A reason that fits too much would leave the test empty."""
    for peer in PEERS:
        reasons = [reason_to_skip(peer, vector) for vector in vectors.read_all()]
        assert sum(reason is None for reason in reasons) > 0.85 * len(reasons)


def test_names_are_given_once():
    names = [entry.name for entry in DISAGREEMENTS]
    assert len(names) == len(set(names))


def test_the_list_for_people_is_up_to_date():
    text, at = listed.written()
    assert text[at:] == listed.listed(), "run python tests/strangers/listed.py"
