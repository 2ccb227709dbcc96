"""Draws the days before, each day and the rooms of one film."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, groupby, pairwise

from orchestrator.core.axis import Axis
from orchestrator.core.model import Session
from orchestrator.rehearsal.film.after import present
from orchestrator.rehearsal.film.close import close_up
from orchestrator.rehearsal.film.drawing import BY_DAY, BY_HOUR, DAY, HOUR, Drawing
from orchestrator.rehearsal.film.placing import bars, fitting, in_order, packed, parts, rows, stairs
from orchestrator.rehearsal.film.told import Call, Sent
from orchestrator.rehearsal.film.values import CHART, ROW, SPARK, Block, Figure, Lane, Room, Tag
from orchestrator.rehearsal.film.words import MINUTE

BARS, SPARK_BARS = 38.0, 22.0
"""Heights in pixels of the tallest bar or curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio(Drawing):
    """Draws the figures of one film."""

    letters: tuple[Sent, ...]
    calls: tuple[Call, ...]

    def before(self, *, until: datetime) -> Figure | None:
        """Draw from the day of the first registration to the last day's morning."""
        first = min([*self.film.arrivals, *(s.at for s in self.letters)], default=self.film.begins)
        begins = self.midnight(self.words.local_day(first))
        if first >= until:
            return None
        axis = Axis(begins=begins, ends=until, width=CHART)
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
            width=CHART,
        )
        marks = [(s.starts_at, words.say("début ", "start ") + words.hour(s.starts_at)) for s in sessions]
        blocks = Lane(name="sessions", height=96, blocks=tuple(self._block(axis, s) for s in sessions))
        shown = [present(axis, self.film.after)] if self.film.after else []
        lanes = [blocks, *shown, self._arrived(axis), *self._post(axis, MINUTE), *self._zoom(axis, 5 * MINUTE)]
        figure = self._figure(axis, BY_HOUR, marks, lanes)
        close_ups = [close_up(self, self.letters, axis, s) for s in sessions]
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
        curve = stairs([(0, SPARK_BARS), *points], SPARK) if points else ""
        return Room(key=key, workshop=workshop, seats=seats, taken=taken, curve=curve)

    def _figure(
        self,
        axis: Axis,
        steps: Sequence[timedelta],
        marks: Iterable[tuple[datetime, str]],
        lanes: Iterable[Lane],
    ) -> Figure:
        placed = packed(self.tag(axis, at, at, text) for at, text in marks if axis.has(at))
        top = 30 + ROW * rows(placed)
        faults = self.faults(axis, dated=steps is BY_DAY)
        told = Lane(name="fault", height=ROW * rows(faults) + 12, tags=faults, total=len(faults))
        full = [lane for lane in (*lanes, told) if lane.tags or lane.bars or lane.blocks or lane.curve]
        ys = list(accumulate((lane.height for lane in full), initial=top))
        return Figure(
            axis=axis,
            ticks=self.ticks(axis, steps),
            marks=placed,
            bands=self.bands(axis),
            lanes=tuple(replace(lane, y=y) for lane, y in zip(full, ys, strict=False)),
            top=top,
            height=ys[-1] + 26,
        )

    def _registered(self, axis: Axis, step: timedelta) -> Lane:
        inside = [at for at in self.film.arrivals if axis.has(at)]
        steps = bars(axis, inside, step, BARS)
        counts = list(accumulate(bar.count for bar in steps))
        points = [(bar.x, BARS * (1 - n / len(inside))) for bar, n in zip(steps, counts, strict=True)]
        curve = stairs([(0, BARS), *points], axis.width, BARS) if inside else ""
        return Lane(name="arrivals", height=BARS + 16, total=len(inside), curve=curve)

    def _arrived(self, axis: Axis) -> Lane:
        inside = [at for at in self.film.arrivals if axis.has(at)]
        return Lane(name="arrivals", height=30, total=len(inside), bars=bars(axis, inside, 5 * MINUTE, 1))

    def _post(self, axis: Axis, step: timedelta) -> list[Lane]:
        inside = [sent for sent in self.letters if axis.has(sent.at)]
        return [
            self._wave_lane(axis, step, kind, [sent for sent in inside if sent.kind == kind])
            for kind in in_order({sent.kind for sent in inside})
        ]

    def _wave_lane(self, axis: Axis, step: timedelta, kind: str, letters: Sequence[Sent]) -> Lane:
        def of_wave(sent: Sent) -> tuple[str, str]:
            return sent.session, sent.rule

        tags = packed(
            self._wave(axis, key[0], part)
            for key, wave in groupby(sorted(letters, key=of_wave), key=of_wave)
            for part in parts(sorted(sent.at for sent in wave), (axis.ends - axis.begins) / 20)
        )
        late = {sent.at for sent in letters if self._too_late(sent)}
        shown = bars(axis, [sent.at for sent in letters], step, BARS, least=5, late=late)
        return Lane(name=kind, height=ROW * rows(tags) + BARS + 18, total=len(letters), tags=tags, bars=shown)

    def _wave(self, axis: Axis, session: str, at: Sequence[datetime]) -> Tag:
        words = self.words
        when = words.stretch(at[0], at[-1], dated=axis.ends - axis.begins > DAY)
        text = f"{words.several(len(at), 'lettre|lettres', 'letter|letters')}, {when}"
        if session:
            starts = self.film.event.session(session).starts_at
            text = f"{words.say('séance de', 'session at')} {words.hour(starts)}{words.say(' : ', ': ')}{text}"
        return self.tag(axis, at[0], at[-1], text)

    def _too_late(self, sent: Sent) -> bool:
        """Tell a reminder that left when its session had begun."""
        return bool(sent.rule) and sent.at >= self.film.event.session(sent.session).starts_at

    def _zoom(self, axis: Axis, step: timedelta) -> list[Lane]:
        inside = [call for call in self.calls if axis.has(call.at)]
        by_outcome = {o: [c.at for c in inside if c.outcome == o] for o in ("read", "write", "error", "lost")}
        most = max((bar.count for at in by_outcome.values() for bar in bars(axis, at, step, 1)), default=1)
        return [
            Lane(name=outcome, height=24, total=len(at), bars=bars(axis, at, step, 1, most=most))
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
                (x, fitting(text, until - x - 20)) for (x, until), (_, text) in zip(stretches, programme, strict=True)
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
