"""The same three answers, written as each program writes them; titles and cells are those programs' own."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import openpyxl
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

ACTORS = "Comment renforcer les relations entre les agents de la police/la gendarmerie et les acteurs locaux ?"
ACTORS_IN_THE_FORM = (
    "Comment renforcer les relations entre les agents de la police/la gendarmerie et les acteur.rice.s locaux ?"
)
TENSIONS = "Comment diminuer les tensions avec la population et les jeunes plus spécifiquement ?"
ACTION = "Comment valoriser l'action préventive et répressive de la police/la gendarmerie dans les territoires ?"
RANKS = ["1er choix", "2e choix", "3e choix"]
MORNING, AFTERNOON = "Participerez-vous le matin (9h30-12h15) ?", "Participerez-vous l'après-midi (14h00-16h15) ?"
Rows = Sequence[Sequence[Any]]
PEOPLE: Rows = (
    ("zoe.li@exemple.fr", "Zoé", "LI", "Oui", "Non", [ACTORS_IN_THE_FORM, TENSIONS, ""], "rampe, ascenseur"),
    ("a.benali@exemple.org", "Ali", "Ben Ali", "Oui", "Oui", [ACTION, ACTORS_IN_THE_FORM, TENSIONS], ""),
    ("marie@exemple.net", "Marie", "d'Été", "Non", "Oui", ["", "", ""], "Langue des signes"),
)
EXPECTED = [
    {
        "email": "zoe.li@exemple.fr",
        "first_name": "Zoé",
        "last_name": "LI",
        "sessions": ["matin"],
        "wishes": {"matin": ["acteurs", "tensions"]},
        "language": "fr",
        "needs": "rampe, ascenseur",
    },
    {
        "email": "a.benali@exemple.org",
        "first_name": "Ali",
        "last_name": "Ben Ali",
        "sessions": ["matin", "apres-midi"],
        "wishes": {"matin": ["action", "acteurs", "tensions"]},
        "language": "fr",
        "needs": "",
    },
    {
        "email": "marie@exemple.net",
        "first_name": "Marie",
        "last_name": "d'Été",
        "sessions": ["apres-midi"],
        "wishes": {},
        "language": "fr",
        "needs": "Langue des signes",
    },
]
"""What `registrations check --json` says of them, the order of the rows apart."""
NEEDS = "Besoins particuliers (accessibilité)"


def text(rows: Rows, delimiter: str = ",", *, end: str = "\r\n", quoting: Any = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return out.getvalue()


def grid(names: Sequence[str] = RANKS) -> list[str]:
    return [f"Votre choix [{name}]" for name in names]


def _form_rows(stamps: Sequence[Any], titles: Sequence[str]) -> Rows:
    """Google's order: the stamp, the address it collects, then the questions."""
    return [
        [*titles[:2], "Prénom", "Nom", NEEDS, MORNING, AFTERNOON, *grid()],
        *([stamp, p[0], p[1], p[2], p[6], p[3], p[4], *p[5]] for stamp, p in zip(stamps, PEOPLE, strict=True)),
    ]


def google_csv_fr() -> bytes:
    """« Télécharger les réponses (.csv) » of a form: every cell quoted, 12 hours and a zone, narrow spaces."""
    stamps = [f"2021/06/1{n} {n}:08:24\u202fPM UTC+2" for n in (5, 6, 7)]
    rows = _form_rows(stamps, ["Horodateur", "Nom d'utilisateur"])
    return text(rows, end="\n", quoting=csv.QUOTE_ALL).rstrip("\n").encode()


def google_csv_en() -> bytes:
    stamps = [f"2021/06/1{n} {n}:08:24 PM GMT+2" for n in (5, 6, 7)]
    rows = [
        [("First name" if c == "Prénom" else "Last name" if c == "Nom" else c) for c in row]
        for row in _form_rows(stamps, ["Timestamp", "Username"])
    ]
    return text(rows, end="\n", quoting=csv.QUOTE_ALL).encode()


def google_zip() -> bytes:
    """What that download really is: a zip with the CSV in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Inscription à la rencontre.csv", google_csv_fr())
    return out.getvalue()


def linked_sheet_fr() -> bytes:
    stamps = [f"1{n}/06/2021 1{n}:08:24" for n in (5, 6, 7)]
    return text(_form_rows(stamps, ["Horodateur", "Adresse e-mail"])).removesuffix("\r\n").encode()


def linked_sheet_en() -> bytes:
    """An American sheet puts the month first."""
    stamps = [f"6/1{n}/2021 1{n}:08:24" for n in (5, 6, 7)]
    return text(_form_rows(stamps, ["Timestamp", "Email Address"])).encode()


def excel_cp1252() -> bytes:
    stamps = [f"1{n}/06/2021 1{n}:08" for n in (5, 6, 7)]
    return text(_form_rows(stamps, ["Horodateur", "Adresse e-mail"]), ";").encode("cp1252", "replace")


def excel_utf8() -> bytes:
    """With a line of the title above, and Excel's own `sep=` line."""
    stamps = ["44362,63", "44363,63", "44364,63"]
    rows = text(
        [["Inscriptions à la rencontre du 24 juin"], [], *_form_rows(stamps, ["Horodateur", "Adresse e-mail"])], ";"
    )
    return f"sep=;\r\n{rows}".encode("utf-8-sig")


