"""The organiser's hand on the letters: outbox, pause, resume, approve, announce, fallback, resend."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.common import DONE, FAILED, as_json, configured, end, explained, load, local, say, show

if TYPE_CHECKING:
    from orchestrator.core.model import Event
    from orchestrator.settings import Settings
    from orchestrator.store import Store

yes = click.option("--yes", "is_sure", is_flag=True, help="Ne pas demander confirmation.")
BY_ITSELF = "Le service en marche l'envoie dans les secondes qui viennent ; sans lui : orchestrator apply."


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One event, its store and the hour."""

    settings: Settings
    store: Store
    now: datetime

    @property
    def event(self) -> Event:
        return self.settings.event


def desk(configs: Sequence[Path], secrets: Path | None) -> Desk:
    """Open the one event named. Raises BadConfiguration for several, OrchestratorError for one never served."""
    from orchestrator import wiring
    from orchestrator.core.errors import BadConfiguration, OrchestratorError

    found = load(configs, secrets)
    if len(found) != 1:
        keys = ", ".join(s.path.name for s in found)
        raise BadConfiguration((f"-c – cette commande porte sur un seul événement ; choisissez son fichier : {keys}",))
    store = wiring.open_store(found[0].store_url)
    if not store.events.is_known(found[0].event.key):
        store.close()
        raise OrchestratorError(
            "cet événement n'a pas encore été servi d'ici", remedy="lancez d'abord orchestrator apply, ou run"
        )
    return Desk(settings=found[0], store=store, now=wiring.SystemClock().now())


def _ask(question: str, is_sure: bool) -> bool:
    """Ask before something leaves; where nobody can answer, nothing leaves."""
    if is_sure:
        return True
    if not sys.stdin.isatty():
        say(f"{question} Rien n'est fait : ajoutez --yes pour le faire.")
        return False
    return click.confirm(question, err=True)


@click.command()
@configured
@as_json
@explained
def pause(configs: tuple[Path, ...], secrets: Path | None, as_json: bool) -> None:
    """Arrêter tous les envois d'un événement, jusqu'à « resume »."""
    at = desk(configs, secrets)
    with closing(at.store):
        done = at.store.holds.pause(at.event.key, at.now)
        since = at.store.holds.paused_since(at.event.key)
    if as_json:
        show({"paused": True, "since": since, "changed": done})
        return
    say("Les envois sont en pause." if done else "Les envois étaient déjà en pause.", good=True)
    say("Liens et rappels partiront malgré tout s'il devient trop tard (letters.if_silent = \"hold\" l'empêche).")


@click.command()
@configured
@as_json
@explained
def resume(configs: tuple[Path, ...], secrets: Path | None, as_json: bool) -> None:
    """Reprendre les envois."""
    at = desk(configs, secrets)
    with closing(at.store):
        done = at.store.holds.resume(at.event.key)
    if as_json:
        show({"paused": False, "changed": done})
        return
    say("Les envois reprennent." if done else "Les envois n'étaient pas en pause.", good=True)


@click.command()
@configured
@as_json
@yes
@click.argument("waves", metavar="[ENVOI]...", nargs=-1)
@explained
def approve(
    configs: tuple[Path, ...], secrets: Path | None, as_json: bool, is_sure: bool, waves: Sequence[str]
) -> None:
    """Donner son accord aux envois qui l'attendent ; sans argument, les lister tous et demander."""
    from orchestrator.core.errors import BadConfiguration
    from orchestrator.jobs.control import look
    from orchestrator.jobs.holds import in_words

    at = desk(configs, secrets)
    with closing(at.store):
        box = look(at.event, at.store, at.now, _live(at))
        pending = {str(one.wave): one for one, waits in box.waves if waits}
        if unknown := [wave for wave in waves if wave not in pending]:
            choices = ", ".join(pending) or "aucun"
            raise BadConfiguration(
                (f"{unknown[0]} – aucun envoi de ce nom n'attend d'accord ; en attente : {choices}",)
            )
        chosen = [pending[wave] for wave in waves] or list(pending.values())
        approved = []
        for one in chosen:
            what = (
                f"{one.letters} {in_words(at.event, one)} ({one.wave}), à envoyer avant {local(one.latest, at.event)}"
            )
            if _ask(f"{what}. D'accord pour {one.letters} personnes ?", is_sure):
                at.store.holds.approve(at.event.key, one.wave, at.now)
                approved.append(one)
    if as_json:
        show({"approved": [{"wave": str(one.wave), "letters": one.letters} for one in approved]})
    elif not chosen:
        say("Aucun envoi n'attend votre accord.", good=True)
    for one in approved if not as_json else ():
        say(f"Accord donné : {one.letters} {in_words(at.event, one)}.", good=True)
    end(DONE if len(approved) == len(chosen) else FAILED)


