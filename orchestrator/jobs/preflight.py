"""Looks at Zoom before the day: the account, the host, who stands in, room for everybody, the budget, the clocks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orchestrator.core.meetings import meetings_of, registrants, tag_of
from orchestrator.core.model import Event, Person, identity
from orchestrator.jobs.world import Patience, counted
from orchestrator.ports import Meetings, Oddity
from orchestrator.store import Store

MOST = 4999
"""Registrants one meeting takes (Zoom's documentation of registration)."""
LOW = 30
"""Creates and updates left of the day; fewer are worth a word."""
SKEW = timedelta(seconds=5)
_SUBTITLES = re.compile(
    r"sous.?titr|subtitl|caption|transcri|v[ée]lotypi|malentendant|sourd|hearing|\bdeaf\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What was found: how many fit into a meeting, how much of the day's budget is left, and what is odd."""

    capacity: int
    budget: int
    oddities: tuple[Oddity, ...]


def preflight(event: Event, meetings: Meetings, store: Store, people: Collection[Person], now: datetime) -> Preflight:
    """Look at everything at Zoom that could spoil the day; changes nothing. Raises ZoomError."""
    host = event.zoom.host
    about_host = meetings.examine(host)
    odd = [o for o in about_host if o.about != "captions" or _subtitles_wanted(people)]
    capacity = meetings.capacity(host) if not any(o.fatal for o in about_host) else 0
    budget = Patience().repairs_a_day - store.meetings.spent(host, now.astimezone(UTC).date().isoformat())
    odd += _stand_ins(event, meetings)
    odd += _room_for_all(event, people, capacity)
    odd += _overlaps(event, meetings)
    odd += _clocks(meetings.skew())
    if budget < LOW:
        left = counted(max(budget, 0), "modification de réunion", "modifications de réunions")
        what = f"Il ne reste aujourd'hui à l'hôte que {left} chez Zoom."
        odd.append(Oddity(what=what, remedy="Le compte reprend à 00:00 UTC : évitez de modifier.", fatal=budget <= 0))
    return Preflight(capacity=capacity, budget=budget, oddities=tuple(odd))


def _subtitles_wanted(people: Collection[Person]) -> bool:
    return any(_SUBTITLES.search(p.needs) for p in people)


def _stand_ins(event: Event, meetings: Meetings) -> Iterator[Oddity]:
    """Alternative hosts must be licensed users of the account: one who is not makes Zoom refuse the whole meeting."""
    hosts = {identity(s.email): s.name for s in event.speakers if s.role == "alternative-host"}
    for email in sorted(meetings.unable_to_host(sorted(hosts.keys() - {identity(event.zoom.host)}))):
        yield Oddity(
            what=f"{hosts[email]} ne peut pas être co-animateur (alternative host) : sans licence dans ce compte.",
            remedy="Donnez-lui une licence, ou un autre rôle ; la réunion sera préparée sans cette personne.",
        )


def _room_for_all(event: Event, people: Collection[Person], capacity: int) -> Iterator[Oddity]:
    for key, sessions in meetings_of(event).items():
        count = len(registrants(event, key, people, ()))
        title = sessions[0].title if len(sessions) == 1 else event.title
        if count > MOST:
            yield Oddity(
                what=f"{count} inscrits à « {title} » : Zoom en accepte {MOST} au plus par réunion.",
                remedy='Mettez zoom.meetings = "one-per-session", ou faites deux événements.',
            )
        elif 0 < capacity < count:
            yield Oddity(
                what=f"{count} personnes attendues à « {title} » : la réunion n'en accueille que {capacity} à la fois.",
                remedy="Ajoutez une licence « Grandes réunions » à l'hôte, ou limitez avec registrations.limit.",
                fatal=False,
            )


def _overlaps(event: Event, meetings: Meetings) -> Iterator[Oddity]:
    """A host can be in one meeting at a time (unless the licence says otherwise)."""
    ours = {key: tag_of(event, key) for key in meetings_of(event)}
    spans = [(min(s.doors_at for s in found), max(s.ends_at for s in found)) for found in meetings_of(event).values()]
    for other in meetings.upcoming(event.zoom.host):
        if other.agenda.startswith(tuple(ours.values())):
            continue
        if any(other.starts_at < ends and begins < other.ends_at for begins, ends in spans):
            at = other.starts_at.astimezone(event.zone)
            yield Oddity(
                what=f"L'hôte a une autre réunion en même temps : « {other.topic} », {at:%d/%m à %Hh%M}.",
                remedy="Déplacez-la, ou confiez-la à un autre compte : un hôte ne peut en tenir deux à la fois.",
                fatal=False,
            )


def _clocks(skew: timedelta | None) -> Iterator[Oddity]:
    if skew is not None and abs(skew) > SKEW:
        seconds = round(abs(skew).total_seconds())
        way = "avance" if skew > timedelta() else "retarde"
        yield Oddity(
            what=f"L'horloge de cette machine {way} de {seconds} s sur celle de Zoom.",
            remedy="Activez la synchronisation de l'heure : timedatectl set-ntp true",
            fatal=seconds > 60,
        )
