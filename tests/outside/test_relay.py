"""The loopback relay, spoken to byte by byte."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest
import trustme

from orchestrator.outside.relay import Accepted, Moment, Relay, Verdict
from orchestrator.outside.relay_wire import Wire

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)


def now() -> datetime:
    return NOW


class Client:
    """Says bytes, hears replies."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.settimeout(10)
        self.file = sock.makefile("rb")

    def hear(self) -> str:
        """One whole reply, "" if the relay hung up."""
        lines = []
        while line := self.file.readline().decode():
            lines.append(line.rstrip("\r\n"))
            if line[3] == " ":
                break
        return "\n".join(lines)

    def ask(self, command: str | bytes) -> str:
        self.say(command)
        return self.hear()

    def say(self, command: str | bytes) -> None:
        self.sock.sendall(command if isinstance(command, bytes) else f"{command}\r\n".encode())

    def codes(self, *commands: str | bytes) -> list[str]:
        return [self.ask(command)[:3] for command in commands]

    def over_tls(self, context: ssl.SSLContext) -> Client:
        return Client(context.wrap_socket(self.sock, server_hostname="127.0.0.1"))


@contextmanager
def calling(relay: Relay, *, hello: bool = True) -> Iterator[Client]:
    with closing(socket.create_connection((relay.host, relay.port), 10)) as sock:
        client = Client(sock)
        if hello:
            assert client.hear() == "220 relay.invalid ESMTP"
            assert client.ask("EHLO me").startswith("250-relay.invalid\n")
        yield client
        client.file.close()


ENVELOPE = ("MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>")


def letter(data: bytes = b"x\r\n", *, connection: int = 1, replied: bool = True) -> Accepted:
    return Accepted(at=NOW, sender="a@b.example", to="c@d.example", data=data, connection=connection, replied=replied)


def test_it_offers_what_it_can_do() -> None:
    with Relay(now=now, users={"u": "p"}) as relay, calling(relay, hello=False) as client:
        assert client.hear() == "220 relay.invalid ESMTP"
        assert client.ask("EHLO me").split("\n") == [
            "250-relay.invalid",
            "250-SIZE 10485760",
            "250-8BITMIME",
            "250-ENHANCEDSTATUSCODES",
            "250-PIPELINING",
            "250 AUTH PLAIN LOGIN",
        ]
        assert client.ask("HELO me") == "250 relay.invalid"


def test_it_takes_several_letters_on_one_connection_and_keeps_each_before_its_250() -> None:
    kept: list[Accepted] = []
    with Relay(now=now, keep=kept.append) as relay, calling(relay) as client:
        for body in (b"one\r\n", b"..two\r\n..\r\n", b""):
            assert client.codes(*ENVELOPE, "DATA", body + b".\r\n") == ["250", "250", "354", "250"]
        bodies = [b"one\r\n", b".two\r\n.\r\n", b""]
        assert kept == [letter(body, replied=False) for body in bodies]
        assert relay.accepted == [letter(body) for body in bodies]
        assert client.ask("QUIT") == "221 2.0.0 Bye"
        assert client.hear() == ""


def test_only_crlf_dot_crlf_ends_a_letter() -> None:
    smuggling = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\n.\r", b"\r.\n", b"\r\n.\r\r\n", b"\r.\r\n"]
    with Relay(now=now) as relay, calling(relay) as client:
        for end in smuggling:
            assert client.codes(*ENVELOPE, "DATA") == ["250", "250", "354"]
            smuggled = b"x" + end + b"MAIL FROM:<evil@b.example>\r\nRCPT TO:<v@d.example>\r\nDATA\r\ny\r\n.\r\n"
            assert client.ask(smuggled) == "554 5.5.2 Bare CR or LF"
            assert client.ask("NOOP") == "250 2.0.0 OK"
        assert relay.accepted == []


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64])
def test_a_letter_is_read_the_same_however_it_is_cut(size: int) -> None:
    ours, theirs = socket.socketpair()
    stream = b"..a\r\n...\r\n\r\n.b\r.\r\n" + b"c" * 50 + b"\r\n.\r\nNOOP\r\n.\r\n"
    with ours, theirs:
        wire = Wire(theirs)
        for start in range(0, len(stream), size):
            ours.sendall(stream[start : start + size])
        letters = [wire.letter(), wire.line(), wire.line()]
    assert letters == [b".a\r\n..\r\n\r\nb\r.\r\n" + b"c" * 50 + b"\r\n", b"NOOP", b"."]


def test_what_is_too_long_is_swallowed_and_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"x" * 500 + b"\r\n.\r\n" + b"y" * 500 + b"\r\nNOOP\r\n")
        wire = Wire(theirs)
        assert [wire.letter(limit=100), wire.line(limit=100), wire.line(limit=100)] == [None, None, b"NOOP"]
    with Relay(now=now) as relay, calling(relay) as client:
        assert client.codes("NOOP " + "x" * 505, "NOOP " + "x" * 506) == ["250", "500"]
        assert client.codes("AUTH PLAIN " + "x" * 600) == ["502"]
        assert client.codes("MAIL FROM:<a@b.example> SIZE=10485761") == ["552"]
        assert client.codes(*ENVELOPE, "DATA", b"." + b"." * 998 + b"\r\n.\r\n") == ["250", "250", "354", "250"]
        assert client.codes(*ENVELOPE, "DATA", b"x" * 999 + b"\r\n.\r\n") == ["250", "250", "354", "500"]


