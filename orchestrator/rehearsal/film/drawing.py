"""What every figure has: its axis' ticks, its texts and the faults that strike it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from orchestrator.core.axis import Axis
from orchestrator.rehearsal.film.placing import packed
from orchestrator.rehearsal.film.script import Fault, Film
from orchestrator.rehearsal.film.values import CHARACTER, Band, Tag
from orchestrator.rehearsal.film.words import MINUTE, Words

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BY_DAY = tuple(n * DAY for n in (1, 2, 3, 7, 14, 28))
BY_HOUR = (HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR)
BY_MINUTE = (5 * MINUTE, 10 * MINUTE, 30 * MINUTE, *BY_HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One film, and the words it is told in."""

    film: Film
    words: Words

    def faults(self, axis: Axis, *, dated: bool) -> tuple[Tag, ...]:
        return packed(
            self.tag(axis, f.begins, ends, f"{self.words.stretch(f.begins, ends, dated=dated)} {f.label}")
            for f in self.struck(axis)
            for ends in [f.ends or f.begins]
        )

    def bands(self, axis: Axis) -> tuple[Band, ...]:
        return tuple(
            Band(x=axis.x(f.begins), width=round(axis.x(f.ends or f.begins) - axis.x(f.begins), 1))
            for f in self.struck(axis)
        )

    def struck(self, axis: Axis) -> list[Fault]:
        return [f for f in self.film.faults if f.begins < axis.ends and (f.ends or f.begins) >= axis.begins]

    def tag(self, axis: Axis, first: datetime, last: datetime, text: str) -> Tag:
        tag = Tag(text=text, first=axis.x(first), last=axis.x(last))
        return replace(tag, to_the_left=tag.first + len(text) * CHARACTER + 10 > axis.width)

    def ticks(self, axis: Axis, steps: Sequence[timedelta]) -> tuple[tuple[float, str], ...]:
        room = 92 if steps is BY_DAY else 44
        step = next((s for s in steps if axis.width * s / (axis.ends - axis.begins) >= room), steps[-1])
        at, found = datetime.combine(self.words.local_day(axis.begins), time(), self.film.event.zone), []
        while at.astimezone(UTC) < axis.ends:
            if axis.has(at.astimezone(UTC)):
                found.append((axis.x(at), self.tick(at, step)))
            at += step
        first_is_cut = len(found) > 1 and found[0][0] < room / 2 and found[1][0] < 1.5 * room
        return tuple(found[1:] if first_is_cut else found)

    def tick(self, at: datetime, step: timedelta) -> str:
        return self.words.in_words(at.date(), "EEE d MMM") if step >= DAY else self.words.hour(at)

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.film.event.zone).astimezone(UTC)
