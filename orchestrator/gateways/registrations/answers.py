"""Puts the rows of a table in our words, by what its columns were found to hold."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from orchestrator.core.model import Answer, Answers, Event, Finding, Refusal, Wishes, identity
from orchestrator.gateways.registrations import corrections
from orchestrator.gateways.registrations.addresses import Unusable, usable
from orchestrator.gateways.registrations.choices import choice, workshop_choice
from orchestrator.gateways.registrations.columns import Place
from orchestrator.gateways.registrations.corrections import Corrections
from orchestrator.gateways.registrations.doubts import doubts
from orchestrator.gateways.registrations.headers import meaning
from orchestrator.gateways.registrations.layout import Layout
from orchestrator.gateways.registrations.names import clean, normal, starts_with_any
from orchestrator.gateways.registrations.people import language_of, names_of
from orchestrator.gateways.registrations.ranks import rank_of
from orchestrator.gateways.registrations.recognition import ALSO_YES
from orchestrator.gateways.registrations.spoken import GONE, is_no, tidy
from orchestrator.gateways.registrations.stamps import instant
from orchestrator.gateways.registrations.tables import Row, Table
from orchestrator.gateways.registrations.wishes import NO
from orchestrator.gateways.registrations.zones import zone_named

LONGEST_TEXT = 1_000
MOST_KEPT = 20_000
"""Rows of which it is remembered what they came to."""
MOST_OF_A_KIND = 50
"""Findings of one kind that are listed; the rest is counted."""
Said = tuple[str, str, str]
"""A finding's code, message and remedy."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one row came to: an answer, a reason to refuse it, or None if the organiser said to ignore it."""

    answer: Answer | Unusable | None
    said: tuple[Said, ...] = ()


Understood = dict[bytes, Taken]
"""What rows came to, by a digest of their cells: a file that has grown by a row is not understood all over again."""
Progress = Callable[[int], None]


def understand(
    table: Table,
    layout: Layout,
    event: Event,
    decided: Corrections = corrections.NONE,
    known: Understood | None = None,
    progress: Progress | None = None,
) -> Answers:
    """Read every row; one that cannot be used is refused with its reason. Raises UnreadableSource.

    `known` is brought up to date; it holds for the same layout, event and decisions only.
    """
    form = _Form(layout, event, decided, table.zone)
    known = {} if known is None else known
    before = dict(known)
    known.clear()
    keeps = len(table.rows) <= MOST_KEPT
    rows: list[Answer] = []
    refused: list[Refusal] = []
    said: list[tuple[int, tuple[Said, ...]]] = []
    for n, row in enumerate(table.rows):
        if keeps:
            key = _digest(row.cells)
            taken = known[key] = before.get(key) or form.read(row)
        else:
            taken = form.read(row)
        if isinstance(taken.answer, Answer):
            rows.append(_at(taken.answer, row.line))
        elif taken.answer is not None:
            refused.append(Refusal(line=row.line, reason=str(taken.answer)))
        if taken.said:
            said.append((row.line, taken.said))
        if progress is not None and n % 1000 == 0:
            progress(n)
    return Answers(
        rows=tuple(rows),
        refused=tuple(refused),
        findings=tuple(_findings(table, layout, said, rows, decided)),
        columns=layout.titles,
        header=tuple(" ".join(title.split()) for title in table.header),
    )


_NOTHING: Mapping[str, str] = {}


