"""The clock, the names, the certificates, and whether the service itself answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from orchestrator.core.errors import OrchestratorError
from orchestrator.doctor.patient import Patient
from orchestrator.gateways.surroundings import certificates as shown
from orchestrator.gateways.surroundings import clocks, itself
from orchestrator.gateways.surroundings.names import addresses
from orchestrator.inspection import Finding, Level
from orchestrator.settings import Mail

EXACT, WRONG = timedelta(seconds=2), timedelta(seconds=30)
"""How far the clock may be off before it is told, and before reminders leave at the wrong time."""
SOON = timedelta(days=14)
SET_IT = "timedatectl set-ntp true (ou installez systemd-timesyncd ou chrony)"


def clock(patient: Patient) -> Iterator[Finding]:
    """Compare our clock with Zoom's."""
    for url in dict.fromkeys(s.zoom.api_url for s in patient.settings):
        try:
            off = clocks.ahead(url, patient.clock.now)
        except clocks.NoDate as error:
            yield Finding(
                level="error",
                what=f"{urlsplit(url).hostname} n'a pas répondu ({error.message}) : l'horloge n'est pas vérifiée",
                remedy="vérifiez la sortie https vers Zoom (pare-feu, HTTPS_PROXY)",
            )
            continue
        size = abs(off)
        level: Level = "ok" if size <= EXACT else "warning" if size < WRONG else "error"
        way = "en avance" if off > timedelta() else "en retard"
        said = "l'horloge est à l'heure" if level == "ok" else f"l'horloge est {way} de {size.total_seconds():.0f} s"
        yield Finding(
            level=level, what=f"{said} (selon {urlsplit(url).hostname})", remedy="" if level == "ok" else SET_IT
        )


def names(patient: Patient) -> Iterator[Finding]:
    """Find every host that will be spoken to."""
    hosts = [host for s in patient.settings for host in (s.mail.host, urlsplit(s.zoom.api_url).hostname or "")]
    for host in dict.fromkeys(hosts):
        if addresses(host):
            yield Finding(level="ok", what=f"{host} est connu du serveur de noms")
        else:
            yield Finding(
                level="error",
                what=f"{host} est introuvable",
                remedy="vérifiez l'orthographe de ce nom, puis /etc/resolv.conf",
            )


def certificates(patient: Patient) -> Iterator[Finding]:
    """Look at the certificates of the relays, and of the public pages."""
    for mail in {(s.mail.host, s.mail.port): s.mail for s in patient.settings}.values():
        if mail.security == "none":
            yield Finding(level="ok", what=f"le relais {mail.host}:{mail.port} est sur cette machine, sans chiffrement")
        else:
            yield _relay(mail, patient.clock.now())
    for url in dict.fromkeys(s.web.public_url for s in patient.settings if s.web):
        if url.startswith("https://"):
            yield _page(url, patient.clock.now())
        elif url:
            yield Finding(
                level="error",
                what=f"{url} n'est pas chiffré : les pages de chacun y passeraient en clair",
                remedy="mettez un serveur mandataire avec certificat devant (docs/reverse-proxy.md)",
            )


def _relay(mail: Mail, now: datetime) -> Finding:
    name = f"{mail.host}:{mail.port}"
    assert mail.security != "none"
    try:
        return _dated(f"relais {name}", shown.of_relay(mail.host, mail.port, mail.security), now)
    except shown.BadCertificate as error:
        return _bad(name, error)
    except shown.NotReached as error:
        return Finding(
            level="error",
            what=f"le relais {name} n'a pas pu être joint ({error.message})",
            remedy="vérifiez mail.host, mail.port et mail.security, et la sortie vers ce port",
        )


def _page(url: str, now: datetime) -> Finding:
    try:
        return _dated(url, shown.of_page(url), now)
    except shown.BadCertificate as error:
        return _bad(url, error)
    except shown.NotReached as error:
        return Finding(
            level="warning",
            what=f"{url} n'a pas pu être joint d'ici ({error.message})",
            remedy="ouvrez cette adresse depuis un autre réseau ; si elle ne répond pas, voyez docs/reverse-proxy.md",
        )


def _bad(name: str, error: OrchestratorError) -> Finding:
    return Finding(
        level="error",
        what=f"le certificat de {name} n'est pas valable ({error.message})",
        remedy="faites-le renouveler, ou vérifiez que le nom est celui du certificat",
    )


def _dated(name: str, end: datetime, now: datetime) -> Finding:
    said = f"certificat de {name} valable jusqu'au {end:%d/%m/%Y}"
    if end - now < SOON:
        return Finding(level="warning", what=said, remedy="faites-le renouveler avant cette date")
    return Finding(level="ok", what=said)


def service(patient: Patient) -> Iterator[Finding]:
    """Ask the service, if it has a page, how it is."""
    for web in dict.fromkeys((s.web.host, s.web.port) for s in patient.settings if s.web):
        well = itself.is_well(*web)
        if well is None:
            yield Finding(
                level="warning",
                what=f"le service ne répond pas sur {web[0]}:{web[1]}",
                remedy="systemctl start orchestrator, puis journalctl -u orchestrator",
            )
        elif well:
            yield Finding(level="ok", what="le service tourne et bat")
        else:
            yield Finding(
                level="error",
                what="le service tourne, mais un événement ne bat plus ou la base ne répond pas",
                remedy="journalctl -u orchestrator, puis orchestrator status",
            )
