"""An organiser's own templates: what is broken in them never leaves, and no letter is lost to it."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest

from orchestrator import shipped
from orchestrator.core.errors import UnwritableLetter
from orchestrator.core.samples import invented_seats, nobody, outlook_of, samples
from orchestrator.gateways.mail.safe import PLAINLY, WITH_A_LINK, SafeScribe
from orchestrator.gateways.mail.scribe import KINDS
from orchestrator.jobs.sampling import sample_letter, sample_letters
from orchestrator.ports import Letter
from tests import make
from tests.contracts.test_scribe import LINK, bodies, contents, letter

SHIPPED = shipped.templates() / "letters"
EVENT = make.event(
    speakers=(make.speaker(),),
    reminders=(make.reminder(), make.reminder(audience="speakers")),
    fallback_url="https://exemple.fr/secours",
)


PAGE = "https://inscriptions.exemple.fr/p/apercu"


def own(folder: Path, **files: str) -> SafeScribe:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return SafeScribe(SHIPPED, folder, sample_letters(EVENT))


def subject(scribe: SafeScribe, one: Letter) -> str:
    return scribe.preview(one).subject


def test_a_good_template_of_the_organisers_is_used(tmp_path: Path) -> None:
    scribe = own(tmp_path, link__subject_txt="Bienvenue : votre lien")
    assert (scribe.troubles, subject(scribe, letter())) == ((), "Bienvenue : votre lien")


BROKEN = {
    "a missing placeholder": ("link__body_txt", "{{ person.prenom }}", "link/body.txt:1"),
    "a broken template": ("link__body_html", "{% if %}", "link/body.html"),
    "a text without the link": ("link__body_txt", "Bonjour, à jeudi !", "lien personnel"),
    "a page without the link": ("link__body_html", "<p>Bonjour, à jeudi !</p>", "lien personnel"),
}


@pytest.mark.parametrize(("file", "text", "said"), list(BROKEN.values()), ids=list(BROKEN))
def test_a_template_that_fails_is_named_and_the_shipped_one_is_used(
    tmp_path: Path, file: str, text: str, said: str
) -> None:
    scribe = own(tmp_path, **{file: text})
    assert any(said in trouble for trouble in scribe.check())
    assert scribe.write(letter()) == SafeScribe(SHIPPED).write(letter())
    assert subject(scribe, letter("room")) == subject(SafeScribe(SHIPPED), letter("room"))


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "subject.txt").write_bytes(b"\xff\xfe\x00")
    assert any("link/subject.txt" in trouble for trouble in own(tmp_path).check())


def test_a_misspelt_file_is_named_since_it_would_change_no_letter(tmp_path: Path) -> None:
    (trouble,) = own(tmp_path, lien__body_txt="Bonjour").check()
    assert trouble.startswith("lien/body.txt : aucun modèle ne porte ce nom")


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    scribe = SafeScribe(SHIPPED, tmp_path / "lettres", ())
    assert "n'existe pas" in scribe.check()[0]
    assert scribe.write(letter()) == SafeScribe(SHIPPED).write(letter())


POISON = object()


@pytest.mark.parametrize("kind", PLAINLY)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_poisoned_letter_goes_out_in_plain_words_with_its_link(kind: str, language: str) -> None:
    poisoned = letter(kind, language, contents(kind) | {"person": POISON})
    message = message_from_bytes(SafeScribe(SHIPPED).write(poisoned).data)
    alternative: Any = message
    text, html = (part.get_payload(decode=True).decode() for part in alternative.get_payload())
    if kind != "cancelled":
        assert LINK in text
        assert LINK in html.replace("&amp;", "&")
    assert "9h30" in text or "9:30 am" in text
    assert message["To"] == "anne@exemple.fr"


def test_a_poisoned_letter_that_has_no_plain_words_is_refused_alone() -> None:
    scribe = SafeScribe(SHIPPED)
    with pytest.raises(UnwritableLetter):
        scribe.write(letter("announce", given=contents("announce") | {"person": POISON}))
    assert scribe.write(letter("announce"))


def test_nothing_typed_in_a_form_stands_in_plain_words() -> None:
    given = contents("link") | {"changes": POISON}
    given["person"] = {"first_name": "HOSTILE", "greeting": "HOSTILE", "last_name": "", "address": "", "zone": ""}
    assert b"HOSTILE" not in b"".join(
        part.encode() for part in bodies_of(SafeScribe(SHIPPED).write(letter("link", given=given)).data)
    )


def bodies_of(data: bytes) -> list[str]:
    message: Any = message_from_bytes(data)
    return [part.get_payload(decode=True).decode() for part in message.get_payload()]


def test_a_trial_is_the_same_letter_marked_as_a_test() -> None:
    scribe = SafeScribe(SHIPPED)
    real, trial = (message_from_bytes(data) for data in (scribe.write(letter()).data, scribe.trial(letter())))
    assert bodies(real) == bodies(trial)
    assert str(make_header(decode_header(trial["Subject"]))).startswith("[ESSAI] Votre lien")


def test_there_is_a_sample_of_every_kind() -> None:
    person = nobody(EVENT)
    found = {sample.kind for sample in samples(EVENT, person, invented_seats(EVENT, person))}
    assert found == set(KINDS) - {"plain"}


@pytest.mark.parametrize("page", ["", PAGE])
def test_every_shipped_template_writes_every_sample_in_both_languages(page: str) -> None:
    scribe = SafeScribe(SHIPPED)
    letters = list(sample_letters(EVENT, page))
    written = [scribe.preview(one) for one in letters]
    subjects = [words.subject for words in written[::2]]
    assert len(set(subjects)) >= len(KINDS) - 1
    for one, words in zip(letters, written, strict=True):
        shown = words.text.count(PAGE), words.html.count(f">{PAGE}</a>")
        assert shown == (0, 0) if not page else shown in {(0, 0), (1, 1)} or one.kind == "after"
        assert bool(page) == bool(sum(shown)) or one.kind not in (*WITH_A_LINK, "announce")


def test_a_sample_brings_the_calendar_files_its_letter_will() -> None:
    found = {one.kind: [entry.cancelled for entry in one.calendar] for one in sample_letters(EVENT)}
    assert (found["link"], found["reminder"], found["announce"]) == ([False, False], [False], [])
    assert (found["cancelled"], found["bye"]) == ([True], [True, True])


def test_a_letter_of_a_wave_is_no_heavier_than_twelve_kilobytes() -> None:
    scribe = SafeScribe(SHIPPED)
    waves = [one for one in sample_letters(EVENT, PAGE) if one.kind in ("room", "reminder", "started")]
    assert waves
    assert max(len(scribe.write(one).data) for one in waves) < 12_000


def test_hours_are_also_told_by_the_clock_of_a_reader_elsewhere() -> None:
    person = replace(nobody(EVENT), timezone="America/Guadeloupe")
    first = next(samples(EVENT, person, {}))
    text = SafeScribe(SHIPPED).preview(sample_letter(EVENT, first, outlook_of(EVENT), "fr")).text
    assert "de 9h30 à 12h15 (heure de Paris)" in text
    assert "Chez vous\u00a0: jeudi 24 juin, de 3h30 à 6h15 (heure de Guadeloupe)" in text
    near = replace(nobody(EVENT), timezone="Europe/Brussels")
    same = next(samples(EVENT, near, {}))
    assert "Chez vous" not in SafeScribe(SHIPPED).preview(sample_letter(EVENT, same, outlook_of(EVENT), "fr")).text
