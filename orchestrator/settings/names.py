"""Names in the file: each stands for one thing, and what is referred to exists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orchestrator.settings.gate import Gate
from orchestrator.settings.lines import Loc
from orchestrator.settings.walls import Timed
from orchestrator.settings.words import Problem, nearest, unknown

RESERVED = ("question", "answers")
"""Keys of [registrations.columns.sessions], where sessions are keys as well."""


def problems_with_names(gate: Gate) -> Iterator[Problem]:
    for check in (_unique, _sessions_meant, _workshops_meant, _columns, _answers):
        yield from check(gate)


def _unique(gate: Gate) -> Iterator[Problem]:
    sessions, workshops = list(enumerate(gate.sessions)), list(enumerate(gate.workshops))
    yield from _twice(((("sessions", i, "key"), s.key, "") for i, s in sessions), "une autre session")
    yield from _twice(((("workshops", i, "key"), w.key, "") for i, w in workshops), "un autre atelier")
    codes = ((("workshops", i, "code"), w.code, w.session) for i, w in workshops)
    yield from _twice(codes, "un autre atelier de cette session")
    for i, session in sessions:
        if session.key in RESERVED:
            yield Problem(
                ("sessions", i, "key"), f"ce nom est réservé (reçu : « {session.key} »)", "choisissez-en un autre"
            )


def _twice(named: Iterable[tuple[Loc, str, str]], other: str) -> Iterator[Problem]:
    """Refuse a name given again within the same group, capital letters aside."""
    seen = set()
    for loc, name, group in named:
        if (known := (group, name.casefold())) in seen:
            yield Problem(loc, f"désigne déjà {other} (reçu : « {name} »)", "donnez à chacun le sien")
        seen.add(known)


def _sessions_meant(gate: Gate) -> Iterator[Problem]:
    known = [session.key for session in gate.sessions]
    for loc, key in _session_names(gate):
        if key not in known:
            yield nearest(loc, key, known, "aucune session n'a cette clé")


def _session_names(gate: Gate) -> Iterator[tuple[Loc, str]]:
    lists: Timed = {"programme": gate.programme, "workshops": gate.workshops, "reminders": gate.reminders}
    for name, tables in lists.items():
        for i, table in enumerate(tables):
            yield (name, i, "session"), table.session
    for i, speaker in enumerate(gate.speakers):
        for j, key in enumerate(speaker.sessions):
            yield ("speakers", i, "sessions", j), key


def _workshops_meant(gate: Gate) -> Iterator[Problem]:
    session_of = {workshop.key: workshop.session for workshop in gate.workshops}
    for i, speaker in enumerate(gate.speakers):
        for j, key in enumerate(speaker.workshops):
            loc: Loc = ("speakers", i, "workshops", j)
            if key not in session_of:
                yield nearest(loc, key, session_of, "aucun atelier n'a cette clé")
            elif session_of[key] not in speaker.sessions:
                what = f"cet atelier a lieu dans une session où cette personne ne vient pas (reçu : « {key} »)"
                yield Problem(loc, what, f"ajoutez « {session_of[key]} » à ses `sessions`")


_COLUMNS: Loc = ("registrations", "columns")


def _columns(gate: Gate) -> Iterator[Problem]:
    columns = gate.registrations.columns
    known = [session.key for session in gate.sessions]
    seated = [key for key in known if any(w.session == key for w in gate.workshops)]
    for key in columns.sessions.by_session:
        if key not in known:
            yield unknown((*_COLUMNS, "sessions", key), [*known, *RESERVED], "aucune session n'a cette clé")
    for key in columns.wishes:
        if key not in seated:
            yield unknown((*_COLUMNS, "wishes", key), seated, "aucune session à ateliers n'a cette clé")


def _answers(gate: Gate) -> Iterator[Problem]:
    said, loc = gate.registrations.columns.sessions, (*_COLUMNS, "sessions")
    known = [session.key for session in gate.sessions]
    for key in said.answers:
        if key not in known:
            yield unknown((*loc, "answers", key), known, "aucune session n'a cette clé")
    if said.question and said.by_session:
        what = "une seule question pour la journée, ou une question par session : pas les deux"
        yield Problem((*loc, "question"), what, "gardez l'une des deux façons")
    elif said.question and not said.answers:
        what = "il manque les réponses qui valent pour chaque session"
        yield Problem((*loc, "question"), what, 'ajoutez `answers = { matin = ["matin"] }`')
    if said.answers and not said.question:
        yield Problem((*loc, "answers"), "il manque la question de ces réponses", 'ajoutez `question = "…"`')
