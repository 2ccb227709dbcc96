"""Door: looks for everything that can be wrong before the day, each thing with its remedy. Changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from orchestrator import settings as gate
from orchestrator import wiring
from orchestrator.core import intake
from orchestrator.core.errors import BadConfiguration, OrchestratorError, UnreadableSource
from orchestrator.core.model import Event, Person
from orchestrator.gateways.registrations.files import newest
from orchestrator.jobs.departing import REMEDY, in_short
from orchestrator.jobs.plan import Foreseen, foresee, together
from orchestrator.jobs.preflight import preflight
from orchestrator.ports import Clock
from orchestrator.settings import Settings
from orchestrator.store import Store

Level = Literal["ok", "warning", "error", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`refused`: the event may not be served at all; `error`: the day would fail; `warning`: look again."""

    level: Level
    what: str
    remedy: str = ""

    def as_data(self) -> dict[str, Any]:
        return {"level": self.level, "what": self.what, "remedy": self.remedy}


def inspect(settings: Settings, clock: Clock, plan: Foreseen | None = None) -> list[Finding]:
    """Look at the dates, the source, Zoom, the relay, the returns, the templates, the send plan and the store.

    `plan`: what is foreseen together with the other events of its relay.
    """
    looks = (_dates, _source, _zoom, _relay, _returns, _templates)
    found = [finding for look in looks for finding in look(settings, clock)]
    plan = plan or all_foreseen([settings], clock).get(settings.event.key)
    return found if plan is None else [*found, *send_plan(settings.event, plan)]


def _dates(settings: Settings, clock: Clock) -> Iterator[Finding]:
    event, now = settings.event, clock.now()
    try:
        store = wiring.store_to_read(settings.store_url)
    except OrchestratorError as error:
        yield Finding(level="error", what=error.message, remedy=error.remedy)
        return
    known = store.events.is_known(event.key)
    store.close()
    over = gate.is_over(event, now)
    days = sorted({session.day for session in event.sessions})
    said = " et ".join(gate.in_words(day) for day in days)
    if over and not known:
        yield Finding(
            level="refused",
            what=f"cet événement est passé ({said}) et n'a jamais été servi d'ici",
            remedy="corrigez event.date ; pour l'essayer tel quel : orchestrator rehearse",
        )
    else:
        yield Finding(level="ok", what=f"« {event.title} », {said}")
    for text in (*settings.warnings, *(() if over else gate.remarks(settings, now))):
        yield Finding(level="warning", what=text)


def _source(settings: Settings, clock: Clock) -> Iterator[Finding]:
    event = settings.event
    try:
        answers = wiring.registrations(settings, event).read()
    except (UnreadableSource, BadConfiguration) as error:
        yield Finding(level="error", what=getattr(error, "message", str(error)), remedy=getattr(error, "remedy", ""))
        return
    found = intake.decide_for(event, answers, {}, clock.now())
    yield Finding(level="ok", what=f"{len(found.new)} personnes dans la liste des inscriptions{_age(settings, clock)}")
    if settings.registrations.source == "url":
        yield Finding(
            level="warning",
            what="la liste est publiée sur le web : qui connaît son adresse lit celle de tout le monde",
            remedy='plus sûr : source = "google-sheets", la feuille partagée avec un compte de service',
        )
    if number := len(found.findings):
        things = "choses étranges" if number > 1 else "chose étrange"
        yield Finding(
            level="warning",
            what=f"{number} {things} dans la liste",
            remedy="orchestrator registrations check en dit plus",
        )
    for refusal in found.refused:
        yield Finding(
            level="warning",
            what=f"ligne {refusal.line} : {refusal.reason}",
            remedy="corrigez la réponse dans le formulaire ou prévenez la personne",
        )
    places = {s.key: sum(w.seats for w in event.workshops_of(s.key)) for s in event.sessions}
    for key, seats in places.items():
        coming = sum(key in p.sessions for p in found.new)
        if seats and coming > seats:
            yield Finding(
                level="warning",
                what=f"{coming} personnes pour {seats} places d'atelier dans « {key} »",
                remedy="augmentez workshops.seats : sans cela certaines n'auront pas d'atelier",
            )


