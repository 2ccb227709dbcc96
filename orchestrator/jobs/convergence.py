"""One meeting on its way from what is kept to what is wanted: its budget, and rests after what Zoom refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from orchestrator.core.errors import (
    AlternativeHostRefused,
    MeetingGone,
    ZoomBusy,
    ZoomError,
    ZoomRefusesLogin,
)
from orchestrator.core.facts import digest
from orchestrator.core.meetings import Found, MeetingSpec
from orchestrator.core.model import Event, identity
from orchestrator.jobs.world import Problem, Report, World
from orchestrator.store import Kept

HOSTS = "hosts:"


class BudgetSpent(ZoomError):
    """The host's creates and updates of the day are used up; Zoom counts again from 00:00 UTC."""


class Resting(ZoomError):
    """Zoom refused this before and is not asked again until an instant."""

    def __init__(self, message: str, *, remedy: str, until: datetime) -> None:
        super().__init__(message, remedy=remedy)
        self.until = until


def problem_of(key: str, error: ZoomError) -> Problem:
    """Report an error of Zoom's, with when to try again where that is known."""
    until = error.until if isinstance(error, Resting) else None
    if isinstance(error, ZoomBusy):
        until = error.retry_at
    again = until is None or (isinstance(error, ZoomBusy) and not error.daily)
    return Problem(key=key, what=error.message, remedy=error.remedy, again=again, until=until)


@dataclass(slots=True)
class Convergence:
    """One meeting, what is kept of it, and the pass it is looked at in."""

    world: World
    now: datetime
    report: Report
    kept: Kept

    def save(self, **changes: object) -> None:
        self.kept = replace(self.kept, **changes)  # type: ignore[arg-type]  # fields of Kept
        self.world.store.meetings.record(self.world.event.key, self.kept)

    def note_reading(self, found: Found) -> None:
        """Keep what a reading says; one that says the same again costs next to nothing."""
        if found == self.kept.found and self.kept.applied is not None:
            self.kept = replace(self.kept, read_at=self.now)
            self.world.store.meetings.record_reading(self.world.event.key, self.kept.key, self.now)
        else:
            self.save(found=found, read_at=self.now, applied=self.kept.applied or found.spec)

    def spend(self, most: int) -> None:
        host = self.world.event.zoom.host
        if not self.world.store.meetings.spend(host, self.now.astimezone(UTC).date().isoformat(), most):
            raise BudgetSpent(
                "les modifications de réunions que Zoom permet par jour pour cet hôte sont épuisées",
                remedy="elles reprennent à 00:00 UTC ; vérifiez que rien d'autre ne modifie les réunions de cet hôte",
                permanent=False,
            )

    def write(self, wanted: MeetingSpec, work: Callable[[MeetingSpec], None]) -> None:
        """Write a spec to Zoom, without the alternative hosts it does not accept. Raises ZoomError.

        What Zoom refuses for good is not asked again for a while, unless something else is wanted.
        """
        about = digest(repr(wanted))
        kept = self.kept
        if kept.rest_until and self.now < kept.rest_until and kept.rest_for in ("", about):
            raise Resting(kept.rest_what, remedy=kept.rest_remedy, until=kept.rest_until)
        try:
            try:
                work(wanted)
            except AlternativeHostRefused as error:
                work(self._leave_out(wanted, error))
        except (MeetingGone, ZoomRefusesLogin, BudgetSpent):
            raise
        except ZoomError as error:
            self._rest(about, error)
            raise
        if self.kept.rest_for != HOSTS and self.kept.rest_until is not None:
            self.save(rest_until=None, rest_for="", rest_what="", rest_remedy="")

    def _rest(self, about: str, error: ZoomError) -> None:
        if isinstance(error, ZoomBusy) and error.daily:
            self.save(rest_until=error.retry_at, rest_for="", rest_what=error.message, rest_remedy=error.remedy)
        elif error.permanent:
            until = self.now + self._pause()
            self.save(rest_until=until, rest_for=about, rest_what=error.message, rest_remedy=error.remedy)

    def _pause(self) -> timedelta:
        near = self.world.event.first_start - self.now < timedelta(days=1)
        return self.world.patience.zoom_reads if near else self.world.patience.zoom_reads_early

    def _leave_out(self, wanted: MeetingSpec, error: ZoomError) -> MeetingSpec:
        """Go on without the alternative hosts Zoom does not accept: better a day without them than no meeting."""
        everyone = wanted.alternative_hosts
        unable = self.world.meetings.unable_to_host(everyone) or frozenset(everyone)
        self.save(
            left_out=tuple(sorted(unable)),
            rest_until=self.now + self._pause(),
            rest_for=HOSTS,
            rest_what=error.message,
            rest_remedy=error.remedy,
        )
        return self.without_left_out(wanted)

    def without_left_out(self, wanted: MeetingSpec) -> MeetingSpec:
        return replace(
            wanted, alternative_hosts=tuple(e for e in wanted.alternative_hosts if e not in self.kept.left_out)
        )

    def look_at_left_out(self, wanted: MeetingSpec) -> None:
        """See now and then whether Zoom would accept by now who was left out."""
        kept = self.kept
        left = [e for e in kept.left_out if e in wanted.alternative_hosts]
        if left and (kept.rest_until is None or self.now >= kept.rest_until):
            unable = self.world.meetings.unable_to_host(left)
            left = [e for e in left if e in unable]
            self.save(left_out=tuple(left), rest_until=self.now + self._pause(), rest_for=HOSTS)
        elif tuple(left) != kept.left_out:
            self.save(left_out=tuple(left))

    def say_left_out(self) -> None:
        """Report who was left out."""
        if left := self.kept.left_out:
            self.report.problems.append(_about_left_out(self.world.event, self.kept, left))


def _about_left_out(event: Event, kept: Kept, emails: Sequence[str]) -> Problem:
    names = sorted({s.name for s in event.speakers if identity(s.email) in emails})
    return Problem(
        key=f"zoom:{kept.key}:left-out",
        what=f"Zoom n'accepte pas comme co-animateur (alternative host) : {', '.join(names)}",
        remedy="donnez à chacun une licence Zoom dans ce compte, ou un autre rôle ; la réunion est prête sans eux",
        until=kept.rest_until,
    )
