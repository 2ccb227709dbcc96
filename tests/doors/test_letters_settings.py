"""What the organiser may set about letters, alarms and returns."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator import settings as gate
from orchestrator import shipped, wiring
from orchestrator.core.errors import BadConfiguration
from orchestrator.core.model import LetterWishes

EXAMPLE = shipped.example_config().read_text("utf-8")
BOX = '\n[bounces]\nhost = "{}"\nusername = "retours"\n'


def load(folder: Path, text: str, **environ: str) -> gate.Settings:
    path = folder / "event.toml"
    path.write_text(text, "utf-8")
    [found] = gate.load(path, environ=environ)
    return found


def test_nothing_set_means_shipped_letters_and_nobody_to_wake(tmp_path: Path) -> None:
    found = load(tmp_path, EXAMPLE)
    assert (found.templates, found.alarm_url.get_secret_value(), found.bounces) == (None, "", None)
    assert found.event.letters == LetterWishes()
    assert {(r.approve, r.if_silent) for r in found.event.reminders} == {(False, "send")}


SECOND = '\n[mail.second]\nhost = "smtp2.exemple.fr"\n'


def test_with_a_second_relay_alarms_are_written_to_the_organiser_unless_switched_off(tmp_path: Path) -> None:
    def kinds(text: str) -> list[str]:
        return [type(siren).__name__ for siren in wiring.sirens(load(tmp_path, text), wiring.SystemClock())]

    posted = EXAMPLE.replace('webhook_url = ""', 'webhook_url = "https://chat.exemple.fr/x"')
    off = EXAMPLE.replace("\nmail = true", "\nmail = false")
    assert [kinds(EXAMPLE), kinds(EXAMPLE + SECOND), kinds(off + SECOND), kinds(posted), kinds(posted + SECOND)] == [
        [],
        ["AlarmLetters"],
        [],
        ["Webhook"],
        ["Webhook", "AlarmLetters"],
    ]


def test_events_of_one_organiser_have_one_writer_of_alarms(tmp_path: Path) -> None:
    clock = wiring.SystemClock()
    one, other = (wiring.sirens(load(tmp_path, EXAMPLE + SECOND), clock) for _ in range(2))
    assert one == other != ()


def test_a_reminders_own_word_wins_over_that_for_all_letters(tmp_path: Path) -> None:
    text = EXAMPLE.replace("approve = false", "approve = true", 1).replace(
        'if_silent = "send"', 'if_silent = "hold"', 1
    )
    text = text.replace("# approve = true", 'approve = false\nif_silent = "send"', 1)
    found = load(tmp_path, text.replace("light = []", 'light = ["@Gendarmerie.Interieur.gouv.fr"]'))
    assert found.event.letters == LetterWishes(
        light=frozenset({"gendarmerie.interieur.gouv.fr"}), approve_rooms=True, if_silent="hold"
    )
    first, *others = [(r.approve, r.if_silent) for r in found.event.reminders]
    assert (first, set(others)) == ((False, "send"), {(True, "hold")})


def test_templates_lie_beside_the_file_and_secrets_do_not_print(tmp_path: Path) -> None:
    text = EXAMPLE.replace('templates = ""', 'templates = "lettres"')
    text = text.replace('webhook_url = ""', 'webhook_url = "https://chat.exemple.fr/hooks/tres-secret"')
    found = load(tmp_path, text + BOX.format("imap.exemple.fr"), ORCHESTRATOR_BOUNCES__PASSWORD="motdepasse")
    assert found.templates == tmp_path / "lettres"
    assert found.bounces is not None
    assert (found.bounces.port, found.bounces.security, found.bounces.folder) == (993, "tls", "INBOX")
    assert found.bounces.password.get_secret_value() == "motdepasse"
    assert "tres-secret" not in repr(found)
    assert "motdepasse" not in repr(found)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'webhook_url = ""',
            'webhook_url = "http://chat.exemple.fr/x"',
            "alarms.webhook_url – l'adresse doit être chiffrée",
        ),
        ("light = []", 'light = ["pas un domaine"]', "n'est pas un domaine"),
        ('if_silent = "send"', 'if_silent = "wait"', "letters.if_silent"),
        ('templates = ""', 'modeles = ""', "clé inconnue"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in EXAMPLE
    with pytest.raises(BadConfiguration, match=said):
        load(tmp_path, EXAMPLE.replace(old, new, 1))


def test_a_mailbox_elsewhere_is_never_read_in_the_clear(tmp_path: Path) -> None:
    clear = BOX.format("imap.exemple.fr") + 'security = "none"\n'
    with pytest.raises(BadConfiguration, match=r"bounces\.security – sans chiffrement"):
        load(tmp_path, EXAMPLE + clear)
