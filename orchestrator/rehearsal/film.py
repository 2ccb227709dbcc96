"""The film of a rehearsed day: one page that shows what was sent, asked and promised. It judges nothing itself.

Here everything is counted and given its place; the explanations and colours are in `templates/web/film.html`.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate, groupby, pairwise
from typing import Any, Literal

from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import SandboxedEnvironment

from orchestrator.core.letters import KINDS
from orchestrator.core.model import Event, Session, Workshop
from orchestrator.shipped import templates

Outcome = Literal["read", "write", "error", "lost"]
CHART, INSET, SPARK = 1000.0, 540.0, 120.0
"""Widths in pixels: a figure's time axis, a close-up's, a room's curve."""
CHARACTER, ROW = 7.0, 17.0
"""Pixels taken by a character and by a row of the figures' texts."""
BARS, CLOSE_BARS, SPARK_BARS = 38.0, 110.0, 22.0
"""Heights in pixels of the tallest bar or curve."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BY_DAY = tuple(n * DAY for n in (1, 2, 3, 7, 14, 28))
BY_HOUR = (HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR)
BY_MINUTE = (5 * MINUTE, 10 * MINUTE, 30 * MINUTE, *BY_HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something the rehearsal broke on purpose. Without an end it struck at one instant."""

    label: str
    begins: datetime
    ends: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """Everything a rehearsal left behind. Letters, exchanges and report are as in the files it wrote."""

    event: Event
    begins: datetime
    ends: datetime
    letters: Sequence[Mapping[str, Any]]
    exchanges: Sequence[Mapping[str, Any]]
    report: Mapping[str, Any]
    arrivals: Sequence[datetime] = ()
    faults: Sequence[Fault] = ()
    seats: Mapping[str, Sequence[tuple[datetime, int]]] = field(default_factory=dict)
    """By workshop, how many seats were taken from each instant on."""


def draw(film: Film) -> str:
    """Draw the film as one HTML page that loads nothing."""
    words = Words(event=film.event)
    studio = Studio(
        film=film, words=words, letters=tuple(map(_sent, film.letters)), calls=tuple(map(_call, film.exchanges))
    )
    days = [studio.day(day) for day in sorted({s.day for s in film.event.sessions})]
    rooms = [studio.room(key, figures) for key, figures in film.report["workshops"].items()]
    return _page().render(
        film=film,
        event=film.event,
        report=film.report,
        words=words,
        kinds=_in_order(film.report["letters"]),
        before=studio.before(until=days[-1].axis.begins),
        days=days,
        rooms=rooms,
        operations=operations(studio.calls),
    )