def test_eight_bits_must_be_declared() -> None:
    body = "é\r\n.\r\n".encode()
    with Relay(now=now) as relay, calling(relay) as client:
        assert client.codes(*ENVELOPE, "DATA", body) == ["250", "250", "354", "554"]
        declared = (ENVELOPE[0] + " SIZE=4 BODY=8BITMIME", ENVELOPE[1])
        assert client.codes(*declared, "DATA", body) == ["250", "250", "354", "250"]
        assert relay.accepted == [letter("é\r\n".encode())]


def test_commands_out_of_order_or_out_of_shape_are_refused() -> None:
    with Relay(now=now) as relay, calling(relay, hello=False) as client:
        client.hear()
        answers: list[tuple[str | bytes, str]] = [
            ("MAIL FROM:<a@b.example>", "503"),
            ("EHLO", "501"),
            ("EHLO me", "250"),
            ("RCPT TO:<c@d.example>", "503"),
            ("DATA", "503"),
            ("MAIL TO:<a@b.example>", "501"),
            ("MAIL FROM:a@b.example", "501"),
            ("MAIL FROM:<a@b.example> SMTPUTF8", "555"),
            ("MAIL FROM:<>", "250"),
            ("MAIL FROM:<a@b.example>", "503"),
            ("DATA", "554"),
            ("RCPT TO:<>", "501"),
            ("RCPT TO:<c@d.example> NOTIFY=NEVER", "555"),
            ("rcpt to:<c@d.example>", "250"),
            ("RCPT TO:<e@f.example>", "452"),
            ("DATA now", "501"),
            ("RSET", "250"),
            ("DATA", "503"),
            ("VRFY someone", "252"),
            ("NOOP anything", "250"),
            ("STARTTLS", "502"),
            ("AUTH PLAIN", "502"),
            ("EXPN list", "500"),
            (b"NOOP\nMAIL FROM:<a@b.example>\r\n", "500"),
            ("NOOP é", "500"),
            ("", "500"),
        ]
        assert [(command, client.ask(command)[:3]) for command, _ in answers] == answers
        assert relay.accepted == []


def test_pipelined_commands_are_answered_in_order_and_only_where_offered() -> None:
    group = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
    with Relay(now=now) as relay, calling(relay) as client:
        client.say(group)
        assert [client.hear()[:3] for _ in range(3)] == ["250", "250", "354"]
        client.say(b"x\r\n.\r\n" + group)
        assert [client.hear()[:3] for _ in range(4)] == ["250", "250", "250", "354"]
    with Relay(now=now, pipelining=False) as relay, calling(relay) as client:
        client.say(group)
        assert [client.hear()[:3] for _ in range(3)] == ["503", "503", "503"]


def test_it_asks_its_temper_at_every_moment() -> None:
    moments: list[Moment] = []
    with Relay(now=now, temper=moments.append) as relay, calling(relay) as client:
        client.codes(*ENVELOPE, "DATA", b"four\r\n.\r\n", "QUIT")
    a, c = "a@b.example", "c@d.example"
    told = [(m.stage, m.sender, m.to, m.size) for m in moments]
    assert told == [
        ("connect", "", "", 0),
        ("ehlo", "", "", 0),
        ("mail", a, "", 0),
        ("rcpt", a, c, 0),
        ("data", a, c, 0),
        ("dot", a, c, 6),
        ("accepted", a, c, 6),
        ("quit", "", "", 0),
    ]


def tempered(stage: str, verdict: Verdict) -> Relay:
    return Relay(now=now, temper=lambda moment: verdict if moment.stage == stage else None)


def test_it_answers_what_its_temper_says_and_stays_in_order() -> None:
    no = Verdict(reply=(450, "4.2.1 later\nmuch later"))
    expected = {
        "mail": ["450", "503", "503", "500"],
        "rcpt": ["250", "450", "554", "500"],
        "data": ["250", "250", "450", "500"],
        "dot": ["250", "250", "354", "450"],
    }
    for stage, codes in expected.items():
        with tempered(stage, no) as relay, calling(relay) as client:
            assert client.codes(*ENVELOPE, "DATA", b"x\r\n.\r\n"[: 7 if codes[2] == "354" else 3]) == codes
            assert relay.accepted == []
    with tempered("accepted", no) as relay, calling(relay) as client:
        client.codes(*ENVELOPE, "DATA")
        assert client.ask(b"x\r\n.\r\n") == "450-4.2.1 later\n450 much later"
        assert relay.accepted == [letter()]


