"""Installing what peers need, once."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import commands, places
from .peers import Peer

APT = ("apt-get", "-o", "DPkg::Lock::Timeout=600", "-y", "-q")
LONGEST = 1800
"""Seconds that one command of an installation may take."""


class NotInstalled(Exception):
    """What a peer needs could not be had."""


def install(peer: Peer) -> str:
    """Installs the peer if it is not there as its files have it, and returns its version."""
    place = places.of_peer(peer.key)
    place.mkdir(parents=True, exist_ok=True)
    with _locked(place / ".lock"):
        stamp = place / ".stamp"
        wanted = _digest(peer)
        if not stamp.is_file() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)
            _install_all(peer, place)
            stamp.write_text(wanted)
    return _version(peer)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _digest(peer: Peer) -> str:
    """A digest of what is installed and of the files that are built."""
    digest = hashlib.sha256(repr(peer.install).encode())
    if peer.install.cargo or peer.install.build:
        for file in sorted(peer.directory.rglob("*")):
            if file.is_file() and file.name != "peer.toml":
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _install_all(peer: Peer, place: Path) -> None:
    needs = peer.install
    if needs.debian:
        _install_debian(needs.debian)
    if needs.pypi:
        _install_pypi(needs.pypi, place)
    if needs.npm:
        _run(
            [
                "npm",
                "install",
                "--silent",
                "--no-save",
                "--no-audit",
                "--prefix",
                str(place),
                *needs.npm,
            ]
        )
    if needs.cargo:
        _install_cargo(peer, place)
    for command in needs.build:
        _run(commands.words(command, commands.names(peer)))


def _install_debian(packages: tuple[str, ...]) -> None:
    missing = [package for package in packages if not _is_installed(package)]
    if not missing:
        return
    with _locked(places.cache() / ".apt-lock"):
        lists = places.cache() / ".apt-updated"
        if not lists.exists():
            _run([*APT, "update"])
            lists.touch()
        # In the runlevel of a single user, installing a server does not start it.
        quiet = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        _run([*APT, "install", "--no-install-recommends", *missing], quiet)


def _is_installed(package: str) -> bool:
    query = ["dpkg-query", "-W", "-f", "${Status}", package]
    found = subprocess.run(query, capture_output=True, text=True, check=False)
    return found.stdout.endswith(" installed")


def _install_pypi(packages: tuple[str, ...], place: Path) -> None:
    venv = place / "venv"
    shutil.rmtree(venv, ignore_errors=True)
    _run(["python3", "-m", "venv", str(venv)])
    pip = [str(venv / "bin" / "pip"), "install", "-q", "--disable-pip-version-check"]
    _run([*pip, *packages])


def _install_cargo(peer: Peer, place: Path) -> None:
    locked = ["--locked"] if (peer.directory / "Cargo.lock").exists() else []
    target = ["--root", str(place), "--target-dir", str(place / "target"), "--force", "--quiet"]
    _run(["cargo", "install", "--path", str(peer.directory), *target, *locked])


def _run(command: list[str], more: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **(more or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-8:]
        raise NotInstalled(f"{' '.join(command[:4])} … failed: {' / '.join(said)}")


def _version(peer: Peer) -> str:
    """The first that looks like a version in what its command prints; `1_74` is one, too."""
    if not peer.install.version:
        return ""
    command = commands.words(peer.install.version, commands.names(peer))
    try:
        asked = subprocess.run(
            command,
            env=commands.environment(peer),
            cwd=places.of_peer(peer.key),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"it does not tell its version: {error}") from error
    said = asked.stdout + asked.stderr
    version = re.search(r"\d+([._]\d+)+[\w.+~-]*", said)
    if not version:
        raise NotInstalled(f"its command does not tell a version: {said.strip()[-200:]}")
    return version[0].replace("_", ".").rstrip("-+.~")
