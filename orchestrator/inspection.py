"""Door: looks for everything that can be wrong before the day, each thing with its remedy. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator import settings as gate
from orchestrator import wiring
from orchestrator.core import intake
from orchestrator.core.errors import BadConfiguration, OrchestratorError, UnreadableSource
from orchestrator.core.facts import almanac
from orchestrator.core.model import Person, Quota
from orchestrator.core.sending import Departure, Wave, departures
from orchestrator.gateways.registrations.files import newest
from orchestrator.jobs.preflight import preflight
from orchestrator.ports import Clock
from orchestrator.settings import Settings

Level = Literal["ok", "warning", "error", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`refused`: the event may not be served at all; `error`: the day would fail; `warning`: look again."""

    level: Level
    what: str
    remedy: str = ""

    def as_data(self) -> dict[str, Any]:
        return {"level": self.level, "what": self.what, "remedy": self.remedy}


def inspect(settings: Settings, clock: Clock) -> list[Finding]:
    """Look at the dates, the source, Zoom, the relay, the returns, the templates, the send plan and the store."""
    looks = (_dates, _source, _zoom, _relay, _returns, _templates, _send_plan)
    return [finding for look in looks for finding in look(settings, clock)]


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
    if found.findings:
        yield Finding(
            level="warning",
            what=f"{len(found.findings)} choses étranges dans la liste",
            remedy="orchestrator registrations check les montre une par une",
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


def _send_plan(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Say when each wave leaves and when its last letter is through; call an impossible plan by its name."""
    event, people = settings.event, _expected(settings, clock)
    waves = {}
    for reminder, rule, at in almanac(event).hours:
        expected = sum(reminder.session in p.sessions for p in people)
        if reminder.audience != "speakers" and expected:
            session = event.session(reminder.session)
            waves[rule, session.title] = Wave(due_at=at, void_at=session.starts_at, letters=expected)
    planned = departures(waves.values(), event.quota)
    for (rule, title), wave in waves.items():
        yield _departure(settings, clock, rule, title, wave, planned[wave])


def _in_words(quota: Quota) -> str:
    limits = ((quota.per_minute, "minute"), (quota.per_hour, "heure"), (quota.per_day, "jour"))
    return ", ".join(f"{most} lettres par {time}" for most, time in limits if most) or "aucune limite"


def _departure(settings: Settings, clock: Clock, rule: str, title: str, wave: Wave, found: Departure) -> Finding:
    zone = settings.event.zone
    leaves, last = (f"{at.astimezone(zone):%Hh%M}" for at in (found.leave_from, found.last_at))
    what = f"rappel {rule} de « {title} » : {wave.letters} lettres, départ {leaves}, dernière lettre {last}"
    if found.leave_from < clock.now() < wave.void_at:
        return Finding(
            level="error",
            what=f"{what} : impossible avec {_in_words(settings.event.quota)}, il aurait fallu partir plus tôt",
            remedy="augmentez mail.per_minute et per_hour si le relais le permet, ou prenez un autre relais",
        )
    if found.leave_from < wave.due_at:
        return Finding(
            level="warning", what=what, remedy="le débit du relais oblige à partir plus tôt que l'heure voulue"
        )
    return Finding(level="ok", what=what)
