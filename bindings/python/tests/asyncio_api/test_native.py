"""The native pieces: which proxy, what is said to it, and when to connect again."""

from __future__ import annotations

import pytest
from websocket_proto import Ending
from websocket_proto._core import Backoff, ClientRequest, GiveUp, Proxy, Tunnel
from websocket_proto.exceptions import (
    InvalidProxy,
    InvalidProxyMessage,
    InvalidProxyStatus,
    InvalidURI,
    ProxyError,
    RequestError,
)

REQUEST = ClientRequest("wss://example.com/chat")


def test_the_parts_of_a_request() -> None:
    request = ClientRequest("ws://[fe80::1%25eth0]:81/a?secret=1")
    assert (request.host, request.server_hostname, request.port) == ("fe80::1%eth0", "fe80::1", 81)
    assert not request.is_secure
    assert REQUEST.port == 443
    assert "secret" not in repr(request)


def test_a_redirect() -> None:
    assert REQUEST.redirected("/other").uri == "wss://example.com/other"
    with pytest.raises(RequestError, match="wss to ws") as caught:
        REQUEST.redirected("ws://example.com/")
    assert caught.value.name == "redirect-downgrade"


def test_a_bad_uri_is_told_from_a_bad_header() -> None:
    with pytest.raises(InvalidURI):
        ClientRequest("ftp://example.com/")
    with pytest.raises(RequestError) as caught:
        ClientRequest("ws://example.com/", headers=[("Host", "x")])
    assert caught.value.name == "reserved-header"


def test_the_url_of_a_proxy() -> None:
    proxy = Proxy("https://user:pass@proxy.example")
    assert (proxy.scheme, proxy.host, proxy.port) == ("https", "proxy.example", 443)
    assert proxy.is_secure
    assert repr(proxy) == "Proxy('https://proxy.example:443')"
    assert proxy == Proxy("https://user:pass@PROXY.example:443/")
    with pytest.raises(InvalidProxy, match="scheme"):
        Proxy("ftp://proxy.example")


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Proxy.from_env(REQUEST) is None
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    assert Proxy.from_env(REQUEST) == Proxy("http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "example.com")
    assert Proxy.from_env(REQUEST) is None
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("https_proxy", "ftp://proxy.example")
    with pytest.raises(InvalidProxy, match="https_proxy"):
        Proxy.from_env(REQUEST)


def test_a_tunnel() -> None:
    tunnel = Tunnel(Proxy("http://proxy.example"), REQUEST)
    assert tunnel.take_output().startswith(b"CONNECT example.com:443 HTTP/1.1\r\n")
    assert tunnel.receive(b"HTTP/1.1 200 ") is None
    assert tunnel.receive(b"OK\r\n\r\nearly") == b"early"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 407 Who\r\n\r\n", InvalidProxyStatus),
        (b"SSH-2.0\r\n", InvalidProxyMessage),
    ],
)
def test_a_tunnel_that_leads_nowhere(answer: bytes, kind: type[ProxyError]) -> None:
    tunnel = Tunnel(Proxy("http://proxy.example"), REQUEST)
    with pytest.raises(kind) as caught:
        tunnel.receive(answer)
    if isinstance(caught.value, InvalidProxyStatus):
        assert caught.value.response.status == 407
        assert "password" in str(caught.value)
    with pytest.raises(kind):
        tunnel.receive_eof()


def test_a_proxy_that_goes_away() -> None:
    tunnel = Tunnel(Proxy("socks5h://proxy.example"), REQUEST)
    with pytest.raises(InvalidProxyMessage, match="without an answer"):
        tunnel.receive_eof()


def test_delays_grow_up_to_a_limit() -> None:
    backoff = Backoff(first=1.0, longest=5.0, jitter="none")
    assert [backoff.after_failure() for _ in range(4)] == [1.0, 2.0, 4.0, 5.0]
    assert backoff.attempts_made == 4
    assert backoff.fresh().attempts_made == 0
    backoff.reset()
    assert backoff.after_failure() == 1.0


def test_random_delays() -> None:
    backoff = Backoff(first=1.0, factor=1)
    assert backoff.after_failure(random=0) == 0.0
    assert backoff.after_failure(random=2**64 - 1) == 1.0
    assert 0.0 <= backoff.after_failure() <= 1.0  # type: ignore[operator]


def test_what_is_worth_another_attempt() -> None:
    backoff = Backoff(jitter="none", attempts=3)
    assert backoff.after_refusal(503, 7) == 12.0
    refused = backoff.after_refusal(401)
    assert isinstance(refused, GiveUp)
    assert (refused.name, str(refused)) == ("refused", "refused for a lasting reason: 401")
    assert backoff.after_ending(Ending("eof")) == 10.0
    closed_here = backoff.after_ending(Ending("aborted"))
    assert isinstance(closed_here, GiveUp)
    assert closed_here.name == "closed-here"
    assert isinstance(backoff.after_failure(), float)
    used_up = backoff.after_failure()
    assert isinstance(used_up, GiveUp)
    assert used_up.name == "attempts"


def test_a_steady_connection_begins_anew() -> None:
    backoff = Backoff(first=1.0, jitter="none", steady=10.0)
    assert backoff.after_ending(Ending("eof"), 0.0) == 1.0
    assert backoff.after_ending(Ending("eof"), 9.0) == 2.0
    assert backoff.after_ending(Ending("eof"), 10.0) == 1.0


def test_a_policy_that_is_none() -> None:
    with pytest.raises(ValueError, match="jitter"):
        Backoff(jitter="some")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="first"):
        Backoff(first=-1.0)