@cache
def _page() -> Template:
    stage = SandboxedEnvironment(
        loader=FileSystemLoader(templates() / "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return stage.get_template("film.html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """French, or English where the event is in English; hours in the event's zone."""

    event: Event

    def say(self, french: str, english: str) -> str:
        return english if self.event.language == "en" else french

    def several(self, count: int, french: str, english: str) -> str:
        """Count something, named `one|many` in each language; French counts none as one."""
        one, many = self.say(french, english).split("|")
        singular = count == 1 or (count == 0 and self.event.language != "en")
        return f"{self.number(count)} {one if singular else many}"

    def number(self, value: int) -> str:
        return format_decimal(value, locale=self.say("fr", "en"))

    def hour(self, at: datetime) -> str:
        local = at.astimezone(self.event.zone)
        return self.say(f"{local.hour}h{local:%M}", f"{local.hour}:{local:%M}")

    def in_words(self, day: date, form: str = "EEEE d MMMM y") -> str:
        text = format_date(day, form, locale=self.say("fr", "en"))
        return text.replace("1 ", "1er ", 1) if day.day == 1 and self.event.language != "en" else text

    def local_day(self, at: datetime) -> date:
        return at.astimezone(self.event.zone).date()

    def stretch(self, first: datetime, last: datetime, *, dated: bool = False) -> str:
        """Say from when to when, to the minute."""
        same_day = self.local_day(first) == self.local_day(last)
        begins, ends = (f"{self.in_words(self.local_day(at), 'd MMM')} {self.hour(at)}" for at in (first, last))
        begins, ends = begins if dated else self.hour(first), self.hour(last) if same_day else ends
        return begins if begins.endswith(ends) else f"{begins} → {ends}"

    def lasting(self, span: timedelta) -> str:
        """Say a span in whole minutes, never rounded up."""
        hours, minutes = divmod(int(span / MINUTE), 60)
        if hours:
            return f"{hours} h {minutes:02}"
        return f"{minutes} min" if minutes else self.say("moins d’une minute", "less than a minute")


# What happened, as the files tell it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    at: datetime
    kind: str
    session: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    at: datetime
    operation: str
    """Method and path, without numbers or addresses: `PATCH /meetings/{}`."""
    status: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    name: str
    calls: int
    lost: int
    errors: tuple[tuple[int, int], ...]
    """How often each status was answered: (429, 3)."""


def _sent(line: Mapping[str, Any]) -> Sent:
    at = datetime.fromisoformat(line["at"])
    return Sent(at=at, kind=line["kind"], session=line["session"] or "", rule=line["rule"] or "")


def _call(line: Mapping[str, Any]) -> Call:
    parts = str(line["path"]).partition("?")[0].removeprefix("/v2").strip("/").split("/")
    path = "/" + "/".join(part if re.fullmatch("[a-z_]+", part) else "{}" for part in parts)
    reads = line["method"] == "GET" or path == "/oauth/token"
    outcome: Outcome = "read" if reads else "write"
    if line.get("lost"):
        outcome = "lost"
    elif line["status"] >= 400:
        outcome = "error"
    at = datetime.fromisoformat(line["at"])
    return Call(at=at, operation=f"{line['method']} {path}", status=line["status"], outcome=outcome)


def operations(calls: Iterable[Call]) -> list[Operation]:
    """Count the calls by operation, the most frequent first."""
    by_name: dict[str, list[Call]] = {}
    for call in calls:
        by_name.setdefault(call.operation, []).append(call)
    return [
        Operation(
            name=name,
            calls=len(made),
            lost=sum(c.outcome == "lost" for c in made),
            errors=tuple(sorted(Counter(c.status for c in made if c.outcome == "error").items())),
        )
        for name, made in sorted(by_name.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]


# Its place on the page


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Half-open, like every stretch of time."""

    begins: datetime
    ends: datetime
    width: float = CHART

    def x(self, at: datetime) -> float:
        share = (at - self.begins) / (self.ends - self.begins)
        return round(self.width * min(1.0, max(0.0, share)), 1)

    def has(self, at: datetime) -> bool:
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A text above the stretch it speaks of. It begins where the stretch does, or ends there `to_the_left`."""

    text: str
    first: float
    last: float
    to_the_left: bool = False
    row: int = 0

    @property
    def span(self) -> tuple[float, float]:
        wide = len(self.text) * CHARACTER + 10
        return (self.last - wide, self.last) if self.to_the_left else (self.first, max(self.last, self.first + wide))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What happened in one step of an axis; its size says how much, next to the largest of the lane."""

    at: datetime
    x: float
    width: float
    count: int
    size: float
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A session. `items` of its programme: place, text as far as there is room."""

    session: Session
    x: float
    width: float
    doors: float
    title: tuple[str, ...]
    items: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A fault across a figure; without width it struck at one instant."""

    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    name: str
    height: float
    y: float = 0
    total: int = 0
    tags: tuple[Tag, ...] = ()
    bars: tuple[Bar, ...] = ()
    blocks: tuple[Block, ...] = ()
    curve: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseUp:
    """The minutes before a session: how many reminders remained, and how early the last one left."""

    session: Session
    axis: Axis
    count: int
    last: datetime
    margin: timedelta
    ticks: tuple[tuple[float, str], ...]
    bars: tuple[Bar, ...]
    remaining: str
    tags: tuple[Tag, ...]
    bands: tuple[Band, ...]
    top: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    axis: Axis
    ticks: tuple[tuple[float, str], ...]
    marks: tuple[Tag, ...]
    bands: tuple[Band, ...]
    lanes: tuple[Lane, ...]
    top: float
    height: float
    day: date | None = None
    programme: tuple[tuple[datetime, str], ...] = ()
    close_ups: tuple[CloseUp, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    key: str
    workshop: Workshop | None
    seats: int
    taken: int
    curve: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """Draws the figures of one film."""

    film: Film
    words: Words
    letters: tuple[Sent, ...]
    calls: tuple[Call, ...]

    def before(self, *, until: datetime) -> Figure | None:
        """Draw from the day of the first registration to the last day's morning."""
        first = min([*self.film.arrivals, *(s.at for s in self.letters)], default=self.film.begins)
        begins = self._midnight(self.words.local_day(first))
        if first >= until:
            return None
        axis = Axis(begins=begins, ends=until)
        step = next((n * HOUR for n in (1, 2, 3, 4, 6, 12) if (until - begins) / (n * HOUR) <= 200), DAY)
        seating, say = self.film.event.seating, self.words.say
        marks = [(seating.tell_at, say("salles annoncées", "rooms are told"))]
        if seating.wishes_until < seating.tell_at:
            marks.append((seating.wishes_until, say("fin des vœux", "wishes close")))
        lanes = [self._registered(axis, step), *self._post(axis, step), *self._zoom(axis, 4 * step)]
        return self._figure(axis, BY_DAY, marks if self.film.event.workshops else [], lanes)

    def day(self, day: date) -> Figure:
        """Draw one day of the event: from seven, or earlier where needed, to half an hour after the last session."""
        event, words = self.film.event, self.words
        sessions = [s for s in event.sessions if s.day == day]
        seven = datetime.combine(day, time(7), event.zone).astimezone(UTC)
        of_the_day = [s.at + MINUTE for s in self.letters if words.local_day(s.at) == day]
        axis = Axis(
            begins=min([seven, *(s.doors_at - HOUR for s in sessions)]),
            ends=max([*(s.ends_at + 30 * MINUTE for s in sessions), *of_the_day]),
        )
        marks = [(s.starts_at, words.say("début ", "start ") + words.hour(s.starts_at)) for s in sessions]
        blocks = Lane(name="sessions", height=96, blocks=tuple(self._block(axis, s) for s in sessions))
        lanes = [blocks, self._arrived(axis), *self._post(axis, MINUTE), *self._zoom(axis, 5 * MINUTE)]
        figure = self._figure(axis, BY_HOUR, marks, lanes)
        close_ups = [self._close_up(axis, s) for s in sessions]
        programme = tuple(item for s in sessions for item in self._programme(s))
        return replace(figure, day=day, programme=programme, close_ups=tuple(c for c in close_ups if c))

    def room(self, key: str, figures: Mapping[str, int]) -> Room:
        """Draw how a workshop filled, where the rehearsal watched it."""
        workshop = next((w for w in self.film.event.workshops if w.key == key), None)
        seats, taken = figures["seats"], figures["taken"]
        axis = Axis(begins=self.film.begins, ends=self.film.ends, width=SPARK)
        watched = self.film.seats.get(key, ())
        most = max(seats, taken, 1, *(n for _, n in watched))
        points = [(axis.x(at), SPARK_BARS * (1 - n / most)) for at, n in watched]
        curve = _stairs([(0, SPARK_BARS), *points], SPARK) if points else ""
        return Room(key=key, workshop=workshop, seats=seats, taken=taken, curve=curve)

    def _figure(
        self,
        axis: Axis,
        steps: Sequence[timedelta],
        marks: Iterable[tuple[datetime, str]],
        lanes: Iterable[Lane],
    ) -> Figure:
        placed = _packed(self._tag(axis, at, at, text) for at, text in marks if axis.has(at))
        top = 30 + ROW * _rows(placed)
        faults = self._faults(axis, dated=steps is BY_DAY)
        told = Lane(name="fault", height=ROW * _rows(faults) + 12, tags=faults, total=len(faults))
        full = [lane for lane in (*lanes, told) if lane.tags or lane.bars or lane.blocks or lane.curve]
        ys = list(accumulate((lane.height for lane in full), initial=top))
        return Figure(
            axis=axis,
            ticks=self._ticks(axis, steps),
            marks=placed,
            bands=self._bands(axis),
            lanes=tuple(replace(lane, y=y) for lane, y in zip(full, ys, strict=False)),
            top=top,
            height=ys[-1] + 26,
        )

    def _registered(self, axis: Axis, step: timedelta) -> Lane:
        inside = [at for at in self.film.arrivals if axis.has(at)]
        steps = _bars(axis, inside, step, BARS)
        counts = list(accumulate(bar.count for bar in steps))
        points = [(bar.x, BARS * (1 - n / len(inside))) for bar, n in zip(steps, counts, strict=True)]
        curve = _stairs([(0, BARS), *points], axis.width, BARS) if inside else ""
        return Lane(name="arrivals", height=BARS + 16, total=len(inside), curve=curve)

    def _arrived(self, axis: Axis) -> Lane:
        inside = [at for at in self.film.arrivals if axis.has(at)]
        return Lane(name="arrivals", height=30, total=len(inside), bars=_bars(axis, inside, 5 * MINUTE, 1))

    def _post(self, axis: Axis, step: timedelta) -> list[Lane]:
        inside = [sent for sent in self.letters if axis.has(sent.at)]
        return [
            self._wave_lane(axis, step, kind, [sent for sent in inside if sent.kind == kind])
            for kind in _in_order({sent.kind for sent in inside})
        ]

    def _wave_lane(self, axis: Axis, step: timedelta, kind: str, letters: Sequence[Sent]) -> Lane:
        def of_wave(sent: Sent) -> tuple[str, str]:
            return sent.session, sent.rule

        tags = _packed(
            self._wave(axis, key[0], part)
            for key, wave in groupby(sorted(letters, key=of_wave), key=of_wave)
            for part in _parts(sorted(sent.at for sent in wave), (axis.ends - axis.begins) / 20)
        )
        late = {sent.at for sent in letters if self._too_late(sent)}
        shown = _bars(axis, [sent.at for sent in letters], step, BARS, least=5, late=late)
        return Lane(name=kind, height=ROW * _rows(tags) + BARS + 18, total=len(letters), tags=tags, bars=shown)

    def _wave(self, axis: Axis, session: str, at: Sequence[datetime]) -> Tag:
        words = self.words
        when = words.stretch(at[0], at[-1], dated=axis.ends - axis.begins > DAY)
        text = f"{words.several(len(at), 'lettre|lettres', 'letter|letters')}, {when}"
        if session:
            starts = self.film.event.session(session).starts_at
            text = f"{words.say('séance de', 'session at')} {words.hour(starts)}{words.say(' : ', ': ')}{text}"
        return self._tag(axis, at[0], at[-1], text)

    def _too_late(self, sent: Sent) -> bool:
        """Tell a reminder that left when its session had begun."""
        return bool(sent.rule) and sent.at >= self.film.event.session(sent.session).starts_at

    def _zoom(self, axis: Axis, step: timedelta) -> list[Lane]:
        inside = [call for call in self.calls if axis.has(call.at)]
        by_outcome = {o: [c.at for c in inside if c.outcome == o] for o in ("read", "write", "error", "lost")}
        most = max((bar.count for at in by_outcome.values() for bar in _bars(axis, at, step, 1)), default=1)
        return [
            Lane(name=outcome, height=24, total=len(at), bars=_bars(axis, at, step, 1, most=most))
            for outcome, at in by_outcome.items()
        ]

    def _block(self, axis: Axis, session: Session) -> Block:
        x, ends = axis.x(session.starts_at), axis.x(session.ends_at)
        programme = self._programme(session)
        stretches = pairwise([*(axis.x(at) for at, _ in programme), ends])
        return Block(
            session=session,
            x=x,
            width=ends - x,
            doors=axis.x(session.doors_at),
            title=tuple(textwrap.wrap(session.title, max(8, int((ends - x) / 8.5)), max_lines=2, placeholder="…")),
            items=tuple(
                (x, _fitting(text, until - x - 20)) for (x, until), (_, text) in zip(stretches, programme, strict=True)
            ),
        )

    def _programme(self, session: Session) -> list[tuple[datetime, str]]:
        """Its items and the opening of its rooms, by the hour."""
        event = self.film.event
        items = [
            (item.at, " – ".join(filter(None, (item.title, ", ".join(item.people)))))
            for item in event.programme
            if item.session == session.key
        ]
        by_hour: dict[datetime, list[str]] = {}
        for workshop in event.workshops_of(session.key):
            by_hour.setdefault(workshop.opens_at, []).append(workshop.code)
        rooms = [(at, f"{self.words.say('salles', 'rooms')} {', '.join(codes)}") for at, codes in by_hour.items()]
        together = groupby(sorted(items + rooms, key=lambda i: i[0]), key=lambda i: i[0])
        return [(at, " · ".join(text for _, text in texts)) for at, texts in together]

    def _close_up(self, day: Axis, session: Session) -> CloseUp | None:
        reminders = sorted(
            (
                sent
                for sent in self.letters
                if sent.kind == "reminder" and sent.session == session.key and day.has(sent.at)
            ),
            key=lambda sent: sent.at,
        )
        if not reminders:
            return None
        main = Counter(sent.rule for sent in reminders).most_common(1)[0][0]
        first = min(next(s.at for s in reminders if s.rule == main), session.starts_at - 10 * MINUTE)
        last = reminders[-1].at
        axis = Axis(
            begins=_floor(first, 5 * MINUTE) - 5 * MINUTE,
            ends=max(session.starts_at + 5 * MINUTE, _floor(last, 5 * MINUTE) + 5 * MINUTE),
            width=INSET,
        )
        inside = [sent.at for sent in reminders if axis.has(sent.at)]
        step = MINUTE if axis.ends - axis.begins <= 90 * MINUTE else 5 * MINUTE
        late = {at for at in inside if at >= session.starts_at}
        shown = _bars(axis, inside, step, CLOSE_BARS, most=len(inside), late=late)
        left = accumulate((bar.count for bar in shown), initial=0)
        xs = [0.0, *(bar.x for bar in shown)]
        points = [(x, round(CLOSE_BARS * n / len(inside), 1)) for x, n in zip(xs, left, strict=True)]
        tags = self._faults(axis, dated=False)
        return CloseUp(
            session=session,
            axis=axis,
            count=len(inside),
            last=last,
            margin=session.starts_at - last,
            ticks=self._ticks(axis, BY_MINUTE),
            bars=shown,
            remaining=_stairs(points, axis.width, CLOSE_BARS),
            tags=tags,
            bands=self._bands(axis),
            top=24 + ROW * _rows(tags),
        )

    def _faults(self, axis: Axis, *, dated: bool) -> tuple[Tag, ...]:
        return _packed(
            self._tag(axis, f.begins, ends, f"{self.words.stretch(f.begins, ends, dated=dated)} {f.label}")
            for f in self._struck(axis)
            for ends in [f.ends or f.begins]
        )

    def _bands(self, axis: Axis) -> tuple[Band, ...]:
        return tuple(
            Band(x=axis.x(f.begins), width=round(axis.x(f.ends or f.begins) - axis.x(f.begins), 1))
            for f in self._struck(axis)
        )

    def _struck(self, axis: Axis) -> list[Fault]:
        return [f for f in self.film.faults if f.begins < axis.ends and (f.ends or f.begins) >= axis.begins]

    def _tag(self, axis: Axis, first: datetime, last: datetime, text: str) -> Tag:
        tag = Tag(text=text, first=axis.x(first), last=axis.x(last))
        return replace(tag, to_the_left=tag.first + len(text) * CHARACTER + 10 > axis.width)

    def _ticks(self, axis: Axis, steps: Sequence[timedelta]) -> tuple[tuple[float, str], ...]:
        room = 92 if steps is BY_DAY else 44
        step = next((s for s in steps if axis.width * s / (axis.ends - axis.begins) >= room), steps[-1])
        at, found = datetime.combine(self.words.local_day(axis.begins), time(), self.film.event.zone), []
        while at.astimezone(UTC) < axis.ends:
            if axis.has(at.astimezone(UTC)):
                found.append((axis.x(at), self._tick(at, step)))
            at += step
        first_is_cut = len(found) > 1 and found[0][0] < room / 2 and found[1][0] < 1.5 * room
        return tuple(found[1:] if first_is_cut else found)

    def _tick(self, at: datetime, step: timedelta) -> str:
        return self.words.in_words(at.date(), "EEE d MMM") if step >= DAY else self.words.hour(at)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.film.event.zone).astimezone(UTC)


def _bars(
    axis: Axis,
    instants: Iterable[datetime],
    step: timedelta,
    tall: float,
    *,
    most: int = 0,
    least: int = 1,
    late: Collection[datetime] = (),
) -> tuple[Bar, ...]:
    """Count the instants by step of the axis. As high as `tall` is `most`, or the highest count from `least` on."""
    counts = Counter((at - axis.begins) // step for at in instants)
    missed = {(at - axis.begins) // step for at in late}
    most = most or max(least, *counts.values(), 1)
    width = max(2.5, round(axis.width * step / (axis.ends - axis.begins) * 0.85, 1))
    return tuple(
        Bar(
            at=(at := axis.begins + n * step),
            x=axis.x(at),
            width=width,
            count=count,
            size=round(tall * count / most, 3),
            late=n in missed,
        )
        for n, count in sorted(counts.items())
    )


def _parts(instants: Sequence[datetime], pause: timedelta) -> list[Sequence[datetime]]:
    """Cut a wave at its pauses; one that trickles stays whole."""
    cuts = [n for n, (a, b) in enumerate(pairwise(instants), start=1) if b - a > pause]
    if len(cuts) > 2:
        return [instants]
    return [instants[a:b] for a, b in pairwise([0, *cuts, len(instants)])]


def _packed(tags: Iterable[Tag]) -> tuple[Tag, ...]:
    """Put each text in the first row where it touches no other."""
    rows: list[list[tuple[float, float]]] = []
    placed = []
    for tag in sorted(tags, key=lambda tag: tag.span):
        left, right = tag.span
        row = next((n for n, taken in enumerate(rows) if all(right < a or b < left for a, b in taken)), len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append(tag.span)
        placed.append(replace(tag, row=row))
    return tuple(placed)


def _rows(tags: Iterable[Tag]) -> int:
    return max((tag.row + 1 for tag in tags), default=0)


def _stairs(points: Sequence[tuple[float, float]], end: float, floor: float | None = None) -> str:
    """Write the SVG path of a quantity that stays until it changes; down to the floor, an area."""
    (x, y), *rest = points
    path = f"M{x:g} {y:g}" + "".join(f"H{x:g}V{y:.4g}" for x, y in rest) + f"H{end:g}"
    return path if floor is None else f"{path}V{floor:g}H{x:g}Z"


def _floor(at: datetime, step: timedelta) -> datetime:
    return at - (at - datetime.min.replace(tzinfo=UTC)) % step


def _fitting(text: str, room: float) -> str:
    most = math.floor(room / CHARACTER)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…" if most > 4 else ""


def _in_order(kinds: Iterable[str]) -> list[str]:
    found = set(kinds)
    return [*(k for k in KINDS if k in found), *sorted(found - set(KINDS))]
