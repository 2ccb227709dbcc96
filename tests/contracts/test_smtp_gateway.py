"""The SMTP gateway, held to the contract of the Post port over real sockets and real TLS."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core.errors import (
    AddressRefused,
    BadConfiguration,
    LetterDeferred,
    MailError,
    RelayUnavailable,
    ReplyLost,
)
from orchestrator.gateways.mail.smtp import Security, SmtpLine, SmtpPost, Timeouts
from orchestrator.outside.relay import Moment, Relay, Verdict
from orchestrator.ports import Post, Reply

NOW = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
SENDER, TO, NEXT = "pole@exemple.example", "jeanne@ailleurs.example", "paul@ailleurs.example"
BODY = b"Subject: Bonjour\r\n\r\n.\r\n"
PASSWORD = "sésame-7f3a"


@dataclass(frozen=True)
class Trust:
    """An authority the client trusts, and the certificates it gave."""

    authority: trustme.CA = field(default_factory=trustme.CA)

    def ours(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.authority.configure_trust(context)
        return context

    def theirs(self, name: str = "127.0.0.1", not_after: datetime | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        before = NOW.replace(year=2001) if not_after else None
        self.authority.issue_cert(name, not_before=before, not_after=not_after).configure_cert(context)
        return context


@pytest.fixture(scope="module")
def trust() -> Trust:
    return Trust()


@dataclass
class Temper:
    """Gives one verdict once, at one stage, and remembers every moment."""

    stage: str = ""
    verdict: Verdict | None = None
    moments: list[Moment] = field(default_factory=list)

    def __call__(self, moment: Moment) -> Verdict | None:
        first = all(earlier.stage != moment.stage for earlier in self.moments)
        self.moments.append(moment)
        return self.verdict if first and moment.stage == self.stage else None

    @property
    def stages(self) -> list[str]:
        return [moment.stage for moment in self.moments]


def relay_with(temper: Callable[[Moment], Verdict | None] | None = None, *, pipelining: bool = True) -> Relay:
    return Relay(now=lambda: NOW, temper=temper, pipelining=pipelining)


def post_to(relay: Relay, timeouts: Timeouts | None = None) -> SmtpPost:
    return SmtpPost(host=relay.host, port=relay.port, security="none", timeouts=timeouts)


def deliver(post: SmtpPost) -> Reply:
    with post.connect() as line:
        return line.offer(SENDER, TO, BODY).finish()


def failure_of(post: SmtpPost) -> MailError:
    with pytest.raises(MailError) as caught:
        deliver(post)
    return caught.value


def received(relay: Relay) -> list[tuple[str, str, bytes]]:
    return [(letter.sender, letter.to, letter.data) for letter in relay.accepted]


def told(error: MailError) -> tuple[type[MailError], str, int, str, bool]:
    return type(error), error.stage, error.code, error.reply, error.permanent


def test_it_is_a_post() -> None:
    post: Post = SmtpPost(host="relay.exemple.example", port=587, security="starttls")
    assert post


# ── Every stage, every way to fail ────────────────────────────────────────────────────────────────────────────────

LATER, NO, CLOSING = (451, "4.3.0 plus tard"), (550, "5.7.1 non"), (421, "4.3.2 fermeture")
WAYS = {
    "4xx": Verdict(reply=LATER),
    "5xx": Verdict(reply=NO),
    "421": Verdict(reply=CLOSING),
    "drop": Verdict(drop=True),
}
OF_THE_RELAY = {"4xx": RelayUnavailable, "5xx": RelayUnavailable, "421": RelayUnavailable, "drop": RelayUnavailable}
OF_THE_LETTER = OF_THE_RELAY | {"4xx": LetterDeferred, "5xx": AddressRefused}
MEANING: dict[str, Mapping[str, type[MailError]]] = {
    **dict.fromkeys(("connect", "ehlo", "starttls", "auth", "mail"), OF_THE_RELAY),
    **dict.fromkeys(("rcpt", "data"), OF_THE_LETTER),
    "dot": OF_THE_LETTER | {"drop": ReplyLost},
}


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stage", MEANING)
def test_a_failure_is_named_by_its_stage_and_spoils_no_other_letter(
    stage: str, way: str, pipelining: bool, trust: Trust
) -> None:
    temper = Temper(stage, WAYS[way])
    users = {"pole": PASSWORD}
    with Relay(now=lambda: NOW, temper=temper, tls=trust.theirs(), users=users, pipelining=pipelining) as relay:
        post = SmtpPost(
            host=relay.host,
            port=relay.port,
            security="starttls",
            username="pole",
            password=PASSWORD,
            context=trust.ours(),
        )
        errors: list[MailError] = []
        usable = []
        try:
            with post.connect() as line:
                for to in (TO, NEXT):
                    try:
                        line.offer(SENDER, to, BODY).finish()
                    except MailError as error:
                        errors.append(error)
                    usable.append(line.usable)
        except MailError as error:
            errors.append(error)
        code, reply = WAYS[way].reply or (0, "")
        kind = MEANING[stage][way]
        permanent = way == "5xx"
        assert told(errors[0]) == (kind, stage, code, reply, permanent)
        if kind in (AddressRefused, LetterDeferred):
            assert (usable, received(relay), len(errors)) == ([True, True], [(SENDER, NEXT, BODY)], 1)
        else:
            assert (any(usable), received(relay)) == (False, [])


SHORT = 0.25
IMPATIENT = {
    "connect": Timeouts(connect=SHORT),
    "ehlo": Timeouts(command=SHORT),
    "mail": Timeouts(command=SHORT),
    "rcpt": Timeouts(command=SHORT),
    "data": Timeouts(data=SHORT),
    "dot": Timeouts(dot=SHORT),
}


@pytest.mark.parametrize("stage", IMPATIENT)
def test_a_relay_that_hangs_is_given_up(stage: str) -> None:
    with relay_with(Temper(stage, Verdict(hang=threading.Event()))) as relay:
        error = failure_of(post_to(relay, IMPATIENT[stage]))
        kind = ReplyLost if stage == "dot" else RelayUnavailable
        assert (told(error), received(relay)) == ((kind, stage, 0, "", False), [])


@pytest.mark.parametrize("verdict", [Verdict(lose_reply=True), Verdict(drop=True)])
def test_a_letter_accepted_without_a_word_is_in_doubt(verdict: Verdict) -> None:
    with relay_with(Temper("accepted", verdict)) as relay:
        assert told(failure_of(post_to(relay))) == (ReplyLost, "dot", 0, "", False)
        assert received(relay) == [(SENDER, TO, BODY)]


@pytest.mark.parametrize("verdict", [Verdict(reply=CLOSING), Verdict(drop=True), Verdict(hang=threading.Event())])
def test_the_relays_answer_to_quit_changes_nothing(verdict: Verdict) -> None:
    temper = Temper("quit", verdict)
    with relay_with(temper) as relay:
        assert deliver(post_to(relay, Timeouts(quit=0.05))) == Reply(code=250, text="2.0.0 Accepted")
        assert (received(relay), temper.stages[-1]) == ([(SENDER, TO, BODY)], "quit")


def test_a_relay_that_is_down_is_unavailable() -> None:
    relay = relay_with()
    with relay:
        post = post_to(relay)
    assert told(failure_of(post)) == (RelayUnavailable, "connect", 0, "", False)
    nowhere = SmtpPost(host="no..where", port=25, security="tls")
    assert told(failure_of(nowhere)) == (RelayUnavailable, "connect", 0, "", False)


# ── The two steps ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("pipelining", [True, False])
def test_one_line_carries_many_letters(pipelining: bool) -> None:
    temper = Temper()
    with relay_with(temper, pipelining=pipelining) as relay:
        with post_to(relay).connect() as line:
            replies = [line.offer(SENDER, f"p{n}@ailleurs.example", BODY).finish() for n in range(20)]
        assert replies == [Reply(code=250, text="2.0.0 Accepted")] * 20
        assert received(relay) == [(SENDER, f"p{n}@ailleurs.example", BODY) for n in range(20)]
        letter = ["mail", "rcpt", "data", "dot", "accepted"]
        assert temper.stages == ["connect", "ehlo", *letter * 20, "quit"]


@pytest.mark.timeout(20)
def test_a_letter_held_is_not_accepted_and_is_void_when_the_line_is_left() -> None:
    temper = Temper()
    with relay_with(temper) as relay:
        with post_to(relay, Timeouts(quit=600)).connect() as line:
            held = line.offer(SENDER, TO, BODY)
            assert not line.usable
            with pytest.raises(RelayUnavailable):
                line.offer(SENDER, NEXT, BODY)
        with pytest.raises(RelayUnavailable):
            held.finish()
    assert (temper.stages, received(relay)) == (["connect", "ehlo", "mail", "rcpt", "data"], [])


def test_a_letter_is_finished_once() -> None:
    with relay_with() as relay, post_to(relay).connect() as line:
        held = line.offer(SENDER, TO, BODY)
        held.finish()
        with pytest.raises(RelayUnavailable):
            held.finish()
        assert (line.usable, received(relay)) == (True, [(SENDER, TO, BODY)])


def test_a_relay_that_hangs_up_before_the_dot_leaves_no_doubt() -> None:
    relay = relay_with()
    with relay, post_to(relay).connect() as line:
        held = line.offer(SENDER, TO, BODY)
        relay.stop()
        with pytest.raises(MailError) as caught:
            held.finish()
        relay.start()
    assert (told(caught.value), received(relay)) == ((RelayUnavailable, "data", 0, "", False), [])


# ── Bytes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

NASTY = [
    b"",
    b".",
    b".\r\n",
    b"..\r\n.",
    b"\r\n.\r\n\r\n..\r\n",
    b"x\r\n.\r\nMAIL FROM:<evil@b.example>\r\nRCPT TO:<v@d.example>\r\nDATA\r\ny\r\n.\r\nQUIT\r\n",
    bytes(set(range(256)) - {10, 13}),
    "À 9 h, « bonjour »\r\n".encode() * 8000,
]


def as_sent(body: bytes) -> bytes:
    return body if not body or body.endswith(b"\r\n") else body + b"\r\n"


def test_a_letter_arrives_byte_for_byte() -> None:
    with relay_with() as relay, post_to(relay).connect() as line:

        @settings(max_examples=150)
        @given(st.lists(st.sampled_from([b"", b".", b"..", b"a", b".a", b"a.", b"QUIT"])).map(b"\r\n".join))
        def arrives(body: bytes) -> None:
            line.offer(SENDER, TO, body).finish()
            assert relay.accepted[-1].data == as_sent(body)

        for body in NASTY:
            line.offer(SENDER, TO, body).finish()
        assert received(relay) == [(SENDER, TO, as_sent(body)) for body in NASTY]
        arrives()


def refusal_of(line: SmtpLine, sender: str, to: str, body: bytes) -> MailError:
    with pytest.raises(MailError) as caught:
        line.offer(sender, to, body)
    return caught.value


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r", b"\n", b"\r\r\n"])
def test_a_letter_with_a_bare_cr_or_lf_does_not_leave(end: bytes) -> None:
    temper = Temper()
    with relay_with(temper) as relay, post_to(relay).connect() as line:
        error = refusal_of(line, SENDER, TO, b"x" + end + b"MAIL FROM:<evil@b.example>")
        assert told(error) == (AddressRefused, "data", 0, "", True)
        assert (temper.stages, line.usable) == (["connect", "ehlo"], True)


UNUSABLE = ["é@b.example", "a@é.example", "a@b\r\nDATA", "a@b\n", "a@b> SIZE=1", "<a@b", "a b@c", "a", "", "a@b\0"]


@pytest.mark.parametrize("address", UNUSABLE)
def test_an_address_that_could_not_be_said_is_refused_before_a_word(address: str) -> None:
    temper = Temper()
    with relay_with(temper) as relay, post_to(relay).connect() as line:
        assert told(refusal_of(line, SENDER, address, BODY)) == (AddressRefused, "rcpt", 0, "", True)
        assert line.usable
        assert told(refusal_of(line, address, TO, BODY)) == (RelayUnavailable, "mail", 0, "", True)
        assert not line.usable
    assert temper.stages == ["connect", "ehlo"]


# ── TLS and logging in ────────────────────────────────────────────────────────────────────────────────────────────


def secured(
    relay: Relay, context: ssl.SSLContext | None, security: Security = "starttls", timeouts: Timeouts | None = None
) -> SmtpPost:
    return SmtpPost(
        host=relay.host,
        port=relay.port,
        security=security,
        username="pole",
        password=PASSWORD,
        context=context,
        timeouts=timeouts,
    )


@pytest.mark.parametrize("implicit", [True, False])
def test_a_letter_goes_under_tls_after_logging_in(implicit: bool, trust: Trust) -> None:
    users = {"pole": PASSWORD}
    with Relay(now=lambda: NOW, tls=trust.theirs(), implicit_tls=implicit, users=users) as relay:
        deliver(secured(relay, trust.ours(), "tls" if implicit else "starttls"))
        assert received(relay) == [(SENDER, TO, BODY)]


def test_a_certificate_that_proves_nothing_gets_no_password(trust: Trust) -> None:
    wrong: list[tuple[ssl.SSLContext, ssl.SSLContext | None, str]] = [
        (Trust().theirs(), trust.ours(), "unable to get local issuer certificate"),
        (trust.theirs(), None, "unable to get local issuer certificate"),
        (trust.theirs("autre.example"), trust.ours(), "IP address mismatch"),
        (trust.theirs(not_after=NOW.replace(year=2002)), trust.ours(), "certificate has expired"),
    ]
    for theirs, ours, reason in wrong:
        for implicit in (True, False):
            temper = Temper()
            with Relay(
                now=lambda: NOW, temper=temper, tls=theirs, implicit_tls=implicit, users={"pole": PASSWORD}
            ) as relay:
                error = failure_of(secured(relay, ours, "tls" if implicit else "starttls"))
            assert told(error) == (RelayUnavailable, "connect" if implicit else "starttls", 0, "", True)
            assert reason in str(error)
            assert temper.stages == ([] if implicit else ["connect", "ehlo", "starttls"])


def test_a_relay_stripped_of_starttls_gets_no_password(trust: Trust) -> None:
    temper = Temper()
    with Relay(now=lambda: NOW, temper=temper, users={"pole": PASSWORD}) as relay:
        error = failure_of(secured(relay, trust.ours()))
    assert told(error) == (RelayUnavailable, "starttls", 0, "", True)
    assert temper.stages == ["connect", "ehlo"]
    assert 'mail.security = "tls"' in error.remedy


def test_the_wrong_kind_of_tls_fails_at_once_or_in_time(trust: Trust) -> None:
    with Relay(now=lambda: NOW, tls=trust.theirs()) as relay:
        assert told(failure_of(secured(relay, trust.ours(), "tls"))) == (RelayUnavailable, "connect", 0, "", True)
    with Relay(now=lambda: NOW, tls=trust.theirs(), implicit_tls=True) as relay:
        post = secured(relay, trust.ours(), timeouts=Timeouts(connect=0.1))
        assert told(failure_of(post)) == (RelayUnavailable, "connect", 0, "", False)


def test_in_the_clear_only_to_this_machine() -> None:
    for host in ("127.0.0.1", "127.8.9.1", "::1", "localhost"):
        SmtpPost(host=host, port=25, security="none")
    for host in ("relay.exemple.example", "192.0.2.1", "0.0.0.0", "localhost.exemple.example", ""):
        with pytest.raises(BadConfiguration, match=r"mail\.security"):
            SmtpPost(host=host, port=25, security="none")


def test_a_wrong_password_is_tried_once_and_never_repeated(trust: Trust) -> None:
    both = f"{PASSWORD} {base64.b64encode(PASSWORD.encode()).decode()} {TO}"
    temper = Temper("auth", Verdict(reply=(535, f"5.7.8 wrong: {both}")))
    with Relay(now=lambda: NOW, temper=temper, tls=trust.theirs(), users={"pole": "autre"}) as relay:
        quoted, plain = (failure_of(secured(relay, trust.ours())) for _ in range(2))
    assert told(quoted) == (RelayUnavailable, "auth", 535, f"5.7.8 wrong: … … {TO}", True)
    assert told(plain) == (RelayUnavailable, "auth", 535, "5.7.8 User name or password wrong", True)
    assert temper.stages.count("auth") == 2
    assert plain.remedy == "vérifiez mail.username et mail.password"
    assert PASSWORD not in f"{quoted}{quoted.reply}{plain}"


def test_an_address_is_not_repeated_with_the_relays_words() -> None:
    with relay_with(Temper("rcpt", Verdict(reply=(550, f"5.1.1 <{TO.upper()}>\n5.1.1 User\tunknown")))) as relay:
        error = failure_of(post_to(relay))
    assert told(error) == (AddressRefused, "rcpt", 550, "5.1.1 <…> 5.1.1 User unknown", True)
    assert "« 550 5.1.1 <…> 5.1.1 User unknown »" in str(error)


# ── Relays that do not keep the rules ─────────────────────────────────────────────────────────────────────────────

POLITE = {
    b"hi": b"220 x\r\n",
    b"EHLO": b"250 x\r\n",
    b"MAIL": b"250 x\r\n",
    b"RCPT": b"250 x\r\n",
    b"DATA": b"354 x\r\n",
}


@contextmanager
def scripted(answers: Mapping[bytes, bytes]) -> Iterator[int]:
    """A relay that answers one client's lines by their first four bytes, b"hi" being the greeting; closes after `.`"""

    def serve() -> None:
        sock, _ = listener.accept()
        with sock, sock.makefile("rb") as lines:
            sock.sendall(answers[b"hi"])
            for line in lines:
                sock.sendall(answers.get(line[:4].strip().upper(), b""))
                if line == b".\r\n":
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def failure_with(answers: Mapping[bytes, bytes]) -> MailError:
    with scripted({**POLITE, **answers}) as port:
        post = SmtpPost(host="127.0.0.1", port=port, security="none")
        with pytest.raises(MailError) as caught, post.connect() as line:
            line.offer(SENDER, TO, b"x\r\n").finish()
    return caught.value


