"""The fake Zoom as a whole: who may call, what goes wrong on demand, who hears of it."""

from __future__ import annotations

import copy
import secrets
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Self

from orchestrator.outside.zoom import attendance, meetings, registrants, views, webhooks
from orchestrator.outside.zoom.account import Account
from orchestrator.outside.zoom.desk import Request
from orchestrator.outside.zoom.limits import Limits
from orchestrator.outside.zoom.login import App, login
from orchestrator.outside.zoom.reading import TOKEN_PATH, body_of, call_of, exchange_of, path_of, query_of
from orchestrator.outside.zoom.records import Visit
from orchestrator.outside.zoom.routes import SCOPES, route_for
from orchestrator.outside.zoom.server import Incoming, Outgoing, Server
from orchestrator.outside.zoom.tempers import instead, outgoing, spoilt
from orchestrator.outside.zoom.values import Call, Exchange, Expire, Fault, Plan, Refused, Reply, Revoke, zulu
from orchestrator.outside.zoom.webhooks import Notice


class FakeZoom:
    """A Zoom account behind HTTP on 127.0.0.1. `hear` and `temper` are called one at a time, in order.

    `temper` is asked before `now`, so it may set the clock forward. A stopped one starts again on its port,
    with all it knew. `rates` off: the account's own rates are not counted, the daily limits are.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        host: str = "webinaires@exemple.fr",
        hear: Callable[[Exchange], None] | None = None,
        temper: Callable[[Call], Fault | None] | None = None,
        port: int = 0,
        breakout_scheduling: bool = True,
        helps: bool = True,
        scopes: Collection[str] | None = None,
        plan: Plan = "pro",
        licensed_users: Collection[str] = (),
        capacity: int = 300,
        rates: bool = True,
        account_id: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        webhook_secret: str = "",
        tell: Callable[[Notice], None] | None = None,
    ) -> None:
        self.host = host
        self._now, self._hear, self._temper = now, hear, temper
        self._webhook_secret, self._tell = webhook_secret, tell
        self._app = App(
            account_id=account_id or secrets.token_urlsafe(16),
            client_id=client_id or secrets.token_urlsafe(16),
            client_secret=client_secret or secrets.token_urlsafe(24),
        )
        self._account = Account(
            host=host,
            others=licensed_users,
            plan=plan,
            breakout_scheduling=breakout_scheduling,
            helps=helps,
            capacity=capacity,
            scopes=SCOPES if scopes is None else frozenset(scopes),
            limits=Limits(plan, rates=rates),
        )
        self._lock = threading.RLock()
        self._server = Server(port, self._answer)

    @property
    def api_url(self) -> str:
        return f"{self._origin}/v2"

    @property
    def token_url(self) -> str:
        return f"{self._origin}{TOKEN_PATH}"

    @property
    def account_id(self) -> str:
        return self._app.account_id

    @property
    def client_id(self) -> str:
        return self._app.client_id

    @property
    def client_secret(self) -> str:
        return self._app.client_secret

    def papers(self) -> dict[str, str]:
        """Return all a client needs, ready for JSON; the secret is in it."""
        names = ("api_url", "token_url", "account_id", "client_id", "client_secret", "host")
        return {name: getattr(self, name) for name in names}

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        """Close every connection; what is known stays."""
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def meetings(self) -> list[dict[str, Any]]:
        """Return every meeting that is not deleted, as GET shows it."""
        with self._lock:
            alive = [one for one in self._account.meetings.values() if not one.deleted]
            return [copy.deepcopy(views.meeting_view(one)) for one in alive]

    def statuses(self) -> list[tuple[int, str, str]]:
        """Return number, agenda and status of every meeting that is not deleted."""
        with self._lock:
            return [(one.id, one.agenda, one.status) for one in self._account.meetings.values() if not one.deleted]

    def registrants(self, meeting_id: int | str) -> list[dict[str, Any]]:
        """Return everybody who ever registered for the meeting, cancelled ones too, oldest first."""
        with self._lock:
            everybody = self._account.meetings[int(meeting_id)].registrants.values()
            return [copy.deepcopy(views.registrant_view(one)) for one in everybody]

    def start_meeting(self, meeting_id: int | str) -> None:
        """Let the host come in."""
        with self._lock:
            meeting = self._account.meetings[int(meeting_id)]
            meetings.start(meeting)
            self._notify("meeting.started", webhooks.about(meeting, start_time=zulu(self._now())))

    def enter(self, meeting_id: int | str, email: str) -> None:
        """Let a registrant in by their link."""
        with self._lock:
            meeting, now = self._account.meetings[int(meeting_id)], self._now()
            stay = attendance.enter(meeting, email, now)
            who = webhooks.participant(stay.registrant, stay.user_id, join_time=zulu(now))
            self._notify("meeting.participant_joined", webhooks.about(meeting, participant=who))

    def leave(self, meeting_id: int | str, email: str) -> None:
        """Let a registrant go."""
        with self._lock:
            meeting, now = self._account.meetings[int(meeting_id)], self._now()
            if (stay := attendance.leave(meeting, email, now)) is not None:
                who = webhooks.participant(stay.registrant, stay.user_id, leave_time=zulu(now))
                self._notify("meeting.participant_left", webhooks.about(meeting, participant=who))

    def _notify(self, name: str, thing: dict[str, Any]) -> None:
        if self._tell is not None:
            payload = {"account_id": self.account_id, "object": thing}
            self._tell(webhooks.notice(self._webhook_secret, name, payload, self._now()))

    def lift_limits(self) -> None:
        """Count nothing any more, neither rates nor daily limits."""
        with self._lock:
            self._account.limits.lift()

    def add_users(self, *emails: str) -> None:
        """Give more people an account, and a licence where the plan has any."""
        with self._lock:
            self._account.add_users(emails)

    def edit_meeting(self, meeting_id: int | str, **changes: Any) -> None:
        """Let somebody change the meeting in Zoom's pages: any of its fields, `settings` as a whole or in part."""
        with self._lock:
            meetings.edit(self._account.meetings[int(meeting_id)], changes)

    def delete_meeting(self, meeting_id: int | str) -> None:
        """Let somebody delete the meeting in Zoom's pages."""
        with self._lock:
            meeting = self._account.meetings[int(meeting_id)]
            meeting.deleted, meeting.deleted_at = True, self._now()
            self._notify("meeting.deleted", webhooks.about(meeting))

    def revoke_tokens(self) -> None:
        """Let every access token be forgotten, as when another one is asked for or the app is switched off and on."""
        with self._lock:
            self._account.revoke_tokens()

    def cancel_registrant(self, meeting_id: int | str, email: str) -> None:
        """Let somebody cancel a registration in Zoom's pages."""
        with self._lock:
            registrants.cancel(self._account.meetings[int(meeting_id)], email)

    def end_meeting(self, meeting_id: int | str) -> None:
        """Let the host end the meeting for all."""
        with self._lock:
            meeting, now = self._account.meetings[int(meeting_id)], self._now()
            told = webhooks.about(meeting, end_time=zulu(now))
            for stay in meeting.stays:
                stay.left_at = stay.left_at or now
            if meetings.end(meeting):
                self._notify("meeting.ended", told)

    def visit(self, meeting_id: int | str, visit: Visit) -> None:
        """Let somebody have been in the run that is on, or in the last one held."""
        with self._lock:
            meeting = self._account.meetings[int(meeting_id)]
            run = meeting.uuid if meeting.status == "started" or not meeting.held else meeting.held[-1]
            meeting.visits.setdefault(run, []).append(visit)

    def held_of(self, texts: Iterable[str]) -> set[str]:
        """Name the texts that stand anywhere in the meetings kept, whatever their case; those in the bin are kept."""
        with self._lock:
            self._account.empty_bin(self._now())
            everything = repr(self._account.meetings).casefold()
            return {text for text in texts if text.casefold() in everything}

    def recorded(self, meeting_id: int | str, url: str) -> None:
        """Let the cloud recording be ready."""
        with self._lock:
            self._account.meetings[int(meeting_id)].recording = url

    @property
    def _origin(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def _answer(self, incoming: Incoming) -> Outgoing:
        with self._lock:
            call = call_of(incoming, self._now())
            fault = self._temper(call) if self._temper else None
            now = self._now()
            reply = instead(fault) or spoilt(self._work(incoming, fault, now), fault)
            if self._hear:
                self._hear(exchange_of(call, reply, fault, now))
            return outgoing(reply, fault, now)

    def _work(self, incoming: Incoming, fault: Fault | None, now: datetime) -> Reply:
        """Do what is asked, or say why not."""
        if isinstance(fault, Expire):
            self._account.expire_tokens(now)
        if isinstance(fault, Revoke):
            self._account.revoke_tokens()
        try:
            if incoming.refused:
                raise Refused(incoming.refused, 300, HTTPStatus(incoming.refused).phrase)
            if (incoming.method, path_of(incoming)) == ("POST", TOKEN_PATH):
                return self._login(incoming, now)
            return self._operate(incoming, now)
        except Refused as refused:
            return refused.reply

    def _login(self, incoming: Incoming, now: datetime) -> Reply:
        """The parameters may come in the body or in the query."""
        body = body_of(incoming)
        form = {**query_of(incoming), **(body if isinstance(body, dict) else {})}
        authorization = incoming.headers.get("authorization", "")
        return login(self._app, self._account, authorization, form, now, api_url=self._origin)

    def _operate(self, incoming: Incoming, now: datetime) -> Reply:
        account = self._account
        account.check_token(incoming.headers.get("authorization", "").removeprefix("Bearer "), now)
        route, args = route_for(incoming.method, path_of(incoming))
        if not account.scopes & {route.classic, route.granular}:
            message = f"Invalid access token, does not contain scopes:[{route.granular}]."
            raise Refused(400, 4711, message)
        labelled = {"X-RateLimit-Category": route.label}
        try:
            account.limits.spend_call(route.label, now)
            body = None if incoming.method == "GET" else body_of(incoming)
            reply = route.work(Request(account=account, now=now, args=args, query=query_of(incoming), body=body))
        except Refused as refused:
            reply = refused.reply
        return replace(reply, headers={**labelled, **reply.headers})
