"""Read ranked ballots in PrefLib's formats: .soc and .soi (strict), .toc and .toi (with ties), new and old headers.

The formats are described at https://preflib.github.io/PrefLib-Jekyll/format: `# ` lines of metadata, then
`count: 3,1,{2,4}`; before 2022 the number of alternatives, one line each with its name, a line of three totals, then
`count,3,1,2`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.core.ballots import Ballot

MOST = 5_000_000
"""Voters: a count with a digit too many must not fill the memory."""
_NAMED = re.compile(r"#\s*ALTERNATIVE NAME\s+(\d+)\s*:\s*(.*)", re.IGNORECASE)
_NUMBER_OF = re.compile(r"#\s*NUMBER ALTERNATIVES\s*:\s*(\d+)\s*$", re.IGNORECASE)
_INTEGER = re.compile(r"\s*[0-9]{1,9}\s*")
_TIED = re.compile(r"\{([^{}]*)\}|([^,{}\s][^,{}]*)")
_ORDER = re.compile(r"\s*(?:\{[^{}]*\}|[^,{}]+)(?:,\s*(?:\{[^{}]*\}|[^,{}]+))*\s*")


class BadBallots(ValueError):
    """The text is not in the format. `line` counts from 1; 0 = the text as a whole."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """Alternatives by number, and everybody's ballot in the order of the file, counts expanded."""

    names: dict[int, str]
    ballots: list[Ballot]
    """By index in `names`, not by number."""


def read(text: str) -> Poll:
    """Read a file's text. Raises BadBallots with the line that is wrong."""
    lines = [(n, line.strip()) for n, line in enumerate(text.lstrip("\ufeff").splitlines(), 1) if line.strip()]
    new = any(line.startswith("#") for _, line in lines)
    names, orders = _new_header(lines) if new else _old_header(lines)
    index = {number: i for i, number in enumerate(names)}
    alone = {str(number): (i,) for number, i in index.items()}
    separator = ":" if new else ","
    ballots: list[Ballot] = []
    for n, line in orders:
        count, order = _counted(n, line, separator)
        if len(ballots) + count > MOST:
            raise BadBallots(n, f"plus de {MOST} votants")
        ballot = _strict(order, alone) or _ballot(n, order, index)
        if count == 1:
            ballots.append(ballot)
        else:
            ballots += [ballot] * count
    if not ballots:
        raise BadBallots(0, "aucun votant dans ce fichier")
    return Poll(names=names, ballots=ballots)


Lines = Sequence[tuple[int, str]]


def _new_header(lines: Lines) -> tuple[dict[int, str], Lines]:
    names: dict[int, str] = {}
    number = 0
    for n, line in lines:
        if found := _NAMED.match(line):
            if int(found[1]) in names:
                raise BadBallots(n, f"l'alternative {found[1]} est nommée deux fois")
            names[int(found[1])] = found[2].strip()
        elif found := _NUMBER_OF.match(line):
            number = int(found[1])
            if number > MOST:
                raise BadBallots(n, "trop d'alternatives")
    names = names or {i: str(i) for i in range(1, number + 1)}
    if not names:
        raise BadBallots(0, "il manque les lignes « # ALTERNATIVE NAME 1: … »")
    if number and number != len(names):
        raise BadBallots(0, f"{number} alternatives annoncées, {len(names)} nommées")
    return names, [(n, line) for n, line in lines if not line.startswith("#")]


def _old_header(lines: Lines) -> tuple[dict[int, str], Lines]:
    if not lines:
        raise BadBallots(0, "ce fichier est vide")
    number = _integer(*lines[0], "le nombre d'alternatives")
    names: dict[int, str] = {}
    for n, line in lines[1 : number + 1]:
        key, separator, name = line.partition(",")
        if not separator or _integer(n, key, "le numéro de l'alternative") in names:
            raise BadBallots(n, "« numéro,nom » d'une alternative est attendu, chaque numéro une fois")
        names[int(key)] = name.strip()
    totals = lines[number + 1 : number + 2]
    if len(names) != number or not totals or not re.fullmatch(r"\d+\s*,\s*\d+\s*,\s*\d+", totals[0][1]):
        n = totals[0][0] if totals else lines[-1][0]
        raise BadBallots(n, "la ligne des trois totaux est attendue ici, après les alternatives")
    return names, lines[number + 2 :]


def _integer(n: int, text: str, what: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise BadBallots(n, f"{what} est attendu (reçu : « {text.strip()[:40]} »)")
    return int(text)


def _strict(order: str, alone: dict[str, tuple[int]]) -> Ballot:
    """Read an order without ties, quickly; nothing where it is not one."""
    parts = order.split(",")
    try:
        ballot = tuple([alone[part.strip()] for part in parts])
    except KeyError:
        return ()
    return ballot if len(set(ballot)) == len(parts) else ()


def _counted(n: int, line: str, separator: str) -> tuple[int, str]:
    count, found, order = line.partition(separator)
    if not found:
        raise BadBallots(n, f"« nombre{separator} 1,2,3 » est attendu (reçu : « {line[:40]} »)")
    return _integer(n, count, "le nombre de votants"), order


def _ballot(n: int, order: str, index: dict[int, int]) -> Ballot:
    if not order.strip():
        return ()
    if not _ORDER.fullmatch(order):
        raise BadBallots(n, f"un ordre comme « 1,2,3 » ou « 1,{{2,3}} » est attendu (reçu : « {order.strip()[:40]} »)")
    ballot = tuple(tuple(_places(n, tied or one, index)) for tied, one in _TIED.findall(order))
    flat = [place for places in ballot for place in places]
    if len(set(flat)) != len(flat):
        raise BadBallots(n, "une alternative est classée deux fois")
    return ballot


def _places(n: int, text: str, index: dict[int, int]) -> Iterator[int]:
    for part in text.split(","):
        number = _integer(n, part, "le numéro d'une alternative")
        if number not in index:
            raise BadBallots(n, f"aucune alternative n'a le numéro {number}")
        yield index[number]
