"""Letters over one open SMTP connection, without ever waiting: what to say next, and what the relay's replies mean.

With PIPELINING (RFC 2920) a letter costs one round trip: MAIL, RCPT and DATA of the next one follow the final dot of
the last. The content goes out only after its own 354, its dot only when told to.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.core.errors import AddressRefused, LetterDeferred, MailError, RelayUnavailable
from orchestrator.gateways.mail.doorstep import is_ascii, on_the_wire
from orchestrator.gateways.mail.smtp_parcels import unfit
from orchestrator.gateways.mail.smtp_talk import in_words, loss, masked, meaning, unasked
from orchestrator.gateways.mail.smtp_wire import Wire
from orchestrator.ports import News, Parcel, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds for a whole reply. A failure before the dot costs nothing, so those are shorter than RFC 5321, 4.5.3.2
    asks; a failure after it may make a second copy, so that one is not."""

    connect: float = 30
    command: float = 60
    data: float = 180
    dot: float = 600
    quit: float = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What a relay offered, and how long we wait for it."""

    pipelining: bool
    eight_bit: bool
    timeouts: Timeouts

    def limit(self, stage: str) -> float:
        """How many seconds a reply may take."""
        return {"data": self.timeouts.data, "dot": self.timeouts.dot}.get(stage, self.timeouts.command)


class Dialogue:
    """One open connection. After every call, `news` tells what became of its letters; `until` is when to give up."""

    def __init__(self, sock: socket.socket, heard: bytes, host: str, manners: Manners) -> None:
        self.sock = sock
        self.until = float("inf")
        self.number = 0
        self.failure: MailError | None = None
        self._host, self._manners = host, manners
        self._wire = Wire(sock, heard)
        self._expected: deque[str] = deque()
        self._unsaid: deque[tuple[str, bytes]] = deque()
        """Commands of the letter offered that wait for a good reply: all but the first, without PIPELINING."""
        self._offered: Parcel | None = None
        self._dotted: Parcel | None = None
        self._wrong: MailError | None = None
        self._writes_letter = self._holds = self._ends_after_dot = False
        self._news: list[News] = []

    # what the caller may ask

    @property
    def idle(self) -> bool:
        """Whether a letter may be offered."""
        return self.failure is None and self._offered is None and self._dotted is None and not self._expected

    @property
    def holds(self) -> bool:
        """Whether a letter waits for its final dot."""
        return self.failure is None and self._holds

    @property
    def wants_to_write(self) -> bool:
        return self._wire.unsent and self.failure is None

    def news(self) -> list[News]:
        """Return what has happened since this was last asked."""
        found, self._news = self._news, []
        return found

    def offer(self, parcel: Parcel) -> None:
        """Offer a letter while idle."""
        if (error := unfit(parcel, eight_bit=self._manners.eight_bit)) is not None:
            self._tell("missed", parcel, error=error)
            if not isinstance(error, AddressRefused):
                self._fail(error)
            return
        self._offered = parcel
        if self._hears_nothing("mail"):
            self._announce()
            self.write()

    def finish(self, then: Parcel | None = None) -> None:
        """Send the final dot of the letter held, and offer another behind it; without PIPELINING that one waits."""
        if not self._holds or self._offered is None:
            raise AssertionError("no letter is held")
        if not self._hears_nothing("data"):
            if then is not None:
                self._tell("missed", then, error=self.failure)
            return
        self._dotted, self._offered, self._holds = self._offered, None, False
        self._say("dot", b".\r\n")
        if then is not None:
            self._behind(then)
        self.write()

    def take_back(self) -> None:
        """Do not send the letter behind the dot. Announced already it cannot be unsaid: the line ends after the dot."""
        self._ends_after_dot = self._manners.pipelining
        self._offered = None

    def goodbye(self) -> None:
        """Say QUIT while idle."""
        self._say("quit", b"QUIT\r\n")
        self.until = time.monotonic() + self._manners.timeouts.quit
        self.write()

    def hang_up(self) -> None:
        """Close the connection; a letter without its dot is void."""
        self._wire.close()
        self.failure = self.failure or self.closed()

    # what the socket is ready for

    def write(self) -> None:
        """Send what there is to say, as far as the socket takes it."""
        if self.failure is None and (error := self._wire.send()) is not None:
            self._break(error)
        if self._writes_letter and self.failure is None and not self._wire.unsent:
            self._writes_letter, self._holds, self.until = False, True, float("inf")
            self._tell("held", self._offered)

    def read(self) -> None:
        """Hear what the relay says, and heed it."""
        error = self._wire.hear()
        try:
            while self.failure is None and (reply := self._wire.reply()) is not None:
                self._listen(reply)
        except ConnectionAbortedError as endless:
            error = endless
        if error is not None and self.failure is None:
            self._break(error)
        elif self.failure is None and (self._wire.unsent or self._writes_letter):
            self.write()

    def _listen(self, reply: Reply) -> None:
        if self._expected:
            self._heed(self._expected.popleft(), reply)
        else:
            self._fail(unasked("data" if self._holds or self._writes_letter else "mail", reply, self._host))

    def give_up(self) -> None:
        """The time allowed for a reply has passed."""
        self._break(TimeoutError())

    # saying

    def _behind(self, then: Parcel) -> None:
        if (error := unfit(then, eight_bit=self._manners.eight_bit)) is not None:
            self._tell("missed", then, error=error)
            return
        self._offered = then
        if self._manners.pipelining:
            self._announce()

    def _announce(self) -> None:
        """Say whom the letter is from and for, and ask for DATA; in one group where the relay offers PIPELINING."""
        parcel = self._offered
        if parcel is None:
            return
        body = "" if is_ascii(parcel.message) else " BODY=8BITMIME"
        words = (f"MAIL FROM:<{parcel.sender}>{body}\r\n", f"RCPT TO:<{parcel.to}>\r\n", "DATA\r\n")
        self._unsaid = deque(zip(("mail", "rcpt", "data"), map(str.encode, words), strict=True))
        self._say(*self._unsaid.popleft())
        while self._manners.pipelining and self._unsaid:
            self._say(*self._unsaid.popleft())

    def _say(self, stage: str, words: bytes) -> None:
        self._wire.say(words)
        self._expected.append(stage)
        if len(self._expected) == 1:
            self.until = time.monotonic() + self._manners.limit(stage)

    # hearing

    def _hears_nothing(self, stage: str) -> bool:
        """Look once more before a word that counts: the relay may have hung up, or spoken (421) unasked."""
        error = self._wire.hear()
        try:
            reply = self._wire.reply()
        except ConnectionAbortedError as endless:
            error, reply = endless, None
        if reply is not None:
            self._fail(unasked(stage, reply, self._host))
        elif error is not None:
            self._fail(loss(stage, error, self._host))
        elif self._wire.unheeded:
            self._fail(unasked(stage, Reply(code=-1, text=in_words(self._wire.unheeded)), self._host))
        return self.failure is None

    def _heed(self, stage: str, reply: Reply) -> None:
        """Go on after a reply."""
        self.until = time.monotonic() + self._manners.limit(self._expected[0]) if self._expected else float("inf")
        _HEED[stage](self, stage, reply)

    def _heed_dot(self, stage: str, reply: Reply) -> None:
        parcel, self._dotted = self._dotted, None
        if parcel is None:
            return
        told = masked(reply, parcel.to)
        if reply.code // 100 == 2:
            self._tell("taken", parcel, reply=told)
        else:
            error = meaning(stage, told, self._host)
            self._tell("missed", parcel, error=error)
            if not _is_of_the_letter(error):
                self._fail(error)
                return
        if self._ends_after_dot:
            self._end(self.closed())
        elif not self._expected and self._offered is not None:
            self._announce()

    def _heed_step(self, stage: str, reply: Reply) -> None:
        """MAIL, RCPT or DATA. After a refusal the rest of the group is heard out, then the letter is taken back."""
        good = reply.code // 100 == (3 if stage == "data" else 2)
        if self._wrong is not None:
            if stage == "data" and good:  # it would take an empty letter: no dot, no letter
                self._lose_line()
                return
        elif not good:
            told = masked(reply, self._offered.to) if self._offered else reply
            self._wrong = meaning(stage, told, self._host)
            if not _is_of_the_letter(self._wrong):
                self._fail(self._wrong)
                return
            self._unsaid.clear()
        elif stage == "data":
            self._write_letter()
        elif self._unsaid:
            self._say(*self._unsaid.popleft())
        if self._wrong is not None and not self._expected:
            self._say("rset", b"RSET\r\n")

    def _write_letter(self) -> None:
        if self._offered is not None:
            self._wire.say(on_the_wire(self._offered.message))
            self._writes_letter = True
            self.until = time.monotonic() + self._manners.timeouts.data

    def _heed_rset(self, _stage: str, reply: Reply) -> None:
        if reply.code // 100 != 2:
            self._lose_line()
            return
        parcel, error = self._offered, self._wrong
        self._offered = self._wrong = None
        self._tell("missed", parcel, error=error)

    def _heed_quit(self, _stage: str, _reply: Reply) -> None:
        self.hang_up()

    # failing

    def _break(self, error: Exception) -> None:
        """The connection is broken: what is at its dot may have been accepted, nothing else was."""
        if self._wrong is not None:
            self._lose_line()
            return
        stage = self._expected[0] if self._expected else "data" if self._writes_letter or self._holds else "mail"
        if self._dotted is None:
            self._fail(loss("mail" if stage == "rset" else stage, error, self._host))
            return
        lost = loss("dot", error, self._host)
        dotted, self._dotted = self._dotted, None
        self._tell("missed", dotted, error=lost)
        if self._offered is not None:
            self._tell("missed", self._offered)  # it was never said: the fault is that of the one before
            self._offered = None
        self._end(lost)

    def _fail(self, error: MailError) -> None:
        """End the line; whatever was under way is not accepted."""
        for parcel in (self._dotted, self._offered):
            if parcel is not None:
                self._tell("missed", parcel, error=error)
        self._dotted = self._offered = None
        self._end(error)

    def _lose_line(self) -> None:
        """Give the line up though only a letter is at fault: its error is kept."""
        parcel, error = self._offered, self._wrong or self.closed()
        self._offered = None
        self._tell("missed", parcel, error=error)
        self._end(error)

    def _end(self, error: MailError) -> None:
        self.failure = error
        self._wire.close()
        self._news.append(News(what="lost", line=self.number, error=error))

    def _tell(
        self, what: str, parcel: Parcel | None, *, reply: Reply | None = None, error: MailError | None = None
    ) -> None:
        key = None if parcel is None else parcel.key
        self._news.append(News(what=what, line=self.number, key=key, reply=reply, error=error))  # type: ignore[arg-type]  # one of its words

    def closed(self) -> MailError:
        """The error of who uses the line when it is of no use."""
        return RelayUnavailable("Cette connexion au relais ne sert plus.", stage="mail", permanent=False)


_HEED: dict[str, Callable[[Dialogue, str, Reply], None]] = {
    "mail": Dialogue._heed_step,
    "rcpt": Dialogue._heed_step,
    "data": Dialogue._heed_step,
    "dot": Dialogue._heed_dot,
    "rset": Dialogue._heed_rset,
    "quit": Dialogue._heed_quit,
}


def _is_of_the_letter(error: MailError) -> bool:
    return isinstance(error, AddressRefused | LetterDeferred)
