"""The seats: who sits where and why, what would change it, moves by hand; and wishes solved from a file."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.common import Whole, as_json, configured, explained, load, only, say, show

if TYPE_CHECKING:
    from orchestrator.jobs.whatif import Difference, Look
    from orchestrator.settings import Settings
    from orchestrator.store import Store

PATIENCE = timedelta(seconds=30)
"""How long a move waits for a beat that is under way."""


@click.group(cls=Whole, invoke_without_command=True)
@configured
@click.option(
    "--seats", "places", metavar="PLACES", help="Et si B avait 27 places ? B=27, ou B=27,C=10 ; rien n'est écrit."
)
@click.option(
    "--page", type=click.Path(path_type=Path, dir_okay=False), help="Écrire aussi une page avec un graphique."
)
@as_json
@click.pass_context
@explained
def seats(
    context: click.Context,
    configs: tuple[Path, ...],
    secrets: Path | None,
    places: str,
    page: Path | None,
    as_json: bool,
) -> None:
    """Dire qui est dans quel atelier, pourquoi, et ce que d'autres places changeraient.

    N'écrit rien. La règle est expliquée dans docs/places.md.
    """
    if context.invoked_subcommand is not None:
        context.obj = (configs, secrets)
        return
    from orchestrator.cli.seats_report import data_of, lines_of

    whatif = _numbers(places) if places else {}
    reports = {}
    for settings in load(configs, secrets):
        with _look(settings) as (_, seen):
            reports[settings.event.key] = (settings.event, data_of(seen, whatif))
    if page is not None:
        _write_page(page, list(reports.values()))
    if as_json:
        show({key: data for key, (_, data) in reports.items()})
        return
    for event, data in reports.values():
        say(f"\n{event.title}")
        for line in lines_of(data):
            click.echo(f"  {line}")


def _write_page(page: Path, reports: list[tuple[Any, dict[str, Any]]]) -> None:
    from orchestrator.cli.seats_page import draw
    from orchestrator.core.errors import BadConfiguration

    try:
        page.write_text(draw(reports), "utf-8")
    except OSError as error:
        raise BadConfiguration((f"--page {page} : ne peut être écrit ({error.strerror})",)) from None
    say(f"La page est écrite : {page}", good=True)


@contextmanager
def _look(settings: Settings, *, writing: bool = False) -> Iterator[tuple[Store, Look]]:
    """Look at an event's seats now; at one that is over and was never served, as on the day before they were told."""
    from orchestrator import settings as gate
    from orchestrator import wiring
    from orchestrator.jobs.whatif import look

    event, now = settings.event, wiring.SystemClock().now()
    store = wiring.open_store(settings.store_url) if writing else wiring.store_to_read(settings.store_url)
    try:
        if gate.is_over(event, now) and not store.events.is_known(event.key):
            now = event.seating.tell_at - timedelta(days=1)
        yield store, look(event, store, wiring.registrations(settings, event), now)
    finally:
        store.close()


def _numbers(text: str) -> dict[str, int]:
    """Read `B=27,C=10`."""
    from orchestrator.core.errors import BadConfiguration

    found = [re.fullmatch(r"\s*(.+?)\s*=\s*(\d{1,6})\s*", part) for part in text.split(",")]
    if not all(found):
        raise BadConfiguration((f"--seats {text} : écrivez B=27, ou B=27,C=10",))
    return {match[1]: int(match[2]) for match in found if match}


