"""The film of a rehearsed day, drawn from the lines of its files."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from orchestrator.core.model import Event, Organiser, ProgrammeItem, Seating, Session, Workshop, ZoomWishes
from orchestrator.rehearsal.film import After, Fault, Film, Life, draw

PARIS = ZoneInfo("Europe/Paris")
PROMISES = ("link-before-session", "reminder-on-time", "never-twice", "never-late", "speakers-told", "rooms-agree")
INLINE = {"a", "b", "code", "i", "span", "strong"}
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2021, 6, day, hour, minute, second, tzinfo=PARIS).astimezone(UTC)


def session(key: str, title: str, begins: datetime, ends: datetime) -> Session:
    day = begins.astimezone(PARIS).date()
    doors = begins - timedelta(minutes=15)
    return Session(key=key, title=title, starts_at=begins, ends_at=ends, doors_at=doors, day=day)


def event(**changes: Any) -> Event:
    usual = Event(
        key="relation-police-population",
        title="Relation police – population",
        date=date(2021, 6, 24),
        timezone="Europe/Paris",
        organiser=Organiser(name="Pôle ressources", email="contact@exemple.fr"),
        sessions=(
            session("matin", "Réalités et enjeux", at(24, 9, 30), at(24, 12, 15)),
            session("apres-midi", "Quelles coopérations", at(24, 14), at(24, 16, 15)),
        ),
        programme=(ProgrammeItem(session="matin", at=at(24, 9, 30), title="Temps #1", people=("J. de M.",)),),
        workshops=(
            Workshop(
                key="tensions", session="matin", code="B", title="Comment diminuer les tensions ?",
                short="Réduire les tensions", seats=60, opens_at=at(24, 11),
            ),
        ),
        seating=Seating(wishes_until=at(22, 12), tell_at=at(22, 18)),
        zoom=ZoomWishes(host="webinaires@exemple.fr"),
    )  # fmt: skip
    return replace(usual, **changes)


def wave(
    kind: str, begins: datetime, count: int, about: str = "", rule: str = "", pace: float = 1.0
) -> list[dict[str, Any]]:
    return [
        {
            "at": f"{begins + timedelta(seconds=pace * n):%Y-%m-%dT%H:%M:%SZ}",
            "to": f"{kind}{n}@prive.exemple.fr",
            "kind": kind,
            "session": about or None,
            "rule": rule or None,
            "message_id": f"<{n}@exemple.fr>",
            "file": f"mail/{n}.eml",
        }
        for n in range(count)
    ]


def call(moment: datetime, method: str, path: str, status: int = 200, **more: Any) -> dict[str, Any]:
    line = {"at": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "method": method, "path": path, "status": status}
    return {**line, "request": None, "response": None, **more}


def report(letters: list[dict[str, Any]], broken: dict[str, list[str]] | None = None, **changes: Any) -> dict[str, Any]:
    sent = Counter(line["kind"] for line in letters)
    broken = broken or {}
    return {
        "event": "relation-police-population",
        "people": 200,
        "refused_rows": [],
        "workshops": {"tensions": {"seats": 60, "taken": 58}},
        "letters": {kind: {"owed": n, "sent": n, "void": 0, "refused": 0} for kind, n in sent.items()},
        "promises": [
            {"name": name, "held": name not in broken, "broken_for": broken.get(name, [])} for name in PROMISES
        ],
        **changes,
    }


LETTERS = [
    *wave("link", at(14, 10), 200, pace=1800),
    *wave("room", at(22, 18), 186),
    *wave("reminder", at(23, 16), 188, "matin", "at-16:00-1d"),
    *wave("host", at(24, 8), 4, "matin", "before-90min"),
    *wave("reminder", at(24, 9), 198, "matin", "at-09:00", pace=6.5),
    *wave("reminder", at(24, 13, 30), 199, "apres-midi", "before-30min"),
    *wave("link", at(24, 10, 2), 1),
]
CALLS = [
    call(at(14, 9), "POST", "/oauth/token"),
    *(call(at(14, 10) + timedelta(minutes=9 * n), "GET", "/v2/meetings/85746065432") for n in range(1480)),
    call(at(14, 9), "POST", "/v2/users/webinaires@exemple.fr/meetings", 201),
    call(at(24, 8, 41), "POST", "/v2/meetings/85746065432/batch_registrants", 0, lost=True),
    call(at(24, 8, 50), "GET", "/v2/meetings/85746065432", 429),
    call(at(24, 8, 51), "GET", "/v2/meetings/85746065432", 503),
    call(at(24, 8, 52), "GET", "/v2/meetings/85746065432", 429),
]


def film(**changes: Any) -> Film:
    usual = Film(
        event=event(),
        begins=at(14, 9),
        ends=at(24, 16, 45),
        letters=LETTERS,
        exchanges=CALLS,
        report=report(LETTERS),
        arrivals=[at(14, 9, 30) + timedelta(minutes=70 * n) for n in range(200)],
        faults=[
            Fault(label="messagerie en panne", begins=at(24, 8, 50), ends=at(24, 8, 58)),
            Fault(label="service tué", begins=at(24, 9, 0, 3)),
        ],
        seats={"tensions": [(at(22, 18), 55), (at(23, 9), 58)]},
    )
    return replace(usual, **changes)


@cache
def good_day() -> str:
    return draw(film())


class Page(HTMLParser):
    """Reads a page and holds it to closing what it opens."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []
        self.text = re.sub(r"\s+", " ", "".join(self.said))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in INLINE:
            self.said.append(" ")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not (self.open and self.open[-1] == "style"):
            self.said.append(data)


