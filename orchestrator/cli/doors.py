"""The doors in the browser: what `run` opens, and the link with which one comes in the first time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.common import DEFAULT, FAILED, as_json, configured, end, explained, load, say, show

if TYPE_CHECKING:
    from orchestrator.jobs.world import World
    from orchestrator.ports import Clock
    from orchestrator.settings import Settings, Web
    from orchestrator.web.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a service stands on, with or without an event. `web` None: no pages."""

    settings: Sequence[Settings]
    web: Web | None
    store_url: str
    beside: Path
    """Where a key is kept that is not beside the store."""
    is_folder: bool = False

    @property
    def is_mended_in_browser(self) -> bool:
        """Whether what is missing can be given in the pages while the service runs."""
        return self.is_folder and self.web is not None


def ground(configs: tuple[Path, ...], secrets: Path | None) -> Ground:
    """Read what there is; an empty folder stands too, for the first event made in the browser."""
    from orchestrator import settings as gate

    [first, *others] = configs or (DEFAULT,)
    if not others and gate.is_empty(first):
        bare, store_url = gate.bare(first, secrets=secrets, environ=os.environ)
        return Ground(settings=(), web=bare, store_url=store_url, beside=first / "event.toml")
    found = load(configs, secrets)
    web = next((s.web for s in found if s.web is not None), None)
    folder = all(path.is_dir() for path in configs or (DEFAULT,))
    return Ground(settings=found, web=web, store_url=found[0].store_url, beside=found[0].path, is_folder=folder)


@contextmanager
def opened(where: Ground, worlds: Sequence[World], configs: tuple[Path, ...], clock: Clock) -> Iterator[House | None]:
    """Serve the pages while the context is open; None where the config has no `[web]`."""
    if where.web is None:
        yield None
        return
    from orchestrator import wiring
    from orchestrator.settings.key import service_key
    from orchestrator.web.app import make_app
    from orchestrator.web.house import House, Served
    from orchestrator.web.server import served
    from orchestrator.web.webhooks import Inbox

    by_key = {s.event.key: s for s in where.settings}
    house = House(
        store=worlds[0].store if worlds else wiring.open_store(where.store_url),
        clock=clock,
        key=service_key(where.web, where.store_url, where.beside),
        web=where.web,
        served={w.event.key: Served(world=w, settings=by_key[w.event.key]) for w in worlds},
        configs=configs or (DEFAULT,),
    )
    secrets = _webhook_secrets(where.settings)
    house.inbox = Inbox(house.store, clock, secrets) if secrets else None

    def tell(trouble: str) -> None:
        found = {"web:bind": (trouble, "libérez ce port, ou changez web.bind")} if trouble else {}
        for key in house.served:
            house.store.alarms.set(key, found, "web:", clock.now())

    with served(make_app(house), where.web.host, where.web.port, tell):
        yield house


@click.command("login-link")
@configured
@as_json
@explained
def login_link(configs: tuple[Path, ...], secrets: Path | None, as_json: bool) -> None:
    """Donner une adresse qui ouvre le tableau de bord, une fois, dans le quart d'heure."""
    from orchestrator import wiring
    from orchestrator.web.entering import A_QUARTER, address, new_link

    where = ground(configs, secrets)
    if where.web is None:
        say("La configuration n'a pas de section [web] : il n'y a pas de pages → ajoutez-la, puis relancez", bad=True)
        end(FAILED)
    clock, store = wiring.SystemClock(), wiring.open_store(where.store_url)
    url = address(where.web) + new_link(store, "", "organiser", clock.now())
    store.close()
    if as_json:
        show({"url": url, "until": clock.now() + A_QUARTER})
        return
    click.echo(url)
    say("Cette adresse sert une seule fois, dans le quart d'heure ; « orchestrator run » doit tourner.")


def _webhook_secrets(found: Sequence[Settings]) -> list[str]:
    """List the secrets Zoom may sign with, today's before yesterday's, each once."""
    given = [s.zoom.webhook_secret for s in found] + [s.zoom.webhook_secret_before for s in found]
    return list(dict.fromkeys(secret.get_secret_value() for secret in given if secret.get_secret_value()))
