"""`/metrics`, for Prometheus: by event, without a name, an address or a link."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import UTC

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from orchestrator.core.errors import OrchestratorError
from orchestrator.jobs.pulse import Watched
from orchestrator.store.figures import LATE, Figures, Lateness

TYPE = "text/plain; version=0.0.4; charset=utf-8"


SHARE = 20
"""What counts every letter ever is counted anew at most in the 20th part of the time."""


class Tallies:
    """The counts over all letters, for several scrapes: with a thousand events each takes a second to make."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._until = seconds, 0.0
        self._letters: dict[tuple[str, str], int] = {}
        self._lateness: dict[str, Lateness] = {}

    def of(self, figures: Figures) -> tuple[dict[tuple[str, str], int], dict[str, Lateness]]:
        """Letters by event and state, lateness by event; at most 20 times as old as counting them takes."""
        began = self._seconds()
        if began >= self._until:
            self._letters, self._lateness = figures.letters(), figures.lateness()
            now = self._seconds()
            self._until = now + SHARE * (now - began)
        return self._letters, self._lateness


def exposition(watched: Watched, tallies: Tallies | None = None) -> bytes:
    """Write everything down as it is now; `tallies` go on from one scrape to the next."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(watched, tallies or Tallies()))
    return generate_latest(registry)


class _Collector(Collector):
    def __init__(self, watched: Watched, tallies: Tallies) -> None:
        self._watched, self._tallies = watched, tallies

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: a registry would otherwise collect twice."""
        return ()

    def collect(self) -> Iterator[Metric]:
        watched, reachable = self._watched, True
        yield from _beats(watched)
        try:
            if watched.worlds:
                yield from list(_stored(watched, watched.worlds[0].store.figures, self._tallies))
        except OrchestratorError:
            reachable = False
        database = GaugeMetricFamily("orchestrator_database_up", "1 while the database answers.")
        database.add_metric([], reachable)
        yield database


def _beats(watched: Watched) -> Iterator[Metric]:
    beats = CounterMetricFamily("orchestrator_beats", "Beats of this process.", labels=["event", "outcome"])
    for (event, outcome), n in sorted(watched.beats.items()):
        beats.add_metric([event, outcome], n)
    yield beats
    ages = ((event, age) for event, age in watched.ages.items() if age is not None)
    yield _gauge("orchestrator_beat_age_seconds", "Since the event last beat here.", ages)


def _stored(watched: Watched, figures: Figures, tallies: Tallies) -> Iterator[Metric]:
    served = {w.event.key: None for w in watched.worlds}
    counts, late_by_event = tallies.of(figures)
    letters = GaugeMetricFamily("orchestrator_letters", "Letters by state.", labels=["event", "state"])
    for (event, state), n in sorted(counts.items()):
        if event in served:
            letters.add_metric([event, state], n)
    yield letters
    yield _lateness(late_by_event, served)
    waiting = figures.waiting(watched.now)
    late = ((e, waiting[e].letters if e in waiting else 0) for e in served)
    yield _gauge("orchestrator_queue_letters", "Letters whose hour has come and which have not left.", late)
    ages = ((e, (watched.now - waiting[e].since).total_seconds() if e in waiting else 0) for e in served)
    yield _gauge("orchestrator_queue_age_seconds", "Since the first of those should have left.", ages)
    alarms = figures.alarms()
    yield _gauge("orchestrator_alarms", "What is wrong now.", ((e, len(alarms.get(e, ()))) for e in served))
    yield from _zoom(watched, figures)
    yield from _seen(watched)


def _lateness(late_by_event: Mapping[str, Lateness], served: Container[str]) -> Metric:
    late = HistogramMetricFamily(
        "orchestrator_letter_lateness_seconds", "From a letter's hour to its acceptance.", labels=["event"]
    )
    for event, found in sorted(late_by_event.items()):
        if event in served:
            cuts = [(f"{float(cut)}", float(n)) for cut, n in zip(LATE, found.within, strict=True)]
            late.add_metric([event], [*cuts, ("+Inf", float(found.sent))], found.seconds)
    return late


def _zoom(watched: Watched, figures: Figures) -> Iterator[Metric]:
    """Zoom's limit is a host's, and is said of each event of that host: a host's name is an address."""
    used = figures.zoom_used(watched.now.astimezone(UTC).date().isoformat())
    pairs = [(w.event.key, used.get(w.event.zoom.host, 0), w.patience.changes_a_day) for w in watched.worlds]
    name = "orchestrator_zoom_budget"
    yield _gauge(f"{name}_used", "Creates and updates of its host's day (UTC).", ((e, n) for e, n, _ in pairs))
    yield _gauge(f"{name}_limit", "How many a day are allowed for changes.", ((e, most) for e, _, most in pairs))


def _seen(watched: Watched) -> Iterator[Metric]:
    pulse = watched.pulse()
    for name, seen in (("relay", pulse.relay), ("zoom", pulse.zoom)):
        known = ((event, int(up)) for event, up in seen.items() if up is not None)
        yield _gauge(f"orchestrator_{name}_up", "1 if it answered when it was last asked.", known)


def _gauge(name: str, what: str, values: Iterable[tuple[str, float]]) -> Metric:
    gauge = GaugeMetricFamily(name, what, labels=["event"])
    for event, value in values:
        gauge.add_metric([event], value)
    return gauge
