"""What follows when there is no connection: the core's advice for the exceptions of this package."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from .._core import Backoff, GiveUp
from ..exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxyStatus,
    InvalidStatus,
    ProxyError,
)

#: Whether an error is final: returns it, or another exception to raise in its place, if so.
#: `None` means that another attempt is worth while.
ProcessException = Callable[[Exception], Exception | None]

#: Makes the delays between attempts, in seconds, anew after each connection.
Delays = Callable[[], Iterable[float]]

#: What is wrong with the proxy's URL, or with this machine, stays wrong.
_LASTING_PROXY_ERRORS = {"wrong-credentials", "no-acceptable-method", "host-too-long"}


class Advisor:
    """Follows the attempts and connections of one client, and says how long to wait."""

    def __init__(
        self,
        backoff: Backoff | None,
        process_exception: ProcessException | None,
        delays: Delays | None,
    ) -> None:
        # A program that names no policy is one that was written for endless loops.
        self._ends_when_closed_normally = backoff is not None
        self._backoff = Backoff() if backoff is None else backoff.fresh()
        self._process_exception = process_exception
        self._make_delays = delays
        self._delays: Iterator[float] | None = None
        self._opened = 0.0

    def note_open(self) -> None:
        """The attempt has succeeded."""
        self._opened = time.monotonic()
        self._delays = None

    def after_failure(self, error: Exception) -> float:
        """The delay in seconds after an attempt has failed. Raises if that is final."""
        return self._delay(self._advice(error), error)

    def after_ending(self, closed: ConnectionClosed) -> float | None:
        """The delay in seconds after a connection has ended; `None` if it has served its purpose.
        Raises if the peer would only close again."""
        time_open = time.monotonic() - self._opened
        answer = self._backoff.after_ending(closed.ending, time_open)
        if isinstance(answer, GiveUp) and answer.name == "closed-normally":
            if self._ends_when_closed_normally:
                return None
            answer = self._after_purpose(time_open)
        elif isinstance(answer, GiveUp) and answer.name == "closed-here":
            # What wants no other connection leaves the loop by `break`.
            answer = self._after_purpose(time_open)
        if isinstance(answer, GiveUp):
            return self._delay(answer, closed)
        return self._paced(answer, closed)

    def _after_purpose(self, time_open: float) -> float | GiveUp:
        """The advice for another connection after one that has served its purpose."""
        if time_open >= self._backoff.steady:
            self._backoff.reset()
        return self._backoff.after_failure()

    def _delay(self, answer: float | GiveUp | None, error: Exception) -> float:
        """The delay, if the application does not want the error to be final."""
        if self._process_exception is not None:
            final = self._process_exception(error)
            if final is not None:
                raise final from (None if final is error else error)
            if not isinstance(answer, float) and not _are_attempts_used_up(answer):
                answer = self._backoff.after_failure()
        if isinstance(answer, float):
            return self._paced(answer, error)
        raise error

    def _paced(self, delay: float, error: Exception) -> float:
        """The delay, or that of the application in its place."""
        return delay if self._make_delays is None else self._next_delay(self._make_delays, error)

    def _next_delay(self, make_delays: Delays, error: Exception) -> float:
        """The next of the program's own delays."""
        if self._delays is None:
            self._delays = iter(make_delays())
        for delay in self._delays:
            return delay
        raise error

    def _advice(self, error: Exception) -> float | GiveUp | None:
        """The advice after an error; `None` if it would come again."""
        match error:
            case InvalidStatus() | InvalidProxyStatus():
                response = error.response
                return self._backoff.after_refusal(response.status, response.retry_after)
            case ProxyError(name=name) if name in _LASTING_PROXY_ERRORS:
                return None
            case InvalidHandshake(ending=ending) if ending is not None:
                return self._backoff.after_ending(ending)
            case OSError() | ProxyError():
                return self._backoff.after_failure()
        return None


def _are_attempts_used_up(answer: GiveUp | None) -> bool:
    return answer is not None and answer.name == "attempts"
