"""Everything that may go wrong, by name: one sentence for the organiser, and a remedy where there is one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal


class OrchestratorError(Exception):
    """Something went wrong that the reader can understand. `permanent`: trying again will not help."""

    permanent = True

    def __init__(self, message: str, *, remedy: str = "", permanent: bool | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        if permanent is not None:
            self.permanent = permanent

    def __str__(self) -> str:
        return f"{self.message} → {self.remedy}" if self.remedy else self.message


class BadConfiguration(OrchestratorError):
    """The config file cannot be used. `problems` are complete lines `file:line: key – what; remedy`."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class UnreadableSource(OrchestratorError):
    """The registrations cannot be read; the people known so far stay as they are."""


class ZoomError(OrchestratorError):
    """Zoom said no. `code` is Zoom's own (0 = none)."""

    def __init__(
        self, message: str, *, remedy: str = "", permanent: bool = True, code: int = 0, status: int = 0
    ) -> None:
        super().__init__(message, remedy=remedy, permanent=permanent)
        self.code = code
        self.status = status


class ZoomRefusesLogin(ZoomError):
    """The account id, client id or secret is wrong, or the app is switched off."""


class ZoomLacksScopes(ZoomError):
    """The app may not do this; the message names the missing scopes."""


class ZoomBusy(ZoomError):
    """A rate limit. `retry_at` is when Zoom may be asked again (UTC); `whose`: the account's, the host's creates and
    updates of the day, or one registrant's additions of the day."""

    SOON = "rien : le service attend, puis reprend de lui-même"
    DAILY = (
        "attendez l'heure dite, le service reprend de lui-même ; cherchez quelle autre application utilise ce compte"
    )

    def __init__(
        self,
        message: str,
        *,
        retry_at: datetime,
        daily: bool = False,
        whose: Literal["account", "host", "registrant"] = "account",
    ) -> None:
        super().__init__(message, remedy=self.DAILY if daily else self.SOON, permanent=False, code=429, status=429)
        self.retry_at = retry_at
        self.daily = daily
        self.whose = whose


class ZoomUnavailable(ZoomError):
    """No usable answer: down, time-out, error page. A write may or may not have happened (`uncertain`)."""

    REMEDY = (
        "rien d'abord : nouvel essai de lui-même dans la minute ; si cela dure, regardez status.zoom.us, "
        "puis l'accès de cette machine à Internet"
    )

    def __init__(self, message: str, *, uncertain: bool = False, status: int = 0) -> None:
        super().__init__(message, remedy=self.REMEDY, permanent=False, status=status)
        self.uncertain = uncertain


class AlternativeHostRefused(ZoomError):
    """Zoom refuses a whole meeting for one alternative host who is not a licensed user of the account."""


class RegistrantRefused(ZoomError):
    """Zoom refuses one of the people of a call, and so the whole call; the meeting and the account are well."""


class MeetingGone(ZoomError):
    """The meeting does not exist at Zoom (any more)."""


class MailError(OrchestratorError):
    """The relay did not take a letter. `code` and `reply` are the relay's own (0 and "" = none)."""

    def __init__(
        self, message: str, *, stage: str, code: int = 0, reply: str = "", permanent: bool, remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy, permanent=permanent)
        self.stage = stage
        self.code = code
        self.reply = reply


class RelayUnavailable(MailError):
    """The relay itself is at fault (connect, greeting, EHLO, TLS, AUTH, MAIL, 421): says nothing of any address."""


class AddressRefused(MailError):
    """The relay refuses this one address or letter for good (5xx at RCPT or after DATA)."""


class LetterDeferred(MailError):
    """The relay says to try this letter later (4xx)."""


class ReplyLost(MailError):
    """The letter went out to its final dot and no reply came: it may have been accepted."""


class UnwritableLetter(OrchestratorError):
    """A letter could not be put in words or its bytes failed the last check; no other letter is concerned."""


class Unheard(OrchestratorError):
    """Nobody could be woken for an alarm; it is tried again."""

    permanent = False


class Held(OrchestratorError):
    """Somebody else holds what is needed (a lease); try again later."""

    permanent = False
