"""A trial on the real account: a throw-away meeting, two registrants, rooms, letters; says which assumptions held."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from orchestrator.core.contents import Name, Outlook, compose
from orchestrator.core.errors import OrchestratorError, ZoomError, ZoomUnavailable
from orchestrator.core.meetings import Found, MeetingSpec, Pass, Registrant, Room, differences, meetings_of
from orchestrator.core.model import identity
from orchestrator.core.recipients import Recipient
from orchestrator.jobs.convergence import Convergence
from orchestrator.jobs.relay_room import bare
from orchestrator.jobs.words import message_id
from orchestrator.jobs.world import Report, World
from orchestrator.ports import Letter
from orchestrator.store import Kept

MOST_WRITES = 5
LONG_NAME = "B – Une salle dont le nom dépasse trente-deux lettres"
Outcome = Literal["yes", "no", "by-hand", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One question about Zoom and what this account answered. `by-hand`: look in a mailbox, or come to the meeting."""

    number: int
    question: str
    outcome: Outcome
    detail: str = ""

    def as_data(self) -> dict[str, Any]:
        return {"fact": self.number, "question": self.question, "outcome": self.outcome, "detail": self.detail}


@dataclass(slots=True)
class Trial:
    """What a trial did so far."""

    world: World
    to: tuple[str, ...]
    progress: Callable[[str], None]
    spec: MeetingSpec
    writes: int = 0
    zoom_id: str = ""
    deleted: bool = False
    findings: list[Finding] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        return {
            "meeting": self.zoom_id,
            "deleted": self.deleted,
            "writes": self.writes,
            "facts": [finding.as_data() for finding in self.findings],
        }


def trial(
    world: World, to: Sequence[str], progress: Callable[[str], None] = lambda _step: None, *, keep: bool = False
) -> Trial:
    """Try everything once; the meeting is deleted in the end, whatever happens, unless it is to be kept.

    At most 5 writes at Zoom. Raises OrchestratorError.
    """
    now = world.clock.now()
    everyone = tuple(dict.fromkeys(map(identity, to)))
    one = Trial(
        world, everyone if len(everyone) > 1 else (*everyone, _second(everyone[0])), progress, _spec(world, now)
    )
    try:
        _through(one, tuple(to))
    finally:
        if one.zoom_id and not keep:
            _write(one, "suppression de la réunion d'essai")
            world.meetings.cancel(one.zoom_id)
            one.deleted = True
    return one


def _second(address: str) -> str:
    name, _, domain = address.rpartition("@")
    return f"{name}+essai@{domain}"


def _spec(world: World, now: datetime) -> MeetingSpec:
    event = world.event
    starts_at = (now + timedelta(days=1)).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return MeetingSpec(
        tag=f"[orchestrator:trial/{secrets.token_hex(4)}]",
        host=identity(event.zoom.host),
        topic=f"ESSAI – {event.title}"[:200],
        agenda="Réunion d'essai, supprimée aussitôt.",
        starts_at=starts_at,
        minutes=60,
        timezone=event.timezone,
        waiting_room=event.zoom.waiting_room,
        recording=event.zoom.recording,
        several_devices=event.zoom.several_devices,
        contact_name=event.organiser.name,
        contact_email=identity(event.organiser.email),
    )


def _through(one: Trial, to: tuple[str, ...]) -> None:
    world = one.world
    rooms = (Room(name="A – Essai", emails=one.to[:1]), Room(name="B – Essai", emails=one.to[1:2]))
    one.spec = replace(one.spec, rooms=tuple(replace(r, emails=tuple(sorted(r.emails))) for r in rooms))
    _spend(one, "création de la réunion d'essai")
    one.zoom_id = _created(world, one.spec)
    found = world.meetings.read(one.zoom_id, one.spec.tag)
    one.findings += _about_meeting(one.spec, found)
    _write(one, "inscription de deux personnes d'un coup")
    people = [Registrant(email=email, first_name="Essai", last_name=str(n)) for n, email in enumerate(one.to, start=1)]
    passes = world.meetings.register(one.zoom_id, people)
    one.findings += _about_people(one, people, passes)
    one.findings += _about_rooms(one)
    one.findings += _about_letters(one, found, {p.email: p for p in passes}, to)
    one.findings.sort(key=lambda f: f.number)


def _created(world: World, spec: MeetingSpec) -> str:
    """Create the meeting, or find the one whose answer was lost: nothing is left behind."""
    try:
        return world.meetings.create(spec)
    except ZoomUnavailable as error:
        ours = world.meetings.find(spec.host, spec.tag) if error.uncertain else ()
        if not ours:
            raise
        return ours[0].zoom_id


def _write(one: Trial, step: str) -> None:
    one.writes += 1
    one.progress(step)


def _spend(one: Trial, step: str) -> None:
    """Count a create or update against the host's day, too. Raises BudgetSpent."""
    now = one.world.clock.now()
    Convergence(one.world, now, Report(event=one.world.event.key), Kept(key="trial", tag=one.spec.tag)).spend(
        one.world.patience.changes_a_day
    )
    _write(one, step)


def _yes(held: bool) -> Outcome:
    return "yes" if held else "no"


