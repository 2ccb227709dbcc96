"""Zoom by hand: drift, sheet, trial."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.common import DONE, FAILED, as_json, configured, end, explained, load, say, show

if TYPE_CHECKING:
    from orchestrator.core.sheet import Sheet
    from orchestrator.jobs.drift import Drift
    from orchestrator.jobs.trial import Trial
    from orchestrator.jobs.world import World
    from orchestrator.settings import Settings

PATIENCE = timedelta(seconds=30)
"""How long to wait for another process's beat."""


@click.command()
@configured
@as_json
@click.option("--adopt", multiple=True, metavar="CHAMP", help="Garder ce que montre Zoom ; répétable.")
@click.option("--restore", multiple=True, metavar="CHAMP", help="Remettre dans Zoom ce qui est voulu ; répétable.")
@explained
def drift(
    configs: tuple[Path, ...], secrets: Path | None, as_json: bool, adopt: tuple[str, ...], restore: tuple[str, ...]
) -> None:
    """Montrer ce que quelqu'un a changé dans les pages de Zoom ; le garder ou le remettre."""
    from orchestrator import wiring
    from orchestrator.jobs.drift import drifts

    clock, left = wiring.SystemClock(), {}
    for settings in load(configs, secrets):
        store = wiring.store_to_read(settings.store_url)
        found = drifts(store, settings.event.key)
        store.close()
        if adopt or restore:
            found = _decide(
                wiring.world(settings, wiring.open_store(settings.store_url), clock, wiring.owner()), adopt, restore
            )
        left[settings.event.key] = found
    decided = bool(adopt or restore)
    if as_json:
        show({key: [d.as_data() for d in found] for key, found in left.items()})
    for found in [] if as_json else left.values():
        for one in found:
            click.echo(f"  {one.meeting} · {one.field} : réglé au prochain passage" if decided else f"  {one}")
        if not found:
            say("  aucun écart", good=True)
    end(FAILED if any(left.values()) and not decided else DONE)


def _decide(world: World, adopt: Sequence[str], restore: Sequence[str]) -> list[Drift]:
    """Write the decision down between two beats."""
    from orchestrator.jobs import drift as jobs
    from orchestrator.jobs.aside import between_beats

    with between_beats(world.event.key, world.store, world.clock, world.owner, PATIENCE):
        done = jobs.adopt(world, adopt, world.clock.now()) if adopt else []
        return done + (jobs.restore(world, restore) if restore else [])


@click.command()
@configured
@as_json
@click.option(
    "--session", "session", metavar="CLÉ", help="Une seule session ; sinon toutes celles qui ont des ateliers."
)
@click.option("--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help="Le fichier que Zoom importe.")
@click.option("--html", "html_file", type=click.Path(path_type=Path, dir_okay=False), help="Une page à imprimer.")
@explained
def sheet(
    configs: tuple[Path, ...],
    secrets: Path | None,
    as_json: bool,
    session: str | None,
    csv_file: Path | None,
    html_file: Path | None,
) -> None:
    """La feuille de l'animation : chaque salle et qui y va, sous les noms que montre Zoom."""
    from orchestrator.core.errors import OrchestratorError
    from orchestrator.web import sheet as leaf

    everything: dict[str, object] = {}
    refused: list[str] = []
    for settings in load(configs, secrets):
        event, found = settings.event, _sheets(settings, session)
        everything[event.key] = [leaf.as_data(one) for one in found]
        if csv_file and len(found) != 1:
            raise OrchestratorError(
                "Zoom importe une session à la fois", remedy=f"ajoutez --session {found[0].session if found else 'CLÉ'}"
            )
        if csv_file:
            data, left_out = leaf.zoom_csv(event, found[0])
            csv_file.write_bytes(data)
            refused += left_out
        if html_file:
            html_file.write_text(leaf.page(event, found), "utf-8")
        if not (as_json or csv_file or html_file):
            for one in found:
                click.echo("\n".join([*leaf.in_words(event, one), ""]))
    if as_json:
        show(everything)
    for file in filter(None, (csv_file, html_file)):
        say(f"{file} est écrit", good=True)
    for address in refused:
        say(f"laissé hors du fichier, un tableur l'exécuterait comme une formule : {leaf.clean(address)}", bad=True)
    end(FAILED if refused else DONE)


def _sheets(settings: Settings, session: str | None) -> list[Sheet]:
    """Put everybody in their room: as the store knows, else as the list would give."""
    from orchestrator import wiring
    from orchestrator.core import intake
    from orchestrator.core.errors import OrchestratorError
    from orchestrator.core.sheet import sheet
    from orchestrator.jobs.seats import places

    event, now = settings.event, wiring.SystemClock().now()
    keys = [s.key for s in event.sessions if event.workshops_of(s.key)]
    if session is not None and session not in keys:
        raise OrchestratorError(
            f"pas d'ateliers dans la session « {session} »", remedy=f"possibles : {', '.join(keys)}"
        )
    store = wiring.store_to_read(settings.store_url)
    known, seats = store.people.registered(event.key), store.seats.all(event.key)
    served = store.events.is_known(event.key)
    store.close()
    if not served:
        answers = wiring.registrations(settings, event).read()
        known = {p.email: p for p in intake.decide_for(event, answers, {}, now).new}
        seats = dict(places(event, event.seating.tell_at, known, {}))
        say("Pas encore servi : voici les places que donnerait la liste d'aujourd'hui.")
    return [sheet(event, key, known.values(), seats.values()) for key in keys if session in (None, key)]


@click.command()
@configured
@as_json
@click.option(
    "--to", multiple=True, required=True, metavar="ADRESSE", help="Qui reçoit les lettres d'essai ; répétable."
)
@click.option("--keep", is_flag=True, help="Ne pas supprimer la réunion d'essai, pour la visiter.")
@explained
def trial(configs: tuple[Path, ...], secrets: Path | None, as_json: bool, to: tuple[str, ...], keep: bool) -> None:
    """Essayer le vrai compte Zoom : une réunion jetable, deux inscrits, une lettre ; 5 écritures au plus."""
    from orchestrator import wiring
    from orchestrator.core.errors import OrchestratorError
    from orchestrator.gateways.registrations.addresses import Unusable, usable
    from orchestrator.jobs.trial import trial as try_everything

    found = load(configs, secrets)
    if len(found) > 1:
        raise OrchestratorError("l'essai se fait pour un événement à la fois", remedy="nommez son fichier : -c FICHIER")
    try:
        to = tuple(usable(address) for address in to)
    except Unusable as error:
        raise click.BadParameter(str(error), param_hint="--to") from error
    settings, clock = found[0], wiring.SystemClock()
    world = wiring.world(settings, wiring.open_store(settings.store_url), clock, wiring.owner())
    result = try_everything(world, to, lambda step: say(f"  … {step}"), keep=keep)
    if as_json:
        show(result.as_data())
    else:
        _tell(result)
    end(FAILED if any(f.outcome == "no" and not f.number for f in result.findings) else DONE)


MARKS = {"yes": "✓", "no": "✗", "by-hand": "→", "unknown": "?"}


def _tell(result: Trial) -> None:
    """Say what held, each with its number among the open questions."""
    for finding in result.findings:
        about = f" [{finding.number}]" if finding.number else ""
        detail = f" : {finding.detail}" if finding.detail else ""
        click.echo(f"  {MARKS[finding.outcome]} {finding.question}{about}{detail}")
    gone = "supprimée" if result.deleted else "gardée : supprimez-la dans les pages de Zoom après votre visite"
    click.echo(f"\n  {result.writes} écritures chez Zoom ; réunion {result.zoom_id} {gone}")
