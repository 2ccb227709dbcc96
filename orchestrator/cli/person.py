"""One person, by hand: what the phone call at 9h25 needs."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.common import FAILED, MISUSED, Whole, as_json, configured, end, explained, only, say, show

if TYPE_CHECKING:
    from orchestrator.core.model import Event, Person
    from orchestrator.jobs.desk import Desk
    from orchestrator.settings import Settings

PATIENCE = timedelta(seconds=20)
"""How long the link of somebody just added is waited for."""


@click.group("person", cls=Whole)
def person() -> None:
    """Une personne, à la main : l'ajouter, la corriger, la retirer, lui lire son lien."""


def described(verb: Any) -> Any:
    """Give a verb the options that say something of a person."""
    options = (
        click.option("--first", "first_name", help="Prénom."),
        click.option("--last", "last_name", help="Nom."),
        click.option("--shown-as", help="Le nom à montrer dans Zoom."),
        click.option(
            "--session", "sessions", multiple=True, metavar="CLÉ", help="Une session où elle vient ; répétable."
        ),
        click.option(
            "--wish", "wishes", multiple=True, metavar="ATELIER", help="Un atelier souhaité, le préféré d'abord."
        ),
        click.option("--language", type=click.Choice(["fr", "en"]), help="La langue de ses lettres."),
        click.option("--organisation", help="Sa structure."),
        click.option("--needs", help="Ses besoins particuliers."),
    )
    for option in reversed(options):
        verb = option(verb)
    return verb


address = click.argument("address", metavar="ADRESSE")


@person.command("add")
@address
@described
@configured
@as_json
@explained
def add(address: str, configs: tuple[Path, ...], secrets: Path | None, as_json: bool, **said: Any) -> None:
    """Inscrire quelqu'un, même après la clôture. Sans --session : à toutes celles qui ne sont pas finies."""
    settings = only(configs, secrets)
    with desk_of(settings) as desk:
        found = desk.add(_usable(address), _fields(settings.event, said), _now())
    _tell(found, as_json, f"{_name(found)} est inscrit·e ; son lien : orchestrator person link {found.email}")


@person.command("edit")
@address
@described
@click.option(
    "--email", "new_address", default="", metavar="ADRESSE", help="Sa nouvelle adresse : un nouveau lien y part."
)
@configured
@as_json
@explained
def edit(
    address: str, new_address: str, configs: tuple[Path, ...], secrets: Path | None, as_json: bool, **said: Any
) -> None:
    """Corriger une inscription ; ce qui est dit ici l'emporte sur le formulaire, à chaque lecture."""
    settings = only(configs, secrets)
    fields = _fields(settings.event, said)
    if not fields and not new_address:
        say("rien à corriger → dites quoi, par exemple --first Zoé (orchestrator person edit --help)", bad=True)
        end(MISUSED)
    with desk_of(settings) as desk:
        found = desk.edit(address, fields, _now(), _usable(new_address) if new_address else "")
    _tell(found, as_json, f"L'inscription de {_name(found)} est corrigée.")


@person.command("withdraw")
@address
@configured
@as_json
@explained
def withdraw(address: str, configs: tuple[Path, ...], secrets: Path | None, as_json: bool) -> None:
    """Retirer quelqu'un : sa place se libère, son lien est annulé ; répondre à nouveau au formulaire l'inscrit."""
    settings = only(configs, secrets)
    with desk_of(settings) as desk:
        found = desk.withdraw(address, _now())
    _tell(found, as_json, f"{_name(found)} ne recevra plus rien ; sa place est libre.")


@person.command("link")
@address
@configured
@as_json
@explained
def link(address: str, configs: tuple[Path, ...], secrets: Path | None, as_json: bool) -> None:
    """Donner le lien personnel de quelqu'un, à lire au téléphone ; noté au journal, jamais dans les traces."""
    settings = only(configs, secrets)
    with desk_of(settings) as desk:
        found, links = _links(settings, desk, address)
    if as_json:
        show({"email": found.email, "name": _name(found), "links": links})
    else:
        say(f"{_name(found)} :")
        for one in links:
            click.echo(f"  {', '.join(one['sessions'])} : {one['join_url']}")
    if not links:
        say("pas encore de lien : Zoom n'a pas répondu → orchestrator status, puis à nouveau", bad=True)
        end(FAILED)


