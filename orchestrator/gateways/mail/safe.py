"""Keeps a letter from being lost to its template: the organiser's own, the shipped one, then the plainest words."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from orchestrator.core.errors import UnwritableLetter
from orchestrator.core.message import Message
from orchestrator.gateways.mail import mime
from orchestrator.gateways.mail.patterns import Preview
from orchestrator.gateways.mail.scribe import KINDS, JinjaScribe
from orchestrator.ports import Letter

log = logging.getLogger(__name__)

WITH_A_LINK = ("link", "room", "reminder", "host", "moved", "started", "resend")
"""Kinds that must not leave without their reader's link."""
PLAINLY = (*WITH_A_LINK, "cancelled")
"""Kinds whose essence can be said in the plainest words."""
NEEDED = ("kind", "event", "session", "ways", "fallback")
OF_A_SESSION = ("key", "title", "starts_at", "ends_at", "cancelled")


class SafeScribe:
    """Tries an organiser's templates on samples once; a kind that fails is written from the shipped ones.

    Letters of the organiser's templates are each put in words by themselves: those may decide by a name or an
    address, which letters alike would all decide the same way.
    """

    def __init__(self, shipped: Path, own: Path | None = None, samples: Iterable[Letter] = ()) -> None:
        self._shipped = JinjaScribe([shipped])
        self._own = self._shipped if own is None else JinjaScribe([own, shipped])
        self.troubles: tuple[str, ...] = ()
        self._distrusted: frozenset[str] = frozenset()
        if own is not None:
            found = dict(self._trials(samples))
            self._distrusted = frozenset(found)
            self.troubles = (*_strays(own, shipped), *dict.fromkeys((*self._own.check(), *found.values())))

    def write(self, letter: Letter) -> Message:
        """The complete message. Raises UnwritableLetter when not even plain words can be found."""
        scribe = self._trusted(letter.kind)
        try:
            return scribe.write(letter if scribe is self._shipped else letter.in_full())
        except UnwritableLetter as error:
            log.error("letter %s cannot be written as it should: %s", letter.message_id, error.message)
            return self._in_other_words(letter, error)

    def warm_up(self) -> None:
        """Read the templates before the first letter needs them."""
        self._own.warm_up()
        if self._own is not self._shipped:
            self._shipped.warm_up()

    def preview(self, letter: Letter) -> Preview:
        return self._trusted(letter.kind).preview(letter.in_full())

    def trial(self, letter: Letter) -> bytes:
        """The message marked as a test. Raises UnwritableLetter."""
        words = self.preview(letter)
        return mime.message(letter, f"[ESSAI] {words.subject}", words.text, words.html, words.files)

    def check(self) -> tuple[str, ...]:
        """Say what is wrong with any template."""
        return self.troubles or self._shipped.check()

    def _trusted(self, kind: str) -> JinjaScribe:
        return self._shipped if kind in self._distrusted else self._own

    def _in_other_words(self, letter: Letter, error: UnwritableLetter) -> Message:
        letter = letter.in_full()
        tries = [letter] if self._trusted(letter.kind) is not self._shipped else []
        if letter.kind in PLAINLY:
            tries.append(_plain(letter))
        for one in tries:
            try:
                return self._shipped.write(one)
            except UnwritableLetter as worse:
                error = worse
        raise error

    def _trials(self, samples: Iterable[Letter]) -> Iterator[tuple[str, str]]:
        """Write every sample from the organiser's templates; yields each kind that fails, and why."""
        for letter in samples:
            try:
                words = self._own.preview(letter)
            except UnwritableLetter as error:
                yield letter.kind, error.message
                continue
            if letter.kind in WITH_A_LINK and not _holds_links(letter, words):
                yield letter.kind, f"{letter.kind} : le lien personnel n'est pas dans la lettre (texte et HTML)"


def _holds_links(letter: Letter, words: Preview) -> bool:
    html = words.html.replace("&amp;", "&")
    about = letter.contents["session"]
    links = [w["link"] for w in letter.contents["ways"] if w["link"] and (not about or about in w["sessions"])]
    return all(link in words.text and link in html for link in links)


def _plain(letter: Letter) -> Letter:
    """Keep of a letter only what everybody needs, and nothing that somebody typed in a form."""
    said = letter.contents
    contents = {name: said[name] for name in NEEDED}
    contents["sessions"] = [{name: s[name] for name in OF_A_SESSION} for s in said["sessions"]]
    return replace(letter, kind="plain", contents=contents, calendar=())


def _strays(own: Path, shipped: Path) -> Iterator[str]:
    """Name files of the organiser's folder that stand for nothing: a misspelt name would change no letter."""
    if not own.is_dir():
        yield f"{own} : ce dossier de modèles n'existe pas"
        return
    known = {path.relative_to(shipped) for path in shipped.rglob("*.*")}
    for path in sorted(own.rglob("*.*")):
        if path.is_file() and path.suffix in (".txt", ".html") and path.relative_to(own) not in known:
            kinds: Sequence[str] = KINDS
            yield f"{path.relative_to(own)} : aucun modèle ne porte ce nom (dossiers : {', '.join(kinds)})"
