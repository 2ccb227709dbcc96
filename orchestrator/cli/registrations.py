"""The list of people: what is odd in it, what its columns were taken for, and a copy of it for a spreadsheet."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.common import DONE, FAILED, MISUSED, Whole, as_json, configured, end, explained, only, say, show
from orchestrator.cli.person import desk_of

if TYPE_CHECKING:
    from orchestrator.gateways.registrations import Register
    from orchestrator.gateways.registrations.answers import Progress
    from orchestrator.jobs.doctor import Diagnosis
    from orchestrator.settings import Settings

LIST = click.Path(path_type=Path, exists=True)


@click.group("registrations", cls=Whole)
def registrations() -> None:
    """La liste des inscriptions : la vérifier, l'exporter."""


@registrations.command("check")
@configured
@click.argument("file", type=LIST, required=False)
@as_json
@explained
def check(configs: tuple[Path, ...], secrets: Path | None, file: Path | None, as_json: bool) -> None:
    """Dire ce qui est étrange dans la liste (ou dans FILE), ligne par ligne, et quoi faire. Ne change rien."""
    settings = only(configs, secrets)
    diagnosis = _diagnosis(settings, file)
    if as_json:
        show(diagnosis.as_data())
    else:
        _tell(diagnosis)
    end(DONE if diagnosis.readable else FAILED)


@registrations.command("invitations")
@configured
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Fichier .xlsx ou .csv à écrire.")
@as_json
@explained
def invitations(configs: tuple[Path, ...], secrets: Path | None, out: Path | None, as_json: bool) -> None:
    """Dire qui a demandé la prochaine invitation ; personne d'autre. Un fichier écrit est noté au journal."""
    from orchestrator import wiring
    from orchestrator.cli.person import desk_of
    from orchestrator.gateways.spreadsheets import write
    from orchestrator.jobs.invitations import table

    settings = only(configs, secrets)
    if out and out.suffix.casefold() not in (".xlsx", ".csv"):
        say(f"« {out.name} » n'est ni un .xlsx ni un .csv → donnez l'un de ces noms avec --out", bad=True)
        end(MISUSED)
    with desk_of(settings) as desk:
        rows = table(settings.event, desk.store)
        if out:
            write(out, rows, "Prochaine invitation")
            desk.note("export", "", wiring.SystemClock().now())
    if as_json:
        show(
            [
                dict(zip(("address", "first_name", "last_name", "organisation", "asked_on"), r, strict=True))
                for r in rows[1:]
            ]
        )
    elif not out:
        for row in rows[1:]:
            click.echo(f"  {row[0]} – {row[1]} {row[2]}")
    say(f"{len(rows) - 1} personne(s) veulent la prochaine invitation." + (f" {out}" if out else ""))


@registrations.command("export")
@configured
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("inscrits.xlsx"),
    show_default=True,
    help="Fichier .xlsx ou .csv à écrire.",
)
@as_json
@explained
def export(configs: tuple[Path, ...], secrets: Path | None, out: Path, as_json: bool) -> None:
    """Écrire les personnes inscrites, leurs vœux et leur atelier dans un classeur ; noté au journal."""
    from orchestrator import wiring
    from orchestrator.gateways.spreadsheets import write
    from orchestrator.jobs.export import table

    settings = only(configs, secrets)
    if out.suffix.casefold() not in (".xlsx", ".csv"):
        say(f"« {out.name} » n'est ni un .xlsx ni un .csv → donnez l'un de ces noms avec --out", bad=True)
        end(MISUSED)
    if not out.parent.is_dir():
        say(f"le dossier {out.parent} n'existe pas → créez-le d'abord", bad=True)
        end(MISUSED)
    with desk_of(settings) as desk:
        header, rows = table(settings.event, desk.store)
        write(out, [header, *rows], "Inscriptions")
        desk.note("export", "", wiring.SystemClock().now())
    if as_json:
        show({"file": str(out), "people": len(rows)})
    else:
        say(f"{len(rows)} personnes écrites dans {out} ; ce fichier contient des données personnelles.", good=True)


def _diagnosis(settings: Settings, file: Path | None) -> Diagnosis:
    from orchestrator import wiring
    from orchestrator.core.errors import UnreadableSource
    from orchestrator.jobs.doctor import diagnose, unreadable

    source = register(settings, file)
    try:
        with _bar() as progress:
            answers = source.read(progress)
    except UnreadableSource as error:
        return unreadable(settings.event, error)
    return diagnose(settings.event, answers, wiring.SystemClock().now())


def register(settings: Settings, file: Path | None) -> Register:
    """Take the file given, else the config's source."""
    from orchestrator import wiring

    return wiring.registrations(settings, settings.event) if file is None else wiring.list_in(settings, file)


@contextmanager
def _bar() -> Iterator[Progress | None]:
    """Show, on a terminal, how many rows were read."""
    if not sys.stderr.isatty():
        yield None
        return
    yield lambda rows: click.echo(f"\r  {rows} lignes lues…", nl=False, err=True)
    click.echo("\r\033[K", nl=False, err=True)


def _tell(diagnosis: Diagnosis) -> None:
    from orchestrator.jobs.world import counted

    say(f"\n{diagnosis.event.title}")
    if diagnosis.readable:
        click.echo(f"  {counted(len(diagnosis.people), 'personne à inscrire', 'personnes à inscrire')}")
    if not diagnosis.refused and not diagnosis.findings:
        click.secho("  ✓ rien d'étrange", fg="green")
    if diagnosis.refused:
        click.echo(f"\n  {counted(len(diagnosis.refused), 'réponse', 'réponses')} sans inscription :")
    for refusal in diagnosis.refused:
        click.secho(f"    ligne {refusal.line} : {refusal.reason}", fg="red")
    if diagnosis.findings:
        click.echo(f"\n  {counted(len(diagnosis.findings), 'constat', 'constats')} :")
    for n, finding in enumerate(diagnosis.findings, start=1):
        where = f"ligne {finding.line} : " if finding.line else ""
        click.echo(f"    {n}. {where}{finding.message}" + (f"\n       → {finding.remedy}" if finding.remedy else ""))


@click.command("columns")
@configured
@click.argument("file", type=LIST)
@as_json
@explained
def columns(configs: tuple[Path, ...], secrets: Path | None, file: Path, as_json: bool) -> None:
    """Montrer ce que chaque colonne de FILE a été comprise être, et l'écrire pour la configuration."""
    from orchestrator import wiring

    settings = only(configs, secrets) if configs or Path("config.toml").exists() else None
    mapped = wiring.mapped(settings, file)
    if as_json:
        show(mapped.as_data())
        return
    say(f"\n{file.name}, titres à la ligne {mapped.line}, {mapped.rows} réponses")
    for title, meaning in mapped.in_words():
        click.secho(f"  {title}\n      → {meaning}", fg=None if meaning != mapped.NOT_KEPT else "bright_black")
    say("\nÀ coller dans la configuration pour fixer cette lecture :\n")
    click.echo(mapped.as_toml())