def drawings(html: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]


def texts(drawing: ElementTree.Element, style: str = "") -> list[str]:
    return [text.text or "" for text in drawing.iter("text") if style in (text.get("class") or "").split() or not style]


def chart(html: str, title: str) -> ElementTree.Element:
    return next(svg for svg in drawings(html) if svg.findtext("title") == title)


def test_the_verdict_of_a_good_day_is_one_sentence() -> None:
    page = Page(good_day())
    assert "Tout est parti à temps : 200 personnes, 976 lettres, 6 promesses tenues." in page.text
    assert "jeudi 24 juin 2021, 9h30 – 16h15" in page.text
    assert "✗" not in page.text


def test_every_wave_shows_its_count_and_its_hours() -> None:
    html = good_day()
    assert texts(chart(html, "Les jours d’avant"), "tag") == [
        "200 lettres, 14 juin 10h00 → 18 juin 13h30",
        "186 lettres, 22 juin 18h00 → 18h03",
        "séance de 9h30 : 188 lettres, 23 juin 16h00 → 16h03",
    ]
    assert texts(chart(html, "Le jour même"), "tag") == [
        "1 lettre, 10h02",
        "séance de 9h30 : 198 lettres, 9h00 → 9h21",
        "séance de 14h00 : 199 lettres, 13h30 → 13h33",
        "séance de 9h30 : 4 lettres, 8h00",
        "8h50 → 8h58 messagerie en panne",
        "9h00 service tué",
    ]


def test_a_wave_with_a_pause_is_shown_in_parts_and_a_trickle_as_one() -> None:
    paused = [*wave("room", at(24, 9), 5), *wave("room", at(24, 11), 6)]
    trickle = wave("link", at(24, 8), 7, pace=3600)
    letters = [*paused, *trickle]
    html = draw(film(letters=letters, report=report(letters), faults=[]))
    assert texts(chart(html, "Le jour même"), "tag") == [
        "7 lettres, 8h00 → 14h00",
        "5 lettres, 9h00",
        "6 lettres, 11h00",
    ]


def test_a_letter_of_seven_sharp_is_of_the_day_and_not_of_the_days_before() -> None:
    letters = [*wave("link", at(23, 7), 3), *wave("link", at(24, 7), 2)]
    html = draw(film(letters=letters, report=report(letters), faults=[]))
    assert texts(chart(html, "Les jours d’avant"), "tag") == ["3 lettres, 23 juin 7h00"]
    assert texts(chart(html, "Le jour même"), "tag") == ["2 lettres, 7h00"]


def test_the_bars_of_a_lane_count_every_letter_once() -> None:
    lanes = chart(good_day(), "Le jour même").iter("g")
    reminders = next(lane for lane in lanes if lane.get("class") == "reminder")
    counts = [int(bar.findtext("title", "").rpartition(":")[2]) for bar in reminders.iter("rect")]
    assert sum(counts) == 198 + 199


def test_one_sees_how_early_the_last_reminder_left() -> None:
    page = Page(good_day())
    assert "198 lettres, la dernière à 9h21 : 8 min avant la séance" in page.text
    assert "199 lettres, la dernière à 13h33 : 26 min avant la séance" in page.text


