"""A certificate for the tests over TLS, which is its own authority."""

import ssl
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

REQUEST = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=interop "
    "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
)


@pytest.fixture(scope="session")
def contexts(tmp_path_factory):
    """The contexts of a server and of a client that trusts it."""
    directory = tmp_path_factory.mktemp("tls")
    subprocess.run(REQUEST.split(), cwd=directory, check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(directory / "cert.pem", directory / "key.pem")
    return server, ssl.create_default_context(cafile=directory / "cert.pem")
