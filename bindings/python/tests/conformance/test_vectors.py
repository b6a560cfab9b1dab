"""Plays all vectors, without I/O and over asyncio: whole, byte by byte and cut at random."""

from __future__ import annotations

import asyncio
import copy

import cuts
import of_connection
import of_link
import pytest
import vectors
from loading import player

SEEDS = 1
MANY_SEEDS = 8


@pytest.fixture(scope="module")
def seeds(request):
    return MANY_SEEDS if request.config.getoption("--long") else SEEDS


def chosen(driving):
    """The vectors that can be asked, and the reasons for those that cannot."""
    asked, reasons = [], {}
    for vector in vectors.read_all():
        reason = driving.reason_to_skip(vector)
        if reason is None:
            asked.append(vector)
        else:
            reasons[vector["id"]] = reason
    return asked, reasons


def failures(driver, asked, seeds):
    """What differs, and how many ways were played."""
    found, played = [], 0
    for vector, role, way, manner in every_way(asked, seeds):
        played += 1
        difference = player.Player(driver, vector, role, manner).play(way)
        if difference:
            found.append(f"{vector['id']}, {role}, {way}, {manner}: {difference}")
    return found, played


def every_way(asked, seeds):
    for vector in asked:
        for role in vectors.roles(vector):
            for way in cuts.ways(seeds):
                for manner in ([], ["option streaming 1"]):
                    yield vector, role, way, manner


def test_connection_plays_every_vector(seeds):
    asked, reasons = chosen(of_connection)
    found, played = failures(of_connection.Driver(), asked, seeds)
    print(f"{len(asked)} vectors, {played} ways, {len(reasons)} skipped")
    assert not found, "\n".join(found[:20])


def test_asyncio_plays_every_vector(seeds):
    asked, reasons = chosen(of_link)
    asked = [of_link.adapted(vector) for vector in asked]
    with asyncio.Runner() as runner:
        found, played = failures(of_link.Driver(runner.get_loop()), asked, seeds)
    print(f"{len(asked)} vectors, {played} ways, {len(reasons)} skipped")
    assert not found, "\n".join(found[:20])


@pytest.mark.parametrize(("driving", "most"), [(of_connection, 20), (of_link, 100)])
def test_what_cannot_be_asked_is_little(driving, most):
    _, reasons = chosen(driving)
    assert len(reasons) < most


def test_a_vector_fails_without_one_of_its_expectations():
    """The driver would not hide what happens."""
    asked, _ = chosen(of_connection)
    driver, blind = of_connection.Driver(), []
    for vector in asked[::5]:
        for number, step in enumerate(vector["steps"]):
            for name in ("events", "sends", "refused"):
                if step.get(name):
                    without = copy.deepcopy(vector)
                    del without["steps"][number][name]
                    role = vectors.roles(vector)[0]
                    if player.Player(driver, without, role, []).play("whole") is None:
                        blind.append(f"{vector['id']}: {name} of step {number + 1}")
    assert not blind, blind