def excel_unicode() -> bytes:
    """« Texte Unicode »: UTF-16 with tabs."""
    stamps = [f"1{n}/06/2021 1{n}:08" for n in (5, 6, 7)]
    return text(_form_rows(stamps, ["Horodateur", "Adresse e-mail"]), "\t").encode("utf-16")


def _dated() -> Rows:
    stamps = [datetime(2021, 6, 10 + n, 10 + n, 8, 24) for n in (5, 6, 7)]  # noqa: DTZ001 - spreadsheets know no zone
    return _form_rows(stamps, ["Horodateur", "Adresse e-mail"])


def xlsx() -> bytes:
    """Shared strings, dates as serial numbers, a sheet of notes before and a hidden one."""
    book = openpyxl.Workbook()
    book.active.append(["Notes de l'équipe"])
    hidden = book.create_sheet("Brouillon")
    hidden.append(["Adresse e-mail"])
    hidden.append(["cachee@exemple.fr"])
    hidden.sheet_state = "hidden"
    sheet = book.create_sheet("Réponses au formulaire 1")
    for row in _dated():
        sheet.append(row)
    return _saved(book.save)


def ms_forms() -> bytes:
    """Anonymous: its own address column says so, the questions come after; ticks end with a semicolon."""
    book = openpyxl.Workbook()
    titles = [
        "ID",
        "Heure de début",
        "Heure de fin",
        "Adresse de messagerie",
        "Nom",
        "Prénom",
        "Nom2",
        "Votre adresse e-mail",
        NEEDS,
        "Je participerai",
        "Vos souhaits d'atelier",
    ]
    book.active.append(titles)
    for n, p in enumerate(PEOPLE, start=1):
        at = datetime(2021, 6, 14 + n, 10, n)  # noqa: DTZ001 - spreadsheets know no zone
        day = [word for word, said in (("Le matin", p[3]), ("L'après-midi", p[4])) if said == "Oui"]
        ticks = [choice for choice in p[5] if choice]
        book.active.append(
            [
                n,
                at,
                at,
                "anonymous",
                "",
                p[1],
                p[2],
                p[0],
                p[6],
                "".join(f"{d};" for d in day),
                "".join(f"{t};" for t in ticks),
            ]
        )
    return _saved(book.save)


def xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Feuil1")
    style = xlwt.easyxf(num_format_str="DD/MM/YYYY HH:MM")
    for r, row in enumerate(_dated()):
        for c, cell in enumerate(row):
            sheet.write(r, c, cell, style) if isinstance(cell, datetime) else sheet.write(r, c, cell)
    return _saved(book.save)


def ods() -> bytes:
    book = OpenDocumentSpreadsheet()
    sheet = Table(name="Feuille1")
    for row in _dated():
        line = TableRow()
        for cell in row:
            if isinstance(cell, datetime):
                held = TableCell(valuetype="date", datevalue=cell.isoformat())
            else:
                held = TableCell(valuetype="string")
                held.addElement(P(text=cell))
            line.addElement(held)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    return _saved(book.save)