@click.command()
@configured
@as_json
@yes
@click.option("--to", "audience", required=True, help="all, speakers, session:CLÉ ou workshop:CLÉ.")
@click.option("--subject", required=True, help="L'objet de la lettre.")
@click.option("--text", help="Le texte ; un paragraphe finit par une ligne vide.")
@click.option(
    "--file", "file", type=click.File(encoding="utf-8"), help="Le fichier du texte ; « - » : l'entrée standard."
)
@click.option("--void-at", required=True, metavar="HH:MM", help="Heure à partir de laquelle elle n'a plus d'objet.")
@explained
def announce(
    configs: tuple[Path, ...],
    secrets: Path | None,
    as_json: bool,
    is_sure: bool,
    audience: str,
    subject: str,
    text: str | None,
    file: Any,
    void_at: str,
) -> None:
    """Envoyer un message de votre main, par exemple « reprise à 14h15 »."""
    from orchestrator.core.errors import BadConfiguration
    from orchestrator.core.notices import announcement
    from orchestrator.jobs.control import put_in_outbox, reached

    body = (text or (file.read() if file is not None else "")).strip()
    if not body or not subject.strip():
        raise BadConfiguration(("announce – il manque l'objet ou le texte ; donnez --subject et --text, ou --file",))
    at = desk(configs, secrets)
    with closing(at.store):
        _check_audience(at.event, audience)
        notice = announcement(audience, subject.strip(), body, _deadline(void_at, at), at.now)
        count = len(reached(at.event, at.store, notice))
        known = at.store.notices.one(at.event.key, notice.key) is not None
        if not as_json:
            _show_announcement(at, audience, subject, body, count, notice.void_at)
        sent = bool(count) and not known and _ask(f"Envoyer à {count} personnes ?", is_sure)
        if sent:
            at.store.notices.add(at.event.key, [notice])
            put_in_outbox(at.event, at.store, relay_of(at), at.now)
    if as_json:
        data = {"key": notice.key, "to": audience, "count": count, "subject": notice.subject, "text": body}
        show(data | {"void_at": notice.void_at, "sent": sent, "known": known})
    elif known:
        say("Cette annonce a déjà été envoyée, mot pour mot : rien n'est fait.")
    elif not count:
        say("Personne n'est concerné : rien n'est fait.", bad=True)
    elif sent:
        say(f"Annonce enregistrée pour {count} personnes. {BY_ITSELF}", good=True)
    end(DONE if count else FAILED)


def _show_announcement(at: Desk, audience: str, subject: str, body: str, count: int, void_at: datetime) -> None:
    say(f"À : {audience}, {count} personnes à cet instant, et qui s'inscrirait d'ici à {local(void_at, at.event)}")
    click.echo(f"Objet : {subject}\n\n{body}\n")


def _check_audience(event: Event, audience: str) -> None:
    from orchestrator.core.errors import BadConfiguration

    what, _, key = audience.partition(":")
    keys = {"session": [s.key for s in event.sessions], "workshop": [w.key for w in event.workshops]}
    if audience in ("all", "speakers") or key in keys.get(what, ()):
        return
    known = ["all", "speakers", *(f"{kind}:{one}" for kind, found in keys.items() for one in found)]
    raise BadConfiguration((f"--to {audience} – destinataires inconnus ; possibles : {', '.join(known)}",))


def _deadline(text: str, at: Desk) -> datetime:
    """Read « 14:15 » today by the event's clock, or a day and an hour. Raises BadConfiguration."""
    from orchestrator.core.errors import BadConfiguration

    here = at.now.astimezone(at.event.zone)
    try:
        if "T" in text or " " in text:
            found = datetime.fromisoformat(text)
        else:
            found = datetime.combine(here.date(), time.fromisoformat(text.replace("h", ":")))
    except ValueError:
        raise BadConfiguration((f"--void-at {text} – une heure est attendue, par exemple 14:15",)) from None
    wall = found if found.tzinfo else found.replace(tzinfo=at.event.zone)
    until = wall.astimezone(at.now.tzinfo)
    if until <= at.now:
        problem = f"--void-at {text} – cette heure est passée ; pour un autre jour : 2027-06-24T14:15"
        raise BadConfiguration((problem,))
    return until


@click.command()
@configured
@as_json
@yes
@click.option("--undo", is_flag=True, help="Revenir à Zoom, et le dire à qui avait été prévenu.")
@explained
def fallback(configs: tuple[Path, ...], secrets: Path | None, as_json: bool, is_sure: bool, undo: bool) -> None:
    """Plan B : dire à tout le monde de se retrouver à event.fallback_url."""
    from orchestrator.core.errors import BadConfiguration
    from orchestrator.core.letters import FALLBACK
    from orchestrator.jobs.control import meeting_again, plan_b, put_in_outbox

    at = desk(configs, secrets)
    url = at.event.fallback_url
    if not url and not undo:
        raise BadConfiguration((f"{at.settings.path.name}: event.fallback_url – cette adresse manque ; ajoutez-la",))
    with closing(at.store):
        is_on = bool(at.store.memos.get(at.event.key, FALLBACK))
        people = meeting_again(at.event, at.store, at.now)
        told = [who for who in people if who.told.get(FALLBACK, ("",))[0]]
        count = len(told) if undo else len(people)
        question = (
            f"Annoncer le retour sur Zoom à {count} personnes ?" if undo else f"Envoyer {count} personnes à {url} ?"
        )
        done = is_on == undo and _ask(question, is_sure)
        planned = 0
        if done:
            plan_b(at.event, at.store, at.now, on=not undo)
            planned = put_in_outbox(at.event, at.store, relay_of(at), at.now)
    if as_json:
        show(
            {"fallback": done != undo if is_on == undo else is_on, "changed": done, "count": count, "planned": planned}
        )
    elif is_on != undo:
        say("Le plan B n'est pas en cours." if undo else "Le plan B est déjà en cours.")
    elif done:
        say(f"{planned} lettres préparées. {BY_ITSELF}", good=True)


