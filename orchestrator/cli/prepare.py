"""Before the day: init, check, preview."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from orchestrator.cli.common import (
    DEFAULT,
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


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=DEFAULT)
@click.option("--force", is_flag=True, help="Remplacer un fichier qui existe déjà.")
@explained
def init(path: Path, force: bool) -> None:
    """Écrire un fichier de configuration commenté, à adapter."""
    from orchestrator import settings

    path = path / DEFAULT if path.is_dir() else path
    if path.exists() and not force:
        say(f"{path} existe déjà → choisissez un autre nom, ou --force pour le remplacer", bad=True)
        end(MISUSED)
    if not path.parent.is_dir():
        say(f"le dossier {path.parent} n'existe pas → créez-le d'abord", bad=True)
        end(MISUSED)
    path.write_text(settings.template(path), "utf-8")
    say(f"{path} est écrit : adaptez-le, puis « orchestrator check -c {path} ».", good=True)


@click.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--from",
    "other",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    required=True,
    help="Fichier de l'événement à reprendre.",
)
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Nouvelle date, AAAA-MM-JJ.")
@click.option("--key", default="", help="Clé du nouvel événement.  [défaut : l'ancienne, avec l'année]")
@explained
def new(path: Path, other: Path, date: datetime, key: str) -> None:
    """Reprendre l'événement de l'an dernier à une autre date."""
    from orchestrator.core.errors import BadConfiguration
    from orchestrator.settings import cloning

    if path.exists():
        say(f"{path} existe déjà → choisissez un autre nom", bad=True)
        end(MISUSED)
    try:
        before = load([other], None)[0].event
        key = key or cloning.next_key(before.key, date.date())
        if key == before.key:
            say(f"--key – la clé « {key} » est celle de {other} → donnez-en une autre", bad=True)
            end(MISUSED)
        text, left = cloning.clone(other.read_text("utf-8-sig"), date=date.date(), key=key)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise BadConfiguration((f"{path}: {error.strerror}",)) from error
    say(f"{path} est écrit : « {before.title} », le {date:%d/%m/%Y}. Il reste à donner :", good=True)
    for line in left:
        click.echo(f"  {line}")
    say(f"Puis : orchestrator check -c {path}")


@click.command()
@configured
@as_json
@explained
def check(configs: tuple[Path, ...], secrets: Path | None, as_json: bool) -> None:
    """Chercher tout ce qui pourrait manquer le jour venu, avec son remède."""
    from orchestrator import inspection, wiring

    clock = wiring.SystemClock()
    events = load(configs, secrets)
    plans = inspection.all_foreseen(events, clock)
    found = {s.event.key: inspection.inspect(s, clock, plans.get(s.event.key)) for s in events}
    if as_json:
        show({key: [f.as_data() for f in findings] for key, findings in found.items()})
    else:
        for key, findings in found.items():
            say(f"\n{key}")
            for finding in findings:
                mark, bad = {"ok": ("✓", False), "warning": ("⚠", False)}.get(finding.level, ("✗", True))
                remedy = f"\n    → {finding.remedy}" if finding.remedy else ""
                click.secho(f"  {mark} {finding.what}{remedy}", fg="red" if bad else None)
    levels = {f.level for findings in found.values() for f in findings}
    end(MISUSED if "refused" in levels else FAILED if "error" in levels else DONE)


@click.command()
@configured
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Dossier à remplir.")
@click.option("--to", metavar="ADRESSE", help="Vous envoyer toutes les lettres, marquées [ESSAI].")
@explained
def preview(configs: tuple[Path, ...], secrets: Path | None, out: Path | None, to: str | None) -> None:
    """Écrire chaque lettre telle qu'elle sera lue, dans une page à ouvrir, ou vous les envoyer."""
    from orchestrator import proofs, wiring

    if out is None and to is None:
        say("preview : donnez --out DOSSIER pour une page à ouvrir, ou --to ADRESSE pour les recevoir", bad=True)
        end(MISUSED)
    events = load(configs, secrets)
    for settings in events:
        if to is not None:
            sent = proofs.send(settings, to, wiring.SystemClock())
            say(f"{sent} lettres d'essai parties à {to}", good=True)
        if out is None:
            continue
        folder = out if len(events) == 1 else out / settings.event.key
        pages = proofs.write(settings, folder)
        say(f"{pages} lettres pour « {settings.event.title} »", good=True)
        click.echo(folder / "index.html")


__all__ = ["check", "init", "local", "preview"]
