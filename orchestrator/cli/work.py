"""The work: plan, apply, run, status."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli import logs
from orchestrator.cli.common import (
    DONE,
    FAILED,
    MISUSED,
    as_json,
    configured,
    end,
    explained,
    load,
    local,
    say,
    show,
)
from orchestrator.cli.doors import Ground, ground, opened
from orchestrator.cli.logs import FORMS, Form
from orchestrator.cli.stage import Stage, announce

if TYPE_CHECKING:
    from orchestrator.core.model import Event
    from orchestrator.jobs.post import PostRoom
    from orchestrator.jobs.world import Report, World
    from orchestrator.settings import Settings

ROLES = ("web", "beat", "post")
PATIENCE = timedelta(seconds=30)
"""How long apply waits for another process's beat."""


@click.command()
@configured
@as_json
@explained
def plan(configs: tuple[Path, ...], secrets: Path | None, as_json: bool) -> None:
    """Montrer ce qui serait fait maintenant, sans rien faire."""
    from orchestrator import wiring
    from orchestrator.inspection import foreseen

    found = load(configs, secrets)
    plans, clock = foreseen(found, wiring.SystemClock()), wiring.SystemClock()
    if as_json:
        show({key: plan.as_data() for key, plan in plans.items()})
        return
    _say_if_old(found[0].store_url)
    for event, plan in ((settings.event, plans[settings.event.key]) for settings in found):
        say(f"\n{event.title}")
        if plan.as_of < clock.now() - timedelta(days=1):
            say(f"Cet événement est passé : voici ce qui aurait été fait le {local(plan.as_of, event)}.")
        for line in plan.in_words(partial(local, event=event)):
            click.echo(f"  {line}")


def _say_if_old(store_url: str) -> None:
    """Say that what is due would wait, where the database was put back from an old copy."""
    from orchestrator import wiring
    from orchestrator.jobs.restored import told

    with closing(wiring.store_to_read(store_url)) as store:
        if found := told(store):
            say(f"{found[0]} ; tout attendra au démarrage, sauf les liens. Alors : {found[1]}", bad=True)


def serviceable(settings: Sequence[Settings]) -> tuple[list[World], bool]:
    """Build the worlds of events that may be served; says which may not, and whether there were any."""
    from orchestrator import settings as gate
    from orchestrator import wiring
    from orchestrator.jobs.restored import guard

    clock = wiring.SystemClock()
    store = wiring.open_store(settings[0].store_url)
    refused = [s for s in settings if gate.is_over(s.event, clock.now()) and not store.events.is_known(s.event.key)]
    store.close()
    for s in refused:
        day = gate.in_words(max(session.day for session in s.event.sessions))
        say(
            f"{s.path.name}: event.date – cet événement est passé ({day}) et n'a jamais été servi d'ici → "
            "corrigez les dates ; pour l'essayer : orchestrator rehearse",
            bad=True,
        )
    rest = [s for s in settings if s not in refused]
    worlds = wiring.worlds(rest, clock) if rest else []
    if guard(worlds, clock.now()):
        say("La base est une ancienne copie : les lettres attendent (orchestrator status le dit).", bad=True)
    return worlds, bool(refused)


@click.command()
@configured
@as_json
@click.option("--confirm-withdrawals", is_flag=True, help="Accepter qu'un grand nombre de personnes ait disparu.")
@explained
def apply(configs: tuple[Path, ...], secrets: Path | None, as_json: bool, confirm_withdrawals: bool) -> None:
    """Faire une passe : inscriptions, Zoom, places, lettres dues."""
    from orchestrator.jobs.alarms import push_all
    from orchestrator.jobs.post import rooms
    from orchestrator.jobs.returns import read_returns

    worlds, refused = serviceable(load(configs, secrets))
    for world in worlds:
        world.store.meetings.end_rests(world.event.key)
    read_returns(worlds)
    reports = {world.event.key: _beat(world, confirm_withdrawals) for world in worlds}
    tallies = {room.relay: _drain(room) for room in rooms(worlds)}
    push_all(worlds)
    trouble = any(r.problems for r in reports.values()) or any(t.trouble or t.refused for t in tallies.values())
    if as_json:
        show(
            {
                "events": {key: report.as_data() for key, report in reports.items()},
                "post": {relay: tally.as_data() for relay, tally in tallies.items()},
            }
        )
    else:
        for world in worlds:
            _tell(world.event, reports[world.event.key])
        for tally in tallies.values():
            for line in tally.in_words():
                click.echo(line)
    end(MISUSED if refused else FAILED if trouble else DONE)


