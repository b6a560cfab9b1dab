"""`Config`, `Keepalive` and `Deflate`: every option, its default and its bounds."""

import math

import pytest
from websocket_proto import Config, Deflate, DeflateParameters, Keepalive

OPTIONS = {
    "max_message": (64 << 20, 1),
    "max_frame": (64 << 20, 1),
    "max_fragments": (1024, 1),
    "max_head": (16 << 10, 1),
    "max_headers": (128, 1),
    "max_refusal_body": (16 << 10, 1),
    "max_output": (1 << 20, 1),
    "fragment_size": (None, 1),
    "handshake_timeout": (10.0, 1.5),
    "close_timeout": (5.0, 1.5),
    "write_timeout": (120.0, 1.5),
    "message_timeout": (None, 1.5),
    "keepalive": (Keepalive(), Keepalive(1, 2)),
    "automatic_pong": (True, False),
    "streaming": (False, True),
    "health_check": (None, "/healthz"),
    "leniency": (frozenset(), frozenset({"bare-lf", "masked-frames"})),
    "deflate": (None, Deflate(level=9)),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_each_option_has_its_default_and_can_be_set(name):
    default, other = OPTIONS[name]
    config = Config()
    assert getattr(config, name) == default
    changed = config.replace(**{name: other})
    assert getattr(changed, name) == other and getattr(config, name) == default
    assert changed == Config(**{name: other}) != config
    for rest in OPTIONS.keys() - {name}:
        assert getattr(changed, rest) == getattr(config, rest)


LIMITS = [name for name in OPTIONS if name.startswith("max_") or name == "fragment_size"]
TIMES = [name for name in OPTIONS if name.endswith("_timeout")]


@pytest.mark.parametrize("name", [*LIMITS, *TIMES, "keepalive", "deflate", "health_check"])
def test_none_is_no_limit(name):
    assert getattr(Config(**{name: None}), name) is None


@pytest.mark.parametrize("name", LIMITS)
def test_numbers_have_their_range(name):
    for value in (-1, 1 << 64):
        with pytest.raises(ValueError, match=rf"{name} is a number from 0 to \d+, not {value}"):
            Config(**{name: value})
    for value in ("1", 1.5, b""):
        with pytest.raises(
            TypeError, match=f"{name} is a whole number, not {type(value).__name__}"
        ):
            Config(**{name: value})


@pytest.mark.parametrize("name", TIMES)
def test_times_are_finite_and_not_negative(name):
    for value in (-1, -1e-9, math.nan, math.inf, 1e30):
        with pytest.raises(ValueError, match=f"{name} is a number of seconds"):
            Config(**{name: value})
    with pytest.raises(TypeError, match=f"{name} is a number of seconds or None, not str"):
        Config(**{name: "1"})


@pytest.mark.parametrize(
    "options",
    [
        {"max_mesage": 1},
        {"timeout": 1},
        {"keepalive": 30},
        {"deflate": True},
        {"streaming": 1},
        {"automatic_pong": None},
        {"health_check": b"/"},
        {"leniency": "bare-lf"},
        {"leniency": 1},
        {"leniency": [1]},
    ],
    ids=str,
)
def test_wrong_options_are_type_errors(options):
    with pytest.raises(TypeError):
        Config(**options)
    with pytest.raises(TypeError):
        Config().replace(**options)


def test_an_unknown_option_is_named_with_one_that_may_be_meant():
    with pytest.raises(TypeError, match="no option message: perhaps max_message"):
        Config(message=1)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match='"lf" is no leniency; there are: unmasked-frames, '):
        Config(leniency=["lf"])


def test_keepalives_have_their_bounds():
    for options in ({"interval": -1}, {"timeout": math.nan}, {"close_code": 70_000}):
        with pytest.raises(ValueError):
            Keepalive(**options)
    with pytest.raises(TypeError):
        Keepalive(close_code="1000")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"level": 10}, ValueError),
        ({"level": -1}, ValueError),
        ({"memory_level": 0}, ValueError),
        ({"minimum": -1}, ValueError),
        ({"server_max_window_bits": 7}, ValueError),
        ({"client_max_window_bits": 16}, ValueError),
        ({"client_max_window_bits": True + 0.5}, TypeError),
        ({"fallback": 1}, TypeError),
        ({"takeover": False}, TypeError),
    ],
    ids=str,
)
def test_compression_has_its_bounds(options, error):
    with pytest.raises(error):
        Deflate(**options)


def test_parameters_have_their_bounds():
    with pytest.raises(ValueError, match="from 8 to 15 or None, not 7"):
        DeflateParameters(server_max_window_bits=7)
    assert DeflateParameters(server_max_window_bits=None).server_max_window_bits == 15


def test_a_fallback_has_the_parameters_alone():
    deflate = Deflate(fallback=Deflate(level=1, server_no_context_takeover=True))
    assert deflate.fallback == Deflate(server_no_context_takeover=True)
