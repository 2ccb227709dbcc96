"""Letters alike as bytes: what a mail program reads in them is what was written for their reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.errors import UnwritableLetter
from orchestrator.core.message import Message, Mould, cast
from orchestrator.gateways.mail.doorstep import on_the_wire
from orchestrator.gateways.mail.mime import Attachment, check, message
from orchestrator.gateways.mail.moulds import Press
from orchestrator.gateways.mail.patterns import Pattern
from orchestrator.gateways.mail.smtp_parcels import unfit
from orchestrator.gateways.mail.words import clean
from orchestrator.ports import Letter, Parcel

LETTER = Letter(
    kind="link",
    language="fr",
    to="anne@exemple.fr",
    sender="Pôle ressources <no-reply@exemple.fr>",
    reply_to="",
    message_id="<a@exemple.fr>",
    written_at=datetime(2021, 6, 22, 16, 0, 5, tzinfo=UTC),
    contents={},
)
FILE = Attachment(name="seance-1.ics", content_type="text/calendar; charset=utf-8; method=PUBLISH", text="")
PATTERN = Pattern(
    subject=("Votre lien : ", 0),
    text=("Bonjour ", 0, " ", 1, ",\n.", 2, "\n\nà bientôt, ", 0, "\n"),
    html=("<p>", 0, " <b>", 1, "</b></p>\n<a href='", 2, "'>", 2, "</a>\n"),
    files=((FILE, ("BEGIN:VEVENT\nSUMMARY:é\nSEQUENCE:", 3, "\nLOCATION:", 2, "\nDESCRIPTION:", 0, " : ", 2, "\n")),),
)


def read(data: bytes) -> list[str]:
    """Subject, text, HTML and the file's unfolded lines, as a mail program sees them."""
    found = message_from_bytes(data, policy=policy.default)
    parts = [part.get_content().replace("\r\n", "\n") for part in found.walk() if not part.is_multipart()]
    return [found["Subject"], parts[0], parts[1], parts[2].replace("\n ", "").strip()]


words = st.text(min_size=1, max_size=120).map(clean).filter(lambda text: text.strip() == text != "")


@settings(max_examples=60)
@given(st.lists(st.tuples(words, words, words, st.integers(0, 2**31 - 1).map(str)), min_size=2, max_size=3))
def test_a_letter_from_a_mould_reads_as_one_written_alone(people: list[tuple[str, ...]]) -> None:
    press = Press(PATTERN)
    for slots in people:
        said = PATTERN.filled(slots)
        data = press.fill(LETTER, slots).data
        assert read(data) == read(message(LETTER, said.subject, said.text, said.html, said.files))
        assert read(data)[1:] == [said.text, said.html, said.files[0].text.strip()]
        body = data.partition(b"\r\n\r\n")[2].split(b"\r\n")
        assert max(map(len, body)) <= 76


def test_a_mould_is_checked_like_any_letter() -> None:
    slots = ("Anne", "D", "https://exemple.fr/a", "1")
    check(Press(PATTERN).fill(LETTER, slots).data, LETTER.to)
    with pytest.raises(UnwritableLetter):
        Press(PATTERN).fill(replace(LETTER, to="anne@exemple.fr, x@y.example"), slots)
    with pytest.raises(UnwritableLetter):
        Press(replace(PATTERN, files=((replace(FILE, content_type="text/calendar\nBcc: x@y.example"), ("a\n",)),)))


def test_lines_are_long_from_998_octets_on() -> None:
    head = message(LETTER, "a", "b", "c")
    lines = [b"a" * n for n in (998, 0, 998, 1)]
    check(b"\r\n".join([head, *lines]), LETTER.to)
    for before, after in pairwise((b"", b"\r\n" + b"b" * 500, b"")):
        with pytest.raises(UnwritableLetter):
            check(head + before + b"\r\n" + b"a" * 999 + after, LETTER.to)


octets = st.lists(
    st.sampled_from([b"a", b".", b"\r\n", b"\r\n.", b"=\r\n", b"\r", b"\n", b"x" * 600, "é".encode()]), max_size=6
)
pieces = octets.map(b"".join)
lines = st.one_of(pieces, pieces.map(lambda piece: b"\r\n" + piece + b"\r\n"), st.just(b"=\r\n"))


@settings(max_examples=300)
@given(st.sampled_from([b"", b"", b"", b"a"]), st.lists(lines, min_size=1, max_size=4), st.data())
def test_a_letter_of_a_mould_is_looked_at_and_stuffed_as_if_it_had_none(
    first: bytes, rest: list[bytes], data: st.DataObject
) -> None:
    blanks = data.draw(st.lists(st.integers(0, 2), min_size=len(rest), max_size=len(rest)))
    mould = Mould(first + b"".join(b"\0%d\0" % n + piece for n, piece in zip(blanks, rest, strict=True)))
    message = cast(mould, data.draw(st.lists(pieces, min_size=3, max_size=3)))
    alone = Message(message.data)

    def fitness(one: Message) -> object:
        parcel = Parcel(key=1, sender="a@exemple.fr", to="b@exemple.fr", message=one)
        return repr(unfit(parcel, eight_bit=False))

    if fitness(message) == "None":
        assert (fitness(alone), on_the_wire(message)) == ("None", on_the_wire(alone))