@seats.command()
@click.argument("address", metavar="ADRESSE")
@click.argument("workshop", metavar="ATELIER")
@configured
@click.option("--dry-run", is_flag=True, help="Dire ce que cela coûterait, sans rien changer.")
@as_json
@click.pass_obj
@explained
def move(
    above: tuple[Any, Any], address: str, workshop: str, configs: Any, secrets: Any, dry_run: bool, as_json: bool
) -> None:
    """Mettre quelqu'un dans un atelier, à la main.

    La personne y reste ensuite, même s'il est plein, et ne pousse personne dehors. Si sa place était annoncée, la
    lettre de changement part au prochain passage.
    """
    from orchestrator.cli.seats_report import changes_in_words, rank_in_words
    from orchestrator.jobs.whatif import move

    settings = only(configs or above[0], secrets or above[1])
    with _alone(settings, writing=not dry_run) as (store, seen):
        found = move(seen, address, workshop)
        if not dry_run:
            store.seats.put(settings.event.key, found.seat)
    if as_json:
        show(
            {
                "person": found.seat.person,
                "workshop": found.workshop.key,
                "rank_before": found.rank_before,
                "rank_after": found.rank_after,
                "taken": found.taken,
                "seats": found.workshop.seats,
                "changes": _changes(found.others),
                "written": not dry_run,
            }
        )
        return
    w = found.workshop
    click.echo(f"{found.seat.person} → {w.code} (« {w.short} ») : {found.taken} personnes pour {w.seats} places")
    click.echo(f"avant : {rank_in_words(found.rank_before)} ; après : {rank_in_words(found.rank_after)}")
    for line in changes_in_words(found.others):
        click.echo(line)
    _say_written(dry_run)


@seats.command()
@click.argument("closed", metavar="FERMÉ")
@click.argument("kept", metavar="GARDÉ")
@configured
@click.option("--dry-run", is_flag=True, help="Dire qui serait concerné, sans rien changer.")
@as_json
@click.pass_obj
@explained
def merge(
    above: tuple[Any, Any], closed: str, kept: str, configs: Any, secrets: Any, dry_run: bool, as_json: bool
) -> None:
    """Réunir deux ateliers : les personnes du premier rejoignent le second.

    Pour une animation qui manque le jour même. Chaque personne dont la place était annoncée reçoit une lettre de
    changement au prochain passage ; celles du second gardent leur place.
    """
    from orchestrator.jobs.whatif import merge

    settings = only(configs or above[0], secrets or above[1])
    with _alone(settings, writing=not dry_run) as (store, seen):
        found = merge(seen, closed, kept)
        if not dry_run:
            store.seats.merge(settings.event.key, found.closed.key, found.kept.key, seen.now)
    if as_json:
        show(
            {
                "closed": found.closed.key,
                "kept": found.kept.key,
                "people": found.people,
                "taken": found.taken,
                "seats": found.kept.seats,
                "changes": _changes(found.others),
                "written": not dry_run,
            }
        )
        return
    one, other = found.closed, found.kept
    click.echo(f"{found.people} personnes de {one.code} (« {one.short} ») rejoignent {other.code} (« {other.short} »)")
    click.echo(f"{other.code} aura {found.taken} personnes pour {other.seats} places")
    _say_written(dry_run)


def _say_written(dry_run: bool) -> None:
    if dry_run:
        say("Rien n'est changé (--dry-run).")
    else:
        say("C'est noté : « orchestrator run » le fait aussitôt ; sinon lancez « orchestrator apply ».", good=True)


def _changes(found: Difference) -> dict[str, Any]:
    from orchestrator.cli.seats_report import by_rank

    return {"by_rank": by_rank(found.by_rank), "moved": len(found.moved), "told": found.told}


@contextmanager
def _alone(settings: Settings, *, writing: bool) -> Iterator[tuple[Store, Look]]:
    """Look while no beat is under way, so that what is written then is what the next beat finds."""
    if not writing:
        with _look(settings) as found:
            yield found
        return
    from orchestrator import wiring
    from orchestrator.jobs.aside import between_beats

    store = wiring.open_store(settings.store_url)
    try:
        with (
            between_beats(settings.event.key, store, wiring.SystemClock(), wiring.owner(), PATIENCE),
            _look(settings, writing=True) as (_, seen),
        ):
            yield store, seen
    finally:
        store.close()


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
        click.echo(json.dumps(data))  # on one line: many times as fast as indented
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
