"""The mailbox of returns: what its messages mean, and that it is only read."""

from __future__ import annotations

import pytest

from orchestrator.core.errors import UnreadableSource
from orchestrator.gateways.mail.bounces import AT_ONCE, ImapReturns, understood
from orchestrator.outside.imap import Imap
from orchestrator.ports import Plea, Undelivered

POSTFIX = b"""From: MAILER-DAEMON@relais.exemple.fr (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: contact@exemple.fr
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="A/relais"

--A/relais
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.
You may have no link to it.

--A/relais
Content-Type: message/delivery-status

Reporting-MTA: dns; relais.exemple.fr

Final-Recipient: rfc822; zoe@ville.fr
Original-Recipient: rfc822;Zoe@ville.fr
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.ville.fr
Diagnostic-Code: smtp; 550 5.1.1 <zoe@ville.fr>: Recipient address rejected:
    User unknown

--A/relais
Content-Type: message/rfc822

Message-ID: <link.aa.bb@exemple.fr>
Subject: Votre lien

Bonjour
--A/relais--
"""


def plea(text: str, subject: str = "Bonjour", extra: str = "") -> bytes:
    head = f"From: Zoe <zoe@ville.fr>\nSubject: {subject}\n{extra}Content-Type: text/plain; charset=utf-8\n"
    return f"{head}\n{text}\n".encode()


def test_a_report_names_the_letter_the_recipient_and_the_words_of_who_refused() -> None:
    assert understood(POSTFIX) == Undelivered(
        message_id="<link.aa.bb@exemple.fr>",
        recipient="Zoe@ville.fr",
        status="5.1.1",
        words="550 5.1.1 <zoe@ville.fr>: Recipient address rejected: User unknown",
    )


@pytest.mark.parametrize("action", [b"delayed", b"delivered", b"relayed", b"expanded"])
def test_only_a_failure_is_one(action: bytes) -> None:
    assert understood(POSTFIX.replace(b"Action: failed", b"Action: " + action)) is None


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Je n'ai pas reçu le lien.", "Bonjour"),
        ("J'ai perdu mon lien, pouvez-vous me le renvoyer ?", "Bonjour"),
        ("Le lien ne marche pas !", "Re: Votre lien : jeudi 24 juin"),
        ("Bonjour,\nmerci de me renvoyer le lien.", "Re: Votre lien"),
        ("Merci !", "pas de lien"),
        ("I never got my link", "Hello"),
        ("I can't find the link", "Hello"),
    ],
)
def test_whoever_has_no_link_is_understood(text: str, subject: str) -> None:
    assert understood(plea(text, subject)) == Plea(sender="zoe@ville.fr")


@pytest.mark.parametrize(
    "data",
    [
        plea("Merci, à jeudi."),
        plea("Merci, à jeudi.", "Re: Votre lien, pas de réponse attendue"),
        plea("Parfait.\n\nLe 3 juin, le Pôle a écrit :\n> pas de lien ?"),
        plea("Pas de lien", extra="Auto-Submitted: auto-replied\n"),
        plea("Pas de lien", extra="Precedence: bulk\n"),
        plea("Pas de lien", extra="List-Id: <liste.exemple.fr>\n"),
        b"",
        b"\xff\xfe\x00 nonsense",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n",
        b"From: a@b.fr\nContent-Type: text/plain; charset=nonsense\n\n\xff",
    ],
)
def test_nothing_else_is(data: bytes) -> None:
    assert understood(data) is None


def returns(box: Imap, **changes: str) -> ImapReturns:
    how = {"username": "retours", "password": "secret", "folder": "INBOX"} | changes
    return ImapReturns(host=box.host, port=box.port, security="none", **how)


def test_a_mailbox_is_read_from_where_it_was_left_and_nothing_in_it_is_touched() -> None:
    with Imap() as box:
        box.add(plea("Je n'ai pas de lien"))
        found, mark = returns(box).read("")
        assert (found, mark) == ([], "1:1")  # what lay there is old
        box.add(POSTFIX)
        box.add(plea("Merci"))
        found, mark = returns(box).read(mark)
        assert ([type(one) for one in found], mark) == ([Undelivered], "1:3")
        assert returns(box).read(mark) == ([], "1:3")
        box.validity = 2
        assert returns(box).read(mark) == ([], "2:3")
        verbs = {command.split()[0] for command in box.commands} | {
            command.split()[1] for command in box.commands if command.startswith("UID")
        }
    assert verbs <= {"CAPABILITY", "LOGIN", "EXAMINE", "UID", "SEARCH", "FETCH"}


def test_many_messages_are_read_a_part_at_a_time() -> None:
    with Imap() as box:
        _, mark = returns(box).read("")
        for _ in range(AT_ONCE + 5):
            box.add(POSTFIX)
        first, mark = returns(box).read(mark)
        rest, mark = returns(box).read(mark)
    assert (len(first), len(rest), mark) == (AT_ONCE, 5, f"1:{AT_ONCE + 5}")


@pytest.mark.parametrize("changes", [{"password": "faux"}, {"folder": "Ailleurs"}])
def test_a_mailbox_that_does_not_open_is_said_without_its_password(changes: dict[str, str]) -> None:
    with Imap() as box, pytest.raises(UnreadableSource) as caught:
        returns(box, **changes).read("")
    assert "faux" not in str(caught.value)


def test_a_mailbox_that_is_not_there_is_said() -> None:
    with Imap() as box:
        gone = returns(box)
    with pytest.raises(UnreadableSource, match="vérifiez \\[bounces\\]"):
        gone.read("")