def _beat(world: World, confirmed: bool) -> Report:
    """Beat until nothing is left over, waiting up to 30 seconds for another process's beat."""
    from orchestrator.core.errors import Held
    from orchestrator.jobs.beat import Memory, beat

    memory, until = Memory(), world.clock.now() + PATIENCE
    total: Report | None = None
    while True:
        try:
            report = beat(world, memory, confirmed=confirmed)
        except Held:
            if world.clock.now() >= until:
                raise
            world.clock.wait(world.clock.now() + timedelta(seconds=1))
            continue
        total = report if total is None else total.plus(report)
        if not report.unfinished or report.next_at is None or report.next_at > world.clock.now():
            return total


def _drain(room: PostRoom) -> Any:
    """Send what is due, waiting where only the relay's quota holds letters back."""
    from orchestrator.jobs.relay_room import Tally

    total = Tally()
    while True:
        total.add(room.drain())
        at = room.quota_frees_at()
        if at is None or total.trouble:
            return total
        room.clock.wait(at)


def _tell(event: Event, report: Report) -> None:
    say(f"\n{event.title}")
    for line in report.in_words():
        click.echo(f"  {line}")
    for problem in report.problems:
        say(f"  ✗ {problem.what}" + (f"\n    → {problem.remedy}" if problem.remedy else ""), bad=True)


def _startable(where: Ground) -> tuple[list[World], bool]:
    """Build the worlds to begin with; a folder whose events lack a key may begin without, the browser asks for it."""
    from orchestrator.core.errors import BadConfiguration

    try:
        return serviceable(where.settings) if where.settings else ([], False)
    except BadConfiguration as error:
        if not where.is_mended_in_browser:
            raise
        for problem in error.problems:
            say(problem, bad=True)
        return [], False


@click.command()
@configured
@click.option(
    "--log-format",
    type=click.Choice(FORMS),
    default="text",
    envvar="ORCHESTRATOR_LOG_FORMAT",
    show_envvar=True,
    help="Le journal, sur stderr : une ligne, ou un objet JSON, par fait.",
)
@click.option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    default=ROLES,
    help="Ce que fait ce processus : les pages, les passes, l'envoi des lettres. Répétable ; par défaut, tout.",
)
@click.option(
    "--engine",
    "with_engine",
    type=click.Choice(["procrastinate"]),
    envvar="ORCHESTRATOR_ENGINE",
    show_envvar=True,
    help="Avec PostgreSQL : un moteur répartit les passes entre les processus et réveille l'envoi (docs/scaling.md).",
)
@explained
def run(
    configs: tuple[Path, ...],
    secrets: Path | None,
    log_format: Form,
    roles: tuple[str, ...],
    with_engine: str | None,
) -> None:
    """Servir sans relâche jusqu'à SIGTERM."""
    from orchestrator import wiring

    logs.start(log_format)
    where, clock = ground(configs, secrets), wiring.SystemClock()
    worlds, refused = _startable(where)
    if where.settings and not worlds and not where.is_mended_in_browser:
        end(MISUSED if refused else FAILED)
    pages = where if "web" in roles else replace(where, web=None)
    with opened(pages, worlds, configs, clock) as house:
        store = worlds[0].store if worlds else house.store if house else wiring.open_store(where.store_url)
        parts: dict[str, Any] = {"signs": wiring.signs_of_life(where.settings), "roles": roles}
        parts["engine"] = wiring.engine(store) if with_engine else None
        stage = Stage(worlds, house, configs, secrets, clock, settings=where.settings, store=store, **parts)
        if not worlds and where.settings:
            stage.reload()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stage.stop())
        announce(worlds, pages.web)
        stage.play()
    say("Arrêté proprement.")


@click.command()
@configured
@as_json
@explained
def status(configs: tuple[Path, ...], secrets: Path | None, as_json: bool) -> None:
    """Dire où en est chaque événement : personnes, liens, lettres, alarmes."""
    from orchestrator import wiring
    from orchestrator.jobs.standing import stand

    clock = wiring.SystemClock()
    found = {}
    for settings in load(configs, secrets):
        store = wiring.store_to_read(settings.store_url)
        found[settings.event.key] = (settings.event, stand(settings.event, store, clock.now()))
        store.close()
    if as_json:
        show({key: standing.as_data() for key, (_, standing) in found.items()})
    else:
        for event, standing in found.values():
            say(f"\n{event.title}")
            for good, line in standing.in_words(partial(local, event=event)):
                click.secho(f"  {'✓' if good else '✗'} {line}", fg=None if good else "red")
    end(DONE if all(standing.is_well for _, standing in found.values()) else FAILED)