def test_a_reminder_that_left_after_the_start_is_marked_late() -> None:
    letters = wave("reminder", at(24, 9, 26), 10, "matin", "at-09:00", pace=60)
    html = draw(film(letters=letters, report=report(letters)))
    assert "10 lettres, la dernière à 9h35 : 5 min après le début" in Page(html).text
    late = [bar.get("class") for bar in chart(html, "Les minutes avant la séance de 9h30").iter("rect")]
    assert late.count("late") == 6
    of_the_day = [bar.get("class") for bar in chart(html, "Le jour même").iter("rect")]
    assert of_the_day.count("late") == 6


def test_a_broken_promise_is_shown_with_those_it_was_broken_for() -> None:
    people = [f"p{n}@exemple.fr" for n in range(5)]
    broken = {"reminder-on-time": people, "rooms-agree": ["lea@exemple.fr"]}
    page = Page(draw(film(report=report(LETTERS, broken))))
    assert "2 promesses n’ont pas été tenues sur 6" in page.text
    assert "Les rappels à l’heure : en défaut pour p0@exemple.fr, p1@exemple.fr, p2@exemple.fr et 2 autres" in page.text
    assert f"En défaut pour 5 personnes : {', '.join(people)}" in page.text
    assert "En défaut pour 1 personne : lea@exemple.fr" in page.text
    assert page.text.count("✓ tenue") == 4
    assert "Tout est parti" not in page.text


def test_a_report_without_promises_is_no_good_news() -> None:
    page = Page(draw(film(report=report(LETTERS, promises=[]))))
    assert "Rien n’a été vérifié" in page.text
    assert "Tout est parti" not in page.text


def test_what_was_refused_or_left_behind_is_told_even_on_a_good_day() -> None:
    letters = {"link": {"owed": 205, "sent": 201, "void": 1, "refused": 1}}
    rows = [{"line": 31, "reason": "adresse sans @"}]
    page = Page(draw(film(report={**report(LETTERS), "letters": letters, "refused_rows": rows})))
    assert (
        "À regarder : 1 ligne du formulaire inutilisable, 1 lettre refusée par la messagerie, "
        "2 lettres pas encore parties à la fin." in page.text
    )
    assert "31 adresse sans @" in page.text


def test_a_good_day_names_no_address() -> None:
    assert "@" not in Page(good_day()).text


def test_calls_to_zoom_are_counted_by_operation() -> None:
    table = good_day().partition('id="zoom"')[2].partition("</table>")[0]
    rows = [
        [" ".join(Page(cell).text.split()) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in table.split("<tr>")[2:]
    ]
    assert rows == [
        ["relire une réunion GET /meetings/…", "1 483", "2 × 429, 1 × 503", "0"],
        ["inscrire un groupe POST /meetings/…/batch_registrants", "1", "0", "1"],
        ["se connecter à Zoom POST /oauth/token", "1", "0", "0"],
        ["créer une réunion POST /users/…/meetings", "1", "0", "0"],
    ]


@pytest.mark.parametrize(
    "hostile", ['<script>alert("x")</script>', '"><img src=x onerror=y>', "</svg></title><b>{{ 7*7 }}"]
)
def test_a_hostile_text_stays_a_text(hostile: str) -> None:
    tame, wild = (
        Page(
            draw(
                film(
                    event=event(
                        title=text,
                        sessions=(session("matin", text, at(24, 9, 30), at(24, 12, 15)), event().sessions[1]),
                        programme=(ProgrammeItem(session="matin", at=at(24, 10), title=text, people=(text,)),),
                        workshops=(replace(event().workshops[0], title=text, short=text),),
                    ),
                    faults=[Fault(label=text, begins=at(24, 9))],
                    report=report(LETTERS, {"never-late": [text]}, refused_rows=[{"line": 3, "reason": text}]),
                )
            )
        )
        for text in ("x" * len(hostile), hostile)
    )
    without_wrapping = [[tag for tag in page.tags if tag not in ("text", "path")] for page in (tame, wild)]
    assert without_wrapping[0] == without_wrapping[1]
    assert hostile in wild.text


def test_the_page_is_well_formed_and_every_drawing_has_a_title() -> None:
    html = good_day()
    ids = [value for name, value in Page(html).attributes if name == "id"]
    assert sorted(ids) == sorted(set(ids))
    named = {name for key, value in Page(html).attributes if key == "aria-labelledby" for name in value.split()}
    assert named <= set(ids)
    assert all(svg.findtext("title") for svg in drawings(html) if svg.get("aria-hidden") != "true")


def test_the_page_loads_nothing() -> None:
    html = good_day()
    page = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "embed", "image", "use"} & set(page.tags)
    assert [v for k, v in page.attributes if k in ("src", "href")] == [
        "mail/",
        "mail.jsonl",
        "zoom.jsonl",
        "report.json",
    ]
    assert set(re.findall(r"url\((.)", html)) == {"#"}
    assert "://" not in html
    assert "@import" not in html


