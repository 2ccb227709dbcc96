"""The seats: who sits where and why, what would change it, moves by hand; and wishes solved from a file."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import click

from orchestrator.cli.common import as_json, explained, say, show


@click.group(invoke_without_command=True)
@click.pass_context
def seats(context: click.Context) -> None:
    """Qui est dans quel atelier, et pourquoi."""


AIMS = ("nobody-badly", "most-satisfied")


@seats.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--seats", "places", required=True, metavar="PLACES", help="25 pour chacune, ou 1=10,2=30 ; 25,3=40.")
@click.option("--aim", type=click.Choice(AIMS), default=AIMS[0], show_default=True, help="Ce qui passe d'abord.")
@as_json
@explained
def solve(file: Path, places: str, aim: Any, as_json: bool) -> None:
    """Répartir les vœux d'un fichier PrefLib (.soc, .soi, .toc, .toi).

    Tout le monde est placé s'il y a assez de places. Qui n'en trouve plus parmi ses vœux reçoit une alternative qu'il
    n'a pas classée : elle compte au rang qui suit son dernier vœu (« unlisted » dit combien). À vœux égaux, le
    premier du fichier passe devant. Les votants sont numérotés à partir de 1, dans l'ordre du fichier.
    """
    from orchestrator.core.ballots import solve

    poll = _poll(file)
    room = _room(places, list(poll.names))
    start = time.perf_counter()
    found = solve(poll.ballots, room, aim)
    seconds = time.perf_counter() - start
    ranks = Counter(found.ranks)
    numbers = list(poll.names)
    data = {
        "voters": len(poll.ballots),
        "alternatives": len(numbers),
        "aim": aim,
        "total_rank": sum(rank * n for rank, n in ranks.items()),
        "by_rank": [ranks[rank] for rank in range(1, max(len(numbers), *ranks) + 1)],
        "unplaced": ranks[0],
        "unlisted": sum(rank > len(ballot) for ballot, rank in zip(poll.ballots, found.ranks, strict=True)),
        "taken": {number: found.places.count(i) for i, number in enumerate(numbers)},
        "seats": {voter: numbers[place] for voter, place in enumerate(found.places, 1) if place >= 0},
        "seconds": round(seconds, 6),
    }
    if as_json:
        show(data)
    else:
        _tell(data, poll.names, room)


def _tell(data: dict[str, Any], names: dict[int, str], room: list[int]) -> None:
    for rank, n in enumerate(data["by_rank"], 1):
        if n:
            click.echo(f"{n:>8} ont leur {'1er' if rank == 1 else f'{rank}e'} choix")
    if data["unlisted"]:
        click.echo(f"{data['unlisted']:>8} d'entre eux, une alternative qu'ils n'avaient pas classée")
    if data["unplaced"]:
        click.echo(f"{data['unplaced']:>8} n'ont pas de place")
    for (number, name), seats in zip(names.items(), room, strict=True):
        click.echo(f"{data['taken'][number]:>8} places sur {seats} : {number} – {name}")
    say(f"Somme des rangs : {data['total_rank']}, en {data['seconds']:.3f} s.", good=True)


def _poll(file: Path) -> Any:
    from orchestrator.core import preflib
    from orchestrator.core.errors import BadConfiguration

    try:
        return preflib.read(file.read_text("utf-8-sig"))
    except preflib.BadBallots as error:
        place = f"{file}:{error.line}" if error.line else str(file)
        raise BadConfiguration(
            (f"{place}: {error} → un fichier PrefLib est attendu (.soc, .soi, .toc, .toi)",)
        ) from None
    except UnicodeDecodeError:
        raise BadConfiguration((f"{file}: ce n'est pas un texte en UTF-8 → enregistrez-le ainsi",)) from None
    except OSError as error:
        raise BadConfiguration((f"{file}: ce fichier ne peut être lu ({error.strerror})",)) from None


def _room(text: str, numbers: list[int]) -> list[int]:
    """Read `25`, `1=10,2=30` or `25,3=40` into the seats of each alternative."""
    from orchestrator.core.errors import BadConfiguration

    others: int | None = None
    given: dict[int, int] = {}
    for part in text.split(","):
        found = re.fullmatch(r"\s*(?:(\d{1,9})\s*=\s*)?(\d{1,9})\s*", part)
        if not found:
            raise BadConfiguration((f"--seats {text} : écrivez 25, ou 1=10,2=30, ou 25,3=40",))
        if found[1] is None:
            others = int(found[2])
        elif int(found[1]) not in numbers:
            raise BadConfiguration((f"--seats {text} : aucune alternative n'a le numéro {found[1]}",))
        else:
            given[int(found[1])] = int(found[2])
    missing = [number for number in numbers if number not in given]
    if missing and others is None:
        raise BadConfiguration((f"--seats {text} : combien de places pour {missing[0]} ? ajoutez {missing[0]}=…",))
    return [given.get(number, others or 0) for number in numbers]
