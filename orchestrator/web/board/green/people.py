"""Registrations, links and seats: does everybody have what they need?"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.web.board.desk import Desk
from orchestrator.web.board.green.light import Light, counted


def people(desk: Desk) -> Iterator[Light]:
    reading, n = desk.reading, desk.registered
    alarm = desk.alarms.get("source")
    words = ("Inscriptions", "Registrations")
    if desk.awaits_list:
        yield Light(
            how="wait",
            said=("Pas encore d'inscriptions", "No registrations yet"),
            remedy=("déposez l'export du formulaire", "upload the form's export"),
            path="/registrations",
            words=("Les déposer", "Upload them"),
        )
    elif alarm is not None:
        yield Light(how="bad", said=(alarm[0],) * 2, remedy=(alarm[1],) * 2, path="/registrations", words=words)
    elif reading is None:
        yield Light(
            how="wait",
            said=(
                "La liste des inscriptions n'a pas encore été lue",
                "The list of registrations has not been read yet",
            ),
            remedy=("elle l'est dans la minute", "it is within the minute"),
            path="/registrations",
            words=words,
        )
    else:
        yield Light(
            how="good",
            said=(
                counted(n, "personne inscrite", "personnes inscrites"),
                counted(n, "person registered", "people registered", en=True),
            ),
        )


def rows(desk: Desk) -> Iterator[Light]:
    reading = desk.reading
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
                counted(n, "réponse inutilisable", "réponses inutilisables"),
                counted(n, "answer unusable", "answers unusable", en=True),
            ),
            remedy=(
                "à corriger dans le formulaire ; prévenez qui a répondu",
                "to be corrected in the form; tell whoever answered",
            ),
            path="/registrations",
            words=words,
        )
    elif not reading.held:
        yield Light(how="good", said=("Toutes les réponses sont comprises", "Every answer is understood"))


def findings(desk: Desk) -> Iterator[Light]:
    reading = desk.reading
    if n := sum(1 for one in reading.findings if one.address) if reading else 0:
        yield Light(
            how="wait",
            said=(
                counted(n, "réponse à éclaircir", "réponses à éclaircir"),
                counted(n, "answer to be cleared up", "answers to be cleared up", en=True),
            ),
            remedy=("personne n'est laissé de côté en attendant", "nobody is left out meanwhile"),
            path="/registrations",
            words=("Voir et décider", "Look and decide"),
        )


def links(desk: Desk) -> Iterator[Light]:
    missing, people = desk.roll.without_link(desk.key, desk.needed, desk.exempt), desk.registered
    if missing and desk.has_just_read:
        yield Light(
            how="wait",
            said=(
                counted(missing, "lien demandé à Zoom", "liens demandés à Zoom"),
                counted(missing, "link being asked of Zoom", "links being asked of Zoom", en=True),
            ),
            remedy=(
                "la liste vient d'être lue : c'est l'affaire d'une minute",
                "the list was just read: it takes a minute",
            ),
        )
    elif missing:
        yield Light(
            how="bad",
            said=(
                counted(missing, "personne sans lien", "personnes sans lien"),
                counted(missing, "person without a link", "people without a link", en=True),
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


def seats(desk: Desk) -> Iterator[Light]:
    event = desk.event
    ahead = [s for s in event.sessions if event.workshops_of(s.key) and s.ends_at > desk.now]
    if not ahead:
        return
    n = desk.roll.without_seat(desk.key, [s.key for s in ahead if not event.is_cancelled(s.key)])
    if n:
        yield Light(
            how="wait",
            said=(
                counted(n, "personne sans atelier", "personnes sans atelier"),
                counted(n, "person without a workshop", "people without a workshop", en=True),
            ),
            remedy=("ajoutez des places à un atelier", "add seats to a workshop"),
            path="/workshops",
            words=("Voir les ateliers", "See the workshops"),
        )
    elif desk.registered:
        yield Light(how="good", said=("Chaque personne a un atelier", "Everybody has a workshop"))
