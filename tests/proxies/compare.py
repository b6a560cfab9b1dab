#!/usr/bin/env python3
"""Asks curl and Python (websockets, on urllib's rules) which proxy they would use with each vector of
conformance/proxies/environment.json. What they do otherwise has to be in the vector, as `others`.

Run it with a Python that has websockets. Prints 'ok NAME' or 'FAILED NAME: why' for each program.
curl is asked about https:// for wss:// and http:// for ws://, as not every curl is built with
WebSockets, and is not asked about ws_proxy and wss_proxy. Nothing is connected to but closed ports of
this machine.
"""

import json
import os
import re
import subprocess
from pathlib import Path
from unittest.mock import patch

from websockets.proxy import get_proxy
from websockets.uri import parse_uri

VECTORS = Path(__file__).resolve().parents[2] / "conformance/proxies/environment.json"


def ask_python(vector):
    with patch.dict(os.environ, vector["variables"], clear=True):
        return get_proxy(parse_uri(vector["url"]))


def ask_curl(vector):
    if {name.lower() for name in vector["variables"]} & {"ws_proxy", "wss_proxy"}:
        return expected("curl", vector)
    url = vector["url"].replace("ws", "http", 1)
    command = ["curl", "-gsv", "--connect-to", "::127.0.0.1:1", "--max-time", "5", url]
    run = subprocess.run(command, env=vector["variables"], capture_output=True, text=True)
    used = re.findall(r"^\* Uses proxy env variable (?!no_proxy)(\S+) == '(.*)'$", run.stderr, re.M | re.I)
    return used[-1][1] if used else None


def expected(program, vector):
    return vector.get("others", {}).get(program.lower(), vector["proxy"])


def same(found, proxy):
    """Whether both are the same proxy, whatever user information and slash one has."""
    plain = found and re.sub(r"//.*@", "//", found).removesuffix("/")
    return plain == proxy


def main():
    vectors = json.loads(VECTORS.read_text())
    for program, ask in [("curl", ask_curl), ("Python", ask_python)]:
        known = [vector for vector in vectors if expected(program, vector) != "not compared"]
        found = [(vector, ask(vector)) for vector in known]
        wrong = [
            f"{vector['id']}: {result!r}" for vector, result in found if not same(result, expected(program, vector))
        ]
        name = f"{program} chooses the proxy as {len(known)} vectors say"
        print(f"FAILED {name}: {'; '.join(wrong)}" if wrong else f"ok {name}")


main()
