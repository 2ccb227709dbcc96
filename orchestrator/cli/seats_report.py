"""The report on the seats: as plain data, and in an organiser's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from orchestrator.core.explaining import explain, with_reasons
from orchestrator.core.model import Person, Seat
from orchestrator.core.outcome import UNWISHED, WAITING, WISHLESS, Filled, Outcome, Trouble, rank_of
from orchestrator.core.seating import demand
from orchestrator.jobs.seats import of_session
from orchestrator.jobs.whatif import Difference, Look, difference, with_other_seats

Plain = dict[str, Any]
NAMES = {UNWISHED: "unwished", WISHLESS: "no_wishes", WAITING: "waiting"}
WORDS = {UNWISHED: "hors de ses choix", WISHLESS: "aucun choix indiqué", WAITING: "sans place"}


def by_rank(ranks: Mapping[int, int]) -> Plain:
    """People by rank: "1", "2", … then "unwished", "no_wishes", "waiting"."""
    return {NAMES.get(rank, str(rank)): n for rank, n in sorted(ranks.items(), key=_best_first) if n}


def _best_first(item: tuple[int, int]) -> tuple[int, int]:
    rank = item[0]
    return (0, rank) if rank > 0 else (1, [UNWISHED, WISHLESS, WAITING].index(rank))


def rank_in_words(rank: int) -> str:
    return WORDS.get(rank) or ("1er choix" if rank == 1 else f"{rank}e choix")


def data_of(seen: Look, whatif: Mapping[str, int]) -> Plain:
    """Everything the organiser may ask of the seats."""
    event = seen.held
    data: Plain = {
        "seed": event.seed,
        "aim": event.seating.aim,
        "told": seen.now >= event.seating.tell_at,
        "tell_at": event.seating.tell_at,
        "sessions": [_session(seen, found) for found in seen.outcomes()],
        "mixing": _price_of_mixing(seen),
        "what_if": None,
    }
    if whatif:
        after = with_other_seats(seen, whatif)
        data["what_if"] = {
            "seats": dict(whatif),
            **_change(difference(seen, after)),
            "sessions": [_session(after, found, deep=False) for found in after.outcomes()],
        }
    return data


def _change(found: Difference) -> Plain:
    return {"by_rank": by_rank(found.by_rank), "moved": len(found.moved), "told_moved": found.told}


def _price_of_mixing(seen: Look) -> Plain | None:
    """What mixing publics costs in wishes: the seats beside those without it; nothing once they are told."""
    seating = seen.event.seating
    if not seating.mix:
        return None
    plain = seen.after(event=replace(seen.event, seating=replace(seating, mix=())))
    return {"at_most": seating.mix_at_most, **_change(difference(plain, seen))}


def _session(seen: Look, found: Outcome, *, deep: bool = True) -> Plain:
    event = seen.held
    session = event.session(found.session)
    data: Plain = {
        "session": session.key,
        "title": session.title,
        "people": found.ranks.total(),
        "by_rank": by_rank(found.ranks),
        "workshops": [_workshop(one) for one in found.workshops],
        "warnings": [_warning(trouble) for trouble in found.troubles],
    }
    if not deep:
        return data
    here = {person.email: person for person in seen.here(session.key)}
    worth = seen.worth(session.key)
    for one in data["workshops"]:
        more = worth[one["key"]]
        one["more"] = {
            "places": more.places,
            "first_choices": more.first_choices,
            "by_rank": by_rank(more.by_rank),
        }
    seats = of_session(session.key, seen.places)
    data["badly"] = [
        {
            "person": email,
            "name": _name(here[email]),
            "rank": NAMES.get(rank, rank),
            "workshop": _room(seats.get(email)),
        }
        for email, rank in found.badly
    ]
    data["seats"] = _seats(seen, session.key, here, seats)
    return data


def _seats(seen: Look, session: str, here: Mapping[str, Person], seats: Mapping[str, Seat]) -> list[Plain]:
    """Everybody's seat with its sentence."""
    event, people = seen.held, list(here.values())
    asked = demand(event, session, people)
    known = frozenset(w.key for w in event.workshops_of(session))
    told = {s.person: s for s in with_reasons(event, session, people, [s for s in seats.values() if not s.told_at])}
    rows = []
    for email, found in sorted(seats.items()):
        seat = told.get(email, found)
        person = here[email]
        rank = rank_of(person, session, seat, known)
        rows.append(
            {
                "person": email,
                "workshop": seat.workshop,
                "rank": NAMES.get(rank, rank),
                "drawn": seat.drawn or None,
                "told": seat.told_at is not None,
                "why": explain(seat, event, asked, person.language or event.language, person.wishes.get(session, ())),
            }
        )
    return rows


