"""The green light: ten lines that say whether the day will go well, each with its remedy and where to do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from orchestrator.core.meetings import differences, meetings_of, spec_for
from orchestrator.web.board.desk import Desk
from orchestrator.web.board.speakers import told as told_speakers

How = Literal["good", "wait", "bad"]
Both = tuple[str, str]
"""French and English."""
NOTHING: Both = ("", "")
SOON = timedelta(days=2)
"""Before the first session: by then speakers should have confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """One line. `path` and `words`: the button that leads to the remedy; `query` goes with it."""

    how: How
    said: Both
    remedy: Both = NOTHING
    path: str = ""
    words: Both = NOTHING
    query: dict[str, Any] = field(default_factory=dict)


def lights(desk: Desk) -> list[Light]:
    """Look at everything once; nothing is written and nobody outside is asked."""
    return [light for look in LOOKS for light in look(desk)]


def _people(desk: Desk) -> Iterator[Light]:
    reading, n = desk.store.people.reading(desk.key), desk.registered
    alarm = desk.alarms.get("source")
    words = ("Inscriptions", "Registrations")
    if alarm is not None:
        yield Light(how="bad", said=(alarm[0],) * 2, remedy=(alarm[1],) * 2, path="/registrations", words=words)
    elif reading is None:
        yield Light(
            how="wait",
            said=(
                "La liste des inscriptions n'a pas encore été lue",
                "The list of registrations has not been read yet",
            ),
            remedy=("déposez l'export du formulaire", "upload the form's export"),
            path="/registrations",
            words=words,
        )
    else:
        yield Light(
            how="good",
            said=(
                _n(n, "personne inscrite", "personnes inscrites"),
                _n(n, "person registered", "people registered", en=True),
            ),
        )


def _rows(desk: Desk) -> Iterator[Light]:
    reading = desk.store.people.reading(desk.key)
    if reading is None:
        return
    words = ("Voir et décider", "Look and decide")
    if reading.held:
        n = len(reading.held)
        yield Light(
            how="bad",
            said=(f"{n} personnes ont disparu d'un coup de la liste", f"{n} people vanished from the list at once"),
            remedy=("rien n'est annulé tant que vous n'avez pas décidé", "nothing is cancelled until you decide"),
            path="/registrations",
            words=words,
        )
    if n := len(reading.refused):
        yield Light(
            how="wait",
            said=(
                _n(n, "réponse inutilisable", "réponses inutilisables"),
                _n(n, "answer unusable", "answers unusable", en=True),
            ),
            remedy=(
                "corrigez-les dans le formulaire, ou prévenez les personnes",
                "correct them in the form, or tell the people",
            ),
            path="/registrations",
            words=words,
        )
    elif not reading.held:
        yield Light(how="good", said=("Toutes les réponses sont comprises", "Every answer is understood"))


def _links(desk: Desk) -> Iterator[Light]:
    missing, people = desk.board.without_link(desk.key, desk.needed, desk.exempt), desk.registered
    if missing:
        yield Light(
            how="bad",
            said=(
                _n(missing, "personne sans lien", "personnes sans lien"),
                _n(missing, "person without a link", "people without a link", en=True),
            ),
            remedy=(
                "Zoom est redemandé à chaque passage ; voyez qui et pourquoi",
                "Zoom is asked again at every pass; see who and why",
            ),
            path="/people",
            query={"only": "no-link"},
            words=("Voir qui", "See who"),
        )
    elif people:
        yield Light(how="good", said=("Tout le monde a son lien", "Everyone has their link"))


def _refused(desk: Desk) -> Iterator[Light]:
    n = sum(wave.states.get("refused", 0) for wave in desk.waves)
    if n:
        yield Light(
            how="bad",
            said=(
                _n(n, "lettre refusée par le serveur d'envoi", "lettres refusées par le serveur d'envoi"),
                _n(n, "letter refused by the mail server", "letters refused by the mail server", en=True),
            ),
            remedy=(
                "vérifiez l'adresse, appelez la personne, donnez-lui son lien",
                "check the address, call the person, read out the link",
            ),
            path="/letters",
            query={"state": "refused"},
            words=("Voir lesquelles", "See which"),
        )
    elif desk.waves:
        yield Light(how="good", said=("Aucune adresse refusée", "No address refused"))


def _zoom(desk: Desk) -> Iterator[Light]:
    kept = desk.store.meetings.all(desk.key)
    wanted = {key for key in meetings_of(desk.event) if spec_for(desk.event, key, desk.now) is not None}
    missing = [key for key in wanted if key not in kept or not kept[key].zoom_id]
    alarms = [value for key, value in desk.alarms.items() if key.startswith("zoom:")]
    words = ("Voir Zoom", "See Zoom")
    for what, remedy, _ in alarms[:3]:
        yield Light(how="bad", said=(what, what), remedy=(remedy, remedy), path="/zoom", words=words)
    if missing and not alarms:
        yield Light(
            how="wait",
            said=(
                _n(len(missing), "réunion pas encore créée chez Zoom", "réunions pas encore créées chez Zoom"),
                "Meetings not created at Zoom yet",
            ),
            remedy=("le prochain passage la crée", "the next pass creates it"),
            path="/zoom",
            words=words,
        )
    elif not alarms and drifted(desk):
        yield Light(
            how="wait",
            said=("Zoom diffère de ce qui est voulu", "Zoom differs from what is wanted"),
            remedy=("le prochain passage le remet en ordre", "the next pass puts it right"),
            path="/zoom",
            words=words,
        )
    elif not alarms:
        yield Light(how="good", said=("Les réunions Zoom sont en ordre", "The Zoom meetings are in order"))


