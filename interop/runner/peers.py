"""The files of the peers."""

import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .cells import KINDS

PEERS = Path(__file__).resolve().parent.parent / "peers"
ROLES = ("client", "server", "proxy")


class BadPeer(Exception):
    """A file of a peer that says what cannot be."""


@dataclass(frozen=True)
class Install:
    """What a peer needs."""

    debian: tuple[str, ...] = ()
    pypi: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()
    cargo: bool = False
    build: tuple[str, ...] = ()
    version: str = ""


@dataclass(frozen=True)
class Part:
    """How a peer plays one of its roles."""

    command: str
    kinds: tuple[str, ...]
    absent: tuple[str, ...] = ()
    template: tuple[str, ...] = ()
    target: str = ""
    by_kind: dict[str, dict[str, Any]] = field(default_factory=dict)

    def command_for(self, kind: str) -> str:
        """The command line, with names in braces."""
        return str(self._said("command", kind))

    def templates_for(self, kind: str) -> tuple[str, ...]:
        """The files that are filled in."""
        return _strings(self._said("template", kind))

    def target_has_tls(self, kind: str) -> bool:
        """Whether a proxy speaks TLS with our server."""
        target = self._said("target", kind)
        return "tls" in kind if not target else target == "tls"

    def _said(self, name: str, kind: str) -> Any:
        """A value of the section for this kind, or else of that for TLS, or else of them all."""
        sections = [kind, "tls"] if "tls" in kind else [kind]
        for section in sections:
            if name in self.by_kind.get(section, {}):
                return self.by_kind[section][name]
        return getattr(self, name)

    def lacks(self, cell: str) -> bool:
        """Whether the API has no way to do this."""
        return _matches(cell, self.absent)


@dataclass(frozen=True)
class Fault:
    """What is known to fail, and is not ours to mend."""

    role: str
    cells: tuple[str, ...]
    why: str
    section: str
    kinds: tuple[str, ...] = KINDS
    sometimes: bool = False

    def covers(self, role: str, kind: str, cell: str) -> bool:
        """Whether it is about this cell."""
        return role == self.role and kind in self.kinds and _matches(cell, self.cells)


@dataclass(frozen=True)
class Peer:
    """One implementation."""

    key: str
    name: str
    language: str
    install: Install
    parts: dict[str, Part]
    faults: tuple[Fault, ...] = ()
    quick: bool = False

    @property
    def directory(self) -> Path:
        """Where its file and its programs are."""
        return PEERS / self.key


def all_keys() -> list[str]:
    """The names of the directories of all peers."""
    return sorted(file.parent.name for file in PEERS.glob("*/peer.toml"))


def load(key: str) -> Peer:
    """Reads the file of one peer."""
    file = PEERS / key / "peer.toml"
    if not file.is_file():
        raise BadPeer(f"there is no peer {key}: --list shows those that there are")
    try:
        return _peer(key, tomllib.loads(file.read_text()))
    except (TypeError, KeyError, ValueError) as error:
        raise BadPeer(f"{file}: {error}") from error


def _peer(key: str, table: dict[str, Any]) -> Peer:
    parts = {role: _part(role, table.pop(role)) for role in ROLES if role in table}
    faults = tuple(_fault(fault, parts) for fault in table.pop("fault", []))
    install = Install(**_frozen(table.pop("install", {})))
    if not parts:
        raise ValueError("a peer needs [client], [server] or [proxy]")
    return Peer(key=key, install=install, parts=parts, faults=faults, **table)


def _part(role: str, table: dict[str, Any]) -> Part:
    by_kind = {kind: table.pop(kind) for kind in KINDS if kind in table}
    table["template"] = _strings(table.get("template", ()))
    part = Part(by_kind=by_kind, **_frozen(table))
    _check_kinds(part.kinds)
    if role == "proxy" and "{port}" not in part.command:
        if not any("{port}" in _text_of(table) for table in by_kind.values()) and not part.template:
            raise ValueError("a proxy needs {port} in its command, or a template")
    return part


def _text_of(table: dict[str, Any]) -> str:
    return str(table.get("command", ""))


def _fault(table: dict[str, Any], parts: dict[str, Part]) -> Fault:
    fault = Fault(**_frozen(table))
    _check_kinds(fault.kinds)
    if fault.role not in parts:
        raise ValueError(f"a fault of the role {fault.role!r}, which this peer does not have")
    return fault


def _check_kinds(kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is none of the kinds {', '.join(KINDS)}")


def _frozen(table: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in table.items()
    }


def _strings(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _matches(cell: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(cell, pattern) for pattern in patterns)
