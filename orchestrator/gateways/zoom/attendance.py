"""Who was in a meeting that was held: every run of it, every page, by registrant id."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from orchestrator.core.attendance import Stay
from orchestrator.core.errors import MeetingGone, ZoomError, ZoomLacksScopes
from orchestrator.core.model import identity
from orchestrator.gateways.zoom.api import ZoomApi
from orchestrator.gateways.zoom.shapes import Instances, ParticipantShape, ParticipantsPage, Recordings

WITH_REGISTRANTS = {"include_fields": "registrant_id"}
NOT_HELD = 200
"""Zoom's code for a meeting with a single participant, or an account without the report."""


def stays(api: ZoomApi, zoom_id: str) -> tuple[Stay, ...]:
    """List everybody's stays over all runs of a meeting; none where it was never held.

    A stay whose end Zoom does not know yet has no length: durations may come minutes after the end.
    """
    found: dict[str, Stay] = {}
    for uuid in _runs(api, zoom_id):
        for one in _participants(api, uuid):
            if one.status != "in_waiting_room":
                stay = _stay(zoom_id, uuid, one)
                found[stay.key] = stay
    return tuple(found[key] for key in sorted(found))


def replay(api: ZoomApi, zoom_id: str) -> str:
    """Find where the cloud recording can be seen; "" while there is none."""
    try:
        found = api.ask(Recordings, "GET", f"/meetings/{quote(zoom_id, safe='')}/recordings")
    except MeetingGone:
        return ""
    except ZoomError as error:
        if error.status == 404:
            return ""
        raise
    return found.share_url or next((one.play_url for one in found.recording_files if one.play_url), "")


def _runs(api: ZoomApi, zoom_id: str) -> tuple[str, ...]:
    try:
        found = api.ask(Instances, "GET", f"/past_meetings/{quote(zoom_id, safe='')}/instances")
    except MeetingGone:
        return ()
    return tuple(one.uuid for one in found.meetings)


def _participants(api: ZoomApi, uuid: str) -> Iterator[ParticipantShape]:
    """Yield the rows of one run: by the report, else by the list of past participants."""
    try:
        yield from _rows(api, f"/report/meetings/{twice(uuid)}/participants")
    except ZoomLacksScopes:
        yield from _rows(api, f"/past_meetings/{twice(uuid)}/participants")
    except MeetingGone:
        return
    except ZoomError as error:
        if error.code != NOT_HELD:
            raise


def _rows(api: ZoomApi, path: str) -> Iterator[ParticipantShape]:
    for page in api.pages(ParticipantsPage, path, WITH_REGISTRANTS):
        yield from page.participants


def _stay(zoom_id: str, uuid: str, one: ParticipantShape) -> Stay:
    return Stay(
        key=f"{uuid}/{one.user_id}/{one.bo_mtg_id}/{int(one.join_time.timestamp())}",
        meeting=zoom_id,
        joined_at=one.join_time,
        left_at=max(one.join_time, one.leave_time),
        registrant_id=one.registrant_id,
        name=one.name,
        email=identity(one.user_email),
    )


def twice(uuid: str) -> str:
    """Encode a UUID for a path; one that begins with `/` or holds `//` twice, as Zoom's reference asks."""
    once = quote(uuid, safe="")
    return quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once
