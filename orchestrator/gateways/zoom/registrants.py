"""People of a meeting at Zoom: add them approved and unwritten-to, list them, cancel them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.core.errors import RegistrantRefused, ZoomError
from orchestrator.core.meetings import BATCH, Pass, Registrant
from orchestrator.core.model import identity
from orchestrator.gateways.zoom.api import ZoomApi
from orchestrator.gateways.zoom.shapes import Added, AddedMany, RegistrantsPage

NAME_LENGTH = 64
_OF_THE_MEETING = frozenset({200, 303, 404, 1001, 1010, 3000, 3038, 3043, 3161})
"""Codes that say no to everybody, whoever the person."""


def register(api: ZoomApi, meeting: str, people: Sequence[Registrant]) -> tuple[Pass, ...]:
    """Register people in one call. Raises RegistrantRefused when Zoom refuses one of them, and so all."""
    _at_most_a_batch(people)
    try:
        return _many(api, meeting, people) if len(people) > 1 else tuple(_one(api, meeting, p) for p in people)
    except ZoomError as error:
        if type(error) is not ZoomError or _is_about_the_meeting(error):
            raise
        refused = RegistrantRefused(error.message, remedy=error.remedy, code=error.code, status=error.status)
        raise refused from error


def _is_about_the_meeting(error: ZoomError) -> bool:
    """Tell a no to everybody from a no to somebody; codes 300 and 3000 are used for both."""
    words = error.message.lower()
    if error.code == 3000 and "domain" in words:
        return False
    return error.code in _OF_THE_MEETING or (
        error.code == 300 and ("not been enabled" in words or "meeting id" in words)
    )


def registered(api: ZoomApi, meeting: str) -> Iterator[Pass]:
    """Yield everyone approved."""
    for page in api.pages(RegistrantsPage, f"{meeting}/registrants", {"status": "approved"}):
        for one in page.registrants:
            if one.join_url:
                yield Pass(email=identity(one.email), registrant_id=one.id, join_url=one.join_url)


def withdraw(api: ZoomApi, meeting: str, passes: Sequence[Pass]) -> None:
    """Cancel people, by id and e-mail."""
    _at_most_a_batch(passes)
    _set_status(api, meeting, "cancel", [{"id": one.registrant_id, "email": one.email} for one in passes])


def _one(api: ZoomApi, meeting: str, person: Registrant) -> Pass:
    asked = {**_said(person), "auto_approve": True}
    added = api.ask(Added, "POST", f"{meeting}/registrants", json=asked)
    passes = _passes(api, meeting, [(person, added)])
    if not passes:
        raise ZoomError(
            "Zoom a inscrit la personne sans donner son lien.",
            remedy="rien d'abord : le lien est cherché de nouveau ; sinon inscrivez-la dans les pages de Zoom",
            permanent=False,
        )
    return passes[0]


def _many(api: ZoomApi, meeting: str, people: Sequence[Registrant]) -> tuple[Pass, ...]:
    asked = {
        "auto_approve": True,
        "registrants_confirmation_email": False,
        "registrants": [_said(person) for person in people],
    }
    answer = api.ask(AddedMany, "POST", f"{meeting}/batch_registrants", json=asked)
    added = {identity(one.email): one for one in answer.registrants}  # the order is not promised
    return _passes(api, meeting, [(p, one) for p in people if (one := added.get(identity(p.email)))])


def _passes(api: ZoomApi, meeting: str, added: Sequence[tuple[Registrant, Added]]) -> tuple[Pass, ...]:
    """Pair people with their links; approve first those who had asked at Zoom's own page and were still waiting."""
    links = {one.registrant_id: one.join_url for _, one in added if one.join_url}
    waiting = [{"id": one.registrant_id, "email": p.email} for p, one in added if not one.join_url]
    if waiting:
        _set_status(api, meeting, "approve", waiting)
        links |= {known.registrant_id: known.join_url for known in registered(api, meeting)}
    return tuple(
        Pass(email=person.email, registrant_id=one.registrant_id, join_url=links[one.registrant_id])
        for person, one in added
        if one.registrant_id in links
    )


def _set_status(api: ZoomApi, meeting: str, action: str, who: Sequence[dict[str, str]]) -> None:
    if who:
        asked = {"action": action, "registrants": who}
        api.call("PUT", f"{meeting}/registrants/status", json=asked)


def _said(person: Registrant) -> dict[str, str]:
    return {
        "email": person.email,
        "first_name": person.first_name[:NAME_LENGTH],
        "last_name": person.last_name[:NAME_LENGTH],
    }


def _at_most_a_batch(people: Sequence[object]) -> None:
    if len(people) > BATCH:
        raise ValueError(f"at most {BATCH} at once, not {len(people)}")