def test_a_large_day_stays_a_light_page() -> None:
    assert len(LETTERS) > 950
    assert len(CALLS) > 1450
    assert len(good_day().encode()) < 300_000


def test_no_two_texts_of_a_figure_touch() -> None:
    crowd = [line for n in range(8) for line in wave("reminder", at(24, 9, 5 * n), 3, "matin", f"rule-{n}")]
    html = draw(film(letters=crowd, report=report(crowd)))
    rows: dict[str, list[tuple[float, float]]] = {}
    for text in chart(html, "Le jour même").iter("text"):
        if text.get("class") == "tag" and "lettres" in (text.text or ""):
            x = float(text.get("x", "0"))
            rows.setdefault(text.get("y", ""), []).append((x, x + 6.5 * len(text.text or "")))
    spans = [sorted(row) for row in rows.values()]
    assert sum(map(len, spans)) == 8
    assert all(before[1] < after[0] for row in spans for before, after in pairwise(row))


def test_an_event_in_english_is_told_in_english() -> None:
    html = draw(film(event=event(language="en")))
    page = Page(html)
    assert '<html lang="en">' in html
    assert "Everything left in time: 200 people, 976 letters, 6 promises kept." in page.text
    assert "Thursday 24 June 2021, 9:30 – 16:15" in page.text
    assert "session at 14:00: 199 letters, 13:30 → 13:33" in page.text


def test_each_day_of_a_longer_event_is_drawn() -> None:
    days = (event().sessions[0], session("suite", "La suite", at(25, 9, 30), at(25, 12)))
    letters = [
        *wave("reminder", at(24, 9), 20, "matin", "at-09:00"),
        *wave("reminder", at(25, 9), 30, "suite", "at-09:00"),
    ]
    page = Page(draw(film(event=event(sessions=days), letters=letters, report=report(letters))))
    assert "Le jour même : jeudi 24 juin 2021" in page.text
    assert "Le jour même : vendredi 25 juin 2021" in page.text
    assert "20 lettres, la dernière à 9h00 : 29 min avant la séance" in page.text
    assert "30 lettres, la dernière à 9h00 : 29 min avant la séance" in page.text


def test_a_day_on_which_nothing_happened_is_drawn_all_the_same() -> None:
    quiet = event(sessions=event().sessions[:1], programme=(), workshops=())
    nothing = report([], workshops={})
    page = Page(draw(film(event=quiet, letters=[], exchanges=[], arrivals=[], faults=[], seats={}, report=nothing)))
    assert "Le jour même" in page.text
    assert "200 personnes, 0 lettre, 6 promesses tenues" in page.text


def test_the_weeks_after_are_told_in_order_with_who_was_there_and_what_is_certified() -> None:
    end = at(24, 16, 15)
    lives = [
        Life(manner="stayed", name="Zoé <b>", spans=[(at(24, 9, 30), at(24, 12, 15))], minutes={"matin": 165}),
        Life(manner="lent", name="Max", spans=[(at(24, 9, 30), at(24, 12, 15))]),
    ]
    steps = {"purged": end + timedelta(days=30), "ended": end, "letter": end + timedelta(hours=18)}
    figures = dict.fromkeys(("thanked", "missed", "doubts", "decided", "certificates", "people", "kept", "left"), 1)
    page = Page(
        draw(
            film(after=After(present=[(at(24, 9, 30), at(24, 12))], came=1, lives=lives, steps=steps, figures=figures))
        )
    )
    told = page.text
    assert "✓ 2 h 45" in told
    assert told.index("La réunion se termine") < told.index("25 juin 10h15") < told.index("24 juil. J + 30")
    assert "Dans la réunion" in told
    assert "Zoé <b>" in told
