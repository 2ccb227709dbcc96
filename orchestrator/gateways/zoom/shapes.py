"""What Zoom's answers must look like to be believed; only the fields that are used."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The start of a meeting Zoom gives none for."""
Text = Annotated[str, Field(min_length=1)]


class Shape(BaseModel):
    """Reads numbers as identifiers where Zoom says either, and null as absent."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        return {k: v for k, v in data.items() if v is not None} if isinstance(data, dict) else data


class RoomShape(Shape):
    name: str = ""
    participants: tuple[str, ...] = ()


class RoomsShape(Shape):
    enable: bool = False
    rooms: tuple[RoomShape, ...] = ()


class PhoneShape(Shape):
    country: str = ""
    city: str = ""
    number: str = ""


class SettingsShape(Shape):
    """A meeting's settings; None where Zoom does not say."""

    approval_type: int | None = None
    registrants_email_notification: bool | None = None
    registrants_confirmation_email: bool | None = None
    meeting_authentication: bool | None = None
    enforce_login: bool | None = None
    join_before_host: bool | None = None
    use_pmi: bool | None = None
    encryption_type: str | None = None
    waiting_room: bool = False
    allow_multiple_devices: bool = False
    auto_recording: str = "none"
    alternative_hosts: str = ""
    contact_name: str = ""
    contact_email: str = ""
    breakout_room: RoomsShape = RoomsShape()
    global_dial_in_numbers: tuple[PhoneShape, ...] = ()


class Created(Shape):
    id: Text


class Listed(Shape):
    id: Text
    topic: str = ""
    agenda: str = ""
    start_time: AwareDatetime = NEVER
    duration: int = 0


class MeetingShape(Shape):
    id: Text
    uuid: str = ""
    type: int = 2
    host_email: str = ""
    topic: str = ""
    agenda: str = ""
    start_time: AwareDatetime = NEVER
    duration: int = 0
    timezone: str = ""
    password: str = ""
    dynamic_host_key: str = ""
    status: str = ""
    settings: SettingsShape = SettingsShape()


class Page(Shape):
    next_page_token: str = ""


class MeetingsPage(Page):
    meetings: tuple[Listed, ...]


class RegistrantShape(Shape):
    id: Text
    email: Text
    join_url: str = ""


class RegistrantsPage(Page):
    registrants: tuple[RegistrantShape, ...]


class Instance(Shape):
    uuid: Text


class Instances(Shape):
    meetings: tuple[Instance, ...] = ()


class ParticipantShape(Shape):
    """One stay; `leave_time` is missing, or that of joining, while Zoom does not know it."""

    user_id: str = ""
    registrant_id: str = ""
    name: str = ""
    user_email: str = ""
    join_time: AwareDatetime
    leave_time: AwareDatetime = NEVER
    bo_mtg_id: str = ""
    status: str = ""


class ParticipantsPage(Page):
    participants: tuple[ParticipantShape, ...]


class RecordingFile(Shape):
    play_url: str = ""


class Recordings(Shape):
    share_url: str = ""
    recording_files: tuple[RecordingFile, ...] = ()


class Added(Shape):
    """Somebody added; no link yet where Zoom holds them as pending. `email` is given by batches only."""

    registrant_id: Text
    join_url: str = ""
    email: str = ""


class AddedMany(Shape):
    registrants: tuple[Added, ...]


class UserShape(Shape):
    type: int = 0
    status: str = ""


class Captions(Shape):
    enable: bool = False
    auto_transcribing: bool = False


class InMeeting(Shape):
    """None where Zoom does not say."""

    breakout_room: bool = False
    breakout_room_schedule: bool = False
    show_a_join_from_your_browser_link: bool | None = None
    closed_captioning: Captions | None = None


class Country(Shape):
    code: str = ""


class Countries(Shape):
    selected_countries: tuple[Country, ...] = ()


class Conferencing(Shape):
    global_dial_in_countries: Countries = Countries()


class Feature(Shape):
    meeting_capacity: int = 0
    large_meeting: bool = False
    large_meeting_capacity: int = 0


class UserSettings(Shape):
    in_meeting: InMeeting
    feature: Feature = Feature()
    audio_conferencing: Conferencing = Conferencing()