def test_a_stray_reply_is_never_taken_for_the_answer_to_the_dot() -> None:
    for stray, code, reply in ((b"250 queued", 250, "queued"), (b"421 idle", 421, "idle")):
        error = failure_with({b"DATA": b"354 x\r\n" + stray + b"\r\n"})
        assert told(error) == (RelayUnavailable, "data", code, reply, False)


def test_a_stray_reply_is_never_taken_for_the_answer_to_the_next_letter() -> None:
    error = failure_with({b"EHLO": b"250 x\r\n250 stray\r\n"})
    assert told(error) == (RelayUnavailable, "mail", 250, "stray", False)


def test_a_line_that_cannot_be_reset_is_closed_and_the_refusal_kept() -> None:
    script = {**POLITE, b"RCPT": b"550 no\r\n", b"RSET": b"421 bye\r\n"}
    with scripted(script) as port, SmtpPost(host="127.0.0.1", port=port, security="none").connect() as line:
        assert told(refusal_of(line, SENDER, TO, BODY)) == (AddressRefused, "rcpt", 550, "no", True)
        assert not line.usable


def test_a_relay_that_knows_only_login_gets_the_name_then_the_password() -> None:
    name, password = (base64.b64encode(word.encode())[:4].upper() for word in ("pole", PASSWORD))
    answers = {name: b"334 x\r\n", password: b"235 x\r\n", b"AUTH": b"334 x\r\n", b".": b"250 queued\r\n"}
    for offered in (b"LOGIN", b"CRAM-MD5"):
        with scripted({**POLITE, **answers, b"EHLO": b"250-x\r\n250 AUTH " + offered + b"\r\n"}) as port:
            post = SmtpPost(host="127.0.0.1", port=port, security="none", username="pole", password=PASSWORD)
            if offered == b"LOGIN":
                assert deliver(post) == Reply(code=250, text="queued")
            else:
                assert told(failure_of(post)) == (RelayUnavailable, "auth", 0, "", True)


