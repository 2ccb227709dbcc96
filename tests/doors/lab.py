"""A place to run the verbs in: a folder with an event a fortnight ahead, the fake Zoom and a relay on loopback."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from orchestrator import shipped
from orchestrator.cli import main
from orchestrator.outside.relay import Relay
from orchestrator.outside.zoom import FakeZoom

HEADER = (
    "Horodateur,Adresse e-mail,Prénom,Nom,Structure / fonction,Besoins particuliers (accessibilité),"
    "Participerez-vous le matin (9h30-12h15) ?,Participerez-vous l'après-midi (14h00-16h15) ?,"
    "Votre choix [1er choix],Votre choix [2e choix],Votre choix [3e choix]"
)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Lab:
    """`ahead` says in how many days the event is."""

    folder: Path
    people: int = 6
    ahead: int = 14
    users: dict[str, str] | None = None
    zoom_ahead: timedelta = timedelta()
    """How far Zoom's clock is ahead of ours, for what is known only after the day."""
    zoom: FakeZoom = field(init=False)
    relay: Relay = field(init=False)

    def __post_init__(self) -> None:
        self.zoom = FakeZoom(now=lambda: now() + self.zoom_ahead, rates=False)
        self.relay = Relay(now=now, users=self.users)
        self.names = [f"personne{n}" for n in range(self.people)]

    def __enter__(self) -> Lab:
        self.zoom.start()
        self.relay.start()
        self.write_people()
        self.write_config()
        return self

    def __exit__(self, *_: object) -> None:
        self.relay.stop()
        self.zoom.stop()

    @property
    def config(self) -> Path:
        return self.folder / "event.toml"

    def write_people(self) -> None:
        rows = [
            f"01/06/2021 10:00:0{n % 10},{name}@exemple.fr,{name.title()},Nom,,,Oui,Oui,,,"
            for n, name in enumerate(self.names)
        ]
        (self.folder / "inscriptions.csv").write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")

    def write_config(self, **changes: str) -> None:
        """Write the shipped example, moved ahead and pointed at loopback; `changes` replace `key = …` lines."""
        day = (now() + timedelta(days=self.ahead)).date()
        told = day - timedelta(days=2)
        values = {
            "date": str(day),
            "wishes_until": f"{told}T12:00:00",
            "tell_at": f"{told}T18:00:00",
            "path": '"inscriptions.csv"',
            "security": '"none"',
            "port": str(self.relay.port),
            "per_minute": "0",
            **changes,
        }
        text = shipped.example_config().read_text("utf-8").replace('host = "smtp.exemple.fr"', 'host = "127.0.0.1"')
        text = re.sub(r"^(username|password) = .*$", "", text, flags=re.MULTILINE)
        for key, value in values.items():
            text = re.sub(rf"^{key} = [^\n#]*", f"{key} = {value}  ", text, flags=re.MULTILINE)
        self.config.write_text(text, "utf-8")

    @property
    def environ(self) -> dict[str, str]:
        papers = self.zoom.papers()
        return {f"ORCHESTRATOR_ZOOM__{key.upper()}": value for key, value in papers.items() if key != "host"}

    def run(self, verb: str, *args: str, **environ: str) -> Result:
        """Run a verb, or "group verb", on the event as a user would."""
        arguments = [*verb.split(), *(["-c", str(self.config)] if verb not in ("demo", "init") else []), *args]
        return CliRunner().invoke(main, arguments, env={**self.environ, **environ}, catch_exceptions=False)

    def json(self, verb: str, *args: str) -> Any:
        return json.loads(self.run(verb, "--json", *args).stdout)

    def dump(self) -> list[str]:
        """Everything the database holds."""
        import sqlite3

        with sqlite3.connect(self.folder / "orchestrator.db") as connection:
            return list(connection.iterdump())