@click.command()
@configured
@as_json
@click.argument("email")
@explained
def resend(configs: tuple[Path, ...], secrets: Path | None, as_json: bool, email: str) -> None:
    """Renvoyer son lien à une personne."""
    from orchestrator.core.errors import OrchestratorError
    from orchestrator.core.model import identity
    from orchestrator.core.notices import again
    from orchestrator.jobs.control import put_in_outbox

    at = desk(configs, secrets)
    with closing(at.store):
        who = at.store.people.one(at.event.key, identity(email))
        if who is None:
            raise OrchestratorError(
                "personne n'est inscrit à cette adresse", remedy="vérifiez-la ; orchestrator outbox montre les lettres"
            )
        if at.now >= at.event.last_end:
            raise OrchestratorError("l'événement est terminé : le lien ne sert plus")
        new = at.store.notices.add(at.event.key, [again(at.event, who.email, at.now)])
        planned = put_in_outbox(at.event, at.store, relay_of(at), at.now)
    if as_json:
        show({"to": who.address, "asked": bool(new), "planned": bool(planned)})
        return
    waits = "" if planned or not new else " Elle partira dès que Zoom aura donné le lien."
    said = f"Lettre préparée pour {who.address}. {BY_ITSELF}" if planned else f"C'est noté.{waits}"
    say(said if new else "Demandé il y a un instant : la lettre est déjà en route.", good=True)


@click.command()
@configured
@as_json
@click.option("--state", type=click.Choice(["due", "claimed", "dotted", "sent", "refused", "void", "withdrawn"]))
@click.option("--to", "email", help="Les lettres d'une seule adresse.")
@explained
def outbox(
    configs: tuple[Path, ...], secrets: Path | None, as_json: bool, state: str | None, email: str | None
) -> None:
    """Lire la boîte d'envoi : ce qui est dû, parti, en doute, refusé ou périmé, et pourquoi."""
    from dataclasses import replace

    from orchestrator import wiring
    from orchestrator.core.model import identity
    from orchestrator.jobs.control import look

    now, data = wiring.SystemClock().now(), {}
    for settings in load(configs, secrets):
        store = wiring.store_to_read(settings.store_url)
        with closing(store):
            at = Desk(settings=settings, store=store, now=now)
            box = look(settings.event, store, now, _live(at))
        chosen = [
            (d, why)
            for d, why in box.letters
            if state in (None, d.state) and (email is None or d.email == identity(email))
        ]
        box = replace(box, letters=chosen)
        data[settings.event.key] = box.as_data()
        if not as_json:
            _tell_box(settings.event, data[settings.event.key])
    if as_json:
        show(data)


def _tell_box(event: Event, box: dict[str, Any]) -> None:
    from orchestrator.jobs.names import NAMES

    say(f"\n{event.title}")
    if box["paused_since"]:
        say(f"  ✗ envois en pause depuis le {local(box['paused_since'], event)} → orchestrator resume", bad=True)
    for wave in (w for w in box["waves"] if w["waits_for_approval"]):
        say(f"  ✗ {wave['wave']} : {wave['letters']} lettres attendent votre accord → orchestrator approve", bad=True)
    for one in box["letters"]:
        at = one["sent_at"] or one["not_before"] or one["leave_from"]
        doubt = ", peut-être reçue deux fois" if one["in_doubt"] else ""
        reply = f" ({one['reply']})" if one["reply"] else ""
        click.echo(f"  {local(at, event):<22} {NAMES[one['kind']]:<26} {one['to']:<34} {one['why']}{doubt}{reply}")
    counts = Counter(one["state"] for one in box["letters"])
    say("  " + (", ".join(f"{n} {state}" for state, n in sorted(counts.items())) or "aucune lettre"))
    for domain in box["domains"]:
        if domain["silent"]:
            say(f"  ⚠ {domain['domain']} : {domain['people']} personnes, aucune n'est entrée (voir letters.light)")


def relay_of(at: Desk) -> str:
    from orchestrator import wiring

    return wiring.relay_name(at.settings)


def _live(at: Desk) -> Any:
    from orchestrator import wiring

    return wiring.live(at.store, at.event)
