"""What the rules of the seats say must make sense: minimum sizes, workshops held twice, groups."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from orchestrator.core.model import identity
from orchestrator.settings.gate import Gate
from orchestrator.settings.lines import Loc
from orchestrator.settings.words import Problem, nearest


def problems_with_seats(gate: Gate) -> Iterator[Problem]:
    """Find what no seating could follow."""
    yield from _minimum(gate)
    yield from _same_as(gate)
    yield from _groups(gate)
    yield from _together_and_apart(gate)
    if gate.seating.mix_at_most and not gate.seating.mix:
        what = "il n'y a pas de publics à mêler"
        yield Problem(("seating", "mix_at_most"), what, 'ajoutez `mix = { nom = ["mot"] }`, ou retirez cette clé')


def _minimum(gate: Gate) -> Iterator[Problem]:
    for i, workshop in enumerate(gate.workshops):
        if workshop.minimum > workshop.seats:
            what = f"le minimum ({workshop.minimum}) dépasse le nombre de places ({workshop.seats})"
            yield Problem(("workshops", i, "minimum"), what, "corrigez l'un des deux")


def _same_as(gate: Gate) -> Iterator[Problem]:
    session_of = {workshop.key: workshop.session for workshop in gate.workshops}
    for i, workshop in enumerate(gate.workshops):
        loc: Loc = ("workshops", i, "same_as")
        if not workshop.same_as:
            continue
        if workshop.same_as not in session_of:
            yield nearest(loc, workshop.same_as, session_of, "aucun atelier n'a cette clé")
        elif session_of[workshop.same_as] == workshop.session:
            what = f"cet atelier a lieu pendant la même session (reçu : « {workshop.same_as} »)"
            yield Problem(loc, what, "nommez celui d'une autre session")


def _groups(gate: Gate) -> Iterator[Problem]:
    lists = {"keep_together": gate.seating.keep_together, "keep_apart": gate.seating.keep_apart}
    for key, groups in lists.items():
        for i, addresses in enumerate(groups):
            if len(set(map(identity, addresses))) < 2:
                yield Problem(("seating", key, i), "un groupe a au moins deux personnes", "ajoutez-en une adresse")
    most = max((workshop.seats for workshop in gate.workshops), default=0)
    for i, addresses in enumerate(gate.seating.keep_together):
        if most and len(set(map(identity, addresses))) > most:
            what = f"ces {len(addresses)} personnes ne tiennent dans aucun atelier ({most} places au plus)"
            yield Problem(("seating", "keep_together", i), what, "partagez ce groupe, ou ajoutez des places")


def _together_and_apart(gate: Gate) -> Iterator[Problem]:
    together = [set(map(identity, group)) for group in gate.seating.keep_together]
    for i, addresses in enumerate(gate.seating.keep_apart):
        for one, other in combinations(map(identity, addresses), 2):
            if any({one, other} <= group for group in together):
                what = f"{one} et {other} sont aussi à garder ensemble"
                yield Problem(("seating", "keep_apart", i), what, "retirez-les de l'un des deux groupes")
