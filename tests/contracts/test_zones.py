"""Where somebody says they are."""

from __future__ import annotations

import pytest

from orchestrator.gateways.registrations.zones import zone_named


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/London", "Europe/London"),
        ("london", "Europe/London"),
        ("La Réunion", "Indian/Reunion"),
        ("GUADELOUPE", "America/Guadeloupe"),
        ("Saint-Pierre et Miquelon", "America/Miquelon"),
        ("Nouvelle-Calédonie", "Pacific/Noumea"),
        ("Paris", "Europe/Paris"),
        ("", ""),
        ("chez moi", ""),
        ("../../etc/passwd", ""),
    ],
)
def test_a_place_is_read_as_the_name_of_its_zone(typed: str, zone: str) -> None:
    assert zone_named(typed) == zone
