"""Invents the people of a rehearsal: French registrants who do not exist, the same ones for the same seed."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from orchestrator.core.model import Event, Session

Row = dict[str, str]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in text.split(","))


WOMEN = _listed(
    """
    Aïcha, Alizée, Amélie, Andréa, Anaïs, Béatrice, Bénédicte, Camille, Cécile, Chloé, Clémence, Danièle,
    Élodie, Élise, Émilie, Fatoumata, Françoise, Gaëlle, Geneviève, Hélène, Inès, Joëlle, Khadija, Laëtitia,
    Léa, Leïla, Maëlys, Marie-Noëlle, Marie-Ève, Mélanie, Myriam, Naïma, Noémie, Océane, Pénélope, Régine,
    Sabrina, Séverine, Solène, Thi-Mai, Valérie, Véronique, Yasmine, Zoé
    """
)
MEN = _listed(
    """
    Abdoulaye, Adrien, Aurélien, Benoît, Cédric, Christophe, Clément, Damien, Didier, Émile, Éric, Félix,
    Frédéric, François, Gaël, Grégory, Hervé, Ibrahima, Jean-Baptiste, Jean-François, Jérémy, Jérôme, Joël,
    Karim, Kévin, Léo, Loïc, Mathéo, Mickaël, Moïse, Noël, Nicolas, Olivier, Pierre-Yves, Raphaël, Rémi,
    Sébastien, Stéphane, Théo, Thibaut, Timothée, Xavier, Yaël, Youssef
    """
)
FAMILIES = _listed(
    """
    Abadie, Aït-Ahmed, Allègre, André, Barthélémy, Beauséjour, Bélanger, Benhaddou, Besançon, Boisvert,
    Cœurdevey, Chrétien, Coulibaly, D'Almeida, Da Silva, D'Haene, De Brécourt, De La Fontenelle, Delaître,
    Desprès, Diallo, Du Plessix, Dubois-Lenoir, Étienne, Évrard, Faÿ, Fernandes, Fréchette, Garçon, Gérault,
    Guérin, Haddad, Hébert, Hervé-Martin, Joubert, Jézéquel, Kaïssi, Konaté, L'Hermitte, Lacaze, Le Goff, Le
    Guennec, Lefèvre, Légaré, Lemaître, Léonard, M'Barki, Maçon, Maréchal, Mercœur, Mézière, N'Diaye,
    Nguyen, Noël-Petit, O'Brien, Ouédraogo, Pâris, Péchoux, Pélissier, Quéméneur, Ramírez, Rénier, Roussel,
    Saïdi, Saint-Léger, Sénéchal, Sylvestre, Taïeb, Thévenin, Trémblay, Urbain, Vallée, Van den Broucke,
    Vérité, Villeneuve-Bargès, Von Arx, Yildirim, Zerrouki
    """
)
WORK = (
    ("Bailleur social", "chargée de tranquillité résidentielle", "chargé de tranquillité résidentielle"),
    ("Bailleur social", "gardienne d'immeuble", "gardien d'immeuble"),
    ("Police nationale", "déléguée à la cohésion police-population", "délégué à la cohésion police-population"),
    ("Police nationale", "brigadière-cheffe", "brigadier-chef"),
    ("Gendarmerie nationale", "adjudante, contacts et prévention", "adjudant, contacts et prévention"),
    ("Police municipale", "cheffe de service", "chef de service"),
    ("Mairie", "coordinatrice CLSPD", "coordinateur CLSPD"),
    ("Mairie", "adjointe à la tranquillité publique", "adjoint à la tranquillité publique"),
    ("Communauté d'agglomération", "cheffe de projet politique de la ville", "chef de projet politique de la ville"),
    ("Préfecture", "déléguée du préfet", "délégué du préfet"),
    ("Conseil départemental", "éducatrice spécialisée", "éducateur spécialisé"),
    ("Association de prévention spécialisée", "éducatrice de rue", "éducateur de rue"),
    ("Association de médiation", "médiatrice sociale", "médiateur social"),
    ("Association de quartier", "présidente", "président"),
    ("Conseil citoyen", "habitante", "habitant"),
    ("Centre social", "directrice", "directeur"),
    ("Mission locale", "conseillère", "conseiller"),
    ("Société de transport, agence locale", "responsable sûreté", "responsable sûreté"),
    ("Collège, réseau d'éducation prioritaire", "principale adjointe", "principal adjoint"),
    ("Université", "étudiante en sociologie", "étudiant en sociologie"),
)
NEEDS = (
    "Interprétation en langue des signes française",
    "Sous-titrage en direct, si possible",
    "Lecteur d'écran : merci d'envoyer les documents à l'avance",
    "Connexion faible : je suivrai par téléphone",
    "Malentendance : merci de parler face à la caméra",
)
DOMAINS = ("exemple.fr", "exemple.org", "example.com")

STAMP, EMAIL, FIRST, LAST = "Horodateur", "Adresse e-mail", "Prénom", "Nom"
WORKPLACE, NEED = "Structure / fonction", "Besoins particuliers (accessibilité)"
DAYS = 8


def columns_for(event: Event) -> dict[str, Any]:
    """The `[registrations.columns]` that read what `invent` writes for this event."""
    return {
        "submitted_at": STAMP,
        "email": EMAIL,
        "first_name": FIRST,
        "last_name": LAST,
        "organisation": WORKPLACE,
        "needs": NEED,
        "sessions": {session.key: _coming(event, session) for session in event.sessions},
        "wishes": {session.key: _choices(event, session) for session in _seated(event)},
    }


def invent(event: Event, n: int, seed: str, until: datetime) -> list[Row]:
    """Invent `n` answers to the form, in the order they came during the nine days before `until`."""
    draw = Random(seed)
    people = _people(draw)
    return [_row(event, draw, next(people), at) for at in _instants(draw, n, until.astimezone(event.zone))]


def example(event: Event) -> list[Row]:
    """The rows of `examples/inscriptions.csv`: two hundred people, the last ones on the eve, and some troubles."""
    eve = event.first_start - timedelta(hours=12)
    return with_troubles(invent(event, 200, event.key, eve))


def csv_text(rows: Sequence[Row]) -> str:
    """The rows as a linked Google Sheet downloads them: commas, as few quotes as possible, CRLF."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """Write the rows in UTF-8."""
    path.write_bytes(csv_text(rows).encode())


def with_troubles(rows: Sequence[Row]) -> list[Row]:
    """Put in what every form meets: a second answer, an unusable address, an empty row.

    In the file they stand on the lines 61 (empty), 121 (address) and 181 (again the person of line 21, in capitals).
    """
    troubled = list(rows)
    troubled.insert(59, dict.fromkeys(rows[0], ""))
    nearby = troubled[118]
    troubled.insert(
        119, {**nearby, FIRST: "Camille", LAST: "Sans-Adresse", EMAIL: "camille.sans-adresse(at)exemple.fr"}
    )
    again = {**troubled[19], EMAIL: troubled[19][EMAIL].upper(), STAMP: troubled[178][STAMP]}
    troubled.insert(179, {**again, NEED: NEEDS[1]})
    return troubled


@dataclass(frozen=True, slots=True)
class _Invented:
    first: str
    last: str
    email: str
    work: str


def _people(draw: Random) -> Iterator[_Invented]:
    taken: set[str] = set()
    while True:
        woman = draw.random() < 0.55
        first, last = draw.choice(WOMEN if woman else MEN), draw.choice(FAMILIES)
        place, her, his = draw.choice(WORK)
        local = f"{_plain(first)}.{_plain(last)}"
        number = next(i for i in range(1, len(taken) + 2) if f"{local}{i}" not in taken)
        taken.add(f"{local}{number}")
        email = f"{local}{number if number > 1 else ''}@{draw.choice(DOMAINS)}"
        yield _Invented(first, last, email, f"{place} – {her if woman else his}")


def _plain(name: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", name.replace("œ", "oe")).encode("ascii", "ignore").decode().lower()
    return "".join(c if c.isalnum() else "-" for c in ascii_only)


def _instants(draw: Random, n: int, until: datetime) -> list[datetime]:
    """A good week of answers given between 7 in the morning and 10 at night, a few of them on the last evening."""
    late = n // 25
    morning = until.replace(hour=7, minute=0, second=0, microsecond=0)
    early = [morning - timedelta(days=draw.randint(1, DAYS)) + _some(draw, hours=15) for _ in range(n - late)]
    evening = [until - _some(draw, hours=3) for _ in range(late)]
    return sorted(early + evening)


def _some(draw: Random, *, hours: int) -> timedelta:
    return timedelta(seconds=draw.randrange(hours * 3600))


def _row(event: Event, draw: Random, person: _Invented, at: datetime) -> Row:
    row = {
        STAMP: f"{at:%d/%m/%Y %H:%M:%S}",
        EMAIL: person.email,
        FIRST: person.first,
        LAST: person.last,
        WORKPLACE: person.work,
        NEED: draw.choice(NEEDS) if draw.random() < 0.06 else "",
    }
    coming = _sessions_of(event, draw, at)
    row |= {_coming(event, session): "Oui" if session in coming else "Non" for session in event.sessions}
    for session in _seated(event):
        row |= _wished(event, session, draw, session in coming)
    return row


def _sessions_of(event: Event, draw: Random, at: datetime) -> tuple[Session, ...]:
    """Most come to everything, some to one session only; once seats are told, to one without workshops."""
    plain = tuple(s for s in event.sessions if not event.workshops_of(s.key))
    if plain and at >= event.seating.tell_at:
        return plain
    if draw.random() < 0.72:
        return event.sessions
    return (draw.choice(event.sessions),)


def _wished(event: Event, session: Session, draw: Random, coming: bool) -> Row:
    columns = _choices(event, session)
    says = coming and draw.random() >= 0.08
    titles = _ranking(event, session, draw)[: len(columns)] if says else []
    return dict(zip(columns, titles + [""] * (len(columns) - len(titles)), strict=True))


def _ranking(event: Event, session: Session, draw: Random) -> list[str]:
    """Draw workshops one after another, each next one in the programme less popular."""
    left = [(workshop.title, 1 / (1 + i / 2)) for i, workshop in enumerate(event.workshops_of(session.key))]
    ranked = []
    while left:
        chosen = draw.choices(left, weights=[weight for _, weight in left])[0]
        left.remove(chosen)
        ranked.append(chosen[0])
    return ranked


def _seated(event: Event) -> list[Session]:
    return [session for session in event.sessions if event.workshops_of(session.key)]


def _coming(event: Event, session: Session) -> str:
    """The yes/no question of a session: `Participerez-vous le matin (9h30-12h15) ?`."""
    hours = "-".join(f"{at.hour}h{at.minute:02}" for at in _local(event, session))
    days = {other.day for other in event.sessions}
    day = f" du {session.day:%d/%m/%Y}" if len(days) > 1 else ""
    asked = f"Participerez-vous {_part_of_day(event, session)}{day} ({hours}) ?"
    same = [s for s in event.sessions if s.day == session.day and _local(event, s) == _local(event, session)]
    return asked if len(same) == 1 else f"{asked} [{_named(event, session)}]"


def _named(event: Event, session: Session) -> str:
    alone = sum(other.title == session.title for other in event.sessions) == 1
    return session.title if alone else f"{session.title} ({session.key})"


def _local(event: Event, session: Session) -> tuple[datetime, datetime]:
    return session.starts_at.astimezone(event.zone), session.ends_at.astimezone(event.zone)


def _part_of_day(event: Event, session: Session) -> str:
    hour = _local(event, session)[0].hour
    return "le matin" if hour < 12 else "l'après-midi" if hour < 18 else "le soir"


def _choices(event: Event, session: Session) -> list[str]:
    """The ranked questions of a session: `Votre choix [1er choix]`, at most three."""
    about = f" – {_named(event, session)}" if len(_seated(event)) > 1 else ""
    count = min(3, len(event.workshops_of(session.key)))
    return [f"Votre choix{about} [{rank}{'er' if rank == 1 else 'e'} choix]" for rank in range(1, count + 1)]
