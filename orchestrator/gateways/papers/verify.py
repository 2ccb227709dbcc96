"""The page that tells a genuine certificate from a forged one, in the browser and without a server."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

WORDS = {
    "fr": {
        "title": "Vérifier une attestation de présence",
        "how": "Visez avec un téléphone le code de l'attestation, ou ouvrez le lien qu'elle porte : le résultat "
        "s'affiche ici.",
        "without": "Cette vérification se fait dans votre navigateur et demande JavaScript.",
        "promise": "Tout se passe dans votre navigateur : rien n'est envoyé, et rien n'est conservé.",
    },
    "en": {
        "title": "Check a certificate of attendance",
        "how": "Point a phone at the certificate's code, or open the link it bears: the result is shown here.",
        "without": "The check happens in your browser and needs JavaScript.",
        "promise": "Everything happens in your browser: nothing is sent, and nothing is kept.",
    },
}


def verifying_page(folder: Path, public_key: str, revoked: Iterable[str], language: str = "fr") -> str:
    """Write the page as one file that works from anywhere, a disk included. `folder`: the templates of papers."""
    pages = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    return pages.get_template("verify.html").render(
        **WORDS["fr" if language == "fr" else "en"],
        language=language,
        key=public_key,
        revoked=" ".join(sorted(revoked)),
        script=Markup((folder / "verify.js").read_text("utf-8")),  # ours, nothing typed by anybody
    )