def drifted(desk: Desk) -> bool:
    """Whether Zoom, as last read, differs from what was last sent."""
    kept = desk.store.meetings.all(desk.key).values()
    return any(k.applied is not None and k.found is not None and differences(k.applied, k.found.spec) for k in kept)


def _seats(desk: Desk) -> Iterator[Light]:
    event = desk.event
    ahead = [s for s in event.sessions if event.workshops_of(s.key) and s.ends_at > desk.now]
    if not ahead:
        return
    n = desk.board.without_seat(desk.key, [s.key for s in ahead if not event.is_cancelled(s.key)])
    if n:
        yield Light(
            how="wait",
            said=(
                _n(n, "personne sans atelier", "personnes sans atelier"),
                _n(n, "person without a workshop", "people without a workshop", en=True),
            ),
            remedy=("ajoutez des places à un atelier", "add seats to a workshop"),
            path="/workshops",
            words=("Voir les ateliers", "See the workshops"),
        )
    elif desk.registered:
        yield Light(how="good", said=("Chaque personne a un atelier", "Everybody has a workshop"))


def _late(desk: Desk) -> Iterator[Light]:
    if n := desk.board.late(desk.key, desk.now):
        yield Light(
            how="bad",
            said=(_n(n, "lettre en retard", "lettres en retard"), _n(n, "letter late", "letters late", en=True)),
            remedy=("le serveur d'envoi est lent ou ne répond pas", "the mail server is slow or does not answer"),
            path="/letters",
            query={"state": "late"},
            words=("Voir lesquelles", "See which"),
        )
    elif desk.waves:
        yield Light(how="good", said=("Toutes les lettres sont à l'heure", "Every letter is on time"))


def _reminders(desk: Desk) -> Iterator[Light]:
    told = {r.session for r in desk.event.reminders if r.audience != "speakers"}
    without = [s.title for s in desk.event.sessions if s.key not in told and not desk.event.is_cancelled(s.key)]
    if without:
        yield Light(
            how="wait",
            said=(f"Aucun rappel pour « {without[0]} »", f"No reminder for “{without[0]}”"),
            remedy=("ajoutez-en un", "add one"),
            path="/event",
            words=("L'événement", "The event"),
        )
    else:
        yield Light(how="good", said=("Chaque moment a son rappel", "Every session has its reminder"))


def _speakers(desk: Desk) -> Iterator[Light]:
    if not desk.event.speakers:
        return
    found = told_speakers(desk)
    told, total = sum(one.has_instructions for one in found), len(found)
    words = ("Voir qui", "See who")
    said = (
        f"{told} sur {total} intervenant·es ont leurs instructions",
        f"{told} of {total} speakers have their instructions",
    )
    how: How = "good" if told >= total else "wait"
    remedy = (
        NOTHING
        if told >= total
        else ("elles partent dès que leur lien est prêt", "they leave as soon as the links are ready")
    )
    yield Light(how=how, said=said, remedy=remedy, path="/speakers", words=words)
    unread = sum(one.read != "read" for one in found)
    if desk.world.has_pages and unread and desk.event.first_start - desk.now < SOON:
        yield Light(
            how="wait",
            said=(
                _n(unread, "intervenant·e n'a pas confirmé avoir lu", "intervenant·es n'ont pas confirmé avoir lu"),
                _n(unread, "speaker has not confirmed having read", "speakers have not confirmed having read", en=True),
            ),
            remedy=("un rappel leur est envoyé ; appelez qui anime", "a reminder is sent; call whoever hosts"),
            path="/speakers",
            words=words,
        )


def _rescue(desk: Desk) -> Iterator[Light]:
    event = desk.event
    words = ("L'événement", "The event")
    if not event.organiser.phone:
        yield Light(
            how="wait",
            said=("Aucun téléphone de secours", "No rescue telephone"),
            remedy=("c'est lui qu'appelle qui n'arrive pas à entrer", "whoever cannot get in calls it"),
            path="/event",
            words=words,
        )
    elif not event.fallback_url:
        yield Light(
            how="wait",
            said=("Aucune adresse de repli si Zoom tombe en panne", "No fallback address if Zoom is down"),
            remedy=("donnez-en une", "give one"),
            path="/event",
            words=words,
        )
    else:
        yield Light(
            how="good", said=("Téléphone et adresse de repli sont donnés", "Telephone and fallback address are given")
        )


def _others(desk: Desk) -> Iterator[Light]:
    shown = ("source", "held", "zoom:")
    for key, (what, remedy, _) in desk.alarms.items():
        if not key.startswith(shown):
            yield Light(how="bad", said=(what, what), remedy=(remedy, remedy))


def _n(count: int, one: str, many: str, *, en: bool = False) -> str:
    """Count as the language does: French says nought in the singular."""
    return f"{count} {one if count == 1 or (count == 0 and not en) else many}"


LOOKS: tuple[Callable[[Desk], Iterator[Light]], ...] = (
    _people, _rows, _links, _refused, _zoom, _seats, _late, _reminders, _speakers, _rescue, _others,
)  # fmt: skip
