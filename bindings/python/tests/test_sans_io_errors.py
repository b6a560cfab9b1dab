"""The exceptions: each has its name and number, and says what to do."""

import copy
import csv
import pickle
import re
from pathlib import Path

import pytest
from websocket_proto import Close, Ending, Response, _core, exceptions
from websocket_proto.exceptions import (
    ConnectionClosed,
    ConnectionClosedError,
    ConnectionClosedOK,
    Error,
    InvalidStatus,
    ProtocolError,
)

CODES = Path(__file__).parents[3] / "conformance" / "codes.csv"
ERRORS = _core.known_errors()


def test_the_errors_are_those_of_the_list_for_all_languages():
    classes = {"SendError", "AnswerError", "RequestError", "ProtocolError"}
    with CODES.open(encoding="utf-8") as lines:
        listed = {
            (row["enum"], row["name"], int(row["code"]), row["section"] or None)
            for row in csv.DictReader(lines)
            if row["enum"] in classes
        }
    raised = {
        (
            type(error).__name__.replace("InvalidURI", "RequestError"),
            error.name,
            error.code,
            error.section,
        )
        for error in ERRORS
    }
    assert raised == listed and len(ERRORS) == len(listed)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.name)
def test_an_error_says_what_is_wrong_in_the_words_of_python(error):
    assert isinstance(error, Error)
    message = str(error)
    assert message and "::" not in message and not message.endswith(".")
    for name in re.findall(r"(\w+) of Config", message):
        from websocket_proto import Config

        assert hasattr(Config(), name), name


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.name)
def test_errors_are_copied_and_pickled_with_all_they_know(error):
    for made in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(made) is type(error) and made.args == error.args
        assert made.__dict__ == error.__dict__ and made.__dict__["code"] == error.code


def test_an_error_of_the_peer_knows_its_answer():
    by_name = {error.name: error for error in ERRORS if isinstance(error, ProtocolError)}
    assert by_name["unmasked"].close_code == 1002 and by_name["unmasked"].status is None
    assert by_name["head-too-long"].status == 431 and by_name["head-too-long"].is_limit
    assert by_name["wrong-accept"].status is by_name["wrong-accept"].close_code is None


def test_a_closed_connection_tells_how_it_ended():
    ending = Ending("clean", sent=Close(1000), received=Close(1001, "bye"))
    for kind in (ConnectionClosedOK, ConnectionClosedError):
        error = kind(ending)
        assert isinstance(error, ConnectionClosed)
        for made in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
            assert (made.code, made.reason, made.name) == (1001, "bye", "clean")
            assert (made.rcvd, made.sent, made.ending) == (Close(1001, "bye"), Close(1000), ending)
            assert str(made) == str(ending)


def test_a_refusal_has_its_response():
    error = pickle.loads(pickle.dumps(InvalidStatus(Response(404))))
    assert error.response.status_code == 404 and "404" in str(error)


def test_all_exceptions_have_one_base():
    for name in exceptions.__all__:
        assert issubclass(getattr(exceptions, name), Error)
