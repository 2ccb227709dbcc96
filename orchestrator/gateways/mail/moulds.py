"""Letters alike as bytes: what they share is encoded once, and each is that with its own slots between.

Every slot begins a line of the encoding of its own, so that nothing around it moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import escape

from orchestrator.core.message import Message, Mould, cast
from orchestrator.gateways.mail import mime
from orchestrator.gateways.mail.folding import escaped, fold, folded
from orchestrator.gateways.mail.patterns import Pattern, Pieces, filled
from orchestrator.gateways.mail.quoted import SOFT, joint, quoted
from orchestrator.ports import Letter

Form = Callable[[str], bytes]
"""How a slot is written where it stands."""


class Press:
    """Makes the bytes of one pattern's letters; the first thing each fills in is its head.

    What surrounds the slots is checked once, and what goes into them is quoted-printable: lines of CRLF, none too
    long. The whole is looked at once more at the relay's door (`whole`).
    """

    def __init__(self, pattern: Pattern) -> None:
        self._subject = pattern.subject
        files = [(file, self._calendar(pieces)) for file, pieces in pattern.files]
        parts = mime.parts(self._run(pattern.text, quoted), self._run(pattern.html, _in_markup), files)
        mime.check_lines(b"".join(parts))
        self._blanks = list(dict.fromkeys(part.what for part in parts if isinstance(part, _Blank)))
        """What is filled in after the head, each once."""
        self._mould = Mould(b"\x000\0\r\n" + b"".join(map(self._octets, parts)))

    def fill(self, letter: Letter, slots: Sequence[str]) -> Message:
        """Return one letter, checked. Raises UnwritableLetter."""
        head = mime.head(letter, filled(self._subject, slots))
        return cast(self._mould, [head.removesuffix(b"\r\n"), *[form(slots[slot]) for slot, form in self._blanks]])

    def _octets(self, part: bytes) -> bytes:
        """A part as it stands in the mould."""
        return b"\0%d\0" % (1 + self._blanks.index(part.what)) if isinstance(part, _Blank) else part

    def _run(self, pieces: Pieces, form: Form) -> list[bytes]:
        run: list[bytes] = []
        for piece in pieces:
            if piece == "":
                continue
            if run:
                run.append(SOFT if isinstance(run[-1], _Blank) else joint(run[-1]))
            run.append(_Blank((piece, form)) if isinstance(piece, int) else quoted(piece))
        return run

    def _calendar(self, pieces: Pieces) -> list[bytes]:
        return self._run(folded(pieces), _in_a_calendar)


class _Blank(bytes):
    """Stands for a slot until it is filled in: its number and its form."""

    what: tuple[int, Form]

    def __new__(cls, what: tuple[int, Form]) -> _Blank:
        blank = super().__new__(cls)
        blank.what = what
        return blank


def _in_markup(slot: str) -> bytes:
    return quoted(str(escape(slot)))


def _in_a_calendar(slot: str) -> bytes:
    return quoted(fold(escaped(slot)))
