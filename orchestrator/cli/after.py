"""After the event: attendance (sheet, doubts, decide, funder), certificates (issue, revoke, page)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.common import DONE, FAILED, MISUSED, Whole, as_json, configured, end, explained, only, say, show

if TYPE_CHECKING:
    from orchestrator.gateways.spreadsheets import Rows
    from orchestrator.settings import Settings
    from orchestrator.store import Store

NOBODY = "personne"
FILE = click.Path(path_type=Path, dir_okay=False)


@contextmanager
def one_event(
    configs: tuple[Path, ...], secrets: Path | None, *, write: bool = False
) -> Iterator[tuple[Settings, Store]]:
    """The one event these verbs are about; several are refused."""
    from orchestrator import wiring

    settings = only(configs, secrets)
    store = wiring.open_store(settings.store_url) if write else wiring.store_to_read(settings.store_url)
    try:
        yield settings, store
    finally:
        store.close()


@click.group(cls=Whole)
def attendance() -> None:
    """Qui était là : feuille d'émargement, cas douteux, bilan pour le financeur."""


@attendance.command("sheet")
@configured
@as_json
@click.option("--csv", "as_csv", type=FILE, help="Écrire un CSV pour Excel.")
@click.option("--xlsx", type=FILE, help="Écrire un classeur Excel.")
@explained
def sheet(
    configs: tuple[Path, ...], secrets: Path | None, as_json: bool, as_csv: Path | None, xlsx: Path | None
) -> None:
    """La feuille d'émargement numérique : nom, structure, demi-journée, minutes."""
    from orchestrator import accounts

    with one_event(configs, secrets) as (settings, store):
        rows = [list(row) for row in accounts.sheet(settings.event, store)]
    if as_json:
        names = ("name", "organisation", "session", "date", "start", "end", "minutes", "came")
        show([dict(zip(names, row, strict=True)) for row in rows[1:]])
    elif not write_tables(rows, "Émargement", as_csv, xlsx):
        for row in rows[1:]:
            click.echo(f"  {'✓' if row[-1] else '·'} {row[0]} – {row[2]} : {row[6]} min")
    say(f"{len(rows) - 1} lignes")


def write_tables(rows: Rows, title: str, as_csv: Path | None, xlsx: Path | None) -> bool:
    """Write the files asked for; tells whether there were any."""
    from orchestrator.gateways.spreadsheets import write

    found = list(rows)
    for path in (as_csv, xlsx):
        if path:
            write(path, found, title)
            say(str(path))
    return bool(as_csv or xlsx)


@attendance.command("doubts")
@configured
@as_json
@explained
def doubts(configs: tuple[Path, ...], secrets: Path | None, as_json: bool) -> None:
    """Ce que Zoom a vu sans pouvoir dire qui : téléphone, autre nom, sans inscription."""
    from orchestrator import accounts
    from orchestrator.jobs.attendance import full_name

    with one_event(configs, secrets) as (settings, store):
        found = accounts.doubtful(settings.event, store)
        people = store.people.registered(settings.event.key).values()
        names = {p.email: full_name(p) for p in people}
    data = [accounts.doubt_as_data(one, n, names) for n, one in enumerate(found, 1)]
    if as_json:
        show(data)
        return
    for one in data:
        hours = f"{accounts.local(settings.event, one['from'])} – {accounts.local(settings.event, one['until'])}"
        click.echo(f"  {one['number']}. « {one['name']} », {accounts.WHY[one['why']]}, {hours}, {one['minutes']} min")
        if one["link_of"]:
            click.echo(f"     lien de : {one['link_of']}, à qui ce temps est compté tant que rien n'est décidé")
        if one["looks_like"]:
            click.echo(f"     ressemble à : {', '.join(one['looks_like'])}")
    if data:
        say(f"Pour décider : orchestrator attendance decide NUMÉRO ADRESSE… (ou « {NOBODY} »)")
    else:
        say("Rien n'est douteux.", good=True)


@attendance.command("decide")
@click.argument("number", type=int)
@click.argument("emails", nargs=-1, required=True)
@configured
@click.option("--by", default="ligne de commande", help="Qui décide, pour le journal.")
@explained
def decide(number: int, emails: tuple[str, ...], configs: tuple[Path, ...], secrets: Path | None, by: str) -> None:
    """Attribuer un cas douteux à une personne inscrite, à plusieurs devant un même écran, ou à « personne »."""
    from orchestrator import accounts, wiring
    from orchestrator.core.model import identity
    from orchestrator.jobs.attendance import decide

    with one_event(configs, secrets, write=True) as (settings, store):
        event, who = settings.event, [identity(email) for email in emails if email != NOBODY]
        found = accounts.doubtful(event, store)
        if not 0 < number <= len(found):
            say(f"il n'y a pas de cas n° {number} → orchestrator attendance doubts", bad=True)
            end(MISUSED)
        if unknown := [one for one in who if one not in store.people.registered(event.key)]:
            say(f"pas inscrite : {', '.join(unknown)} → vérifiez l'adresse dans orchestrator people", bad=True)
            end(MISUSED)
        decide(event, store, found[number - 1], who, by, wiring.SystemClock().now())
    say("C'est noté ; les attestations suivront.", good=True)


