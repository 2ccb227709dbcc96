"""Calendar files: what a calendar program reads in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import vobject
from icalendar import Calendar

from orchestrator.gateways.mail.calendar import attachments
from orchestrator.ports import CalendarEntry, Letter

ENTRY = CalendarEntry(
    uid="relation-matin@exemple.fr",
    sequence=2,
    title="Relation police – population, réalités; enjeux",
    starts_at=datetime(2021, 6, 24, 7, 30, tzinfo=UTC),
    ends_at=datetime(2021, 6, 24, 10, 15, tzinfo=UTC),
    location="Zoom",
    description="Votre lien personnel est dans notre lettre.\nÀ bientôt, l'équipe",
)
LETTER = Letter(
    kind="link",
    language="fr",
    to="anne@exemple.fr",
    sender="Pôle ressources <no-reply@exemple.fr>",
    reply_to="contact@exemple.fr",
    message_id="<a@exemple.fr>",
    written_at=datetime(2021, 6, 22, 16, 0, 5, 999, tzinfo=UTC),
    contents={},
    calendar=(ENTRY,),
)


def read(letter: Letter) -> list[dict[str, Any]]:
    """Every file as a calendar program sees it: one event each."""
    found = []
    for file in attachments(letter):
        calendar = Calendar.from_ical(file.data)
        (event,) = calendar.walk("VEVENT")
        times = {key: event.decoded(key) for key in ("dtstart", "dtend", "dtstamp")}
        texts = {
            key: str(event[key])
            for key in ("uid", "sequence", "summary", "location", "description", "status", "organizer")
        }
        found.append({"file": file.name, "method": str(calendar["method"]), **times, **texts})
    return found


def test_a_session_is_one_published_event_in_utc() -> None:
    (event,) = read(LETTER)
    assert event == {
        "file": "seance-1.ics",
        "method": "PUBLISH",
        "uid": ENTRY.uid,
        "sequence": "2",
        "summary": ENTRY.title,
        "location": "Zoom",
        "description": ENTRY.description,
        "dtstart": ENTRY.starts_at,
        "dtend": ENTRY.ends_at,
        "dtstamp": datetime(2021, 6, 22, 16, 0, tzinfo=UTC),
        "status": "CONFIRMED",
        "organizer": "mailto:contact@exemple.fr",
    }


def test_a_cancelled_session_is_cancelled_in_the_calendar() -> None:
    (event,) = read(replace(LETTER, calendar=(replace(ENTRY, cancelled=True, sequence=3),)))
    assert (event["method"], event["status"], event["uid"], event["sequence"]) == (
        *("CANCEL", "CANCELLED"),
        *(ENTRY.uid, "3"),
    )
    (file,) = attachments(replace(LETTER, calendar=(replace(ENTRY, cancelled=True),)))
    assert file.content_type == "text/calendar; charset=utf-8; method=CANCEL"


def test_every_session_has_its_own_file() -> None:
    other = replace(ENTRY, uid="relation-apres-midi@exemple.fr", title="Après-midi")
    events = read(replace(LETTER, calendar=(ENTRY, other)))
    assert [(event["file"], event["summary"]) for event in events] == [
        ("seance-1.ics", ENTRY.title),
        ("seance-2.ics", "Après-midi"),
    ]


def test_each_letter_has_its_own_stamp() -> None:
    later = replace(LETTER, written_at=datetime(2021, 6, 23, 8, 0, tzinfo=UTC))
    assert [read(letter)[0]["dtstamp"] for letter in (LETTER, later)] == [
        datetime(2021, 6, 22, 16, 0, tzinfo=UTC),
        datetime(2021, 6, 23, 8, 0, tzinfo=UTC),
    ]


def test_without_a_reply_address_the_sender_organises() -> None:
    assert read(replace(LETTER, reply_to=""))[0]["organizer"] == "mailto:no-reply@exemple.fr"


@pytest.mark.parametrize(
    "hostile",
    [
        "a\r\nEND:VEVENT\r\nBEGIN:VEVENT",
        "\ud800",
        "a\u2028b",
        "x" * 5000,
        "é" * 100,
        "\r\nDTSTAMP:19700101T000000Z\r\n",
    ],
)
def test_no_text_adds_an_event_or_a_property(hostile: str) -> None:
    entry = replace(ENTRY, title=hostile, location=hostile, description=hostile)
    (event,) = read(replace(LETTER, calendar=(entry,)))
    assert event.keys() == read(LETTER)[0].keys()
    assert event["dtstamp"] == datetime(2021, 6, 22, 16, 0, tzinfo=UTC)
    (file,) = attachments(replace(LETTER, calendar=(entry,)))
    lines = file.data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert [line for line in lines if line.startswith(b"BEGIN:")] == [b"BEGIN:VCALENDAR", b"BEGIN:VEVENT"]


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_second_reader_of_calendar_files_reads_the_same(cancelled: bool) -> None:
    """vobject shares no line with icalendar."""
    letter = replace(LETTER, calendar=(replace(ENTRY, cancelled=cancelled),))
    (mine,) = read(letter)
    (file,) = attachments(letter)
    calendar = vobject.readOne(file.data.decode())
    (event,) = calendar.vevent_list
    assert {
        "method": calendar.method.value,
        "uid": event.uid.value,
        "sequence": event.sequence.value,
        "summary": event.summary.value,
        "location": event.location.value,
        "description": event.description.value,
        "status": event.status.value,
        "organizer": event.organizer.value,
        "dtstart": event.dtstart.value,
        "dtend": event.dtend.value,
        "dtstamp": event.dtstamp.value,
    } == {key: value for key, value in mine.items() if key != "file"}
    assert "attendee" not in event.contents
