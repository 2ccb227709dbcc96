"""The organiser's hand on the letters: outbox, pause, resume, approve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestrator.cli.common import DONE, FAILED, as_json, configured, end, explained, load, local, say, show
from orchestrator.cli.desk import Desk, ask, desk, live, relay_of, yes

if TYPE_CHECKING:
    from orchestrator.core.model import Event


@click.command()
@configured
@as_json
@explained
def pause(configs: tuple[Path, ...], secrets: Path | None, as_json: bool) -> None:
    """Arrêter tous les envois d'un événement, jusqu'à « resume »."""
    at = desk(configs, secrets)
    with closing(at.store):
        done = at.store.holds.pause(at.event.key, at.now)
        since = at.store.holds.paused_since(at.event.key)
    if as_json:
        show({"paused": True, "since": since, "changed": done})
        return
    say("Les envois sont en pause." if done else "Les envois étaient déjà en pause.", good=True)
    say("Liens et rappels partiront malgré tout s'il devient trop tard (letters.if_silent = \"hold\" l'empêche).")


@click.command()
@configured
@as_json
@explained
def resume(configs: tuple[Path, ...], secrets: Path | None, as_json: bool) -> None:
    """Reprendre les envois."""
    at = desk(configs, secrets)
    with closing(at.store):
        done = at.store.holds.resume(at.event.key)
        at.store.alarms.set(at.event.key, {}, "restored:", at.now)
    if as_json:
        show({"paused": False, "changed": done})
        return
    say("Les envois reprennent." if done else "Les envois n'étaient pas en pause.", good=True)


@click.command()
@configured
@as_json
@yes
@click.argument("waves", metavar="[ENVOI]...", nargs=-1)
@explained
def approve(
    configs: tuple[Path, ...], secrets: Path | None, as_json: bool, is_sure: bool, waves: Sequence[str]
) -> None:
    """Donner son accord aux envois qui l'attendent ; sans argument, les lister tous et demander."""
    from orchestrator.core.errors import BadConfiguration
    from orchestrator.jobs.control import look
    from orchestrator.jobs.holds import in_words

    at = desk(configs, secrets)
    with closing(at.store):
        box = look(at.event, at.store, relay_of(at), at.now, live(at))
        pending = {str(one.wave): one for one, waits in box.waves if waits}
        if unknown := [wave for wave in waves if wave not in pending]:
            choices = ", ".join(pending) or "aucun"
            raise BadConfiguration(
                (f"{unknown[0]} – aucun envoi de ce nom n'attend d'accord ; en attente : {choices}",)
            )
        chosen = [pending[wave] for wave in waves] or list(pending.values())
        approved = []
        for one in chosen:
            what = (
                f"{one.letters} {in_words(at.event, one)} ({one.wave}), à envoyer avant {local(one.latest, at.event)}"
            )
            if ask(f"{what}. D'accord pour {one.letters} personnes ?", is_sure):
                at.store.holds.approve(at.event.key, one.wave, at.now)
                approved.append(one)
    if as_json:
        show({"approved": [{"wave": str(one.wave), "letters": one.letters} for one in approved]})
    elif not chosen:
        say("Aucun envoi n'attend votre accord.", good=True)
    for one in approved if not as_json else ():
        say(f"Accord donné : {one.letters} {in_words(at.event, one)}.", good=True)
    end(DONE if len(approved) == len(chosen) else FAILED)


@click.command()
@configured
@as_json
@click.option("--state", type=click.Choice(["due", "claimed", "dotted", "sent", "refused", "void", "withdrawn"]))
@click.option("--to", "email", help="Les lettres d'une seule adresse.")
@explained
def outbox(
    configs: tuple[Path, ...], secrets: Path | None, as_json: bool, state: str | None, email: str | None
) -> None:
    """Lire la boîte d'envoi : ce qui est dû, parti, en doute, refusé ou périmé, et pourquoi."""
    from dataclasses import replace

    from orchestrator import wiring
    from orchestrator.core.model import identity
    from orchestrator.jobs.control import look

    now, data = wiring.SystemClock().now(), {}
    for settings in load(configs, secrets):
        store = wiring.store_to_read(settings.store_url)
        with closing(store):
            at = Desk(settings=settings, store=store, now=now)
            box = look(settings.event, store, relay_of(at), now, live(at))
        chosen = [
            (d, why)
            for d, why in box.letters
            if state in (None, d.state) and (email is None or d.email == identity(email))
        ]
        box = replace(box, letters=chosen)
        data[settings.event.key] = box.as_data()
        if not as_json:
            _tell_box(settings.event, data[settings.event.key])
    if as_json:
        show(data)


def _tell_box(event: Event, box: dict[str, Any]) -> None:
    from orchestrator.jobs.names import NAMES

    say(f"\n{event.title}")
    if box["paused_since"]:
        say(f"  ✗ envois en pause depuis le {local(box['paused_since'], event)} → orchestrator resume", bad=True)
    for wave in (w for w in box["waves"] if w["waits_for_approval"]):
        say(f"  ✗ {wave['wave']} : {wave['letters']} lettres attendent votre accord → orchestrator approve", bad=True)
    for one in box["letters"]:
        at = one["sent_at"] or one["not_before"] or one["leave_from"]
        doubt = ", peut-être reçue deux fois" if one["in_doubt"] else ""
        reply = f" ({one['reply']})" if one["reply"] else ""
        click.echo(f"  {local(at, event):<22} {NAMES[one['kind']]:<26} {one['to']:<34} {one['why']}{doubt}{reply}")
    counts = Counter(one["state"] for one in box["letters"])
    say("  " + (", ".join(f"{n} {state}" for state, n in sorted(counts.items())) or "aucune lettre"))
    for domain in box["domains"]:
        if domain["silent"]:
            say(f"  ⚠ {domain['domain']} : {domain['people']} personnes, aucune n'est entrée (voir letters.light)")
