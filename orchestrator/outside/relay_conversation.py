"""One client's conversation with the relay: the commands of RFC 5321, STARTTLS (3207), AUTH (4954), each temperable."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from orchestrator.outside.relay_house import Accepted, House, Moment, Verdict
from orchestrator.outside.relay_wire import LETTER, LINE, Gone, Wire, fault

_MAIL = re.compile(r"FROM: ?<([^<>\s]*)>((?: \S+)*) *", re.IGNORECASE)
_RCPT = re.compile(r"TO: ?<([^<>\s]+)>((?: \S+)*) *", re.IGNORECASE)
_GLANCE = 0.05
"""Seconds between two looks at whether the relay is stopping, while a reply hangs."""


class Conversation:
    """What one client has said so far, and the answers."""

    def __init__(self, house: House, wire: Wire, number: int) -> None:
        self._house = house
        self._wire = wire
        self._number = number
        self._secured = False
        self._greeted = False
        self._user = ""
        self._sender: str | None = None
        self._to = ""
        self._eight_bit = False

    def hold(self) -> None:
        """Talk until either side hangs up."""
        try:
            if self._house.implicit_tls and self._house.tls:
                self._wire.secure(self._house.tls)
                self._secured = True
            if self._reply("connect", 220, "relay.invalid ESMTP") != 220:
                self._hang_up()
            while True:
                self._obey(self._wire.line())
        except Gone:
            pass
        finally:
            self._wire.close()

    def _obey(self, line: bytes | None) -> None:
        verb, _, rest = (line or b"").decode("ascii", "replace").partition(" ")
        verb = verb.upper()
        command = _COMMANDS.get(verb)
        if line is None or (len(line) + 2 > LINE and verb != "AUTH"):
            self._say(500, "5.5.2 Line too long")
        elif b"\r" in line or b"\n" in line or not line.isascii():
            self._say(500, "5.5.2 Bare CR or LF, or not ASCII")
        elif command is None:
            self._say(500, "5.5.1 Unknown command")
        elif self._wire.pending and not self._house.pipelining:
            self._say(503, "5.5.0 Pipelining was not offered")
        elif rest and verb in _BARE:
            self._say(501, "5.5.4 No argument allowed")
        else:
            command(self, rest)

    def _ehlo(self, name: str) -> None:
        self._greet(name, "\n".join(self._features()))

    def _helo(self, name: str) -> None:
        self._greet(name, "relay.invalid")

    def _greet(self, name: str, text: str) -> None:
        if not name:
            self._say(501, "5.5.4 Name yourself")
        elif self._reply("ehlo", 250, text) == 250:
            self._forget()
            self._greeted = True

    def _features(self) -> list[str]:
        house, features = self._house, ["relay.invalid", f"SIZE {LETTER}", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if house.pipelining:
            features.append("PIPELINING")
        if house.tls and not self._secured:
            features.append("STARTTLS")
        elif house.users is not None:
            features.append("AUTH PLAIN LOGIN")
        return features

    def _starttls(self, _: str) -> None:
        tls = self._house.tls
        if tls is None:
            self._say(502, "5.5.1 STARTTLS not offered")
        elif self._secured:
            self._say(503, "5.5.1 TLS is on")
        elif self._wire.pending:  # what came in the clear must not be obeyed under TLS (CVE-2011-0411)
            self._say(503, "5.5.0 STARTTLS must end its group")
            self._hang_up()
        elif self._reply("starttls", 220, "2.0.0 Go ahead") == 220:
            self._wire.secure(tls)
            self._secured = True
            self._start_over()

    def _auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        if self._house.users is None:
            self._say(502, "5.5.1 AUTH not offered")
        elif not self._greeted or self._user or self._sender is not None:
            self._say(503, "5.5.1 AUTH not now")
        elif self._house.tls and not self._secured:
            self._say(538, "5.7.11 Encryption required")
        elif mechanism.upper() not in ("PLAIN", "LOGIN"):
            self._say(504, "5.5.4 Mechanism not offered")
        elif reply := self._ask("auth").reply:
            self._user = "?" if reply[0] == 235 else ""
            self._say(*reply)
        else:
            self._log_in(mechanism.upper(), initial)

    def _log_in(self, mechanism: str, initial: str) -> None:
        try:
            name, password = self._credentials(mechanism, initial)
        except ValueError:
            self._say(501, "5.5.2 Not base64, or cancelled")
            return
        if (self._house.users or {}).get(name) == password:
            self._user = name
            self._say(235, "2.7.0 Welcome")
        else:
            self._say(535, "5.7.8 User name or password wrong")

    def _credentials(self, mechanism: str, initial: str) -> tuple[str, str]:
        if mechanism == "LOGIN":
            name = _decoded(initial) if initial else self._challenge("VXNlcm5hbWU6")
            return name, self._challenge("UGFzc3dvcmQ6")
        _, name, password = (_decoded(initial) if initial else self._challenge("")).split("\0")
        return name, password

    def _challenge(self, text: str) -> str:
        self._say(334, text)
        return _decoded((self._wire.line() or b"*").decode("ascii", "replace"))

    def _mail(self, rest: str) -> None:
        match = _MAIL.fullmatch(rest)
        if not self._greeted or self._sender is not None:
            self._say(503, "5.5.1 MAIL not now")
        elif self._house.users is not None and not self._user:
            self._say(530, "5.7.0 Authentication required")
        elif match is None:
            self._say(501, "5.5.4 MAIL FROM:<address>")
        elif wrong := _wrong_parameter(match[2]):
            self._say(*wrong)
        elif self._reply("mail", 250, "2.1.0 OK", sender=match[1]) == 250:
            self._sender = match[1]
            self._eight_bit = "BODY=8BITMIME" in match[2].upper().split()

    def _rcpt(self, rest: str) -> None:
        match = _RCPT.fullmatch(rest)
        if self._sender is None:
            self._say(503, "5.5.1 RCPT not now")
        elif match is None:
            self._say(501, "5.1.3 RCPT TO:<address>")
        elif match[2]:
            self._say(555, "5.5.4 Unknown parameter")
        elif self._to:
            self._say(452, "4.5.3 One recipient a letter")
        elif self._reply("rcpt", 250, "2.1.5 OK", to=match[1]) == 250:
            self._to = match[1]

    def _data(self, _: str) -> None:
        if self._sender is None:
            self._say(503, "5.5.1 DATA not now")
        elif not self._to:
            self._say(554, "5.5.1 No valid recipient")
        elif self._reply("data", 354, "End with CRLF.CRLF") == 354:
            letter = self._wire.letter()
            if letter is None:
                self._say(552, "5.3.4 Letter too big")
            elif wrong := fault(letter, eight_bit=self._eight_bit):
                self._say(*wrong)
            else:
                self._take(letter)
            self._forget()

    def _take(self, letter: bytes) -> None:
        sender, to = self._sender or "", self._to
        dot = self._ask("dot", size=len(letter))
        if dot.reply and dot.reply[0] >= 400:
            self._say(*dot.reply)
            return
        number = self._house.accept(
            Accepted(at=self._house.now(), sender=sender, to=to, data=letter, connection=self._number, replied=False)
        )
        after = self._ask("accepted", size=len(letter))
        if dot.lose_reply or after.lose_reply:
            raise Gone
        self._house.replied(number)
        self._say(*(after.reply or dot.reply or (250, "2.0.0 Accepted")))

    def _rset(self, _: str) -> None:
        self._forget()
        self._say(250, "2.0.0 OK")

    def _noop(self, _: str) -> None:
        self._say(250, "2.0.0 OK")

    def _vrfy(self, _: str) -> None:
        self._say(252, "2.5.2 Send it and see")

    def _quit(self, _: str) -> None:
        self._reply("quit", 221, "2.0.0 Bye")
        self._hang_up()

    def _forget(self) -> None:
        self._sender = None
        self._to = ""
        self._eight_bit = False

    def _start_over(self) -> None:
        self._forget()
        self._greeted = False
        self._user = ""

    def _ask(self, stage: str, *, sender: str = "", to: str = "", size: int = 0) -> Verdict:
        moment = Moment(
            stage=stage,
            sender=sender or self._sender or "",
            to=to or self._to,
            connection=self._number,
            size=size,
        )
        verdict = (self._house.temper and self._house.temper(moment)) or Verdict()
        if verdict.hang:
            self._wire.flush()
            while not verdict.hang.wait(_GLANCE):
                if self._house.stopping.is_set():
                    raise Gone
        if verdict.drop:
            self._hang_up()
        return verdict

    def _reply(self, stage: str, code: int, text: str, *, sender: str = "", to: str = "") -> int:
        reply = self._ask(stage, sender=sender, to=to).reply or (code, text)
        self._say(*reply)
        return reply[0]

    def _say(self, code: int, text: str) -> None:
        self._wire.say(code, text)
        if code == 421:
            self._hang_up()

    def _hang_up(self) -> None:
        self._wire.flush()
        raise Gone


_COMMANDS: dict[str, Callable[[Conversation, str], None]] = {
    "EHLO": Conversation._ehlo,
    "HELO": Conversation._helo,
    "STARTTLS": Conversation._starttls,
    "AUTH": Conversation._auth,
    "MAIL": Conversation._mail,
    "RCPT": Conversation._rcpt,
    "DATA": Conversation._data,
    "RSET": Conversation._rset,
    "NOOP": Conversation._noop,
    "VRFY": Conversation._vrfy,
    "QUIT": Conversation._quit,
}
_BARE = ("STARTTLS", "DATA", "RSET", "QUIT")


def _wrong_parameter(parameters: str) -> tuple[int, str] | None:
    for parameter in parameters.upper().split():
        key, _, value = parameter.partition("=")
        if key == "SIZE" and value.isdecimal():
            if int(value) > LETTER:
                return 552, "5.3.4 Letter too big"
        elif parameter not in ("BODY=7BIT", "BODY=8BITMIME"):
            return 555, "5.5.4 Unknown parameter"
    return None


def _decoded(text: str) -> str:
    """Decode base64; "=" stands for nothing (RFC 4954, 4). Raises ValueError."""
    return "" if text == "=" else base64.b64decode(text, validate=True).decode()