def _about_meeting(spec: MeetingSpec, found: Found) -> Iterator[Finding]:
    lost = sorted(differences(spec, found.spec))
    yield Finding(
        number=0,
        question="Zoom garde tous les réglages de la réunion",
        outcome=_yes(not lost and not found.oddities),
        detail=" ; ".join([*lost, *found.oddities]),
    )
    yield Finding(
        number=0,
        question="La réunion a un numéro de téléphone en France",
        outcome=_yes(any(p.country == "FR" for p in found.phones)),
    )
    yield Finding(
        number=1,
        question="Qui n'est pas connecté à Zoom est placé dans sa salle",
        outcome="by-hand",
        detail="trial --keep, puis rejoindre sans se connecter",
    )
    yield Finding(
        number=4,
        question="Zoom n'écrit pas lui-même aux inscrits",
        outcome="by-hand" if not any("Zoom écrira" in o or "confirmation" in o for o in found.oddities) else "no",
        detail="regardez la boîte des adresses d'essai : seules nos lettres doivent y être",
    )
    yield Finding(number=6, question="Zoom donne une clé d'hôte à la réunion", outcome=_yes(found.has_host_key))
    yield Finding(number=5, question="Les en-têtes des refus 429", outcome="unknown", detail="aucun refus provoqué")
    yield Finding(
        number=7,
        question="Un lien survit à la fin et à la reprise de la réunion",
        outcome="by-hand",
        detail="trial --keep, démarrer, mettre fin, redémarrer, puis ouvrir le lien reçu",
    )
    yield Finding(
        number=8,
        question="Le refus 3043 vient à la taille de la salle, ou à 4 999",
        outcome="unknown",
        detail="demanderait trop d'inscriptions",
    )
    yield Finding(
        number=9,
        question="La liste des présents nomme les inscrits",
        outcome="unknown",
        detail="demande une réunion tenue",
    )


def _about_people(one: Trial, people: Sequence[Registrant], passes: Sequence[Pass]) -> Iterator[Finding]:
    yield Finding(
        number=0,
        question="Chaque inscrit a son lien personnel",
        outcome=_yes(len({p.join_url for p in passes}) == len(people)),
    )
    _write(one, "la même personne une seconde fois")
    first = {p.email: p.registrant_id for p in passes}
    try:
        [again] = one.world.meetings.register(one.zoom_id, people[:1])
    except ZoomError as error:
        yield Finding(number=3, question=_AGAIN, outcome="no", detail=error.message)
    else:
        same = again.registrant_id == first.get(people[0].email)
        yield Finding(number=3, question=_AGAIN, outcome=_yes(same))


_AGAIN = "Inscrire deux fois la même adresse rend la même inscription"


def _about_rooms(one: Trial) -> Iterator[Finding]:
    """Send one other room: is the set replaced, and is a long name kept?"""
    question = "Une nouvelle liste de salles remplace la précédente"
    wanted = replace(one.spec, rooms=(Room(name=LONG_NAME, emails=one.spec.rooms[1].emails),))
    try:
        _spend(one, "changement des salles")
        one.world.meetings.revise(one.zoom_id, wanted, frozenset({"rooms"}))
        rooms = one.world.meetings.read(one.zoom_id, one.spec.tag).spec.rooms
    except ZoomError as error:
        yield Finding(number=2, question=question, outcome="no", detail=error.message)
        return
    names = ", ".join(room.name for room in rooms) or "aucune salle"
    yield Finding(number=2, question=question, outcome=_yes(len(rooms) == 1), detail=names)
    kept = any(room.name == LONG_NAME for room in rooms)
    yield Finding(number=2, question="Un nom de salle de plus de 32 caractères est gardé", outcome=_yes(kept))


def _about_letters(one: Trial, found: Found, passes: dict[str, Pass], to: Sequence[str]) -> Iterator[Finding]:
    try:
        with one.world.post.connect() as line:
            for address in to:
                one.progress(f"lettre à {address}")
                message = one.world.scribe.write(_letter(one, found, passes.get(identity(address)), address))
                line.offer(bare(one.world.event.mail_from), address, message.data).finish()
    except OrchestratorError as error:
        yield Finding(number=0, question="Le relais accepte nos lettres", outcome="no", detail=error.message)
    else:
        yield Finding(number=0, question="Le relais accepte nos lettres", outcome="yes")


def _letter(one: Trial, found: Found, way: Pass | None, address: str) -> Letter:
    event, now = replace(one.world.event, title=one.spec.topic), one.world.clock.now()
    keys = meetings_of(event)
    who = Recipient(
        ref="trial",
        email=identity(address),
        address=address,
        sessions=tuple(s.key for s in event.sessions),
        passes={} if way is None else dict.fromkeys(keys, way),
    )
    outlook = Outlook(now=event.seating.tell_at, meetings=dict.fromkeys(keys, found))
    return Letter(
        kind="link",
        language=event.language,
        to=address,
        sender=event.mail_from,
        reply_to=event.reply_to,
        message_id=message_id(event, f"{one.spec.tag}/{address}", "trial"),
        written_at=now,
        contents=compose(event, who, Name(first="Essai"), outlook, kind="link", session=""),
    )
