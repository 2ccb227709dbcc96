"""Says to one person, in one sentence, why they got their seat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from orchestrator.core.draw import lots, numbers
from orchestrator.core.model import Event, Person, Seat, Wishes, Workshop
from orchestrator.core.seating import first_wishes


def explain(seat: Seat, event: Event, demand: Mapping[str, int], language: str = "fr", wishes: Wishes = ()) -> str:
    """Say in one sentence, French or English, why somebody got this seat.

    `wishes` are theirs for the session; with them the sentence names the first wish and how many asked for it: as
    it was when the seat was told if that is known, else as `demand` has it now.
    """
    words = _ENGLISH if language.startswith("en") else _FRENCH
    start, is_whole = _start(seat, words)
    wanted = _wanted(seat, event, demand, wishes)
    if is_whole or wanted is None:
        return start + ("" if is_whole else ".")
    asked, places = (seat.asked, seat.places) if seat.asked else (demand.get(wanted.key, 0), wanted.seats)
    why = words["asked" if asked > places else "full"]
    end = words["drawn"].format(drawn=seat.drawn) if seat.drawn and asked > places else "."
    return start + why.format(first=_nth(1, words), room=wanted.room, asked=asked, places=_places(places, words)) + end


def _start(seat: Seat, words: Mapping[str, str]) -> tuple[str, bool]:
    """The sentence's beginning, and whether it says all there is to say."""
    rank = words["wish"].format(rank=_nth(seat.rank, words)) if seat.rank else ""
    if seat.reason in ("moved-away", "merged", "organiser", "facilitator", "no-wishes", "wish-1"):
        return words[seat.reason], True
    if seat.reason in ("together", "apart", "mixed"):
        return (rank + words["rule"] if rank else words["rule-alone"]).format(words[seat.reason]), True
    if seat.rank == 1:
        return words["wish-1"], True
    return rank or words["wishes-full"], False


def _wanted(seat: Seat, event: Event, demand: Mapping[str, int], wishes: Wishes) -> Workshop | None:
    """The first wish; of several equal ones the most asked for, beyond its places."""
    known = {workshop.key: workshop for workshop in event.workshops_of(seat.session)}
    first = next((found for rank in wishes if (found := [known[key] for key in rank if key in known])), [])
    if not first or seat.workshop in (workshop.key for workshop in first):
        return None
    return max(first, key=lambda workshop: demand.get(workshop.key, 0) - workshop.seats)


def _places(number: int, words: Mapping[str, str]) -> str:
    return words["place" if number == 1 else "places"].format(number)


def _nth(rank: int, words: Mapping[str, str]) -> str:
    return words.get(f"nth-{rank}", words["nth"]).format(rank)


def with_reasons(event: Event, session: str, people: Sequence[Person], seats: Sequence[Seat]) -> list[Seat]:
    """Write into seats, when they are told, how many had the same first wish, for how many places, and the draw."""
    wished = first_wishes(event, session, people)
    places = {workshop.key: workshop.seats for workshop in event.workshops_of(session)}
    first: dict[str, str] = {}
    for key in sorted(wished, key=lambda key: len(wished[key]) - places[key]):
        first |= dict.fromkeys(wished[key], key)  # the most asked for of equal ones comes last
    draw = lots(event.seed, session)
    asked_for = {first[seat.person] for seat in seats if seat.person in first}
    drawn = {key: numbers(wished[key], draw) for key in asked_for}
    return [
        replace(seat, asked=len(wished[key]), places=places[key], drawn=drawn[key][seat.person])
        if (key := first.get(seat.person, ""))
        else seat
        for seat in seats
    ]


_FRENCH = {
    "wish-1": "Votre 1er choix.",
    "no-wishes": "Vous n’aviez pas indiqué de choix : les places libres ont été réparties entre les ateliers.",
    "organiser": "L’équipe d’organisation vous y a placé·e.",
    "facilitator": "Vous animez cet atelier.",
    "merged": "Deux ateliers ont été réunis : le vôtre rejoint celui-ci.",
    "moved-away": "Votre atelier a perdu des places ou n’a plus lieu : voici la meilleure place encore libre.",
    "wish": "Votre {rank} choix",
    "wishes-full": "Vos choix étaient complets",
    "rule": " : {}.",
    "rule-alone": "Vous y êtes : {}.",
    "together": "ainsi vous êtes avec les personnes de votre groupe",
    "apart": "ainsi les groupes restent comme l’équipe d’organisation les a prévus",
    "mixed": "ainsi chaque atelier réunit des publics différents",
    "asked": " : le {first}, « {room} », avait {asked} demandes pour {places}",
    "full": " : le {first}, « {room} », était complet ({places})",
    "place": "{} place",
    "places": "{} places",
    "drawn": ", votre tirage : n° {drawn}.",
    "nth-1": "1er",
    "nth": "{}e",
}
_ENGLISH = {
    "wish-1": "Your 1st choice.",
    "no-wishes": "You had not named a choice: the free places were shared out among the workshops.",
    "organiser": "The organisers have placed you there.",
    "facilitator": "You facilitate this workshop.",
    "merged": "Two workshops were brought together: yours joins this one.",
    "moved-away": "Your workshop had too few places left or is not held: this is the best place still free.",
    "wish": "Your {rank} choice",
    "wishes-full": "Your choices were full",
    "rule": ": {}.",
    "rule-alone": "You are there: {}.",
    "together": "this way you are with the people of your group",
    "apart": "this way the groups stay as the organisers planned them",
    "mixed": "this way every workshop brings different people together",
    "asked": ": the {first}, “{room}”, was asked for by {asked} people for {places}",
    "full": ": the {first}, “{room}”, was full ({places})",
    "place": "{} place",
    "places": "{} places",
    "drawn": ", your number in the draw: {drawn}.",
    "nth-1": "1st",
    "nth-2": "2nd",
    "nth-3": "3rd",
    "nth": "{}th",
}
