"""What is known of people: person export, person erase, purge."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from orchestrator.cli.common import DONE, FAILED, as_json, configured, end, explained, load, local, say, show
from orchestrator.cli.person import person

address = click.argument("email")


@person.command("export")
@address
@configured
@explained
def export(email: str, configs: tuple[Path, ...], secrets: Path | None) -> None:
    """Écrire en JSON tout ce qui est conservé d'une personne (droit d'accès) ; avec ses liens."""
    from orchestrator import wiring
    from orchestrator.core.model import identity

    found = {}
    for settings in load(configs, secrets):
        store = wiring.store_to_read(settings.store_url)
        found[settings.event.key] = store.privacy.export(settings.event.key, identity(email))
        store.close()
    show(found)
    if not any(found.values()):
        say("Rien n'est conservé sous cette adresse.")


@person.command("erase")
@address
@configured
@as_json
@click.option("--yes", is_flag=True, help="Ne pas demander de confirmation.")
@explained
def erase(email: str, configs: tuple[Path, ...], secrets: Path | None, as_json: bool, yes: bool) -> None:
    """Oublier une personne, ici et chez Zoom (droit à l'effacement) ; son lien ne marche plus."""
    from orchestrator import wiring
    from orchestrator.core.model import identity
    from orchestrator.jobs import privacy

    if not yes:
        click.confirm("Tout ce qui concerne cette personne sera effacé, ici et chez Zoom. Continuer ?", abort=True)
    clock, found = wiring.SystemClock(), {}
    for world in wiring.worlds(load(configs, secrets), clock):
        found[world.event.key] = done = privacy.erase(world, identity(email), clock.now())
        if done.problem:
            say(f"{world.event.key} : rien n'est effacé, {done.problem} → {done.remedy or 'recommencez'}", bad=True)
        elif not as_json:
            say(f"{world.event.key} : {done.rows} lignes effacées ici, {done.registrations} inscription(s) chez Zoom.")
    if as_json:
        show(
            {key: {"rows": d.rows, "registrations": d.registrations, "problem": d.problem} for key, d in found.items()}
        )
    end(FAILED if any(done.problem for done in found.values()) else DONE)


@click.command()
@configured
@as_json
@click.option("--dry-run", is_flag=True, help="Dire ce qui serait effacé, sans rien effacer.")
@explained
def purge(configs: tuple[Path, ...], secrets: Path | None, as_json: bool, dry_run: bool) -> None:
    """Effacer ce dont la durée de conservation est passée, ici et chez Zoom, et en rendre compte."""
    from orchestrator import wiring
    from orchestrator.jobs import privacy
    from orchestrator.jobs.world import Report

    clock, reports = wiring.SystemClock(), {}
    for world in wiring.worlds(load(configs, secrets), clock):
        now, key = clock.now(), world.event.key
        report = Report(event=key)
        if not dry_run:
            with world.store.leases.held(f"beat:{key}", world.owner, now, world.patience.beat_lease):
                if not privacy.expire(world, now, report):
                    privacy.end_letters(world, now, report)
        reports[key] = privacy.forecast(world), report
        if not as_json:
            say(f"\n{world.event.title}")
            for line in reports[key][0].in_words(partial(local, event=world.event)):
                click.echo(f"  {line}")
            for line in report.changes:
                say(f"  ✓ {line}", good=True)
            for problem in report.problems:
                say(f"  ✗ {problem.what} → {problem.remedy}", bad=True)
    if as_json:
        show(
            {
                key: forecast.as_data() | {"done": r.changes, "problems": [p.what for p in r.problems]}
                for key, (forecast, r) in reports.items()
            }
        )
    end(FAILED if any(report.problems for _, report in reports.values()) else DONE)
