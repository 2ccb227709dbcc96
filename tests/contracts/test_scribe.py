"""Letters in words: every kind in every language, and whatever a name may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from orchestrator import shipped
from orchestrator.core.errors import UnwritableLetter
from orchestrator.gateways.mail import mime
from orchestrator.gateways.mail.scribe import KINDS, JinjaScribe
from orchestrator.gateways.mail.words import ENGLISH, FRENCH, cut, dial, french_spaces, running_order
from orchestrator.ports import CalendarEntry, Letter

PARIS = ZoneInfo("Europe/Paris")
TITLE = "Relation police – population : quels enjeux et pistes d'amélioration pour une confiance partagée ?"
LINK = "https://us02web.zoom.us/w/81234567890?tk=Vm0wd2QyUXlVWGxXYTFwT1ZsZFNWRmx0ZUV0WFZscDBUVlpPV0d&pwd=YWJj"
FORM = "https://forms.exemple.fr/inscription?ref=lettre&source=ami"
FALLBACK = "https://visio.exemple.fr/secours"
ROLES = ("host", "alternative-host", "speaker", "facilitator")
SHORT = " – Relation police – population : quels enjeux et pistes…"
SHIPPED = shipped.templates() / "letters"


@pytest.fixture(scope="module")
def scribe() -> JinjaScribe:
    return JinjaScribe([SHIPPED])


def at(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2021, 6, day, hour, minute, tzinfo=PARIS)


def room() -> dict[str, Any]:
    return {
        "code": "A",
        "title": "Comment diminuer les tensions avec la population ?",
        "name": "A – Réduire les tensions",
        "opens_at": at(11),
        "why": "C'est votre premier choix.",
    }


def sessions() -> list[dict[str, Any]]:
    morning = [
        {"at": at(9, 30), "title": "Temps #1 : réalités et enjeux", "people": ["Jacques de Maillard"]},
        {"at": at(11), "title": "Temps #2 : des pistes pour agir, ateliers participatifs", "people": []},
    ]
    afternoon = [
        {"at": at(14), "title": "Temps #3 : coopérations locales", "people": ["Virginie Malochet"]},
        {"at": at(15, 15), "title": "Temps #4 : retour d'expériences", "people": []},
    ]
    common = {"cancelled": False, "has_workshops": False, "room": None, "local": None}
    return [
        common
        | {"key": "matin", "title": "Relation police-population : réalités et enjeux, puis ateliers"}
        | {"starts_at": at(9, 30), "ends_at": at(12, 15), "doors_at": at(9, 15), "programme": morning}
        | {"has_workshops": True, "room": room()},
        common
        | {"key": "apres-midi", "title": "Quelles coopérations police – acteurs locaux"}
        | {"starts_at": at(14), "ends_at": at(16, 15), "doors_at": at(13, 45), "programme": afternoon},
    ]


def ways(count: int) -> list[dict[str, Any]]:
    phones = [
        {"country": "FR", "number": "+33 1 70 37 97 29", "city": "Paris"},
        {"country": "FR", "number": "+33 1 70 37 22 46", "city": ""},
    ]
    way = {"link": LINK, "sign_in_as": "", "number": "812 3456 7890", "passcode": "246810", "phones": phones}
    if count == 1:
        return [way | {"sessions": ["matin", "apres-midi"]}]
    second = {"link": LINK.replace("812", "834"), "sign_in_as": "", "number": "834 3456 7890", "passcode": ""}
    return [way | {"sessions": ["matin"]}, way | second | {"sessions": ["apres-midi"]}]


def host(role: str) -> dict[str, Any]:
    one = {"session": sessions()[0]["title"], "seats": 40, "opens_at": at(11)}
    rooms = [
        one | {"code": "A", "title": "Tensions", "name": "A – Réduire les tensions", "taken": 38, "mine": True},
        one | {"code": "B", "title": "Acteurs", "name": "B – Relations locales", "taken": 31, "mine": False},
    ]
    signs_in = role in ("host", "alternative-host")
    return {
        "role": role,
        "name": "Camille Exemple",
        "affiliation": "Pôle ressources",
        "sign_in_as": "webinaires@exemple.fr" if signs_in else "",
        "is_reminder": False,
        "rooms": rooms,
        "expected": {"matin": 212, "apres-midi": 187},
    }


CHANGES: list[dict[str, Any]] = [
    {"what": "time", "session": "Matinée", "before": {"starts_at": at(9, 30, 23), "ends_at": at(12, 15, 23)},
     "after": {"starts_at": at(9, 30), "ends_at": at(12, 15)}},
    {"what": "link", "session": "Matinée", "before": None, "after": None},
    {"what": "room", "session": "Matinée", "before": room() | {"name": "B – Relations locales"}, "after": room()},
    {"what": "added", "session": "Après-midi", "before": None, "after": None},
    {"what": "removed", "session": "Soirée", "before": None, "after": None},
]  # fmt: skip


ALERT = {
    "what": "not-started", "role": "host", "sign_in_as": "webinaires@exemple.fr", "number": "812 3456 7890",
    "passcode": "246810", "stand_ins": ["Camille Exemple", "Dominique Essai"],
}  # fmt: skip
SOON = {"days": None, "minutes": 30, "nth": 1}
AFTER = {"slides": "https://exemple.fr/d", "replay": "https://exemple.fr/r", "survey": "https://exemple.fr/s"}
ASKED: dict[str, dict[str, Any]] = {
    "announce": {
        "subject": "Reprise à 14h15",
        "paragraphs": [["Nous reprenons à 14h15.", "Le café est offert."], ["Voir https://exemple.fr/suite"]],
        "name": "",
        "code": "",
    },
    "late": {"subject": "", "paragraphs": [], "name": "Anne", "code": "late"},
    "shared": {"subject": "", "paragraphs": [], "name": "Anne", "code": "shared"},
    "resend": {"subject": "", "paragraphs": [], "name": "", "code": ""},
}


def contents(kind: str = "link", count: int = 1, role: str = "speaker") -> dict[str, Any]:
    signs_in = kind == "host" and role in ("host", "alternative-host")
    found = [way | ({"link": "", "sign_in_as": "hote@exemple.fr"} if signs_in else {}) for way in ways(count)]
    organiser = {"name": "Pôle ressources", "email": "contact@exemple.fr", "phone": "01 00 00 00 00"}
    return {
        "kind": kind,
        "event": {
            "key": "relation", "title": TITLE, "date": date(2021, 6, 24), "zone": "Europe/Paris",
            "organiser": organiser, "supporters": ["Préfecture de région", "Région"],
            "fallback_url": FALLBACK, "form_url": FORM,
        },
        "person": {"first_name": "Anne", "last_name": "Exemple", "greeting": "Anne", "address": "anne@exemple.fr",
                   "zone": ""},
        "ways": found,
        "sessions": sessions(),
        "session": "matin" if kind in ("reminder", "room", "alert", "started") else "",
        "soon": SOON if kind == "reminder" else None,
        "unread": False,
        "fallback": kind == "fallback",
        "page": "",
        "asked": ASKED.get(kind),
        "after": {**AFTER, "came": True} if kind == "after" else None,
        "rooms_told_at": at(18, 0, 22),
        "changes": CHANGES if kind == "moved" else [],
        "host": host(role) if kind == "host" else None,
        **({"alert": ALERT} if kind == "alert" else {}),
        "notice": {"controller": "Pôle ressources", "dpo": "dpo@exemple.fr", "people_days": 30},
    }  # fmt: skip


def letter(kind: str = "link", language: str = "fr", given: dict[str, Any] | None = None) -> Letter:
    entry = CalendarEntry(
        uid="relation-matin@exemple.fr",
        sequence=0,
        title=TITLE,
        starts_at=at(9, 30),
        ends_at=at(12, 15),
        location="Zoom",
        description="Votre lien est dans notre lettre.",
    )
    return Letter(
        kind=kind,
        language=language,
        to="anne@exemple.fr",
        sender="Pôle ressources <contact@exemple.fr>",
        reply_to="contact@exemple.fr",
        message_id="<link.0123456789abcdef@exemple.fr>",
        written_at=datetime(2021, 6, 22, 16, 0, tzinfo=UTC),
        contents=contents(kind) if given is None else given,
        calendar=(entry,),
    )


def every_letter() -> Iterator[Letter]:
    for language in ("fr", "en"):
        for count in (1, 2):
            for kind in KINDS:
                for role in ROLES if kind == "host" else ROLES[:1]:
                    yield letter(kind, language, contents(kind, count, role))


def name(one: Letter) -> str:
    role = one.contents["host"]["role"] if one.contents["host"] else ""
    return f"{one.kind}-{role}-{one.language}-{len(one.contents['ways'])}"


class Page(HTMLParser):
    """What a reader sees of an HTML letter, its links and its markup."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.markup: list[tuple[str, tuple[str, ...]]] = []
        self.feed(html.partition("<body")[2])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.markup.append((tag, tuple(key for key, _ in attrs)))
        self.links += [value or "" for key, value in attrs if key == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def of_scheme(page: Page, *schemes: str) -> set[str]:
    return {link.partition(":")[2] if schemes[0] in ("mailto", "tel") else link
            for link in page.links if link.partition(":")[0] in schemes}  # fmt: skip


def web_addresses(text: str) -> set[str]:
    return set(re.findall(r"https?://[^\s<>)]+", text))


def hours(text: str) -> set[str]:
    return set(re.findall(r"\b\d{1,2}(?:h\d\d|:\d\d [ap]m)", text))


def days(text: str) -> set[str]:
    return {day.lower() for day in re.findall(r"\w+ \d\d? (?:juin|June)\b", text)}


def bodies(message: Message) -> tuple[str, str]:
    alternative = message.get_payload(0)
    assert isinstance(alternative, Message)
    parts = [alternative.get_payload(n) for n in (0, 1)]
    text, html = (part.get_payload(decode=True) for part in parts if isinstance(part, Message))
    assert isinstance(text, bytes)
    assert isinstance(html, bytes)
    return text.decode(), html.decode()


def head(message: Message) -> list[tuple[str, str]]:
    return [(key, str(make_header(decode_header(str(value))))) for key, value in message.items()]


@pytest.mark.parametrize("one", list(every_letter()), ids=name)
def test_every_letter_says_the_same_in_text_and_in_html(scribe: JinjaScribe, one: Letter) -> None:
    words = scribe.preview(one)
    page = Page(words.html)
    assert web_addresses(words.text) == of_scheme(page, "http", "https")
    assert hours(words.text) == hours(page.text)
    assert days(words.text) == days(page.text)
    assert all(address in words.text for address in of_scheme(page, "mailto"))
    assert of_scheme(page, "tel") <= {dial(found) for found in re.findall(r"\+?\d[\d ]{8,}\d", words.text)}
    assert f'<html lang="{one.language}"' in words.html
    assert not re.search(r"[{}]{2}|\{%|None\b|Undefined", words.text + page.text)
    assert "\n" not in words.subject


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", ["link", "reminder", "room", "moved"])
def test_a_letter_holds_every_way_in(scribe: JinjaScribe, kind: str, language: str, count: int) -> None:
    given = contents(kind, count)
    text = scribe.preview(letter(kind, language, given)).text
    about_one = kind in ("room", "reminder")
    for way in given["ways"][:1] if about_one else given["ways"]:
        assert {way["link"], FALLBACK} <= web_addresses(text)
        assert way["number"] in text
        assert all(phone["number"] in text for phone in way["phones"])
    assert "246810" in text
    assert "01 00 00 00 00" in text
    assert ("navigateur" if language == "fr" else "browser") in text
    assert "A – Réduire les tensions" in text


def test_every_heading_of_a_text_stands_apart(scribe: JinjaScribe) -> None:
    for one in every_letter():
        lines = ["", *scribe.preview(one).text.splitlines()]
        crowded = [line for before, line in pairwise(lines) if before and line.isupper()]
        assert not crowded, name(one)


def test_a_reminder_of_one_session_shows_no_other_sessions_link(scribe: JinjaScribe) -> None:
    given = contents("reminder", 2) | {"session": "apres-midi"}
    text = scribe.preview(letter("reminder", given=given)).text
    assert {given["ways"][1]["link"]} == web_addresses(text) - {FALLBACK, FORM}
    assert hours(text) == {"13h45", "14h00", "16h15"}


def test_the_first_letter_carries_the_whole_privacy_notice(scribe: JinjaScribe) -> None:
    text = scribe.preview(letter()).text
    for item in (
        *("Responsable du traitement\u00a0: Pôle ressources", "Finalité", "Base légale", "Destinataires", "Zoom"),
        *("qui achemine nos courriels", "hors de l’Union européenne", "30 jours", "Vos droits", "accès"),
        *("rectification", "effacement", "opposition", "dpo@exemple.fr", "CNIL", FORM, "Avec le soutien de"),
    ):
        assert item in text


def test_a_room_not_told_yet_is_announced_with_its_hour(scribe: JinjaScribe) -> None:
    given = contents()
    given["sessions"][0]["room"] = None
    told = scribe.preview(letter(given=given)).text
    assert "Votre atelier vous sera indiqué le mardi 22 juin à 18h00." in told
    given["rooms_told_at"] = None
    assert "Votre atelier vous sera indiqué sur place." in scribe.preview(letter(given=given)).text


@pytest.mark.parametrize(
    ("kind", "language", "subject"),
    [
        ("link", "fr", f"Votre lien : jeudi 24 juin à 9h30{SHORT}"),
        ("link", "en", f"Your link: Thursday 24 June at 9:30 am{SHORT}"),
        ("room", "fr", "Votre atelier, jeudi 24 juin à 11h00 : A – Réduire les tensions"),
        ("room", "en", "Your workshop, Thursday 24 June at 11:00 am: A – Réduire les tensions"),
        ("reminder", "fr", f"Dans 30 minutes, à 9h30 : votre lien{SHORT}"),
        ("reminder", "en", f"In 30 minutes, at 9:30 am: your link{SHORT}"),
        ("moved", "fr", "CHANGEMENT : mercredi 23 juin à 9h30 → jeudi 24 juin à 9h30 et votre programme, "
         f"jeudi 24 juin{SHORT}"),
        ("cancelled", "fr", f"ANNULATION : jeudi 24 juin à 9h30{SHORT}"),
        ("host", "fr", f"Votre feuille de route (intervention), jeudi 24 juin à 9h30{SHORT}"),
    ],
)  # fmt: skip
def test_a_subject_names_the_kind_the_day_and_the_hour(
    scribe: JinjaScribe, kind: str, language: str, subject: str
) -> None:
    assert scribe.preview(letter(kind, language)).subject == subject


@pytest.mark.parametrize(
    ("soon", "french", "english"),
    [
        ({"days": 7}, "Dans 7 jours, jeudi 24 juin à 9h30", "In 7 days, Thursday 24 June at 9:30 am"),
        ({"days": 1}, "Demain à 9h30", "Tomorrow at 9:30 am"),
        ({"days": 1, "nth": 2}, "Demain à 9h30 (2e rappel)", "Tomorrow at 9:30 am (reminder 2)"),
        ({"days": 0}, "Aujourd’hui à 9h30", "Today at 9:30 am"),
        ({"minutes": 0}, "Maintenant, à 9h30", "Now, at 9:30 am"),
    ],
)
def test_a_reminder_says_in_its_subject_how_soon_it_is(
    scribe: JinjaScribe, soon: dict[str, int], french: str, english: str
) -> None:
    given = contents("reminder") | {"soon": SOON | {"minutes": None} | soon}
    assert scribe.preview(letter("reminder", given=given)).subject == f"{french} : votre lien{SHORT}"
    assert scribe.preview(letter("reminder", "en", given)).subject == f"{english}: your link{SHORT}"


def test_a_change_is_told_from_old_to_new(scribe: JinjaScribe) -> None:
    text = scribe.preview(letter("moved")).text.replace("\u00a0", " ")
    assert "Avant : mercredi 23 juin 2021, de 9h30 à 12h15" in text
    assert "Maintenant : jeudi 24 juin 2021, de 9h30 à 12h15" in text
    assert "Avant : B – Relations locales" in text
    assert "Maintenant : A – Réduire les tensions (Comment diminuer" in text


def test_a_cancelled_session_leaves_the_other_one_and_its_link(scribe: JinjaScribe) -> None:
    given = contents("cancelled", 2) | {"session": "matin"}
    words = scribe.preview(letter("cancelled", given=given))
    assert words.subject.startswith("ANNULATION : jeudi 24 juin à 9h30 – Relation police-population")
    assert web_addresses(words.text) == {given["ways"][1]["link"], FALLBACK, FORM}
    assert "de 14h00 à 16h15" in words.text


def test_a_cancelled_event_offers_no_way_in(scribe: JinjaScribe) -> None:
    given = contents("cancelled")
    for session in given["sessions"]:
        session["cancelled"] = True
    assert web_addresses(scribe.preview(letter("cancelled", given=given)).text) == set()


@pytest.mark.parametrize("role", ["host", "alternative-host"])
def test_who_opens_the_meeting_signs_in_and_never_ends_it_at_lunch(scribe: JinjaScribe, role: str) -> None:
    never = "Ne choisissez jamais « Mettre fin à la réunion pour tous »"
    one = scribe.preview(letter("host", given=contents("host", 1, role))).text.replace("\u00a0", " ")
    two = scribe.preview(letter("host", given=contents("host", 2, role))).text.replace("\u00a0", " ")
    assert "connectez-vous avec webinaires@exemple.fr" in one
    assert "À 9h15 (jeudi 24 juin)" in one
    assert never in one
    assert never not in two
    assert "zoom.us/s/" not in one
    assert "A – Réduire les tensions (38 sur 40 places)" in one
    assert "  11h00 : ouverture des salles A – Réduire les tensions, B – Relations locales" in one
    assert "Personnes attendues : 212" in one


def test_a_facilitator_is_told_their_own_room_only(scribe: JinjaScribe) -> None:
    text = scribe.preview(letter("host", given=contents("host", 1, "facilitator"))).text.replace("\u00a0", " ")
    assert "VOTRE SALLE : A – Réduire les tensions" in text
    assert "VOTRE SALLE : B" not in text
    assert LINK in web_addresses(text)


def test_a_written_letter_reads_back_whole(scribe: JinjaScribe) -> None:
    sent = letter()
    data = scribe.write(sent).data
    message = message_from_bytes(data)
    words = scribe.preview(sent)
    assert head(message) == [
        ("From", "Pôle ressources <contact@exemple.fr>"),
        ("To", "anne@exemple.fr"),
        ("Reply-To", "contact@exemple.fr"),
        ("Subject", words.subject),
        ("Date", "Tue, 22 Jun 2021 16:00:00 +0000"),
        ("Message-ID", "<link.0123456789abcdef@exemple.fr>"),
        ("MIME-Version", "1.0"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Content-Language", "fr"),
        ("Content-Type", message["Content-Type"]),
    ]
    assert bodies(message) == (words.text.replace("\n", "\r\n"), words.html.replace("\n", "\r\n"))
    assert [part.get_content_type() for part in message.walk()] == [
        *("multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"),
    ]
    assert message.get_payload(1).get_filename() == "seance-1.ics"  # type: ignore[union-attr]
    assert message.get_payload(1).get_param("method") == "PUBLISH"  # type: ignore[union-attr]
    assert message.defects == []
    assert max(map(len, data.split(b"\r\n"))) <= 78


def test_the_address_of_whoever_will_not_come_stands_on_one_line_as_it_is(scribe: JinjaScribe) -> None:
    page = f"https://inscriptions.exemple.fr/m/{'x' * 700}/absence"
    data = scribe.write(replace(letter(), leave=page)).data
    assert f"\r\nList-Unsubscribe: <{page}>\r\n".encode() in data
    assert message_from_bytes(data)["List-Unsubscribe"] == f"<{page}>"


@pytest.mark.parametrize(
    "page", ["", "https://x.fr/>\r\nBcc: x@y.fr", "https://x.fr/a b", "javascript:alert(1)", f"https://{'x' * 999}.fr"]
)
def test_what_is_no_address_is_no_header_and_costs_no_letter(scribe: JinjaScribe, page: str) -> None:
    assert scribe.write(replace(letter(), leave=page)) == scribe.write(letter())


def test_the_same_letter_twice_is_the_same_bytes(scribe: JinjaScribe) -> None:
    assert scribe.write(letter()).data == JinjaScribe([SHIPPED]).write(letter()).data


def test_a_letter_without_calendar_is_text_and_html_only(scribe: JinjaScribe) -> None:
    message = message_from_bytes(scribe.write(replace(letter(), calendar=())).data)
    found = [part.get_content_type() for part in message.walk()]
    assert found == ["multipart/alternative", "text/plain", "text/html"]


HOSTILE = {
    "line break": "Anne\r\nBcc: x@y.example",
    "encoded word": "=?utf-8?q?=0D=0ABcc:_x@y?=",
    "markup": "<script>alert(1)</script><a href='https://evil.example'>x</a>",
    "quote": "\" onclick='x' ><img src=x onerror=alert(1)>",
    "template": "{{7*7}}{% for x in (1,2) %}{% endfor %}{{ ''.__class__.__mro__ }}",
    "bidi": "\u202eennA\u2066\u200f",
    "separators": "Anne\u2028Bcc: x@y\u2029\x85\x0b\x0c\x1c",
    "long": "n" * 10_000,
    "surrogates": "\ud800Anne\udfff",
    "nul": "An\0ne\x1b[31m",
    "dot": "\r\n.\r\nMAIL FROM:<x@y>\r\n",
    "comment": "--><!--",
}


@pytest.mark.parametrize("hostile", list(HOSTILE.values()), ids=list(HOSTILE))
@pytest.mark.parametrize("kind", KINDS)
def test_no_name_changes_headers_or_markup(scribe: JinjaScribe, kind: str, hostile: str) -> None:
    plain = contents(kind)
    named = contents(kind)
    named["person"] = dict.fromkeys(plain["person"], hostile)
    expected, found = (message_from_bytes(scribe.write(letter(kind, given=given)).data) for given in (plain, named))
    assert found.items() == expected.items()
    assert Page(bodies(found)[1]).markup == Page(bodies(expected)[1]).markup
    assert Page(bodies(found)[1]).links == Page(bodies(expected)[1]).links
    assert "49" not in bodies(found)[0].partition("VOTRE")[0]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff\0\x1b]", bodies(found)[0])


@pytest.mark.parametrize("hostile", list(HOSTILE.values()), ids=list(HOSTILE))
def test_no_title_of_an_event_adds_a_header(scribe: JinjaScribe, hostile: str) -> None:
    given = contents("cancelled")
    given["event"]["title"] = hostile
    message = message_from_bytes(scribe.write(letter("cancelled", given=given)).data)
    expected = message_from_bytes(scribe.write(letter("cancelled")).data)
    assert message.keys() == expected.keys()
    assert message["To"] == "anne@exemple.fr"
    assert Page(bodies(message)[1]).markup == Page(bodies(expected)[1]).markup


@pytest.mark.parametrize(
    "to", ["a@b.fr, c@d.fr", "a@b.fr\r\nBcc: c@d.fr", "<a@b.fr>", "Anne a@b.fr", "", "é@b.fr", "a@b.fr\n", "a" * 255]
)
def test_an_address_that_is_not_bare_is_refused(scribe: JinjaScribe, to: str) -> None:
    with pytest.raises(UnwritableLetter):
        scribe.write(replace(letter(), to=to))


@pytest.mark.parametrize("mark", ["<a@b>\r\nBcc: x@y", "a@b", "<a b@c>", ""])
def test_a_message_id_that_is_malformed_is_refused(scribe: JinjaScribe, mark: str) -> None:
    with pytest.raises(UnwritableLetter):
        scribe.write(replace(letter(), message_id=mark))


@pytest.mark.parametrize("sender", ["Pôle, ressources <contact@exemple.fr>", '"Pôle, ressources" <contact@exemple.fr>'])
def test_a_senders_name_never_adds_an_address(scribe: JinjaScribe, sender: str) -> None:
    message = message_from_bytes(scribe.write(replace(letter(), sender=sender)).data)
    assert dict(head(message))["From"] == "Pôle, ressources <contact@exemple.fr>"
    assert "," not in message["From"]


def test_a_senders_name_that_looks_encoded_stays_as_typed(scribe: JinjaScribe) -> None:
    sender = "=?utf-8?q?=0D=0ABcc:_x@y?= <contact@exemple.fr>"
    message = message_from_bytes(scribe.write(replace(letter(), sender=sender)).data)
    assert dict(head(message))["From"] == sender


TAMPERED: dict[str, Callable[[bytes], bytes]] = {
    "another header": lambda data: b"Bcc: x@y.example\r\n" + data,
    "a second To": lambda data: b"To: anne@exemple.fr\r\n" + data,
    "a second Subject": lambda data: b"subject: other\r\n" + data,
    "another To": lambda data: data.replace(b"To: anne@", b"To: x@y.example, anne@", 1),
    "a folded To": lambda data: data.replace(b"anne@exemple.fr", b"anne@exemple.fr,\r\n x@y.example", 1),
    "no To": lambda data: data.replace(b"\r\nTo: anne@exemple.fr", b"", 1),
    "a bare LF": lambda data: data + b"a\nb",
    "a bare CR": lambda data: data + b"a\rb",
    "LF and CR swapped": lambda data: data + b"a\n\rb",
    "a NUL": lambda data: data + b"\0",
    "a long line": lambda data: data + b"a" * 999,
}


@pytest.mark.parametrize("tamper", list(TAMPERED.values()), ids=list(TAMPERED))
def test_the_last_check_refuses_tampered_bytes(scribe: JinjaScribe, tamper: Callable[[bytes], bytes]) -> None:
    data = scribe.write(letter()).data
    mime.check(data, "anne@exemple.fr")
    assert tamper(data) != data
    with pytest.raises(UnwritableLetter):
        mime.check(tamper(data), "anne@exemple.fr")


def own(folder: Path, **files: str) -> JinjaScribe:
    (folder / "link").mkdir(exist_ok=True)
    for key, text in files.items():
        (folder / "link" / key.replace("__", ".")).write_text(text, encoding="utf-8")
    return JinjaScribe([folder, SHIPPED])


def test_an_organisers_own_template_wins_file_by_file(scribe: JinjaScribe, tmp_path: Path) -> None:
    words = own(tmp_path, subject__txt="À {{ opening.starts_at | hour }} !").preview(letter())
    assert words == replace(scribe.preview(letter()), subject="À 9h30 !")


def test_a_missing_placeholder_names_the_template_and_not_the_person(tmp_path: Path) -> None:
    scribe = own(tmp_path, body__txt="Bonjour {{ person.greeting }},\n{{ person.prenom }}")
    with pytest.raises(UnwritableLetter) as caught:
        scribe.write(letter())
    assert str(caught.value) == (
        "Le modèle link/body.txt:2 ne peut pas être rempli : 'dict object' has no attribute 'prenom'"
    )


BOMBS = (
    "{{ 'x' * 1000000000 }}", "{{ 10 ** 1000000000 }}", "{{ '%1000000000d' % 1 }}", "{{ [1] * 10000000 }}",
    "{{ 'x' | center(1000000000) }}", "{{ 'x'.ljust(1000000000) }}", "{{ 'x'['ljust'](1000000000) }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{% for x in range(100000000) %}{% endfor %}", "{{ lipsum(1000000) }}", "{{ person.pop('greeting') }}",
    "{{ ''.__class__ }}", "{{ person.__class__ }}", "{{ cycler.__init__.__globals__ }}", "{{ self.__class__ }}",
    "{{ 9999999 + 1 }}", "{{ event.date.replace(year=1) }}", "{% include '../../../etc/passwd' %}",
    "{{ event.title | safe }}", "{{ 1 / 0 }}",
)  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_template_can_do_nothing_but_read_plain_values(tmp_path: Path, bomb: str) -> None:
    with pytest.raises(UnwritableLetter):
        own(tmp_path, subject__txt=bomb).write(letter())


def test_a_letter_takes_plain_values_only(scribe: JinjaScribe) -> None:
    with pytest.raises(UnwritableLetter, match="timedelta"):
        scribe.write(letter(given=contents() | {"extra": timedelta(1)}))


def test_missing_contents_are_named(scribe: JinjaScribe) -> None:
    given = contents()
    del given["sessions"]
    with pytest.raises(UnwritableLetter, match="'sessions'"):
        scribe.write(letter(given=given))


def test_a_language_typed_in_the_form_is_no_header(scribe: JinjaScribe) -> None:
    message = message_from_bytes(scribe.write(letter(language="fr\r\nBcc: x@y.example")).data)
    assert message.items() == message_from_bytes(scribe.write(letter()).data).items()


def test_every_shipped_template_compiles_and_a_broken_one_is_named(scribe: JinjaScribe, tmp_path: Path) -> None:
    assert scribe.check() == ()
    broken = own(tmp_path, body__html="{% if %}", subject__txt="{{ a | center }}").check()
    assert [line.partition(" : ")[0] for line in broken] == ["link/body.html", "link/subject.txt"]


def test_no_shipped_letter_has_words_a_mail_program_makes_a_link_of() -> None:
    for path in SHIPPED.rglob("*"):
        if path.is_file():
            assert not re.search(r"\w[.·](?:e|es|s|rice|rices|ne|nes|trice)\b(?!\w)", path.read_text("utf-8")), path


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it."""
    digits = colour.removeprefix("#")
    parts = [int(digits[n] * 2 if len(digits) == 3 else digits[2 * n : 2 * n + 2], 16) / 255 for n in range(3)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_word_of_a_letter_stands_out_by_day_and_by_night(scribe: JinjaScribe) -> None:
    html = scribe.preview(letter()).html
    by_day, _, rest = html.partition("prefers-color-scheme:dark")
    by_night, _, body = rest.partition("</style>")
    assert contrast("#fff", "#000") == 21
    words = {*re.findall(r"[{;]color:(#\w+)", by_day), "#22302f"}
    assert "#22302f" in re.findall(r"[\";]color:(#\w+)", body)
    assert min(contrast(word, ground) for word in words for ground in ("#fff", "#eef4f3")) >= 4.5
    header = re.findall(r"[\";]color:(#\w+)", body.partition("</h1>")[0])
    assert min(contrast(word, "#17494d") for word in header) >= 4.5
    words = set(re.findall(r"[{;]color:(#\w+)", by_night)) - {"#10292b"}
    assert len(words) == 3
    assert min(contrast(word, ground) for word in words for ground in ("#1b2627", "#223233")) >= 4.5
    assert contrast("#10292b", "#8fd0c9") >= 4.5  # the button


def test_hours_and_days_are_written_as_people_write_them() -> None:
    first = datetime(2026, 1, 1, 9, 5, tzinfo=PARIS)
    assert FRENCH.day(first) == "jeudi 1er janvier 2026"
    assert FRENCH.moment(first) == "jeudi 1er janvier à 9h05"
    assert FRENCH.span({"starts_at": at(9, 30), "ends_at": at(12, 15)}) == "de 9h30 à 12h15"
    assert ENGLISH.day(at(9).date()) == "Thursday 24 June 2021"
    assert [ENGLISH.hour(at(hour)) for hour in (0, 9, 12, 13)] == ["12:00 am", "9:00 am", "12:00 pm", "1:00 pm"]
    assert ENGLISH.span({"starts_at": at(9, 30), "ends_at": at(12, 15)}) == "from 9:30 am to 12:15 pm"
    assert dial("+33 (0)1 70") == "+330170"
    assert cut("un deux trois", 9) == "un deux…"
    assert cut("un deux", 9) == "un deux"


def test_french_spaces_do_not_touch_tags_and_placeholders() -> None:
    source = '<p title="a : b">« Oui » : {{ x | join(" : ") }} !</p><style>a { b : c }</style>'
    spaced = '<p title="a : b">«~Oui~»~: {{ x | join(" : ") }}~!</p><style>a { b : c }</style>'
    assert french_spaces(source) == spaced.replace("~", "\u00a0")


def test_the_running_order_is_in_order_of_time_and_starts_once() -> None:
    session = sessions()[0]
    order = [(step["at"], step["what"]) for step in running_order(session, host("host")["rooms"])]
    assert order == [
        (at(9, 15), "doors"),
        (at(9, 30), "item"),
        (at(11), "item"),
        (at(11), "rooms"),
        (at(12, 15), "end"),
    ]
    bare = [step["what"] for step in running_order(session | {"programme": []}, [])]
    assert bare == ["doors", "start", "end"]
