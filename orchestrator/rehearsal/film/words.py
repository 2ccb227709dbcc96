"""How the film says things: French, or English where the event is in English."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_date
from babel.numbers import format_decimal

from orchestrator.core.model import Event

MINUTE = timedelta(minutes=1)


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