def _name(person: Person) -> str:
    return f"{person.first_name} {person.last_name}".strip()


def _room(seat: Seat | None) -> str | None:
    return None if seat is None else seat.workshop


def _workshop(one: Filled) -> Plain:
    w = one.workshop
    return {
        "key": w.key,
        "code": w.code,
        "title": w.title,
        "short": w.short,
        "seats": w.seats,
        "taken": one.taken,
        "asked": one.asked,
        "minimum": w.minimum,
        "closed": one.closed,
        "by_rank": by_rank(one.ranks),
        "publics": {name or "autres": n for name, n in sorted(one.publics.items()) if n},
    }


def _warning(trouble: Trouble) -> Plain:
    return {"what": trouble.what, "remedy": trouble.remedy}


def lines_of(data: Plain) -> Iterator[str]:
    """Say it in words."""
    for session in data["sessions"]:
        yield from _of_session(session)
    if data["mixing"]:
        yield f"Mêler les publics coûte : {changes_named(data['mixing']['by_rank']) or 'rien, en vœux'}."
    if data["what_if"]:
        yield from _of_whatif(data["what_if"])
    if not data["sessions"]:
        yield "aucun atelier dans cet événement"


def _of_session(session: Plain) -> Iterator[str]:
    yield f"{session['session']} – {session['people']} personnes : {shares(session['by_rank'])}"
    for w in session["workshops"]:
        more = w.get("more")
        worth = changes_named(more["by_rank"]) if more else ""
        yield f"  {w['code']:>3}  {w['taken']:>4} / {w['seats']:<4} {w['short']} – {w['asked']} premiers choix" + (
            " – fermé" if w["closed"] else ""
        )
        if w["by_rank"]:
            yield f"       {shares(w['by_rank'])}"
        if worth:
            yield f"       {more['places']} places de plus : {worth}"
    badly = session.get("badly", [])
    if badly:
        yield f"  Les moins bien servis ({len(badly)}) :"
        yield from (f"    {one['person']} : {named(str(one['rank']))}" for one in badly[:10])
        if len(badly) > 10:
            yield f"    … et {len(badly) - 10} autres (--json les donne tous)"
    yield from (f"  ✗ {one['what']} → {one['remedy']}" for one in session["warnings"])


def _of_whatif(found: Plain) -> Iterator[str]:
    seats = ", ".join(f"{key} = {n}" for key, n in found["seats"].items())
    yield f"Et si {seats} ? {changes_named(found['by_rank']) or 'aucun rang ne change'}. Rien n'est écrit."
    yield f"  {found['moved']} personnes changent d'atelier, dont {found['told_moved']} à qui le leur était annoncé."
    for session in found["sessions"]:
        yield f"  {session['session']} : {shares(session['by_rank'])}"
        for w in session["workshops"]:
            yield f"  {w['code']:>3}  {w['taken']:>4} / {w['seats']:<4} {w['short']}"


def shares(ranks: Mapping[str, int]) -> str:
    """« 12 1er choix, 3 2e choix »."""
    return ", ".join(f"{n} × {named(name)}" for name, n in ranks.items()) or "personne"


def named(name: str) -> str:
    """Say a rank by its name in the data."""
    numbers = {label: rank for rank, label in NAMES.items()}
    return rank_in_words(numbers[name] if name in numbers else int(name))


def changes_named(ranks: Mapping[str, int]) -> str:
    """« +3 1er choix, −3 2e choix »."""
    return ", ".join(f"{'+' if n > 0 else '−'}{abs(n)} {named(name)}" for name, n in ranks.items())


def changes_in_words(found: Difference) -> Iterator[str]:
    """Say what a move does to everybody."""
    if found.by_rank:
        yield f"pour l'ensemble : {changes_named(by_rank(found.by_rank))}"
    if len(found.moved) > 1:
        yield f"{len(found.moved)} personnes changent d'atelier, dont {found.told} à qui le leur était annoncé"