def _age(settings: Settings, clock: Clock) -> str:
    """Say when a file of more than a day was written: an export that nobody renews is a frequent mistake."""
    source = settings.registrations
    if source.source != "file":
        return ""
    try:
        days = int((clock.now().timestamp() - newest(source.path).stat().st_mtime) // 86_400)
    except (OSError, UnreadableSource):
        return ""
    return f", dans un fichier d'il y a {days} jour{'s' if days > 1 else ''}" if days > 0 else ""


def _zoom(settings: Settings, clock: Clock) -> Iterator[Finding]:
    try:
        meetings = wiring.zoom(settings, clock)
        store = wiring.store_to_read(settings.store_url)
        found = preflight(settings.event, meetings, store, _expected(settings, clock), clock.now())
        store.close()
    except BadConfiguration as error:
        yield Finding(level="error", what=error.problems[0])
        return
    except OrchestratorError as error:
        yield Finding(level="error", what=error.message, remedy=error.remedy)
        return
    if not any(oddity.fatal for oddity in found.oddities):
        room = f"l'hôte peut accueillir {found.capacity} personnes"
        yield Finding(level="ok", what=f"Zoom répond ; {room} ; {found.budget} modifications possibles aujourd'hui")
    for oddity in found.oddities:
        yield Finding(level="error" if oddity.fatal else "warning", what=oddity.what, remedy=oddity.remedy)


def _expected(settings: Settings, clock: Clock) -> tuple[Person, ...]:
    """Who would come by the list; nobody where it cannot be read, which is said elsewhere."""
    event = settings.event
    try:
        return intake.decide_for(event, wiring.registrations(settings, event).read(), {}, clock.now()).new
    except (UnreadableSource, BadConfiguration):
        return ()


def _relay(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    mail = settings.mail
    try:
        with wiring.relay(settings).connect():
            yield Finding(
                level="ok", what=f"le relais de courrier {mail.host}:{mail.port} répond et accepte la connexion"
            )
    except BadConfiguration as error:
        yield Finding(level="error", what=error.problems[0])
    except OrchestratorError as error:
        yield Finding(level="error", what=error.message, remedy=error.remedy)


def _returns(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    box = wiring.returns(settings)
    if box is None:
        return
    try:
        box.read("")
        yield Finding(level="ok", what="la boîte des retours s'ouvre")
    except UnreadableSource as error:
        yield Finding(level="error", what=error.message, remedy=error.remedy)


def _templates(settings: Settings, _clock: Clock) -> Iterator[Finding]:
    broken = wiring.scribe(settings).check()
    if not broken:
        yield Finding(level="ok", what="les modèles de lettres sont complets, et chacun porte son lien")
    for problem in broken:
        yield Finding(level="error", what=f"modèle de lettre cassé : {problem}", remedy="corrigez-le, ou retirez-le")


def foreseen(settings: Sequence[Settings], clock: Clock) -> dict[str, Foreseen]:
    """Foresee some events by key, those of one relay together, and with what else their stores say it has to do.

    One that is over and was never served is foreseen as of the day before its seats are told.
    """
    by_relay: dict[tuple[str, str], list[Settings]] = defaultdict(list)
    for one in settings:
        by_relay[wiring.relay_name(one), one.store_url].append(one)
    result: dict[str, Foreseen] = {}
    for (relay, store_url), those in by_relay.items():
        store = wiring.store_to_read(store_url)
        found = {one.event.key: (one.event, _foreseen(one, store, clock.now())) for one in those}
        beside = store.traffic.beside(relay, found, those[0].event.quota, clock.now())
        result |= together(found, beside)
        store.close()
    return result


def all_foreseen(settings: Sequence[Settings], clock: Clock) -> dict[str, Foreseen]:
    """The same, without what cannot be foreseen; why not is said elsewhere."""
    try:
        return foreseen(settings, clock)
    except (BadConfiguration, OrchestratorError):
        return {}


def _foreseen(settings: Settings, store: Store, now: datetime) -> Foreseen:
    event = settings.event
    if gate.is_over(event, now) and not store.events.is_known(event.key):
        now = event.seating.tell_at - timedelta(days=1)
    return foresee(event, store, wiring.registrations(settings, event), now)


def send_plan(event: Event, found: Foreseen) -> Iterator[Finding]:
    """Say when each wave leaves and when its last letter is through; call an impossible plan by its name."""
    for group in found.groups:
        what = group.in_words(partial(in_short, event))
        if group.too_late:
            yield Finding(level="error", what=what, remedy=REMEDY)
        elif group.leaves_early:
            yield Finding(level="warning", what=what, remedy="le relais est lent : relevez ses limites s'il le permet")
        else:
            yield Finding(level="ok", what=what)
