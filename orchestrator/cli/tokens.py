"""`api-token`: a token for the read-only API, made, listed or revoked."""

from __future__ import annotations

import secrets as random
from datetime import datetime, timedelta
from pathlib import Path

import click

from orchestrator.cli.common import FAILED, as_json, configured, end, explained, say, show
from orchestrator.cli.doors import ground


@click.command("api-token")
@configured
@click.option("--name", default="api", show_default=True, help="À quoi ou à qui il sert.")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="Jours de validité.")
@click.option("--list", "listed", is_flag=True, help="Dire les jetons valables, sans les montrer.")
@click.option("--revoke", is_flag=True, help="Fermer les jetons de ce nom.")
@as_json
@explained
def api_token(
    configs: tuple[Path, ...], secrets: Path | None, name: str, days: int, listed: bool, revoke: bool, as_json: bool
) -> None:
    """Donner un jeton de lecture pour l'API JSON (/api/v1) ; il n'est montré qu'une fois."""
    from orchestrator import wiring
    from orchestrator.core.entry import hidden

    now, store = wiring.SystemClock().now(), wiring.open_store(ground(configs, secrets).store_url)
    if revoke:
        shut = store.tokens.revoke(name)
        say(f"{shut} jeton(s) « {name} » fermé(s).", bad=not shut)
        end(0 if shut else FAILED)
    if listed:
        tokens = store.tokens.all(now)
        if as_json:
            show([{"name": one, "until": until} for one, until in tokens])
        else:
            _list(tokens)
        return
    token, until = random.token_urlsafe(32), now + timedelta(days=days)
    store.tokens.allow(hidden(token), name, until)
    if as_json:
        show({"token": token, "name": name, "until": until})
        return
    click.echo(token)
    say(f"À garder maintenant : il ne sera plus montré. En-tête : Authorization: Bearer …  (jusqu'au {until:%d/%m/%Y})")


def _list(tokens: list[tuple[str, datetime]]) -> None:
    for name, until in tokens:
        click.echo(f"{name}  {until:%d/%m/%Y}")
    if not tokens:
        say("Aucun jeton valable.")
