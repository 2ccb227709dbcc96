"""For whoever keeps the machine: doctor, backup."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orchestrator.cli.common import DEFAULT, DONE, FAILED, MISUSED, as_json, configured, end, explained, load, say, show

if TYPE_CHECKING:
    from orchestrator.inspection import Finding

MARKS = {"ok": "✓", "warning": "⚠"}


def _server(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, int] | None:
    """Read `192.0.2.53` or `192.0.2.53:5353`; an IPv6 address stands in brackets where a port follows."""
    from ipaddress import ip_address

    if value is None:
        return None
    host, colon, port = value.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = value, "53"
    try:
        return str(ip_address(host.strip("[]"))), int(port)
    except ValueError:
        raise click.BadParameter(f"« {value} » n'est pas l'adresse IP d'un serveur de noms") from None


@click.command()
@configured
@click.option("--offline", is_flag=True, help="Ne regarder que cette machine, sans rien demander au réseau.")
@click.option("--dkim", "selectors", multiple=True, metavar="SÉLECTEUR", help="Celui de votre relais ; répétable.")
@click.option(
    "--dns", "server", metavar="ADRESSE", callback=_server, help="Demander à ce serveur de noms, pas à la machine."
)
@as_json
@explained
def doctor(
    configs: tuple[Path, ...],
    secrets: Path | None,
    offline: bool,
    selectors: tuple[str, ...],
    server: tuple[str, int] | None,
    as_json: bool,
) -> None:
    """Examiner la machine et ses alentours : horloge, noms, certificats, SPF/DKIM/DMARC, disque, droits."""
    from orchestrator import wiring
    from orchestrator.doctor import Patient, examine
    from orchestrator.gateways.surroundings.names import Names

    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    patient = Patient(
        settings=tuple(load(configs, secrets)),
        clock=wiring.SystemClock(),
        names=None if offline else Names(server),
        secrets=secrets or (Path(credentials) if credentials else None),
        selectors=selectors,
    )
    found = examine(patient)
    well = all(finding.level != "error" for _, finding in found)
    if as_json:
        show({"ok": well, "findings": [{"topic": topic, **finding.as_data()} for topic, finding in found]})
    else:
        _tell([finding for _, finding in found])
    end(DONE if well else FAILED)


def _tell(findings: list[Finding]) -> None:
    for finding in findings:
        bad = finding.level == "error"
        remedy = f"\n    → {finding.remedy}" if finding.remedy else ""
        click.secho(f"  {MARKS.get(finding.level, '✗')} {finding.what}{remedy}", fg="red" if bad else None)
    counts = Counter(finding.level for finding in findings)
    if counts["error"]:
        say(f"{counts['error']} à corriger, {counts['warning']} à regarder.", bad=True)
    else:
        say(f"Rien à corriger, {counts['warning']} à regarder. L'événement lui-même : orchestrator check.", good=True)


@click.command()
@configured
@click.argument("path", metavar="FICHIER", type=click.Path(path_type=Path))
@as_json
@explained
def backup(configs: tuple[Path, ...], secrets: Path | None, path: Path, as_json: bool) -> None:
    """Copier la base SQLite pendant que le service tourne ; dans un dossier, sous un nom daté.

    Une base PostgreSQL se copie avec pg_dump.
    """
    from orchestrator import settings, wiring

    config = (*configs, DEFAULT)[0]
    in_full = config.is_dir() and not (config / "service.toml").exists()
    url = (
        load(configs, secrets)[0].store_url
        if in_full
        else settings.store_url(config, secrets=secrets, environ=os.environ)
    )
    if not url.startswith("sqlite:///"):
        say('cette base est à PostgreSQL → pg_dump --format=custom --file=FICHIER "$URL" (docs/backup.md)', bad=True)
        end(MISUSED)
    target = path / f"orchestrator-{wiring.SystemClock().now():%Y%m%dT%H%M%SZ}.db" if path.is_dir() else path
    size = wiring.back_up(url, target)
    if as_json:
        show({"file": str(target), "bytes": size})
    else:
        say(
            f"{target} : {size} octets, vérifiés. Elle contient noms, adresses et liens : gardez-la à l'abri.",
            good=True,
        )