def _saved(save: Callable[[Any], None]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


def limesurvey() -> bytes:
    """One answer was never sent; wishes are ranks; a title repeats its question's code."""
    titles = [
        "ID de la réponse",
        "Date de soumission",
        "Dernière page",
        "Langue de départ",
        "Tête de série",
        "Votre prénom",
        "Votre nom",
        "Votre adresse courriel",
        "Besoins d'accessibilité ?",
        "Participation [Le matin]",
        "Participation [L'après-midi]",
        "Classez les ateliers par ordre de préférence [Rang 1]",
        "Classez les ateliers par ordre de préférence [Rang 2]",
        "Classez les ateliers par ordre de préférence [Rang 3]",
    ]
    rows = [
        [str(n), f"2021-06-1{n} 10:00:00", "3", "fr", "123456", p[1], p[2], p[0], p[6], p[3], p[4], *p[5]]
        for n, p in enumerate(PEOPLE, start=4)
    ]
    unfinished = ["7", "", "1", "fr", "654321", "Un", "Fini", "pas.fini@exemple.fr", "", "", "", "", "", ""]
    return text([titles, *rows, unfinished], ";", quoting=csv.QUOTE_ALL, end="\n").encode("utf-8-sig")


def framaforms() -> bytes:
    """Three rows of titles, one column an option."""
    first = ["Détails de la soumission", *[""] * 8, "Vous", "", "", "", "Votre venue", "", "Vos ateliers", "", ""]
    second = [*[""] * 9, "", "", "", "", "Je viens", "", "Ateliers souhaités", "", ""]
    titles = [
        "Numéro",
        "SID",
        "Soumission à",
        "Terminé",
        "Modifié",
        "Brouillon",
        "Adresse IP",
        "UID",
        "Nom d'utilisateur",
        "Prénom",
        "Nom",
        "Courriel",
        NEEDS,
        "Le matin",
        "L'après-midi",
        ACTORS,
        TENSIONS,
        ACTION,
    ]
    rows = []
    for n, p in enumerate(PEOPLE, start=1):
        wished = ["X" if any(c.startswith(t[:30]) for c in p[5] if c) else "" for t in (ACTORS, TENSIONS, ACTION)]
        comes = ["X" if said == "Oui" else "" for said in (p[3], p[4])]
        at = f"1{n}/06/2021 - 10:0{n}"
        rows.append([str(n), str(n), at, at, at, "0", "127.0.0.1", "0", "", p[1], p[2], p[0], p[6], *comes, *wished])
    return text([first, second, titles, *rows], ",", quoting=csv.QUOTE_ALL).encode()


def helloasso() -> bytes:
    """The payer's address is not the participant's; one order was refunded."""
    titles = [
        "Référence commande",
        "Date de la commande",
        "Statut de la commande",
        "Nom participant",
        "Prénom participant",
        "Nom payeur",
        "Prénom payeur",
        "Email payeur",
        "Adresse e-mail du participant",
        NEEDS,
        MORNING,
        AFTERNOON,
        "Vœu 1",
        "Vœu 2",
        "Vœu 3",
    ]
    rows = [
        [
            str(1000 + n),
            f"1{n}/06/2021 10:00",
            "Validé",
            p[2],
            p[1],
            "Compta",
            "Zelda",
            "compta@exemple.fr",
            p[0],
            p[6],
            p[3],
            p[4],
            *p[5],
        ]
        for n, p in enumerate(PEOPLE, start=4)
    ]
    refunded = [
        "1009",
        "18/06/2021 10:00",
        "Remboursé",
        "Parti",
        "Paul",
        "Parti",
        "Paul",
        "p@exemple.fr",
        "p@exemple.fr",
        "",
        "Oui",
        "Oui",
        "",
        "",
        "",
    ]
    return text([titles, *rows, refunded], ";").encode("utf-8-sig")


def one_rank_a_workshop() -> bytes:
    """A grid the other way round: one row a workshop, its rank in the cell; and one question for the day, reworded."""
    titles = [
        "Horodateur",
        "Adresse mail",
        "Votre prénom",
        "Votre nom de famille",
        "Avez-vous des besoins spécifiques ?",
        "À quel(s) moment(s) viendrez-vous ?",
        f"Vos vœux [A – {ACTORS}]",
        f"Vos vœux [B – {TENSIONS}]",
        f"Vos vœux [C – {ACTION}]",
    ]
    rows = []
    for n, p in enumerate(PEOPLE, start=4):
        day = {
            ("Oui", "Non"): "Matin (9h30 – 12h15)",
            ("Oui", "Oui"): "Journée entière",
            ("Non", "Oui"): "Après-midi (14h – 16h15)",
        }
        titles_wished = [c.replace("acteur.rice.s", "acteurs") for c in p[5]]
        ranks = [f"Vœu {titles_wished.index(t) + 1}" if t in titles_wished else "" for t in (ACTORS, TENSIONS, ACTION)]
        rows.append([f"1{n}/06/2021 10:00:00", p[0], p[1], p[2], p[6], day[p[3], p[4]], *ranks])
    return text([titles, *rows]).encode()


EXPORTS: dict[str, Callable[[], bytes]] = {
    "google-fr.csv": google_csv_fr,
    "google-en.csv": google_csv_en,
    "google.csv.zip": google_zip,
    "sheet-fr.csv": linked_sheet_fr,
    "sheet-en.csv": linked_sheet_en,
    "excel-cp1252.csv": excel_cp1252,
    "excel-utf8.csv": excel_utf8,
    "excel-unicode.txt": excel_unicode,
    "excel.xlsx": xlsx,
    "ms-forms.xlsx": ms_forms,
    "excel.xls": xls,
    "libreoffice.ods": ods,
    "limesurvey.csv": limesurvey,
    "framaforms.csv": framaforms,
    "helloasso.csv": helloasso,
    "grid-of-workshops.csv": one_rank_a_workshop,
}
TICKS = ("ms-forms.xlsx", "framaforms.csv")
"""Where wishes are ticks: equal, so in no order."""
REFUSED = {"limesurvey.csv": 5, "helloasso.csv": 5}
"""The lines of answers that register nobody."""
