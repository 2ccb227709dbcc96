"""Reads the organiser's decisions from corrections.toml: the source itself is never edited, nothing is asked twice."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.core.errors import UnreadableSource
from orchestrator.core.model import identity
from orchestrator.gateways.registrations.names import bare

EXAMPLE = """\
# Vos décisions sur la liste des inscriptions. Elles valent à chaque lecture ;
# le fichier d'origine n'est jamais modifié.

# Cette adresse → celle-là.
[addresses]
# "marie@gmial.com" = "marie@gmail.com"

# Une réponse précise : son adresse comme dans le fichier et, s'il y en a plusieurs, le nom ou l'horodateur.
# [[answers]]
# address = "accueil@mairie.fr"
# name = "Paul Martin"
# use = "paul.martin@mairie.fr"     # l'adresse à lui donner
# ignore = true                     # ou : ne pas tenir compte de cette réponse

# Ces adresses sont bonnes telles quelles : plus aucun constat à leur sujet.
# keep = ["marie@exemple.fr"]
"""
_SHAPE: Mapping[str, type] = {"address": str, "name": str, "submitted_at": str, "use": str, "ignore": bool}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of the answers with this address and, where given, this name and this stamp."""

    address: str
    name: str = ""
    submitted_at: str = ""
    use: str = ""
    ignore: bool = False

    def concerns(self, name: str, submitted_at: str) -> bool:
        said = not self.name or bare(self.name) == bare(name)
        return said and (not self.submitted_at or self.submitted_at == submitted_at)


@dataclass(frozen=True, slots=True)
class Corrections:
    """Decisions by the address they concern, as it is in the source."""

    addresses: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, tuple[Decision, ...]] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()

    def address(self, typed: str, name: str, submitted_at: str) -> str | None:
        """Return the address to use for an answer; None to ignore the answer."""
        key = identity(typed)
        for decision in self.answers.get(key, ()):
            if decision.concerns(name, submitted_at):
                return None if decision.ignore else decision.use
        return self.addresses.get(key, typed)


NONE = Corrections()


def fingerprint(path: Path | None) -> str:
    """Tell versions of the file apart; "" where there is none."""
    try:
        found = path.stat() if path else None
    except OSError:
        return ""
    return f"-{found.st_mtime_ns}-{found.st_size}" if found else ""


def read(path: Path | None) -> Corrections:
    """Read the decisions; none where there is no file. Raises UnreadableSource for a file that is not understood."""
    try:
        text = path.read_bytes().decode("utf-8-sig") if path else ""
        return _understood(tomllib.loads(text.replace("\r\n", "\n")))
    except FileNotFoundError:
        return NONE
    except (OSError, ValueError, TypeError) as error:
        raise UnreadableSource(
            f"« {path.name if path else ''} » n'est pas compris : {error}",
            remedy="le corriger, par exemple : orchestrator registrations check montre ce qui peut y être écrit",
        ) from error


def _understood(said: Mapping[str, Any]) -> Corrections:
    if unknown := sorted(said.keys() - {"addresses", "answers", "keep"}):
        raise ValueError(f"« {unknown[0]} » n'y a pas de sens (possibles : addresses, answers, keep)")
    decisions: dict[str, tuple[Decision, ...]] = {}
    for decision in _decisions(said.get("answers", [])):
        key = identity(decision.address)
        decisions[key] = (*decisions.get(key, ()), decision)
    addresses = {identity(old): _text(new, "addresses") for old, new in said.get("addresses", {}).items()}
    return Corrections(addresses, decisions, frozenset(identity(_text(a, "keep")) for a in said.get("keep", [])))


def _decisions(said: list[Mapping[str, Any]]) -> Iterator[Decision]:
    for table in said:
        for key, value in table.items():
            if not isinstance(value, _SHAPE.get(key, ())):
                raise ValueError(f"answers.{key} n'est pas compris (possibles : {', '.join(_SHAPE)})")
        if "address" not in table or ("use" in table) == table.get("ignore", False):
            raise ValueError("chaque [[answers]] a une adresse (address) et soit use, soit ignore = true")
        yield Decision(**table)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"« {where} » attend des adresses entre guillemets")
    return value