def test_a_mangled_reply_to_the_dot_leaves_the_letter_in_doubt() -> None:
    for mangled in (b"", b"25", b"250", b"250-queued\r\n", b"?!\r\n", b"354 x\r\n", b"250 " + b"x" * 9000):
        error = failure_with({b".": mangled})
        assert (type(error), error.stage, error.permanent) == (ReplyLost, "dot", False)


def test_who_does_not_speak_smtp_is_no_relay() -> None:
    error = failure_with({b"hi": b"SSH-2.0-x\r\n"})
    assert (type(error), error.stage, error.code, error.permanent) == (RelayUnavailable, "connect", 0, False)


def test_a_tarpit_that_drips_is_given_up_like_one_that_hangs() -> None:
    done = threading.Event()

    def drip() -> None:
        sock, _ = listener.accept()
        with sock, contextlib.suppress(OSError):
            while not done.wait(0.02):
                sock.sendall(b"220-wait\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip)
        thread.start()
        port = listener.getsockname()[1]
        giving_up = SmtpPost(host="127.0.0.1", port=port, security="none", timeouts=Timeouts(connect=0.1))
        guard = threading.Timer(5, done.set)
        guard.start()
        error = failure_of(giving_up)
        in_time = not done.is_set()
        guard.cancel()
        done.set()
        thread.join()
    assert (told(error), in_time) == ((RelayUnavailable, "connect", 0, "", False), True)
