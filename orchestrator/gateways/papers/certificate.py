"""Certificates as tagged PDF (PDF/UA-1), by typst; data goes in as JSON, so nothing typed becomes markup."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import segno
from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from orchestrator.core.certificates import Certificate, HalfDay
from orchestrator.core.errors import OrchestratorError

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".svg", ".gif", ".webp"})


class NoPdf(OrchestratorError):
    """The libraries for PDF are not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A supporter, and the picture of them where there is one."""

    name: str
    file: Path | None = None


def qr_svg(link: str) -> str:
    """Draw a link as a QR code."""
    drawn = io.BytesIO()
    segno.make(link, error="l", boost_error=False, micro=False).save(
        drawn, kind="svg", border=2, xmldecl=False, omitsize=True
    )
    return drawn.getvalue().decode()


def pdf(what: Certificate, link: str, template: Path, supporters: Sequence[Logo] = ()) -> bytes:
    """Print a certificate whose QR code leads to `link`. Raises NoPdf where the extra `pdf` is not installed."""
    try:
        import typst
    except ImportError as error:
        raise _missing() from error
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copy(template, root / "certificate.typ")
        (root / "qr.svg").write_text(qr_svg(link), "utf-8")
        data = words(what, supporters) | {"logos": _logos(supporters, root)}
        return bytes(
            typst.compile(
                root / "certificate.typ",
                root=root,
                ignore_system_fonts=True,
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
                pdf_standards=["ua-1"],
            )
        )


def printable(
    what: Certificate,
    link: str,
    template: Path,
    supporters: Sequence[Logo] = (),
    *,
    pictures: Sequence[tuple[str, str]] = (),
    links: Sequence[tuple[str, str]] = (),
) -> str:
    """Write a certificate as a page to print. `pictures`: addresses and names of logos; `links`: where else to go."""
    pages = Environment(loader=FileSystemLoader(template.parent), autoescape=True, undefined=StrictUndefined)
    said = {name.replace("-", "_"): value for name, value in words(what, supporters).items()}
    return pages.get_template(template.name).render(
        **said,
        qr=Markup(qr_svg(link)),  # drawn by the library from the link, nothing of it is markup
        check=link if link.startswith(("https://", "http://")) else "",
        logos=list(pictures),
        links=list(links),
        print="Pour l'imprimer : Ctrl + P." if what.language == "fr" else "To print it: Ctrl + P.",
    )


def _missing() -> NoPdf:
    return NoPdf(
        "les attestations en PDF demandent une bibliothèque qui n'est pas installée",
        remedy="pip install 'orchestrator[pdf]' ; ou imprimez la page de l'attestation",
    )


def _logos(supporters: Sequence[Logo], root: Path) -> list[dict[str, str]]:
    """Copy the pictures beside the template; one that is not there is left out, its name stays."""
    found = []
    for n, logo in enumerate(supporters):
        if logo.file is not None and logo.file.suffix.lower() in PICTURES and logo.file.is_file():
            name = f"logo{n}{logo.file.suffix.lower()}"
            shutil.copy(logo.file, root / name)
            found.append({"file": name, "alt": logo.name})
    return found


def words(what: Certificate, supporters: Sequence[Logo] = ()) -> dict[str, Any]:
    """What a certificate says, in its person's language; for the PDF and for the page that is printed."""
    fr = what.language == "fr"
    names = ", ".join(logo.name for logo in supporters)
    day = format_date(what.issued_on, "d MMMM y", locale="fr" if fr else "en")
    return {
        "language": "fr" if fr else "en",
        "title": "Attestation de présence" if fr else "Certificate of attendance",
        "organiser": what.organiser,
        "states": f"{what.organiser} atteste que" if fr else f"{what.organiser} certifies that",
        "name": what.name,
        "took-part": "a participé, en visioconférence, à" if fr else "took part, online, in",
        "event": what.event,
        "headings": ["Demi-journée", "Session", "Présence"] if fr else ["Half-day", "Session", "Attendance"],
        "half-days": [_half_day(half, fr) for half in what.half_days],
        "issued": f"Fait le {day}." if fr else f"Issued on {day}.",
        "how": (
            "Durée relevée par les connexions à la visioconférence. Ce document est signé : le code ci-contre "
            "permet de le vérifier."
            if fr
            else "Time measured by the connections to the meeting. This document is signed: check it with the code "
            "beside."
        ),
        "support": "" if not names else (f"Avec le soutien de : {names}" if fr else f"With the support of: {names}"),
        "qr-alt": (
            f"Code QR qui mène à la vérification de l'attestation {what.number}"
            if fr
            else f"QR code that leads to the check of certificate {what.number}"
        ),
        "number": what.number,
    }


def _half_day(half: HalfDay, fr: bool) -> dict[str, str]:
    if fr:
        day = format_date(half.starts_at.date(), "EEEE d MMMM y", locale="fr")
        hours = f"{_hour(half.starts_at.hour, half.starts_at.minute)} – {_hour(half.ends_at.hour, half.ends_at.minute)}"
        return {"when": f"{day}, {hours}", "title": half.title, "lasted": duration(half.minutes, fr=True)}
    day = format_date(half.starts_at.date(), "EEEE d MMMM y", locale="en")
    return {
        "when": f"{day}, {half.starts_at:%H:%M} – {half.ends_at:%H:%M}",
        "title": half.title,
        "lasted": duration(half.minutes, fr=False),
    }


def _hour(hour: int, minute: int) -> str:
    return f"{hour}\u00a0h" + (f"\u00a0{minute:02}" if minute else "")


def duration(minutes: int, *, fr: bool) -> str:
    """Say minutes as hours and minutes: « 2 h 40 », "2 h 40 min"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}\u00a0min"
    if not rest:
        return f"{hours}\u00a0h"
    return f"{hours}\u00a0h\u00a0{rest:02}" + ("" if fr else "\u00a0min")