Links = list[dict[str, Any]]


def _links(settings: Settings, desk: Desk, address: str) -> tuple[Person, Links]:
    """Find somebody's links; while one is missing, let a beat register them. Journals what is shown."""
    from orchestrator.cli.work import serviceable

    found = desk.registered(address)
    until = _now() + PATIENCE
    links = desk.links(found, _now())
    worlds = None
    while not desk.has_every_link(found, links, _now()) and _now() < until:
        if worlds is None and not (worlds := serviceable([settings])[0]):
            break
        _beat_or_wait(worlds[0])
        links = desk.links(found, _now())
    if links:
        desk.note("link", found.email, _now())
    return found, links


def _beat_or_wait(world: Any) -> None:
    """Beat once; leave it to the service where one is running."""
    from orchestrator.core.errors import Held
    from orchestrator.jobs.beat import Memory, beat

    try:
        beat(world, Memory())
    except Held:
        world.clock.wait(_now() + timedelta(seconds=1))


@contextmanager
def desk_of(settings: Settings) -> Iterator[Desk]:
    """Open the event's store, and close it in the end."""
    from orchestrator import wiring
    from orchestrator.jobs.desk import Desk

    store = wiring.open_store(settings.store_url)
    try:
        yield Desk(event=settings.event, store=store, who=_who())
    finally:
        store.close()


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "?"


def _now() -> Any:
    from orchestrator import wiring

    return wiring.SystemClock().now()


def _usable(address: str) -> str:
    from orchestrator.core.errors import OrchestratorError
    from orchestrator.gateways.registrations.addresses import Unusable, usable

    try:
        return usable(address)
    except Unusable as why:
        raise OrchestratorError(str(why), remedy="vérifiez l'adresse") from why


def _fields(event: Event, said: dict[str, Any]) -> dict[str, Any]:
    """Bring options to fields of a person. Ends with 2 for a session or a workshop that does not exist."""
    from orchestrator.gateways.registrations.names import clean

    fields: dict[str, Any] = {
        name: clean(value, 1_000 if name in ("organisation", "needs") else 100)
        for name, value in said.items()
        if isinstance(value, str)
    }
    if said["sessions"]:
        keys = [s.key for s in event.sessions]
        _refuse_unknown(said["sessions"], keys, "session")
        fields["sessions"] = [key for key in keys if key in said["sessions"]]
    if said["wishes"]:
        fields["wishes"] = _wishes(event, said["wishes"])
    return fields


def _wishes(event: Event, wished: Sequence[str]) -> dict[str, list[list[str]]]:
    by_name = {name.casefold(): w for w in event.workshops for name in (w.title, w.short, w.code, w.key)}
    if any(name.casefold() not in by_name for name in wished):
        _refuse_unknown(wished, [w.code for w in event.workshops], "atelier")
    found: dict[str, list[list[str]]] = {}
    for workshop in (by_name[name.casefold()] for name in wished):
        found.setdefault(workshop.session, []).append([workshop.key])
    return found


def _refuse_unknown(given: Sequence[str], known: Sequence[str], what: str) -> None:
    if wrong := [name for name in given if name not in known]:
        say(f"aucun·e {what} ne s'appelle « {wrong[0]} » → possibles : {', '.join(known)}", bad=True)
        end(MISUSED)


def _name(found: Person) -> str:
    return f"{found.first_name} {found.last_name}".strip() or found.email


def _tell(found: Person, as_json: bool, words: str) -> None:
    if as_json:
        from orchestrator.jobs.doctor import person_as_data

        show(person_as_data(found))
    else:
        say(words, good=True)
