"""Trying it out: rehearse, demo, fake-zoom."""

from __future__ import annotations

import json
import secrets
import signal
import sys
import tempfile
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.common import DONE, FAILED, as_json, configured, end, explained, load, say, show

if TYPE_CHECKING:
    from orchestrator.outside.zoom.values import Plan
    from orchestrator.settings import Settings

fault = click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="PANNE",
    help="Une panne voulue, répétable : smtp-down=08:50-09:20, smtp-4xx=10%, zoom-down=07:00-09:00, "
    "zoom-429=08:00-08:30, latecomer=09:20, kill=09:00:03, host-late=09:40, ended-at=12:16, meeting-deleted=08:20.",
)
STEPS = 1000
PROMISES = {
    "link-before-session": "chaque personne inscrite à temps a reçu son lien avant le début",
    "reminder-on-time": "chaque rappel est parti à son heure et avant le début",
    "never-twice": "aucune lettre n'est partie deux fois",
    "never-late": "aucun rappel n'est parti après le début",
    "speakers-told": "chaque intervenant sait quoi faire",
    "rooms-agree": "la place, la salle dans Zoom et la dernière lettre disent la même chose",
    "certificates-right": "chaque attestation dit exactement qui était là, et une attestation falsifiée est refusée",
    "letter-after": "la lettre d'après est partie une fois à chacun, et la bonne",
    "attendance-kept": "les présences restent sans adresse, puis s'effacent à leur tour",
    "nothing-left": "après la purge, aucune adresse ne reste ici ni chez Zoom",
}


@click.command()
@configured
@click.option(
    "--registrations",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Fichier CSV à la place de la source de la configuration.",
)
@fault
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Dossier à remplir.")
@as_json
@explained
def rehearse(
    configs: tuple[Path, ...],
    secrets: Path | None,
    registrations: Path | None,
    faults: tuple[str, ...],
    out: Path,
    as_json: bool,
) -> None:
    """Jouer les jours d'avant et le jour même en quelques secondes, contre un faux Zoom et un faux relais."""
    kept, events = True, load(configs, secrets)
    for settings in events:
        folder = out if len(events) == 1 else out / settings.event.key
        kept = _play(settings, registrations, faults, folder, as_json) and kept
    end(DONE if kept else FAILED)


@click.command()
@fault
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Dossier à remplir ; il peut exister.")
@as_json
@explained
def demo(faults: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Répéter l'événement livré en exemple, avec environ 200 personnes inventées."""
    from orchestrator import shipped

    [settings] = load([shipped.example_config()], None)
    folder = out or Path(tempfile.mkdtemp(prefix="orchestrator-demo-"))
    end(DONE if _play(settings, None, faults, folder, as_json) else FAILED)


def _play(settings: Settings, registrations: Path | None, faults: tuple[str, ...], out: Path, as_json: bool) -> bool:
    """Rehearse one event and say how it went; True when every promise was held."""
    from click.termui import progressbar

    from orchestrator.rehearsal import play
    from orchestrator.rehearsal.faults import read

    troubles = read(faults, settings.event)
    out.mkdir(parents=True, exist_ok=True)
    say(f"Répétition de « {settings.event.title} »")
    talk = sys.stderr
    shown = progressbar(length=STEPS, label="  la journée passe", file=talk, hidden=not talk.isatty())
    with shown as bar:

        def progress(share: float) -> None:
            bar.update(int(share * STEPS) - bar.pos)

        result = play.rehearse(settings, registrations, troubles, out, progress)
    if result.invented:
        source = settings.registrations
        why = f"La liste « {source.path.name} » n'existe pas" if source.source == "file" else "La source est en ligne"
        say(f"  {why} : 200 personnes inventées ont joué les inscrits.")
    if as_json:
        show(result.report)
    else:
        _tell(result.report, out)
    return all(promise["held"] for promise in result.report["promises"])


def _tell(report: dict[str, Any], out: Path) -> None:
    """Say what happened as an organiser would."""
    from orchestrator.jobs.names import NAMES

    letters = report["letters"]
    click.echo(f"\n  {report['people']} personnes se sont inscrites ; {len(report['refused_rows'])} lignes à revoir.")
    for row in report["refused_rows"]:
        click.echo(f"    ligne {row['line']} : {row['reason']}")
    for kind, label in NAMES.items():
        if kind in letters:
            click.echo(f"  {letters[kind]['sent']:>5} {label}{_rest(letters[kind])}")
    for key, room in report["workshops"].items():
        click.echo(f"  {room['taken']:>5} places sur {room['seats']} dans « {key} »")
    _tell_after(report["after"])
    click.echo("")
    for promise in report["promises"]:
        words = PROMISES[promise["name"]]
        if promise["held"]:
            click.secho(f"  ✓ {words}", fg="green")
        else:
            click.secho(f"  ✗ {words} – pas pour : {', '.join(promise['broken_for'])}", fg="red")
    click.echo(f"\n  Le film de la journée : {out / 'film.html'}")
    click.echo(f"  Chaque lettre         : {out / 'mail'}")
    click.echo(f"  Les détails           : {out / 'report.json'}, mail.jsonl, zoom.jsonl")


def _tell_after(after: dict[str, Any]) -> None:
    """Say what happened once the day was over."""
    doubts = sum(after["doubts"].values())
    click.echo(f"\n  Puis : {after['came']} personnes étaient là, {after['certificates']} attestations délivrées,")
    click.echo(f"  {doubts} cas douteux dont {after['decided']} décidés.")
    gone, over = (_day(after[key]) for key in ("purged_at", "attendance_ends_at"))
    click.echo(f"  Le {gone}, tout le monde est effacé ici et chez Zoom ; le {over}, les présences aussi.")


def _day(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%d/%m/%Y")


def _rest(counts: dict[str, int]) -> str:
    waiting = counts["owed"] - counts["sent"] - counts["void"] - counts["refused"]
    parts = [
        f"{counts['void']} périmées" if counts["void"] else "",
        f"{counts['refused']} refusées" if counts["refused"] else "",
    ]
    parts.append(f"{waiting} en attente" if waiting else "")
    said = ", ".join(part for part in parts if part)
    return f" ({said})" if said else ""


@click.command("fake-zoom")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port d'écoute ; 0 = au choix.")
@click.option("--host", default="webinaires@exemple.fr", show_default=True, help="L'hôte du compte, avec licence.")
@click.option("--licensed", multiple=True, metavar="ADRESSE", help="Un autre compte avec licence ; répétable.")
@click.option("--plan", type=click.Choice(["free", "pro", "business"]), default="pro", show_default=True)
@click.option("--webhooks", metavar="URL", help="Où poster ses webhooks, signés ; le secret est dans la ligne de JSON.")
@explained
def fake_zoom(port: int, host: str, licensed: tuple[str, ...], plan: Plan, webhooks: str | None) -> None:
    """Servir un faux Zoom sur cette machine jusqu'à SIGTERM ; dit où en une ligne de JSON."""
    from orchestrator import wiring
    from orchestrator.outside.zoom import FakeZoom, Poster

    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    clock = wiring.SystemClock()
    secret = secrets.token_urlsafe(16) if webhooks else ""
    tell = Poster(webhooks) if webhooks else None
    with FakeZoom(
        now=clock.now, port=port, host=host, licensed_users=licensed, plan=plan, webhook_secret=secret, tell=tell
    ) as zoom:
        click.echo(json.dumps(zoom.papers() | ({"webhook_secret": secret} if secret else {})))
        stopped.wait()