def _digest(cells: Sequence[str]) -> bytes:
    return hashlib.blake2b("\x1f".join(cells).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _at(answer: Answer, line: int) -> Answer:
    return answer if answer.line == line else replace(answer, line=line)


class _Form:
    """A layout bound to one event and the organiser's decisions."""

    def __init__(self, layout: Layout, event: Event, decided: Corrections, zone: str) -> None:
        self.layout, self.decided = layout, decided
        self.texts = [(key, place) for key, place in layout.texts.items() if place]
        self.blank = dict.fromkeys(layout.texts, "")
        self.zone = ZoneInfo(zone) if zone else event.zone
        self.keys = tuple(session.key for session in event.sessions)
        self.yes = starts_with_any((*layout.columns.yes, *ALSO_YES))
        meant: dict[str, set[str]] = {}
        for session, answers in layout.columns.answers.items():
            for answer in answers:
                meant.setdefault(answer, set()).add(session)
        self.exact = choice(meant, {})
        self.asked = (
            frozenset(layout.columns.answers) if meant else frozenset(self.keys) if layout.sessions.question else ()
        )
        self.workshops = {key: workshop_choice(event.workshops_of(key)) for key in layout.wishes}
        self.workshop_of = {w.key: w for w in event.workshops}
        self.wished: dict[tuple[str, ...], tuple[Mapping[str, Wishes], tuple[Said, ...]]] = {}
        self.came: dict[tuple[str, ...], tuple[tuple[str, ...], bool, tuple[Said, ...]]] = {}

    def read(self, row: Row) -> Taken:
        try:
            return self.answer(row)
        except Unusable as why:
            return Taken(why)

    def answer(self, row: Row) -> Taken:
        cells = row.cells
        typed = self.blank | {key: _first(cells, place) for key, place in self.texts}
        first, last = names_of(typed["first_name"], typed["last_name"], typed["full_name"])
        address = self.address(typed, f"{first} {last}")
        if address is None:
            return Taken(None)
        self.refuse_unfinished(typed)
        submitted_at = instant(typed["submitted_at"], self.zone, month_first=self.layout.month_first)
        sessions, gone, about_sessions = self.sessions(cells)
        gone = gone or self.is_withdrawn(typed["withdrawal"])
        wishes, about_wishes = self.wishes(cells)
        said = (*about_sessions, *about_wishes, *_long(cells, self.layout.width))
        if typed["submitted_at"] and submitted_at is None:
            said += (("date-unreadable", f"la date « {typed['submitted_at'][:40]} » n'est pas comprise", _BY_LINE),)
        answer = Answer(
            line=row.line,
            address=address,
            first_name=first or last or address.partition("@")[0],
            last_name=last if first else "",
            submitted_at=submitted_at,
            sessions=() if gone else sessions,
            wishes={} if gone else wishes,
            shown_as=clean(typed["shown_as"]),
            organisation=clean(typed["organisation"], LONGEST_TEXT),
            needs=clean(typed["needs"], LONGEST_TEXT),
            language=language_of(typed["language"]),
            timezone=zone_named(typed["timezone"]),
            withdrawn=gone,
            extra=self.extra(cells),
            next_invitation=self.agrees(typed["next_invitation"]),
        )
        return Taken(answer, said)

    def agrees(self, cell: str) -> bool:
        """Whether a cell says yes in so many words, or is the ticked sentence itself; anything else is no consent."""
        if not cell or self.is_plain_no(cell):
            return False
        said = meaning(cell)
        return self.yes.match(normal(cell)) is not None or (said is not None and said.key == "next_invitation")

    def extra(self, cells: Sequence[str]) -> Mapping[str, str]:
        found = ((title, clean(_first(cells, place), LONGEST_TEXT)) for title, place in self.layout.extra.items())
        return {title: text for title, text in found if text} if self.layout.extra else _NOTHING

    def address(self, typed: Mapping[str, str], name: str) -> str | None:
        wanted = self.decided.address(clean(typed["email"], LONGEST_TEXT), name.strip(), typed["submitted_at"])
        return None if wanted is None else usable(wanted)

    def refuse_unfinished(self, typed: Mapping[str, str]) -> None:
        """Refuse what a program's own columns say is no answer: LimeSurvey's unfinished ones, HelloAsso's refunds."""
        if self.layout.texts["last_page"] and not typed["submitted_at"]:
            raise Unusable("réponse commencée mais jamais envoyée (pas de date de soumission)")
        if re.search(r"annul|rembours|refus|cancel|refund|reject|abandon", tidy(typed["status"])):
            raise Unusable(f"commande « {clean(typed['status'])[:40]} »")

    def is_withdrawn(self, cell: str) -> bool:
        return bool(cell) and (self.yes.match(normal(cell)) is not None or GONE.search(tidy(cell)) is not None)

    def sessions(self, cells: Sequence[str]) -> tuple[tuple[str, ...], bool, tuple[Said, ...]]:
        """Name the sessions the person comes to, in the event's order; and whether they say they come no more."""
        asked = self.layout.sessions
        places = [asked.question] if asked.question else list(asked.yes.values())
        said = tuple(_first(cells, place) for place in places)
        if said not in self.came:
            found, unknown = self.one_question(said[0]) if asked.question else self.yes_or_no(said)
            gone = not found and any(GONE.search(tidy(text)) for text in said)
            self.came[said] = (found, gone, () if gone else unknown)
        return self.came[said]

    def one_question(self, said: str) -> tuple[tuple[str, ...], tuple[Said, ...]]:
        chosen = self.exact(said) if said else frozenset()
        no = is_no(said) or GONE.search(tidy(said)) is not None
        if not chosen and said and not no:
            chosen = self.layout.sessions.meant(said) & frozenset(self.asked)
        unknown = () if chosen or no or not said else (_unknown_session(said),)
        return tuple(key for key in self.keys if key in chosen or key not in self.asked), unknown

    def yes_or_no(self, said: Sequence[str]) -> tuple[tuple[str, ...], tuple[Said, ...]]:
        asked = dict(zip(self.layout.sessions.yes, said, strict=True))
        yes = {key for key, text in asked.items() if self.is_yes(key, text)}
        unknown = tuple(
            _unknown_session(text)
            for key, text in asked.items()
            if text and key not in yes and not self.is_plain_no(text)
        )
        return tuple(key for key in self.keys if key in yes or key not in asked), unknown

    def is_yes(self, session: str, text: str) -> bool:
        if self.yes.match(normal(text)):
            return True
        return bool(text) and not self.is_plain_no(text) and self.layout.sessions.meant(text) == {session}

    def is_plain_no(self, text: str) -> bool:
        return is_no(text) or NO.fullmatch(tidy(text)) is not None or GONE.search(tidy(text)) is not None

    def wishes(self, cells: Sequence[str]) -> tuple[Mapping[str, Wishes], tuple[Said, ...]]:
        """Rank the workshops wished in each session."""
        key = tuple(cells[index] for index in self.layout.wish_columns)
        if key not in self.wished:
            said: list[Said] = []
            found = {s: wishes for s in self.workshops if (wishes := self.wishes_for(s, cells, said))}
            self.wished[key] = (found, tuple(said))
        return self.wished[key]

    def wishes_for(self, session: str, cells: Sequence[str], said: list[Said]) -> Wishes:
        """Rank the workshops wished; one named twice keeps its best rank, the ticks of one cell are equal."""
        columns = self.layout.wishes[session]
        ranked: list[set[str]] = []
        for place in columns.ranked:
            text = _first(cells, place)
            chosen = set(self.workshops[session](text))
            if text and not chosen and not NO.fullmatch(tidy(text)):
                said.append(_unknown_wish(text))
            ranked.append(chosen)
        marks: dict[int, set[str]] = {}
        for workshop, place in columns.each.items():
            if (text := _first(cells, place)) and not NO.fullmatch(tidy(text)):
                marks.setdefault(rank_of(text) or 1, set()).add(workshop)
        ranked += [marks[rank] for rank in sorted(marks)]
        seen: set[str] = set()
        result = []
        for chosen in ranked:
            if fresh := chosen - seen:
                result.append(tuple(sorted(fresh)))
                seen |= fresh
        return tuple(result)


_BY_LINE = "rien à faire : cette réponse est placée d'après sa ligne"


def _unknown_session(text: str) -> Said:
    return (
        "session-unknown",
        f"la réponse « {clean(text)[:60]} » ne dit pas clairement si la personne vient",
        "la préciser avec elle, puis : orchestrator person edit ADRESSE --sessions …",
    )


def _unknown_wish(text: str) -> Said:
    return (
        "wish-unknown",
        f"« {clean(text)[:80]} » n'est reconnu comme aucun atelier",
        f'si c\'en est un, ajouter à ses autres noms : aliases = ["{_unquoted(clean(text, 200))}"]',
    )


def _unquoted(text: str) -> str:
    """Take out of typed text what would end a text in TOML: it is there to be copied."""
    return text.replace("\\", "").replace('"', "")


def _long(cells: Sequence[str], width: int) -> Iterator[Said]:
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        yield (
            "row-too-long",
            f"la ligne a {len(cells)} cellules pour {width} titres : un texte y a peut-être été coupé en deux",
            "vérifier cette ligne ; si elle est décalée, exporter à nouveau le fichier",
        )


def _findings(
    table: Table,
    layout: Layout,
    about: Sequence[tuple[int, tuple[Said, ...]]],
    rows: Sequence[Answer],
    decided: Corrections,
) -> list[Finding]:
    """List what is odd, in the order of the lines; the same remark about the same text once."""
    result = [Finding(line=table.line, code=code, message=text, remedy=remedy) for code, text, remedy in layout.said]
    seen: Counter[str] = Counter()
    once: set[Said] = set()
    for line, remarks in about:
        for said in remarks:
            seen[said[0]] += 1
            if (said[0] != "wish-unknown" or said not in once) and seen[said[0]] <= MOST_OF_A_KIND:
                result.append(Finding(line=line, code=said[0], message=said[1], remedy=said[2]))
            once.add(said)
    result += doubts([row for row in rows if identity(row.address) not in decided.keep])
    return sorted(result, key=lambda finding: finding.line)


def _first(cells: Sequence[str], place: Place) -> str:
    """Return the first of the columns that the row fills."""
    if len(place) == 1:
        return cells[place[0]].strip()
    return next((text for index in place if (text := cells[index].strip())), "")