@attendance.command("funder")
@configured
@as_json
@click.option("--page", type=FILE, help="Écrire la page, avec ses graphiques.")
@click.option("--csv", "as_csv", type=FILE, help="Écrire un CSV pour Excel.")
@click.option("--xlsx", type=FILE, help="Écrire un classeur Excel.")
@explained
def funder(
    configs: tuple[Path, ...],
    secrets: Path | None,
    as_json: bool,
    page: Path | None,
    as_csv: Path | None,
    xlsx: Path | None,
) -> None:
    """Le bilan pour le financeur : inscriptions et présences, sans que personne puisse être reconnu."""
    from orchestrator import accounts

    with one_event(configs, secrets) as (settings, store):
        tables = accounts.blocks(settings.event, store)
        text = accounts.page(settings.event, store, tables)
    if page:
        page.write_text(text, "utf-8")
        say(str(page))
    written = write_tables(accounts.as_rows(tables), "Bilan", as_csv, xlsx)
    if as_json:
        show([{"by": b.column, "lines": [_line(line) for line in b.lines]} for b in tables])
    elif not page and not written:
        for block in tables:
            say(f"\n{block.title}")
            for line in block.lines:
                click.echo(f"  {line.name} : {line.came} sur {line.registered}")


def _line(line: Any) -> dict[str, Any]:
    return {"name": line.name, "registered": line.registered, "came": line.came, "merged": line.merged}


@click.group(cls=Whole)
def certificates() -> None:
    """Les attestations de présence : délivrer, annuler, vérifier."""


@certificates.command("issue")
@click.argument("emails", nargs=-1)
@configured
@as_json
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Dossier à remplir.")
@click.option("--again", is_flag=True, help="Délivrer à nouveau, sous un nouveau numéro ; l'ancien ne vaut plus.")
@explained
def issue(
    emails: tuple[str, ...], configs: tuple[Path, ...], secrets: Path | None, as_json: bool, out: Path, again: bool
) -> None:
    """Écrire en PDF les attestations des personnes présentes, ou de celles nommées."""
    from orchestrator import accounts, wiring
    from orchestrator.jobs import certificates as office

    with one_event(configs, secrets, write=True) as (settings, store):
        ready = office.issue(settings.event, store, wiring.SystemClock().now(), emails, again=again)
        key = accounts.key_of(settings)
        out.mkdir(parents=True, exist_ok=True)
        with click.progressbar(ready, label="Attestations", file=sys.stderr) as bar:
            for one in bar:
                (out / f"attestation-{one.what.number}.pdf").write_bytes(accounts.printed(settings, one, key))
    if as_json:
        show([{"email": one.email, "number": one.what.number, "minutes": one.what.minutes} for one in ready])
    else:
        for one in ready:
            click.echo(out / f"attestation-{one.what.number}.pdf")
    say(f"{len(ready)} attestation(s)" if ready else "Personne à qui en délivrer une.", good=bool(ready))
    end(DONE if ready else FAILED)


@certificates.command("revoke")
@click.argument("email")
@configured
@explained
def revoke(email: str, configs: tuple[Path, ...], secrets: Path | None) -> None:
    """Annuler une attestation ; la page de vérification le dira."""
    from orchestrator import wiring
    from orchestrator.jobs import certificates as office

    with one_event(configs, secrets, write=True) as (settings, store):
        number = office.revoke(settings.event, store, email, wiring.SystemClock().now())
    say(f"L'attestation {number} est annulée ; republiez la page de vérification si elle est ailleurs.", good=True)


@certificates.command("page")
@click.argument("file", type=FILE)
@configured
@explained
def page(file: Path, configs: tuple[Path, ...], secrets: Path | None) -> None:
    """Écrire la page qui vérifie une attestation : un seul fichier, sans serveur."""
    from orchestrator import accounts

    with one_event(configs, secrets) as (settings, store):
        file.write_text(accounts.verifier(settings, store), "utf-8")
    click.echo(file)
