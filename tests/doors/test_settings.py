"""The config file is read exactly, or refused with every mistake at its line."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from orchestrator.core.errors import BadConfiguration
from orchestrator.core.model import Before, OnTheDay, Quota, Reminder
from orchestrator.settings import Mailbox, Settings, Web, is_over, load, remarks, store_url, template
from orchestrator.settings.lines import lines_of

PLAIN = """\
[event]
key = "rencontre"
title = "Rencontre"
date = 2027-06-24
timezone = "Europe/Paris"
organiser = { name = "Pôle ressources", email = "contact@exemple.fr", phone = "01 00 00 00 00" }
fallback_url = "https://exemple.fr/"

[[sessions]]
key = "matin"
title = "Le matin"
start = 09:30:00
end = 12:15:00

[[sessions]]
key = "apres-midi"
title = "L'après-midi"
start = 14:00:00
end = 16:15:00

[[workshops]]
key = "acteurs"
session = "matin"
code = "A"
title = "Comment renforcer les relations entre les agents et les acteurs locaux ?"
seats = 40

[[reminders]]
session = "matin"
at = 09:00:00

[[reminders]]
session = "apres-midi"
before = "30 min"

[zoom]
host = "webinaires@exemple.fr"

[mail]
from = "Pôle ressources <contact@exemple.fr>"
host = "smtp.exemple.fr"
"""
END = len(PLAIN.splitlines())


def written(folder: Path, text: str, name: str = "config.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def loaded(folder: Path, text: str = PLAIN, **environ: str) -> Settings:
    (settings,) = load(written(folder, text), environ=environ)
    return settings


def refused(path: Path, environ: dict[str, str] | None = None, secrets: Path | None = None) -> list[str]:
    """The lines of the refusal, without the test's own folder."""
    with pytest.raises(BadConfiguration) as caught:
        load(path, secrets=secrets, environ=environ or {})
    return [line.replace(f"{path if path.is_dir() else path.parent}/", "") for line in caught.value.problems]


