"""Zoom, the speakers, plan B, and whatever else is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from orchestrator.core.meetings import differences, meetings_of, spec_for
from orchestrator.web.board.desk import Desk
from orchestrator.web.board.green.light import NOTHING, How, Light, counted
from orchestrator.web.board.speakers import told as told_speakers

SOON = timedelta(days=2)
"""Before the first session: by then speakers should have confirmed."""


def zoom(desk: Desk) -> Iterator[Light]:
    kept = desk.kept
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
                counted(len(missing), "réunion pas encore créée chez Zoom", "réunions pas encore créées chez Zoom"),
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
    kept = desk.kept.values()
    return any(k.applied is not None and k.found is not None and differences(k.applied, k.found.spec) for k in kept)


def speakers(desk: Desk) -> Iterator[Light]:
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
                counted(
                    unread, "intervenant·e n'a pas confirmé avoir lu", "intervenant·es n'ont pas confirmé avoir lu"
                ),
                counted(
                    unread, "speaker has not confirmed having read", "speakers have not confirmed having read", en=True
                ),
            ),
            remedy=("un rappel leur est envoyé ; appelez qui anime", "a reminder is sent; call whoever hosts"),
            path="/speakers",
            words=words,
        )


def rescue(desk: Desk) -> Iterator[Light]:
    event = desk.event
    words = ("Le donner", "Give it")
    if not event.organiser.phone:
        yield Light(
            how="wait",
            said=("Aucun téléphone de secours", "No rescue telephone"),
            remedy=("c'est lui qu'appelle qui n'arrive pas à entrer", "whoever cannot get in calls it"),
            path="/event",
            spot="event.organiser.phone",
            words=words,
        )
    elif not event.fallback_url:
        yield Light(
            how="wait",
            said=("Aucune adresse de repli si Zoom tombe en panne", "No fallback address if Zoom is down"),
            remedy=(
                "une autre salle, ou une page où vous donnez des nouvelles",
                "another room, or a page with news of yours",
            ),
            path="/event",
            spot="event.fallback_url",
            words=("La donner", "Give it"),
        )
    else:
        yield Light(
            how="good", said=("Téléphone et adresse de repli sont donnés", "Telephone and fallback address are given")
        )


def others(desk: Desk) -> Iterator[Light]:
    shown = ("source", "held", "zoom:", "hold:")
    for key, (what, remedy, _) in desk.alarms.items():
        if not key.startswith(shown):
            yield Light(how="bad", said=(what, what), remedy=(remedy, remedy))
