"""What the organiser sends by hand: announce, resend, fallback."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.common import DONE, FAILED, as_json, configured, end, explained, local, say, show
from orchestrator.cli.desk import Desk, ask, desk, relay_of, yes

if TYPE_CHECKING:
    from orchestrator.core.model import Event

BY_ITSELF = "Le service en marche l'envoie dans les secondes qui viennent ; sans lui : orchestrator apply."


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
    from orchestrator.jobs.control import reached
    from orchestrator.jobs.hand import announce

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
        sent = bool(count) and not known and ask(f"Envoyer à {count} personnes ?", is_sure)
        if sent:
            announce(at.event, at.store, relay_of(at), notice, at.now)
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
    from orchestrator.core.notices import audiences

    if audience not in (known := audiences(event)):
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
    from orchestrator.jobs.hand import plan_b_is_on, plan_b_reaches, turn_plan_b

    at = desk(configs, secrets)
    url = at.event.fallback_url
    if not url and not undo:
        raise BadConfiguration((f"{at.settings.path.name}: event.fallback_url – cette adresse manque ; ajoutez-la",))
    with closing(at.store):
        is_on = plan_b_is_on(at.event, at.store)
        count = plan_b_reaches(at.event, at.store, at.now, on=not undo)
        question = (
            f"Annoncer le retour sur Zoom à {count} personnes ?" if undo else f"Envoyer {count} personnes à {url} ?"
        )
        done = is_on == undo and ask(question, is_sure)
        planned = turn_plan_b(at.event, at.store, relay_of(at), at.now, on=not undo).planned if done else 0
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
    """Renvoyer sa lettre à une personne : son lien, ou sa feuille de route."""
    from orchestrator.core.errors import OrchestratorError
    from orchestrator.core.model import identity
    from orchestrator.jobs.hand import resend

    at = desk(configs, secrets)
    with closing(at.store):
        mine = identity(email)
        who = at.store.people.one(at.event.key, mine)
        spoken = next((speaker.email for speaker in at.event.speakers if identity(speaker.email) == mine), "")
        address = who.address if who is not None else spoken
        if not address:
            raise OrchestratorError(
                "personne ne s'est inscrit à cette adresse ni n'intervient",
                remedy="vérifiez-la ; orchestrator outbox montre les lettres",
            )
        if at.now >= at.event.last_end:
            raise OrchestratorError(
                "l'événement est terminé : le lien ne sert plus", remedy="si les dates ont changé, corrigez le fichier"
            )
        asked = resend(at.event, at.store, relay_of(at), mine, at.now)
    new, planned = asked.new, asked.planned
    if as_json:
        show({"to": address, "asked": new, "planned": bool(planned)})
        return
    waits = "" if planned or not new else " Elle partira dès que Zoom aura donné le lien."
    said = f"Lettre préparée pour {address}. {BY_ITSELF}" if planned else f"C'est noté.{waits}"
    say(said if new else "Demandé il y a un instant : la lettre est déjà en route.", good=True)
