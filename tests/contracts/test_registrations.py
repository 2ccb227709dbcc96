"""What a file of registrations becomes, however it was exported and saved again."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.errors import UnreadableSource
from orchestrator.core.model import (
    Answer,
    Answers,
    Event,
    Organiser,
    Refusal,
    Seating,
    Session,
    Workshop,
    ZoomWishes,
)
from orchestrator.gateways.registrations import Columns, in_file
from orchestrator.gateways.registrations.files import LARGEST, steadily
from orchestrator.gateways.registrations.stamps import instant
from orchestrator.gateways.registrations.tables import MOST_ROWS, Row, Table, parse
from orchestrator.ports import Registrations

NINE_THIRTY = datetime(2021, 6, 24, 7, 30, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def session(key: str, hours: int) -> Session:
    starts_at = NINE_THIRTY + timedelta(hours=hours)
    ends_at = starts_at + timedelta(hours=2)
    return Session(key=key, title=key, starts_at=starts_at, ends_at=ends_at, doors_at=starts_at, day=date(2021, 6, 24))


def workshop(key: str, code: str, title: str, short: str, *aliases: str) -> Workshop:
    return Workshop(
        key=key,
        session="matin",
        code=code,
        title=title,
        short=short,
        seats=40,
        opens_at=NINE_THIRTY,
        aliases=aliases,
    )


EVENT = Event(
    key="rencontre",
    title="Rencontre",
    date=date(2021, 6, 24),
    timezone="Europe/Paris",
    organiser=Organiser(name="Pôle", email="contact@exemple.fr"),
    sessions=(session("matin", 0), session("apres-midi", 5)),
    seating=Seating(wishes_until=NINE_THIRTY, tell_at=NINE_THIRTY),
    zoom=ZoomWishes(host="webinaires@exemple.fr"),
    workshops=(
        workshop("acteurs", "A", "Renforcer les relations avec les acteur.rice.s locaux ?", "Relations", "Au cœur"),
        workshop("tensions", "B", "Réduire les tensions, avec les jeunes", "Tensions", "Au cœur, les jeunes"),
        workshop("lire", "C", "Lire, écrire, compter", "Lire"),
    ),
)
WISHES = {"matin": ("Choix [1er]", "Choix [2e]", "Choix [3e]")}


def read(folder: Path, text: str | bytes, columns: Columns | None = None) -> Answers:
    path = folder / "inscriptions.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return in_file(path, columns or Columns(), EVENT).read()


def only(answers: Answers) -> Answer:
    (row,) = answers.rows
    assert answers.refused == ()
    return row


def complaint(folder: Path, text: str | bytes, columns: Columns | None = None) -> UnreadableSource:
    with pytest.raises(UnreadableSource) as caught:
        read(folder, text, columns)
    assert caught.value.remedy
    return caught.value


def wishes_of(folder: Path, *cells: str) -> tuple[tuple[str, ...], ...]:
    headers = WISHES["matin"][: len(cells)]
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in ("a@exemple.fr", *cells))
    text = ",".join(("email", *headers)) + "\n" + line
    return only(read(folder, text, Columns(wishes={"matin": headers}))).wishes.get("matin", ())


def sessions_of(folder: Path, cell: str, columns: Columns) -> tuple[str, ...]:
    return only(read(folder, f'email,Q\na@exemple.fr,"{cell}"', columns)).sessions


# One whole row


def test_a_row_of_the_form_becomes_an_answer_in_our_words(tmp_path: Path) -> None:
    columns = Columns(
        email="Adresse e-mail",
        first_name="Prénom",
        last_name="Nom",
        shown_as="Pseudo",
        submitted_at="Horodateur",
        organisation="Structure / fonction",
        needs="Besoins particuliers (accessibilité)",
        language="Langue",
        sessions={"matin": "Le matin (9h30-12h15) ?", "apres-midi": "L'après-midi ?"},
        wishes=WISHES,
    )
    text = (
        "Horodateur,Adresse e-mail,Prénom,Nom,Pseudo,Structure / fonction,Besoins particuliers (accessibilité),Langue,"
        "Le matin (9h30-12h15) ?,L'après-midi ?,Choix [1er],Choix [2e],Choix [3e]\n"
        '20/06/2021 15:08:24,Heloise@Exemple.FR,Héloïse,D’Été,Hélo,"Ville de Lyon, cheffe","Langue des\nsignes",'
        'Français,"Oui, avec plaisir",Non,"Réduire les tensions, avec les jeunes",A,\n'
    )
    registrations: Registrations = in_file(tmp_path / "inscriptions.csv", columns, EVENT)
    assert read(tmp_path, text, columns) == registrations.read()
    assert registrations.read() == Answers(
        rows=(
            Answer(
                line=2,
                address="Heloise@exemple.fr",
                first_name="Héloïse",
                last_name="D’Été",
                shown_as="Hélo",
                submitted_at=datetime(2021, 6, 20, 13, 8, 24, tzinfo=UTC),
                organisation="Ville de Lyon, cheffe",
                needs="Langue des signes",
                language="fr",
                sessions=("matin",),
                wishes={"matin": (("tensions",), ("acteurs",))},
            ),
        )
    )


# Files


@pytest.mark.parametrize(
    "data",
    [
        "Prénom;Nom;E-mail\nÉlise;Noël;e@exemple.fr\n".encode("cp1252"),
        "Prénom;Nom;E-mail\nÉlise;Noël;e@exemple.fr\n".encode("utf-8-sig"),
        "Prénom\tNom\tE-mail\r\nÉlise\tNoël\te@exemple.fr\r\n".encode("utf-16"),
        "Prénom,Nom,E-mail\rÉlise,Noël,e@exemple.fr".encode(),
        '"Prénom","Nom","E-mail"\r\n"Élise","Noël","e@exemple.fr"'.encode(),
        "Prénom;Nom;E-mail\n".encode() + "Élise;Noël;e@exemple.fr\n".encode("cp1252"),
    ],
    ids=["excel", "excel-utf-8", "excel-unicode", "old-mac", "all-quoted", "two-encodings"],
)
def test_every_way_of_saving_gives_the_same_person(tmp_path: Path, data: bytes) -> None:
    assert only(read(tmp_path, data)) == Answer(
        line=2,
        address="e@exemple.fr",
        first_name="Élise",
        last_name="Noël",
        sessions=("matin", "apres-midi"),
    )


def test_excels_sep_line_says_the_delimiter_and_counts_as_a_line() -> None:
    table = parse(b"sep=;\r\na,b;c\r\n1,2;3\r\n", "f.csv")
    assert replace(table, rows=list(table.rows)) == Table("f.csv", ("a,b", "c"), [Row(3, ("1,2", "3"))], ";", line=2)


def test_points_colons_and_commas_in_questions_are_no_delimiters() -> None:
    text = "E-mail;Atelier du matin : votre choix, en un mot.;Nom\na@b.fr;un, deux : trois.;X\nc@d.fr;rien;Y\n"
    assert parse(text.encode(), "f.csv").header == ("E-mail", "Atelier du matin : votre choix, en un mot.", "Nom")


def test_lines_are_those_a_text_editor_shows() -> None:
    text = '\n"E\nmail",Nom\n\n"a@b.fr","X\r\nY\u2028\x0b"\n  , \nc@d.fr\ne@f.fr,Z,de trop\n'
    table = parse(text.encode(), "f.csv")
    assert table.header == ("E\nmail", "Nom")
    assert list(table.rows) == [(5, ("a@b.fr", "X\nY\u2028\x0b")), (8, ("c@d.fr", "")), (9, ("e@f.fr", "Z", "de trop"))]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ue000"), max_size=8)


@settings(database=None, max_examples=60)
@given(
    rows=st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_a_spreadsheet_wrote_is_read_back(rows: list[list[str]], delimiter: str, encoding: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([["E-mail", "Prénom", "Nom"], *rows])  # titles that no answer can outdo
    table = parse(f"sep={delimiter}\n{out.getvalue()}".encode(encoding), "f.csv")
    assert [list(row.cells) for row in table.rows] == [row for row in rows if any(cell.strip() for cell in row)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "est vide"),
        (b"\xef\xbb\xbf \r\n\n", "est vide"),
        (b",,\n,,\n", "est vide"),
        (b"%PDF-1.7", "un PDF"),
        (b"\n<!DOCTYPE html><title>Connexion</title>", "une page web"),
        (b"a,b\n\x00\x01,2", "n'est ni un fichier CSV ni un classeur"),
        pytest.param(b"a\n" + b"x\n" * (MOST_ROWS + 1), f"plus de {MOST_ROWS} lignes", marks=pytest.mark.slow),
    ],
    ids=["empty", "blank", "no-cell", "pdf", "html", "binary", "too-many-rows"],
)
def test_a_file_that_is_no_table_is_named_as_what_it_is(tmp_path: Path, data: bytes, words: str) -> None:
    error = complaint(tmp_path, data)
    assert words in error.message
    assert error.permanent


def test_a_quotation_mark_left_open_is_told_rather_than_swallowing_the_people_after_it(tmp_path: Path) -> None:
    error = complaint(tmp_path, 'email,Nom\na@b.fr,X\nc@d.fr,"Y\ne@f.fr,Z\n')
    assert "un guillemet ouvert à la ligne 3" in error.message
    assert not error.permanent


def test_a_missing_file_a_folder_and_a_huge_file_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "huge.csv").touch()
    os.truncate(tmp_path / "huge.csv", LARGEST + 1)
    told = {
        "none.csv": "n'existe pas",
        "empty": "ne contient aucune liste",
        "huge.csv": "est trop grand (plus de 20 Mo)",
    }
    for name, words in told.items():
        source = in_file(tmp_path / name, Columns(), EVENT)
        for look in (source.fingerprint, source.read):
            with pytest.raises(UnreadableSource, match="→") as caught:
                look()
            assert words in caught.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_who_lacks_the_right(tmp_path: Path) -> None:
    path = tmp_path / "inscriptions.csv"
    path.touch(mode=0o000)
    with pytest.raises(UnreadableSource, match=f"n° {os.geteuid()}"):
        in_file(path, Columns(), EVENT).read()


def test_a_special_file_is_refused_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tube.csv")
    with pytest.raises(UnreadableSource, match="un fichier spécial"):
        in_file(tmp_path / "tube.csv", Columns(), EVENT).read()


def test_a_file_that_changes_while_it_is_read_is_read_again() -> None:
    signs = iter(["1", "2", "2", "2"])
    contents = iter([b"half", b"whole"])
    assert steadily(lambda: next(signs), lambda: next(contents)) == b"whole"


def test_a_file_that_never_stops_changing_is_left_for_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "inscriptions.csv"
    path.write_text("")

    def read_while_written() -> bytes:
        with path.open("a") as file:
            file.write("a@b.fr\n")
        return path.read_bytes()

    with pytest.raises(UnreadableSource, match="en train d'être écrit") as caught:
        steadily(lambda: str(path.stat().st_size), read_while_written)
    assert not caught.value.permanent


def test_the_fingerprint_changes_with_the_file_and_with_the_way_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "inscriptions.csv"
    path.write_text("email\na@b.fr\n")
    source = in_file(path, Columns(), EVENT)
    first = source.fingerprint()
    assert source.fingerprint() == in_file(path, Columns(), EVENT).fingerprint() == first
    assert in_file(path, Columns(yes=("da",)), EVENT).fingerprint() != first
    assert in_file(path, Columns(), replace(EVENT, workshops=())).fingerprint() != first
    path.write_text("email\na@b.fr\nc@d.fr\n")
    assert source.fingerprint() != first


# Columns


def test_headers_pasted_by_hand_match_in_spite_of_spaces_case_dashes_and_apostrophes(tmp_path: Path) -> None:
    columns = Columns(email="ADRESSE  E-MAIL", needs="Besoins de l'équipe (9h–12h) ?")
    text = '"Adresse\ne-mail\u00a0",Besoins de l’équipe (9h-12h)\u202f?\na@b.fr,rampe\n'
    assert only(read(tmp_path, text, columns)).needs == "rampe"


@pytest.mark.parametrize("header", ["Adresse e-mail", "E-mail", "EMAIL", "Courriel", "Nom d’utilisateur", "Username"])
def test_the_usual_headers_need_no_mapping(tmp_path: Path, header: str) -> None:
    answer = only(read(tmp_path, f"Horodateur,{header},Prénom,Nom\n2021-06-20 10:00,a@b.fr,Zoé,Li\n"))
    assert (answer.address, answer.first_name, answer.last_name) == ("a@b.fr", "Zoé", "Li")
    assert answer.submitted_at == datetime(2021, 6, 20, 8, tzinfo=UTC)


def test_missing_columns_are_all_named_with_the_nearest_header(tmp_path: Path) -> None:
    columns = Columns(email="Adresse e-mail", last_name="Patronyme", wishes={"matin": ("Choix 1", "Choix 2")})
    assert str(complaint(tmp_path, "Votre adresse email,Nom,Choix 1\na@b.fr,X,A\n", columns)) == (
        "« inscriptions.csv » n'a pas la colonne « Adresse e-mail » (email, la plus proche est « Votre adresse email »)"
        " ; ni « Patronyme » (last_name) ; ni « Choix 2 » (wishes.matin, la plus proche est « Choix 1 »)"
        " → corriger [registrations.columns], ou rendre son titre à la colonne dans le fichier"
    )


def test_a_file_without_addresses_is_told(tmp_path: Path) -> None:
    assert "adresses e-mail" in complaint(tmp_path, "Prénom,Nom\nZoé,Li\n").message


def test_a_question_repeated_by_the_branches_of_a_form_is_read_where_it_was_answered(tmp_path: Path) -> None:
    text = "email,Structure,Structure\na@b.fr,Ville,\nc@d.fr, ,Région\n"
    rows = read(tmp_path, text, Columns(organisation="Structure")).rows
    assert [row.organisation for row in rows] == ["Ville", "Région"]


def test_ranks_under_one_and_the_same_header_are_its_columns_in_turn(tmp_path: Path) -> None:
    text = "email,Choix,Choix\na@b.fr,B,A\n"
    columns = Columns(wishes={"matin": ("Choix", "Choix")})
    assert only(read(tmp_path, text, columns)).wishes == {"matin": (("tensions",), ("acteurs",))}
    too_many = Columns(wishes={"matin": ("Choix",) * 3})
    assert "« Choix » (wishes.matin" in complaint(tmp_path, text, too_many).message


# Addresses and names


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" \u00a0a.b+c@exemple.fr\u200b\t", "a.b+c@exemple.fr"),
        ("\ufeffMarie@EXEMPLE.FR", "Marie@exemple.fr"),
        ("marie@été.fr", "marie@xn--t-9fab.fr"),
        ("marie@exemple.test", "marie@exemple.test"),
        ("a" * 64 + "@" + "b" * 60 + ".fr", "a" * 64 + "@" + "b" * 60 + ".fr"),
    ],
)
def test_an_address_is_freed_from_what_surrounds_it(tmp_path: Path, typed: str, address: str) -> None:
    assert only(read(tmp_path, f"email\n{typed}\n")).address == address


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "pas d'adresse e-mail"),
        ("marie.exemple.fr", "adresse e-mail inutilisable « ma… » : il manque le @"),
        ("marie@exemple", "adresse e-mail inutilisable « ma…@exemple » : il manque la fin du domaine (.fr, .org…)"),
        ("marie d@exemple.fr", "adresse e-mail inutilisable « ma…@exemple.fr » : elle contient une espace"),
        (
            "zoé@exemple.fr",
            "adresse e-mail inutilisable « zo…@exemple.fr » : un accent ou un signe particulier devant le @",
        ),
        ("a@b.fr; paul@c.fr", "adresse e-mail inutilisable « a…@b.fr » : une seule adresse est attendue"),
        ("@exemple.fr", "adresse e-mail inutilisable « …@exemple.fr » : rien devant le @"),
        ("a..b@exemple.fr", "adresse e-mail inutilisable « a.…@exemple.fr » : elle n'a pas la forme nom@domaine.fr"),
        (
            "a" * 64 + "@" + "b" * 62 + ".fr",
            f"adresse e-mail inutilisable « aa…@{'b' * 30} » : plus de 128 caractères, Zoom n'en accepte pas tant",
        ),
    ],
)
def test_a_row_with_an_unusable_address_is_refused_alone_and_says_why(tmp_path: Path, typed: str, reason: str) -> None:
    answers = read(tmp_path, f'email,Nom\n"{typed}",X\nbon@exemple.fr,Y\n')
    assert answers.refused == (Refusal(line=2, reason=reason),)
    assert [row.address for row in answers.rows] == ["bon@exemple.fr"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("DE LA  Tour", "DE LA  Tour"),
        ("\u202eJean\u200b\x07", "Jean"),
        ("Jean\u00a0Paul", "Jean Paul"),
        ("Jean\nPaul", "Jean Paul"),
        ("Zoé👩‍🚀", "Zoé👩🚀"),
        ("x" * 120, "x" * 100),
    ],
)
def test_names_stay_as_typed_but_for_what_cannot_be_seen(tmp_path: Path, typed: str, kept: str) -> None:
    assert only(read(tmp_path, f'email,Prénom\na@b.fr,"{typed}"\n')).first_name == kept


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [("", "Li", ("Li", "")), ("Zoé", "", ("Zoé", "")), ("\u200b", " ", ("zoe.li", ""))],
)
def test_a_person_always_has_a_first_name_for_zoom(
    tmp_path: Path, first: str, last: str, names: tuple[str, str]
) -> None:
    answer = only(read(tmp_path, f"email,Prénom,Nom\nzoe.li@b.fr,{first},{last}\n"))
    assert (answer.first_name, answer.last_name) == names


@pytest.mark.parametrize(
    ("typed", "language"), [("Français", "fr"), ("EN", "en"), ("English", "en"), ("klingon", ""), ("", "")]
)
def test_the_persons_language_is_understood_or_left_open(tmp_path: Path, typed: str, language: str) -> None:
    assert only(read(tmp_path, f"email,L\na@b.fr,{typed}\n", Columns(language="L"))).language == language


# Sessions


def test_without_a_question_everybody_comes_to_every_session(tmp_path: Path) -> None:
    assert only(read(tmp_path, "email\na@b.fr\n")).sessions == ("matin", "apres-midi")


@pytest.mark.parametrize(
    ("cell", "comes"),
    [
        ("Oui", True),
        ("OUI !", True),
        ("oui, en visio", True),
        ("X", True),
        ("1", True),
        ("", False),
        ("Non", False),
        ("Ouistiti", False),
        ("Je ne sais pas, oui peut-être", False),
    ],
)
def test_yes_is_said_in_many_ways(tmp_path: Path, cell: str, comes: bool) -> None:
    columns = Columns(sessions={"matin": "Q", "apres-midi": "Q"})
    assert sessions_of(tmp_path, cell, columns) == (("matin", "apres-midi") if comes else ())


def test_a_session_that_is_not_asked_about_is_everybodys(tmp_path: Path) -> None:
    assert sessions_of(tmp_path, "non", Columns(sessions={"matin": "Q"})) == ("apres-midi",)


def test_an_empty_yes_word_does_not_make_silence_a_yes(tmp_path: Path) -> None:
    assert sessions_of(tmp_path, "", Columns(sessions={"matin": "Q", "apres-midi": "Q"}, yes=("", "oui"))) == ()


@pytest.mark.parametrize(
    ("cell", "sessions"),
    [
        ("Matin", ("matin",)),
        ("après midi", ("apres-midi",)),
        ("Journée entière", ("matin", "apres-midi")),
        ("Après-midi, Matin", ("matin", "apres-midi")),
        ("après-midi;matin;", ("matin", "apres-midi")),
        ("Aucun des deux", ()),
        ("", ()),
    ],
)
def test_one_question_may_stand_for_the_whole_day(tmp_path: Path, cell: str, sessions: tuple[str, ...]) -> None:
    answers = {"matin": ("matin", "journée entière"), "apres-midi": ("après-midi", "journée entière")}
    assert sessions_of(tmp_path, cell, Columns(question="Q", answers=answers)) == sessions


# Wishes


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("Renforcer les relations avec les acteur.rice.s locaux ?", "acteurs"),
        ("RENFORCER les relations avec les acteur·rice·s locaux", "acteurs"),
        ("Renforcer les relations avec les acteur(rice)s locaux\u202f?", "acteurs"),
        ("au coeur", "acteurs"),
        ("relations", "acteurs"),
        ("acteurs", "acteurs"),
        ("A – Relations", "acteurs"),
        ("a", "acteurs"),
        ("Atelier A", "acteurs"),
        ("Atelier A : autre titre, avec une virgule", "acteurs"),
        ("(A) autre titre", "acteurs"),
        ("A) autre titre", "acteurs"),
        ("A. autre titre", "acteurs"),
        ("Reduire les tensions, avec les jeunes", "tensions"),
        ("Tensions", "tensions"),
        ("Lire, écrire, compter", "lire"),
    ],
)
def test_a_wish_is_recognised_however_it_is_written(tmp_path: Path, cell: str, key: str) -> None:
    assert wishes_of(tmp_path, cell) == ((key,),)


@pytest.mark.parametrize("cell", ["", "A quoi bon ?", "A-t-on le choix ?", "Atelier D", "Peu importe", "Bonjour", ","])
def test_what_is_no_workshop_is_no_wish(tmp_path: Path, cell: str) -> None:
    assert wishes_of(tmp_path, cell, "B") == (("tensions",),)


def test_a_workshop_wished_twice_keeps_its_best_rank(tmp_path: Path) -> None:
    assert wishes_of(tmp_path, "B", "Tensions", "C") == (("tensions",), ("lire",))


@pytest.mark.parametrize(
    "cell",
    [
        "Lire, écrire, compter, Réduire les tensions, avec les jeunes",
        "Réduire les tensions, avec les jeunes;Lire, écrire, compter;",
        "Atelier C, Autre chose, B – Tensions",
        "C\nB",
        "Au cœur, les jeunes, C",
    ],
)
def test_ticks_in_one_column_are_equal_wishes_even_where_options_hold_commas(tmp_path: Path, cell: str) -> None:
    assert wishes_of(tmp_path, cell) == (("lire", "tensions"),)


# Stamps


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20/06/2021 15:08:24", datetime(2021, 6, 20, 13, 8, 24, tzinfo=UTC)),
        ("20/12/2021 15:08", datetime(2021, 12, 20, 14, 8, tzinfo=UTC)),
        ("20/06/2021 à 15h08", datetime(2021, 6, 20, 13, 8, tzinfo=UTC)),
        ("2026/07/29 3:08:24 PM UTC+3", datetime(2026, 7, 29, 12, 8, 24, tzinfo=UTC)),
        ("2026/07/29 3:08:24\u202fPM UTC+3", datetime(2026, 7, 29, 12, 8, 24, tzinfo=UTC)),
        ("2026/07/29 12:00:00 AM UTC−4", datetime(2026, 7, 29, 4, tzinfo=UTC)),
        ("2026/07/29 12:30:00 PM EST", datetime(2026, 7, 29, 17, 30, tzinfo=UTC)),
        ("2026/07/29 3:08:24 p.m. GMT+5:30", datetime(2026, 7, 29, 9, 38, 24, tzinfo=UTC)),
        ("2021-06-20T15:08:24Z", datetime(2021, 6, 20, 15, 8, 24, tzinfo=UTC)),
        ("2021-06-20T15:08:24.123+02:00", datetime(2021, 6, 20, 13, 8, 24, tzinfo=UTC)),
        ("2021-06-20 15:08:24", datetime(2021, 6, 20, 13, 8, 24, tzinfo=UTC)),
        ("2021-06-20", datetime(2021, 6, 19, 22, tzinfo=UTC)),
        ("44367,5", datetime(2021, 6, 20, 10, tzinfo=UTC)),
        ("", None),
        ("hier", None),
        ("31/02/2021 10:00", None),
        ("6/20/2021 10:00:00", None),
        ("20/06/2021 25:00", None),
        ("2026/07/29 13:00:00 PM", None),
        ("20/06/2021 10:00 MARS", None),
        ("01/01/0001 00:00", None),
    ],
)
def test_the_hour_of_an_answer_is_read_in_every_form_exports_write(text: str, expected: datetime | None) -> None:
    assert instant(text, PARIS) == expected


@settings(database=None)
@given(st.text(max_size=30))
def test_no_text_at_all_breaks_the_reading_of_an_hour(text: str) -> None:
    found = instant(text, PARIS)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    "questions",
    [
        ("Participerez-vous le matin (9h30-12h15) ?", "Participerez-vous l'après-midi (14h30-16h15) ?"),
        ("Matin", "Après-midi"),
        ("Je viens à 09:30", "Je viens à 14:30"),
    ],
)
def test_a_question_for_each_session_is_recognised_by_its_answers_and_words(
    tmp_path: Path, questions: tuple[str, str]
) -> None:
    text = f'E-mail,Prénom,"{questions[0]}","{questions[1]}"\na@b.fr,A,Oui,Non\nc@d.fr,C,non,oui\ne@f.fr,E,oui,oui\n'
    chosen = [row.sessions for row in read(tmp_path, text).rows]
    assert chosen == [("matin",), ("apres-midi",), ("matin", "apres-midi")]


def test_a_question_whose_answers_are_no_yes_or_no_is_nobodys_choice_of_sessions(tmp_path: Path) -> None:
    text = "E-mail,Prénom,Que faites-vous le matin ?\na@b.fr,A,du sport\n"
    assert only(read(tmp_path, text)).sessions == ("matin", "apres-midi")
