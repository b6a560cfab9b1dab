"""Passwords, checked before a connection opens."""

from __future__ import annotations

import hmac
import inspect
from collections.abc import Awaitable, Callable, Sequence

from .http import Request, Response
from .serving import ServerConnection

Credentials = tuple[str, str] | Sequence[tuple[str, str]]
CheckCredentials = Callable[[str, str], Awaitable[bool] | bool]
CheckRequest = Callable[[ServerConnection, Request], Awaitable[Response | None]]


def basic_auth(
    realm: str = "",
    credentials: Credentials | None = None,
    check_credentials: CheckCredentials | None = None,
) -> CheckRequest:
    """A `process_request` that lets in only who knows a password (RFC 7617).

    - `realm`: what the password is for, which browsers show.
    - `credentials`: a user name and password, or several of these pairs.
    - `check_credentials`: a function or coroutine of a user name and a password, which returns
      whether they are right. Give either this or `credentials`.

    The name of the user is `connection.username` then. Others get 401.
    """
    if (credentials is None) == (check_credentials is None):
        raise TypeError("basic_auth needs either credentials or check_credentials")
    check = check_credentials or _checker(credentials or ())
    challenge = 'Basic realm="{}", charset="UTF-8"'.format(
        realm.replace("\\", "\\\\").replace('"', '\\"')
    )

    async def process_request(connection: ServerConnection, request: Request) -> Response | None:
        if (found := request.basic_credentials) is not None:
            is_right = check(*found)
            if await is_right if inspect.isawaitable(is_right) else is_right:
                connection.username = found[0]
                return None
        response = connection.respond(401, "A user name and a password are needed.\n")
        response.headers["WWW-Authenticate"] = challenge
        return response

    return process_request


def _checker(credentials: Credentials) -> CheckCredentials:
    passwords = {user: password.encode() for user, password in _pairs(credentials)}

    def check(user: str, password: str) -> bool:
        expected = passwords.get(user)
        # The time that this takes does not tell whether there is such a user.
        matches = hmac.compare_digest(expected or b"", password.encode())
        return matches and expected is not None

    return check


def _pairs(credentials: Credentials) -> list[tuple[str, str]]:
    match credentials:
        case (str(user), str(password)):
            return [(user, password)]
    pairs = [pair for pair in credentials if not isinstance(pair, str) and len(pair) == 2]
    if not pairs or len(pairs) != len(list(credentials)):
        raise TypeError("credentials are a user name and a password, or a list of such pairs")
    return pairs
