"""What the verbs share: the config option, errors in one sentence with their remedy, JSON or words."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from orchestrator.cli.french import speak_french

if TYPE_CHECKING:
    from orchestrator.core.model import Event
    from orchestrator.settings import Settings

speak_french()  # Click names what an option takes when that is declared: before any verb
DONE, FAILED, MISUSED = 0, 1, 2
DEFAULT = Path("config.toml")
Verb = TypeVar("Verb", bound=Callable[..., Any])


class Whole(click.Group):
    """Says the whole first sentence of each verb, where Click would cut it short."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        verbs = [verb for name in self.list_commands(ctx) if (verb := self.get_command(ctx, name)) and not verb.hidden]
        self.write_verbs(formatter, "Commandes ", verbs)

    def write_verbs(
        self, formatter: click.HelpFormatter, title: str, verbs: Sequence[click.Command], width: int = 0
    ) -> None:
        with formatter.section(title):
            rows = [((verb.name or "").ljust(width), verb.get_short_help_str(limit=200)) for verb in verbs]
            formatter.write_dl(rows)


def configured(verb: Verb) -> Verb:
    """Give a verb --config and --secrets."""
    secrets = click.option(
        "--secrets",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="Dossier des secrets (fichiers zoom__client_secret, mail__password).",
    )
    config = click.option(
        "-c",
        "--config",
        "configs",
        type=click.Path(path_type=Path),
        multiple=True,
        help="Fichier d'un événement, ou dossier d'événements ; répétable.  [défaut : config.toml]",
    )
    return config(secrets(verb))


as_json = click.option("--json", "as_json", is_flag=True, help="Répondre en JSON.")


def explained(verb: Verb) -> Verb:
    """Turn what goes wrong into one sentence with its remedy, and its exit code."""

    @functools.wraps(verb)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        from orchestrator.core.errors import BadConfiguration, OrchestratorError

        try:
            return verb(*args, **kwargs)
        except BadConfiguration as error:
            for problem in error.problems:
                say(problem, bad=True)
            sys.exit(MISUSED)
        except OrchestratorError as error:
            say(str(error), bad=True)
            sys.exit(FAILED)

    return guarded  # type: ignore[return-value]  # wraps keeps the signature


def say(text: str, *, bad: bool = False, good: bool = False) -> None:
    """Talk, on stderr."""
    colour = "red" if bad else "green" if good else None
    click.secho(text, err=True, fg=colour)


def show(data: Any) -> None:
    """Give data, on stdout."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def load(configs: Sequence[Path], secrets: Path | None) -> list[Settings]:
    """Load every event named. Raises BadConfiguration with all problems together."""
    from orchestrator import settings
    from orchestrator.core.errors import BadConfiguration

    found: list[Settings] = []
    problems: list[str] = []
    for path in configs or (DEFAULT,):
        if not path.exists():
            problems.append(f"{path}: {_absent(path)}")
            continue
        try:
            found += settings.load(path, secrets=secrets, environ=os.environ)
        except BadConfiguration as error:
            problems += error.problems
    if problems:
        raise BadConfiguration(tuple(problems))
    return found


def _absent(path: Path) -> str:
    if path.suffix == ".toml":
        return f"ce fichier n'existe pas ; créez-le avec `orchestrator init {path}`"
    return "ce dossier n'existe pas ; créez-le, même vide, ou donnez le nom d'un fichier .toml"


def only(configs: Sequence[Path], secrets: Path | None) -> Settings:
    """Load the one event a verb is about. Raises BadConfiguration for several."""
    from orchestrator.core.errors import BadConfiguration

    found = load(configs, secrets)
    if len(found) != 1:
        names = ", ".join(settings.path.name for settings in found) or "aucun"
        raise BadConfiguration((f"cette commande porte sur un seul événement → donnez son fichier avec -c : {names}",))
    return found[0]


def local(at: datetime, event: Event) -> str:
    """Say an instant as the event's people do: « jeu. 24 juin, 9h00 »."""
    from babel.dates import format_date

    there = at.astimezone(event.zone)
    day = format_date(there.date(), "EEE d MMM", locale="fr").replace(".,", "")
    return f"{day}, {there.hour}h{there.minute:02}"


def end(code: int) -> NoReturn:
    sys.exit(code)
