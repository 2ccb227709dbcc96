"""One person, by hand."""
from __future__ import annotations

import click


@click.group("person")
def person() -> None:
    """Une personne, à la main : l'ajouter, la corriger, la retirer, lui lire son lien."""