def changed(*changes: tuple[str, str]) -> str:
    text = PLAIN
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_a_short_file_has_every_default(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    event = settings.event
    morning = event.session("matin")
    assert morning.doors_at == morning.starts_at - timedelta(minutes=15)
    assert event.seating.tell_at == event.seating.wishes_until == datetime(2027, 6, 22, 16, tzinfo=UTC)
    assert event.workshop("acteurs").opens_at == morning.starts_at == datetime(2027, 6, 24, 7, 30, tzinfo=UTC)
    assert event.workshop("acteurs").room == "A – Comment renforcer les…"
    assert event.reminders == (
        Reminder(session="matin", rule=OnTheDay(at=time(9))),
        Reminder(session="apres-midi", rule=Before(lead=timedelta(minutes=30))),
    )
    assert (event.reply_to, event.controller, event.quota) == (
        "contact@exemple.fr",
        "Pôle ressources",
        Quota(per_minute=60),
    )
    assert settings.mail.sender == Mailbox(name="Pôle ressources", email="contact@exemple.fr")
    assert (settings.zoom.api_url, settings.zoom.api_url_is_fixed) == ("https://api.zoom.us/v2", False)
    assert settings.zoom.missing == ("account_id", "client_id", "client_secret")
    assert (settings.web, settings.warnings) == (None, ())


@pytest.mark.parametrize(
    ("written_as", "minutes"), [("30 min", 30), ("2 h", 120), ("90 min", 90), ("1 h 30", 90), ("1h30", 90), ("2h", 120)]
)
def test_a_lead_is_written_as_people_say_it(tmp_path: Path, written_as: str, minutes: int) -> None:
    event = loaded(tmp_path, changed(('"30 min"', f'"{written_as}"'))).event
    assert event.reminders[1].rule == Before(lead=timedelta(minutes=minutes))


def test_a_time_with_a_zone_of_its_own_keeps_it(tmp_path: Path) -> None:
    text = PLAIN + "[seating]\ntell_at = 2027-06-22T18:00:00Z\n"
    assert loaded(tmp_path, text).event.seating.tell_at == datetime(2027, 6, 22, 18, tzinfo=UTC)


def test_a_session_may_have_another_day_than_the_event(tmp_path: Path) -> None:
    text = changed(("start = 14:00:00", "start = 14:00:00\ndate = 2027-12-01"))
    session = loaded(tmp_path, text).event.session("apres-midi")
    assert (session.day, session.starts_at) == (date(2027, 12, 1), datetime(2027, 12, 1, 13, tzinfo=UTC))


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    text = PLAIN + '[registrations]\npath = "../reponses.csv"\n[store]\nurl = "sqlite:///base.db"\n'
    (tmp_path / "ici").mkdir()
    settings = loaded(tmp_path / "ici", text)
    assert settings.path == tmp_path / "ici" / "config.toml"
    assert settings.registrations.path == tmp_path / "reponses.csv"
    assert settings.store_url == f"sqlite:///{tmp_path}/ici/base.db"
    assert loaded(tmp_path, PLAIN + '[store]\nurl = "sqlite:////srv/base.db"\n').store_url == "sqlite:////srv/base.db"


def test_a_web_section_opens_a_server_there(tmp_path: Path) -> None:
    text = PLAIN + '[web]\nbind = "[::1]:8000"\npublic_url = "https://exemple.fr/"\n'
    assert loaded(tmp_path, text).web == Web(host="::1", port=8000, public_url="https://exemple.fr", organisers=())


def test_an_api_url_set_by_hand_is_fixed_even_when_it_is_the_usual_one(tmp_path: Path) -> None:
    text = changed(("[zoom]", '[zoom]\napi_url = "https://api.zoom.us/v2"'))
    assert loaded(tmp_path, text).zoom.api_url_is_fixed


def test_a_file_from_windows_is_read_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf" + PLAIN.replace("\n", "\r\n").encode())
    assert load(path, environ={}) == load(written(tmp_path, PLAIN), environ={})


# Each alone is wrong: the file as it is, one change, and the one line that says it.
ALONE = [
    ('key = "rencontre"', 'key = "La rencontre"', "2: event.key – doit être un nom court sans espace, accent ni « / » "
     "(40 caractères au plus) (reçu : « La rencontre ») ; écrivez par exemple `la-rencontre`"),
    ("date = 2027-06-24", 'date = "24 juin"', "4: event.date – une date est attendue (reçu : « 24 juin ») ; "
     "écrivez-la sans guillemets, par exemple `2021-06-24`"),
    ("date = 2027-06-24", "date = 20270624", "4: event.date – une date est attendue (reçu : 20270624) ; "
     "écrivez-la sans guillemets, par exemple `2021-06-24`"),
    ("date = 2027-06-24", "date = 0001-01-01", "4: event.date – l'année doit être comprise entre 2000 et 2100 "
     "(reçu : 0001-01-01)"),
    ("Europe/Paris", "Europe/Pariss", "5: event.timezone – fuseau horaire inconnu (reçu : « Europe/Pariss ») ; "
     "écrivez par exemple `Europe/Paris`"),
    ('"contact@exemple.fr", phone', '"contact.exemple.fr", phone', "6: event.organiser.email – n'est pas une adresse "
     "e-mail (reçu : « contact.exemple.fr ») ; écrivez par exemple `contact@exemple.fr`"),
    ('"https://exemple.fr/"', '"exemple.fr"', "7: event.fallback_url – n'est pas une adresse web "
     "(reçu : « exemple.fr ») ; écrivez-la en entier, par exemple `https://exemple.fr/`"),
    ('title = "Le matin"', 'title = ""', "11: sessions.0.title – ne doit pas être vide (reçu : «  »)"),
    ('title = "Le matin"', 'title = "Le\\nmatin"', "11: sessions.0.title – doit tenir sur une seule ligne, "
     "sans caractère de contrôle (reçu : « Le matin »)"),
    ("start = 09:30:00", "start = 930", "12: sessions.0.start – une heure est attendue (reçu : 930) ; "
     "écrivez-la sans guillemets, par exemple `09:30:00`"),
    ("end = 16:15:00\n", "", "15: sessions.1.end – cette clé manque ; ajoutez-la, par exemple `end = 12:15:00`"),
    ("seats = 40", "seats = 40\nseat = 4", "27: workshops.0.seat – clé inconnue ; voulez-vous dire `seats` ?"),
    ("seats = 40", "seats = 0", "26: workshops.0.seats – doit être au moins 1 (reçu : 0)"),
    ("seats = 40", 'seats = "beaucoup"', "26: workshops.0.seats – un nombre entier est attendu (reçu : « beaucoup ») ; "
     "écrivez-le sans guillemets, par exemple `60`"),
    ('code = "A"', "code = 1", "24: workshops.0.code – un texte est attendu (reçu : 1) ; mettez-le entre guillemets"),
    ("at = 09:00:00", 'at = 09:00:00\nfor = "speaker"', "31: reminders.0.for – valeur inconnue (reçu : « speaker ») ; "
     "voulez-vous dire `speakers` ?"),
    ('"30 min"', '"demi-heure"', "34: reminders.1.before – une durée est attendue (reçu : « demi-heure ») ; "
     "écrivez par exemple `30 min`, `2 h` ou `1 h 30`"),
    ('host = "webinaires@exemple.fr"', 'host = "webinaires"', "37: zoom.host – n'est pas une adresse e-mail "
     "(reçu : « webinaires ») ; écrivez par exemple `contact@exemple.fr`"),
    ("[zoom]", '[zoom]\nname_in_zoom = "{nom}"', "37: zoom.name_in_zoom – n'accepte que {first}, {last} et {code} "
     "(reçu : « {nom} ») ; écrivez par exemple `{first} {last}`"),
    ("[mail]", "[mail]\nconnections = 21", "40: mail.connections – doit être au plus 20 (reçu : 21)"),
    ("[mail]", "[mail]\nper_minute = -1", "40: mail.per_minute – doit être au moins 0 (reçu : -1)"),
    ("[mail]", '[mail]\npassword = 1234', "40: mail.password – un texte est attendu ; mettez-le entre guillemets"),
    ("[mail]", "[registrations]\nlimit = -1\n[mail]", "40: registrations.limit – doit être au moins 0 (reçu : -1)"),
    ("[mail]", "[seating]\ntell_at = 2027-06-22\n[mail]", "40: seating.tell_at – un jour et une heure sont attendus "
     "(reçu : 2027-06-22) ; écrivez-les sans guillemets, par exemple `2021-06-22T18:00:00`"),
    ("[mail]", '[store]\nurl = "mysql://a:s3cret@b/c"\n[mail]', "40: store.url – n'est pas l'adresse d'une base ; "
     "écrivez par exemple `sqlite:///orchestrator.db` ou `postgresql://hote/base`"),
    ("[mail]", '[web]\nbind = "8080"\n[mail]', "40: web.bind – doit être une adresse et un port (reçu : « 8080 ») ; "
     "écrivez par exemple `127.0.0.1:8080`"),
    ("[mail]", "[speaker]\n[mail]", "39: speaker – clé inconnue ; voulez-vous dire `speakers` ?"),
    ("[mail]", "[speakers]\n[mail]", "39: speakers – une liste est attendue ; "
     "écrivez son titre avec deux crochets : `[[speakers]]`"),
    ('[zoom]\nhost = "webinaires@exemple.fr"\n', "", "39: zoom – cette clé manque ; ajoutez la section `[zoom]`"),
]  # fmt: skip

# Each key is right; together they are not.
TOGETHER = [
    ("end = 12:15:00", "end = 09:30:00", "13: sessions.0.end – la fin (24/06/2027 09:30) doit venir après le début "
     "(24/06/2027 09:30) ; corrigez l'une des deux heures"),
    ("end = 12:15:00", "end = 12:15:00\ndoors = 09:31:00", "14: sessions.0.doors – l'ouverture (24/06/2027 09:31) ne "
     "peut pas venir après le début (24/06/2027 09:30) ; corrigez l'une des deux heures"),
    ("[zoom]", '[[sessions]]\nkey = "Matin"\ntitle = "x"\nstart = 18:00:00\nend = 19:00:00\n[zoom]',
     "37: sessions.2.key – désigne déjà une autre session (reçu : « Matin ») ; "
     "donnez à chacun le sien"),
    ("[zoom]", '[[workshops]]\nkey = "acteurs"\nsession = "matin"\ncode = "B"\ntitle = "B"\nseats = 1\n[zoom]',
     "37: workshops.1.key – désigne déjà un autre atelier (reçu : « acteurs ») ; donnez à chacun le sien"),
    ("[zoom]", '[[workshops]]\nkey = "b"\nsession = "matin"\ncode = "a"\ntitle = "B"\nseats = 1\n[zoom]',
     "39: workshops.1.code – désigne déjà un autre atelier de cette session (reçu : « a ») ; donnez à chacun le sien"),
    ("[zoom]", '[[workshops]]\nkey = "b"\nsession = "apres-midi"\ncode = "a"\ntitle = "B"\n'
     'short = "Comment renforcer les…"\nseats = 1\n[zoom]', "41: workshops.1.short – deux salles de la même réunion "
     "Zoom s'appelleraient « a – Comment renforcer les… » ; changez le code"),
    ('session = "matin"\ncode', 'session = "matinee"\ncode', "23: workshops.0.session – aucune session n'a cette clé "
     "(reçu : « matinee ») ; voulez-vous dire `matin` ?"),
    ("[zoom]", '[[programme]]\nsession = "soir"\nat = 10:00:00\ntitle = "x"\n[zoom]', "37: programme.0.session – "
     "aucune session n'a cette clé (reçu : « soir ») ; possibles : `matin`, `apres-midi`"),
    ("[zoom]", '[[programme]]\nsession = "matin"\nat = 13:00:00\ntitle = "x"\n[zoom]',
     "38: programme.0.at – cette heure "
     "est hors de la session « matin » (24/06/2027 09:30 – 24/06/2027 12:15) (reçu : 24/06/2027 13:00) ; "
     "corrigez l'heure ou la session"),
    ("seats = 40", "seats = 40\nat = 12:15:00", "27: workshops.0.at – cette heure est hors de la session « matin » "
     "(24/06/2027 09:30 – 24/06/2027 12:15) (reçu : 24/06/2027 12:15) ; corrigez l'heure ou la session"),
    ("seats = 40", 'seats = 40\nshort = "12345678901234567890123456789"',
     "27: workshops.0.short – 29 caractères, c'est "
     "trop long pour un nom de salle Zoom (reçu : « 12345678901234567890123456789 ») ; "
     "28 au plus avec le code « A »"),
    ('session = "matin"\nat', 'session = "matiné"\nat', "29: reminders.0.session – doit être un nom court sans espace, "
     "accent ni « / » (40 caractères au plus) (reçu : « matiné ») ; écrivez par exemple `matine`"),
    ("at = 09:00:00", 'at = 09:00:00\nbefore = "2 h"', "31: reminders.0.before – un rappel a soit une heure (`at`), "
     "soit une avance (`before`) ; gardez l'une des deux"),
    ("at = 09:00:00\n", "", "28: reminders.0 – un rappel a soit une heure (`at`), soit une avance (`before`) ; "
     'ajoutez par exemple `before = "30 min"`'),
    ("at = 09:00:00", "at = 09:30:00",
     "30: reminders.0.at – ce rappel (24/06/2027 09:30) doit partir avant le début de "
     "la session (24/06/2027 09:30) ; avancez-le"),
    ('"30 min"', '"30 min"\ndays_before = 1', "35: reminders.1.days_before – ne va qu'avec une heure (`at`) ; "
     "retirez-la, ou donnez l'heure"),
    ("[mail]", "[seating]\ntell_at = 2027-06-24T09:30:00\n[mail]",
     "40: seating.tell_at – les places (24/06/2027 09:30) "
     "doivent être annoncées avant les ateliers (session du 24/06/2027 09:30) ; avancez l'annonce"),
    ("[mail]", "[seating]\nwishes_until = 2027-06-22T18:00:01\n[mail]",
     "40: seating.wishes_until – les vœux (22/06/2027 "
     "18:00) doivent se clore au plus tard à l'annonce des places (22/06/2027 18:00) ; avancez la clôture"),
    ("[mail]", "[seating]\ntell_at = 2027-03-28T02:30:00\n[mail]", "40: seating.tell_at – cette heure n'existe pas ce "
     "jour-là (passage à l'heure d'été) (reçu : 2027-03-28 02:30:00) ; choisissez une autre heure"),
    ("[mail]", "[registrations]\ncloses = 2026-10-25T02:30:00\n[mail]", "40: registrations.closes – cette heure existe "
     "deux fois ce jour-là (passage à l'heure d'hiver) (reçu : 2026-10-25 02:30:00) ; choisissez une autre heure"),
    ("[mail]", '[mail]\nsecurity = "none"',
     "40: mail.security – sans chiffrement, le courrier ne peut aller qu'à cette "
     'machine (reçu : « smtp.exemple.fr ») ; écrivez `security = "starttls"`'),
    ("[zoom]", '[zoom]\napi_url = "http://zoom.exemple.fr"', "37: zoom.api_url – l'adresse doit être chiffrée "
     "(reçu : « http://zoom.exemple.fr ») ; commencez par `https://`"),
    ("[zoom]", '[[speakers]]\nname = "X"\nemail = "x@exemple.fr"\nrole = "facilitator"\nsessions = ["matin"]\n'
     'workshops = ["acteur"]\n[zoom]', "41: speakers.0.workshops.0 – aucun atelier n'a cette clé (reçu : « acteur ») ; "
     "voulez-vous dire `acteurs` ?"),
    ("[zoom]", '[[speakers]]\nname = "X"\nemail = "x@exemple.fr"\nrole = "facilitator"\nsessions = ["apres-midi"]\n'
     'workshops = ["acteurs"]\n[zoom]', "41: speakers.0.workshops.0 – cet atelier a lieu dans une session où cette "
     "personne ne vient pas (reçu : « acteurs ») ; ajoutez « matin » à ses `sessions`"),
    ("[zoom]", '[registrations.columns.wishes]\napres-midi = ["Vœu"]\n[zoom]', "37: registrations.columns.wishes."
     "apres-midi – aucune session à ateliers n'a cette clé ; clés possibles : `matin`"),
    ("[zoom]", '[registrations.columns.sessions]\nmattin = "Venez-vous ?"\n[zoom]',
     "37: registrations.columns.sessions."
     "mattin – aucune session n'a cette clé ; voulez-vous dire `matin` ?"),
    ("[zoom]", '[registrations.columns.sessions]\nquestion = "Quand ?"\n[zoom]', "37: registrations.columns.sessions."
     'question – il manque les réponses qui valent pour chaque session ; ajoutez `answers = { matin = ["matin"] }`'),
    ("[zoom]", '[registrations]\nsource = "url"\n[zoom]', "36: registrations.url – cette clé manque pour "
     '`source = "url"` ; ajoutez `url = "…"`'),
]  # fmt: skip

MISSPELT = [
    ("start = 09:30:00", "start = 9h30", "12: l'écriture de cette ligne n'est pas comprise ; "
     "une heure s'écrit avec ses secondes, par exemple `09:30:00`"),
    ("start = 09:30:00", "start = 09:30", "12: l'écriture de cette ligne n'est pas comprise ; "
     "une heure s'écrit avec ses secondes, par exemple `09:30:00`"),
    ('key = "rencontre"', "key = rencontre", "2: l'écriture de cette ligne n'est pas comprise ; "
     'un texte se met entre guillemets, par exemple `"Pôle ressources"`'),
    ('key = "rencontre"', 'key = "rencontre"\nkey = "autre"', "3: l'écriture de cette ligne n'est pas comprise ; "
     "cette clé ou cette section y est déjà ; gardez-en une seule"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line"), ALONE + TOGETHER + MISSPELT)
def test_a_mistake_is_told_at_its_line_with_a_remedy(tmp_path: Path, old: str, new: str, line: str) -> None:
    assert refused(written(tmp_path, changed((old, new)))) == [f"config.toml:{line}"]


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = changed(("seats = 40", "seats = -4"), ("09:30:00", "true"), ('"webinaires@exemple.fr"', "5"))
    assert [line.split(" – ")[0] for line in refused(written(tmp_path, text))] == [
        "config.toml:12: sessions.0.start",
        "config.toml:37: zoom.host",
        "config.toml:26: workshops.0.seats",
    ]


def test_a_line_is_found_behind_long_texts_and_lists(tmp_path: Path) -> None:
    supporters = 'supporters = [ # "[\n  { name = "]" },\n  { name = """x # y""", logo = 3 },\n]\n'
    path = written(tmp_path, changed(("fallback_url", supporters + "fallback_url")))
    assert refused(path) == [
        "config.toml:9: event.supporters.1.logo – un texte est attendu (reçu : 3) ; mettez-le entre guillemets"
    ]


def test_a_missing_file_and_one_that_is_not_utf8_are_told(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(PLAIN.encode("cp1252"))
    assert refused(tmp_path / "rien.toml") == [
        "rien.toml: fichier introuvable ; vérifiez son nom, ou créez-le avec `orchestrator init`"
    ]
    assert refused(tmp_path / "latin.toml") == [
        "latin.toml: ce fichier n'est pas écrit en UTF-8 ; "
        "enregistrez-le en UTF-8 (« Enregistrer sous », encodage UTF-8)"
    ]


def test_the_environment_wins_over_the_secrets_directory_and_that_over_the_file(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "zoom__client_secret").write_text("from-secrets\n")
    (secrets / "mail__password").write_text("from-secrets\n")
    (secrets / "mail__username").write_text("")
    (secrets / "tls.key").write_bytes(b"\xff\xfe")
    text = changed(("[zoom]", '[zoom]\nclient_secret = "from-file"\nclient_id = "from-file"'))
    environ = {
        "ORCHESTRATOR_MAIL__PASSWORD": "from-environment",
        "ORCHESTRATOR_MAIL__PORT": "25",
        "ORCHESTRATOR_X": "1",
    }
    by_systemd = environ | {"CREDENTIALS_DIRECTORY": str(secrets)}
    path = written(tmp_path, text)
    for (settings,) in (load(path, secrets=secrets, environ=environ), load(path, environ=by_systemd)):
        assert settings.mail.password.get_secret_value() == "from-environment"
        assert settings.zoom.client_secret.get_secret_value() == "from-secrets"
        assert (settings.zoom.client_id, settings.mail.port) == ("from-file", 25)


def test_a_wrong_variable_is_told_by_its_name(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    environ = {"ORCHESTRATOR_MAIL__PORT": "587x", "ORCHESTRATOR_ZOM__HOST": "x", "ORCHESTRATOR_ZOOM__HOTE": "x",
               "ORCHESTRATOR_WEB__ORGANISERS": "moi"}  # fmt: skip
    assert refused(path, environ) == [
        "ORCHESTRATOR_ZOM__HOST: zom – section inconnue ; voulez-vous dire `zoom` ?",
        "ORCHESTRATOR_WEB__ORGANISERS: web.organisers – cette valeur ne peut pas être lue ; "
        'écrivez une liste comme `["…", "…"]`',
        "ORCHESTRATOR_ZOOM__HOTE: zoom.hote – clé inconnue ; voulez-vous dire `host` ?",
        "ORCHESTRATOR_MAIL__PORT: mail.port – un nombre entier est attendu (reçu : « 587x ») ; "
        "écrivez-le sans guillemets, par exemple `60`",
    ]
    assert refused(path, secrets=tmp_path / "rien") == [
        "rien: dossier de secrets introuvable ; vérifiez l'option `--secrets`"
    ]


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    environ = {"ORCHESTRATOR_ZOOM__CLIENT_SECRET": "hunter2", "ORCHESTRATOR_MAIL__PASSWORD": "hunter2",
               "ORCHESTRATOR_STORE__URL": "postgresql://me:hunter2@db/x"}  # fmt: skip
    settings = loaded(tmp_path, **environ)
    assert settings.zoom.client_secret.get_secret_value() == "hunter2"
    assert "hunter2" not in f"{settings!r}{settings}{settings.zoom}{settings.mail}"
    typo = changed(("[mail]", '[mail]\npasswrod = "hunter2"\npassword = ["hunter2"]'), ("[zoom]", "[zoom]\nhost=1"))
    typo = typo.replace('host = "webinaires@exemple.fr"', "")
    for lines in (
        refused(written(tmp_path, typo + '[store]\nurl = "db://me:hunter2@x"\n')),
        refused(written(tmp_path, PLAIN), environ | {"ORCHESTRATOR_STORE__URL": "hunter2"}),
    ):
        assert lines
        assert "hunter2" not in "".join(lines)


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    for value in (settings, settings.zoom, settings.mail, settings.registrations, settings.privacy, settings.event):
        name = dataclasses.fields(value)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, None)


SERVICE = '[store]\nurl = "sqlite:///service.db"\n[mail]\nfrom = "a@exemple.fr"\nhost = "smtp.exemple.fr"\n'
ALONE_EVENT = PLAIN[: PLAIN.index("[mail]")]


def test_a_folder_holds_one_event_per_file_and_what_they_share(tmp_path: Path) -> None:
    written(tmp_path, SERVICE, "service.toml")
    written(tmp_path, ALONE_EVENT, "a.toml")
    written(tmp_path, ALONE_EVENT.replace("rencontre", "autre") + '[mail]\nfrom = "b@exemple.fr"\n', "b.toml")
    first, second = load(tmp_path, environ={})
    assert [s.event.key for s in (first, second)] == ["rencontre", "autre"]
    assert [s.mail.sender.email for s in (first, second)] == ["a@exemple.fr", "b@exemple.fr"]
    assert first.store_url == second.store_url == f"sqlite:///{tmp_path}/service.db"


def test_decisions_kept_beside_the_events_are_no_event(tmp_path: Path) -> None:
    written(tmp_path, PLAIN, "a.toml")
    written(tmp_path, '[addresses]\n"a@exemple.fr" = "b@exemple.fr"\n', "corrections.toml")
    written(tmp_path, '[addresses]\n"a@exemple.fr" = "b@exemple.fr"\n', "a.corrections.toml")
    assert [s.event.key for s in load(tmp_path, environ={})] == ["rencontre"]


def test_one_file_of_a_folder_says_the_same_alone_as_with_the_others(tmp_path: Path) -> None:
    written(tmp_path, SERVICE + '[alarms]\nping_url = "https://ping.exemple.fr/canary"\n', "service.toml")
    file = written(tmp_path, ALONE_EVENT, "a.toml")
    [alone], [among] = load(file, environ={}), load(tmp_path, environ={})
    assert alone == among
    assert alone.ping_url.get_secret_value() == "https://ping.exemple.fr/canary"
    assert "canary" not in repr(alone)


def test_the_store_alone_is_found_where_everything_else_would_find_it(tmp_path: Path) -> None:
    file = written(tmp_path, PLAIN, "seul.toml")
    assert store_url(file, environ={}) == load(file, environ={})[0].store_url
    written(tmp_path, SERVICE, "service.toml")
    written(tmp_path, "not [ toml", "seul.toml")
    assert store_url(tmp_path, environ={}) == f"sqlite:///{tmp_path}/service.db"
    for environ, url in (
        ({"ORCHESTRATOR_STORE__URL": "sqlite:////elsewhere.db"}, "sqlite:////elsewhere.db"),
        ({"CREDENTIALS_DIRECTORY": str(tmp_path)}, "postgresql://u:p@h/d"),
    ):
        written(tmp_path, "postgresql://u:p@h/d", "store__url")
        assert store_url(tmp_path, environ=environ) == url
    written(tmp_path, "[store]\nurl = 3\n", "service.toml")
    with pytest.raises(BadConfiguration, match="store – cette section"):
        store_url(tmp_path, environ={})


def test_in_a_folder_each_mistake_is_told_in_the_file_where_it_is(tmp_path: Path) -> None:
    written(tmp_path, SERVICE.replace('host = "smtp.exemple.fr"\n', "port = 0\n") + "[event]\n", "service.toml")
    written(tmp_path, ALONE_EVENT + "[mail]\nport = 25\n[store]\n", "a.toml")
    written(tmp_path, ALONE_EVENT.replace("seats = 40", "seats = 0"), "b.toml")
    assert refused(tmp_path) == [
        "service.toml:6: event – cette section n'est pas commune à tous les événements ; "
        "déplacez-la dans le fichier de l'événement",
        "a.toml:40: mail.port – se règle dans service.toml pour tous les événements ; déplacez-la",
        'service.toml:3: mail.host – cette clé manque ; ajoutez-la, par exemple `host = "smtp.exemple.fr"`',
        "service.toml:5: mail.port – doit être au moins 1 (reçu : 0)",
        "b.toml:26: workshops.0.seats – doit être au moins 1 (reçu : 0)",
    ]


def test_two_events_of_a_folder_may_not_share_a_key_nor_have_two_stores(tmp_path: Path) -> None:
    written(tmp_path, PLAIN, "a.toml")
    written(tmp_path, PLAIN + '[store]\nurl = "sqlite:///b.db"\n', "b.toml")
    assert refused(tmp_path) == [
        "b.toml:2: event.key – désigne déjà l'événement de a.toml (reçu : « rencontre ») ; "
        "donnez à chaque événement la sienne",
        f"b.toml:{END + 1}: store – diffère de celle de a.toml, mais un seul service les sert tous ; "
        "mettez-la dans service.toml",
    ]


def test_a_folder_without_events_is_told(tmp_path: Path) -> None:
    written(tmp_path, SERVICE, "service.toml")
    with pytest.raises(BadConfiguration, match=r"aucun fichier d'événement"):
        load(tmp_path, environ={})


def test_what_deserves_a_second_look_is_said_in_words(tmp_path: Path) -> None:
    text = changed(
        ("2027-06-24", "2027-08-01"),
        (', phone = "01 00 00 00 00"', ""),
        ('fallback_url = "https://exemple.fr/"\n', ""),
        ('before = "30 min"', 'before = "30 min"\nfor = "speakers"'),
    )
    assert loaded(tmp_path, text).warnings == (
        "Une session a lieu un dimanche (dimanche 1er août 2027) : est-ce bien la date voulue ?",
        "Aucun téléphone d'organisateur (`event.organiser.phone`) : c'est le secours de qui ne peut entrer.",
        "Aucune adresse de repli (`event.fallback_url`) : si Zoom tombe en panne, personne ne saura où aller.",
        "Aucun rappel aux inscrits pour la session « apres-midi ».",
    )


def test_how_close_or_past_the_event_is_depends_on_the_hour_alone(tmp_path: Path) -> None:
    settings = loaded(tmp_path)
    ends = datetime(2027, 6, 24, 14, 15, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert remarks(settings, datetime(2027, 6, 21, 7, 30, tzinfo=UTC)) == ()
    assert remarks(settings, datetime(2027, 6, 21, 7, 30, tzinfo=UTC) + second) == (
        "L'événement a lieu dans moins de trois jours : il commence le jeudi 24 juin 2027 à 9h30.",
    )
    assert remarks(settings, ends - second) == (
        "L'événement a commencé le jeudi 24 juin 2027 à 9h30.",
        "L'heure d'annoncer les places est passée (mardi 22 juin 2027 à 18h00) : elles sont annoncées dès maintenant.",
    )
    assert remarks(settings, ends) == ("L'événement est passé : il s'est terminé le jeudi 24 juin 2027 à 16h15.",)
    assert (is_over(settings.event, ends - second), is_over(settings.event, ends)) == (False, True)


GARBAGE = st.one_of(
    st.integers().map(str),
    st.floats().map(str),
    st.booleans().map(lambda b: str(b).lower()),
    st.dates().map(str),
    st.times().map(str),
    st.datetimes().map(lambda d: d.isoformat()),
    st.sampled_from(["[]", "{}", "[[]]", '"""\n"""', "[{}]", "{a=[1,{b='c'}]}", "1e400", "'%(x)s'", '"\\u0000"', "["]),
    st.text(max_size=12).map(lambda t: f"'{t}'"),
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The file with some of its values replaced by anything."""
    rows = PLAIN.splitlines()
    for i in draw(st.sets(st.sampled_from([i for i, row in enumerate(rows) if " = " in row]), min_size=1, max_size=4)):
        rows[i] = f"{rows[i].split(' = ')[0]} = {draw(GARBAGE)}"
    return "\n".join(rows)


@given(text=damaged())
@trying(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_there_is_settings_or_lines_of_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    for line in _problems(path):
        assert line.startswith(f"{path}:")
        assert len(line.splitlines()) == 1


def _problems(path: Path) -> tuple[str, ...]:
    try:
        load(path, environ={})
    except BadConfiguration as error:
        return error.problems
    return ()


def test_every_key_of_the_shipped_example_stands_on_the_line_that_is_told() -> None:
    rows = (text := template(Path("evenement.toml"))).splitlines()
    for loc, line in lines_of(text).items():
        name = next(part for part in reversed(loc) if isinstance(part, str))
        assert name in rows[line - 1] or isinstance(loc[-1], int)