def test_it_hangs_up_where_its_temper_says() -> None:
    for verdict, heard in ((Verdict(drop=True), ""), (Verdict(reply=(421, "4.3.2 closing")), "421 4.3.2 closing")):
        for stage, before in (("mail", 0), ("rcpt", 1), ("data", 2), ("dot", 3)):
            with tempered(stage, verdict) as relay, calling(relay) as client:
                replies = [client.ask(command) for command in (*ENVELOPE, "DATA", b"x\r\n.\r\n")[: before + 1]]
                assert (replies[-1], client.hear(), relay.accepted) == (heard, "", [])
        with tempered("connect", verdict) as relay, calling(relay, hello=False) as client:
            assert (client.hear(), client.hear()) == (heard, "")


@pytest.mark.parametrize("stage", ["dot", "accepted"])
def test_it_can_lose_the_reply_to_a_letter_it_accepted(stage: str) -> None:
    with tempered(stage, Verdict(lose_reply=True)) as relay, calling(relay) as client:
        assert client.codes(*ENVELOPE, "DATA", b"x\r\n.\r\n") == ["250", "250", "354", ""]
        assert relay.accepted == [letter(replied=False)]


def test_it_answers_late_when_its_temper_hangs() -> None:
    wake = threading.Event()
    with tempered("dot", Verdict(hang=wake)) as relay, calling(relay) as client:
        client.codes(*ENVELOPE, "DATA")
        client.say(b"x\r\n.\r\n")
        assert relay.accepted == []
        wake.set()
        assert (client.hear(), relay.accepted) == ("250 2.0.0 Accepted", [letter()])


def test_stopping_leaves_no_thread_behind_wherever_the_clients_are() -> None:
    before = set(threading.enumerate())
    hanging = threading.Event()

    def temper(moment: Moment) -> Verdict | None:
        if moment.stage == "mail" and moment.connection == 2:
            hanging.set()
            return Verdict(hang=threading.Event())
        return None

    relay = Relay(now=now, temper=temper)
    relay.start()
    with calling(relay) as idle, calling(relay) as hung, calling(relay) as writing:
        hung.say(ENVELOPE[0])
        writing.codes(*ENVELOPE, "DATA")
        writing.say(b"half a letter\r\n")
        assert hanging.wait(10)
        relay.stop()
        assert [client.hear() for client in (idle, hung, writing)] == ["", "", ""]
    assert set(threading.enumerate()) == before
    assert relay.accepted == []


def test_it_comes_back_on_the_same_port_and_remembers() -> None:
    relay = Relay(now=now)
    ports = []
    for _ in range(2):
        with relay, calling(relay) as client:
            client.codes(*ENVELOPE, "DATA", b"x\r\n.\r\n")
            ports.append(relay.port)
    assert ports[0] == ports[1]
    assert [accepted.connection for accepted in relay.accepted] == [1, 2]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_it_lets_in_only_who_knows_the_password() -> None:
    with Relay(now=now, users={"u": "pé"}) as relay:
        ways: dict[tuple[str, ...], list[str]] = {
            (f"AUTH PLAIN {encoded(chr(0) + 'u' + chr(0) + 'pé')}", ENVELOPE[0]): ["235", "250"],
            ("AUTH PLAIN", encoded("\0u\0pé"), ENVELOPE[0]): ["334", "235", "250"],
            ("AUTH LOGIN", encoded("u"), encoded("pé"), "AUTH LOGIN"): ["334", "334", "235", "503"],
            (f"AUTH LOGIN {encoded('u')}", encoded("p"), ENVELOPE[0]): ["334", "535", "530"],
            ("AUTH PLAIN", "*", ENVELOPE[0]): ["334", "501", "530"],
            ("AUTH PLAIN =", "AUTH CRAM-MD5", ENVELOPE[0]): ["501", "504", "530"],
        }
        for commands, codes in ways.items():
            with calling(relay) as client:
                assert client.codes(*commands) == codes


def test_it_asks_for_tls_before_a_password_and_starts_over_after_it() -> None:
    authority = trustme.CA()
    ours, theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.configure_trust(ours)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    login = f"AUTH PLAIN {encoded(chr(0) + 'u' + chr(0) + 'p')}"
    with Relay(now=now, tls=theirs, users={"u": "p"}) as relay:
        with calling(relay) as client:
            assert "AUTH" not in client.ask("EHLO me")
            assert client.codes(login, "STARTTLS") == ["538", "220"]
            secured = client.over_tls(ours)
            assert secured.codes(ENVELOPE[0], "EHLO me", "STARTTLS", login) == ["503", "250", "503", "235"]
        with calling(relay) as client:
            client.say(b"STARTTLS\r\nMAIL FROM:<injected@b.example>\r\n")
            assert (client.hear(), client.hear()) == ("503 5.5.0 STARTTLS must end its group", "")
    with Relay(now=now, tls=theirs, implicit_tls=True) as relay, calling(relay, hello=False) as client:
        secured = client.over_tls(ours)
        assert secured.hear() == "220 relay.invalid ESMTP"
        assert "STARTTLS" not in secured.ask("EHLO me")
