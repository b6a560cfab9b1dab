"""An authority and a certificate for the occasion."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
LEAF = """subjectAltName=IP:127.0.0.1,DNS:localhost
basicConstraints=CA:FALSE
keyUsage=digitalSignature
extendedKeyUsage=serverAuth
"""


@dataclass(frozen=True)
class Certificate:
    """The files, in PEM."""

    authority: Path
    chain: Path
    key: Path
    both: Path

    def names(self) -> dict[str, str]:
        """What the names mean that a proxy's files may use."""
        return {
            "ca": str(self.authority),
            "certificate": str(self.chain),
            "key": str(self.key),
            "pem": str(self.both),
        }


def make(directory: Path) -> Certificate:
    """Makes both, which are good for two days."""
    authority, chain = directory / "ca.pem", directory / "certificate.pem"
    key, request = directory / "key.pem", directory / "request.pem"
    authority_key, extensions = directory / "ca-key.pem", directory / "extensions"
    extensions.write_text(LEAF)
    _openssl("req", "-x509", *NEW_KEY, "-days", "2", "-subj", "/CN=interop authority",
             "-keyout", authority_key, "-out", authority)  # fmt: skip
    _openssl("req", *NEW_KEY, "-subj", "/CN=localhost", "-keyout", key, "-out", request)
    _openssl("x509", "-req", "-in", request, "-CA", authority, "-CAkey", authority_key,
             "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", chain)  # fmt: skip
    both = directory / "both.pem"
    both.write_text(chain.read_text() + key.read_text())
    # Servers that give up root's rights read these afterwards.
    for file in (key, both):
        file.chmod(0o644)
    return Certificate(authority, chain, key, both)


def _openssl(*arguments: str | Path) -> None:
    command = ["openssl", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} made no certificate: {done.stderr.strip()}")
