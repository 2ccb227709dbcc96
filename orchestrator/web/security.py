"""Who may do what: visits, roles, the guard of every POST, and the headers of every answer."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.responses import Response
from starlette.datastructures import FormData
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.core.entry import hidden, seal
from orchestrator.web.house import House
from orchestrator.web.pages import house_of

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_PROOF = ("/webhooks/", "/api/")
"""Where a request proves itself by a signature or a bearer token, and cookies count for nothing."""
LARGEST_BODY = 8 * 1024 * 1024
FIELDS = 2000

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex, nofollow",
}
NEVER_KEPT = "no-store"
_FENCES = [(n.lower().encode(), value.encode()) for n, value in (*HEADERS.items(), ("Cache-Control", NEVER_KEPT))]


class Refused(Exception):
    """A request that is not answered as asked: the page says why in the reader's language."""

    def __init__(self, status: int, french: str, english: str) -> None:
        super().__init__(french)
        self.status, self.french, self.english = status, french, english


class NobodyIn(Exception):
    """Only somebody who has come in may see this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who has come in to the board."""

    email: str
    role: str

    @property
    def may_change(self) -> bool:
        return self.role == "organiser"


def role_of(house: House, email: str) -> str:
    """What somebody may do as the config says now, "" where nothing."""
    email = email.strip().casefold()
    if email in {one.casefold() for one in house.web.organisers}:
        return "organiser"
    return "viewer" if email in {one.casefold() for one in house.web.viewers} else ""


def cookie_name(house: House) -> str:
    return "__Host-visit" if house.is_https else "visit"


def viewer(request: Request) -> Visitor:
    """Somebody who may look. Raises NobodyIn."""
    visitor = _by_proxy(request) or _by_cookie(request)
    if visitor is None:
        raise NobodyIn
    request.state.visitor = visitor
    return visitor


def organiser(visitor: Annotated[Visitor, Depends(viewer)]) -> Visitor:
    """Somebody who may change things. Raises NobodyIn, Refused."""
    if not visitor.may_change:
        raise Refused(
            403,
            "Vous pouvez tout regarder ici, mais pas modifier : demandez à une personne qui organise.",
            "You may look at everything here but change nothing: ask one of the organisers.",
        )
    return visitor


Viewing = Annotated[Visitor, Depends(viewer)]
Organising = Annotated[Visitor, Depends(organiser)]


def _by_cookie(request: Request) -> Visitor | None:
    house = house_of(request)
    secret = request.cookies.get(cookie_name(house), "")
    if not secret:
        return None
    now, visit_id = house.clock.now(), hidden(secret)
    visit = house.store.entries.visit(visit_id, now, IDLE, LONGEST)
    if visit is None:
        return None
    role = visit.role if visit.email == "" else role_of(house, visit.email)
    if not role:
        return None
    house.store.entries.seen(visit_id, visit.seen_at, now)
    return Visitor(email=visit.email, role=role)


def _by_proxy(request: Request) -> Visitor | None:
    """Believe the name a trusted proxy gives, where the config names its header."""
    house = house_of(request)
    name = house.web.remote_user
    if not name or not _is_trusted(house, request):
        return None
    email = request.headers.get(name, "").strip()
    role = role_of(house, email) if email else ""
    return Visitor(email=email, role=role) if role else None


def _is_trusted(house: House, request: Request) -> bool:
    return request.client is not None and request.client.host in house.web.proxies


def address_of(request: Request) -> str:
    """Where a request comes from: the peer, or whom a trusted proxy names last."""
    peer = request.client.host if request.client else ""
    if _is_trusted(house_of(request), request):
        named = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return named or peer
    return peer


# the guard of every POST


async def guard(request: Request) -> None:
    """Refuse what changes something and was not sent from one of our own pages."""
    request.state.csrf = csrf_of(request)
    if request.method in SAFE or request.url.path.startswith(OWN_PROOF):
        return
    if not _is_from_here(request):
        raise Refused(403, "Cette demande vient d'un autre site : rien n'a été fait.", "This came from another site.")
    given = (await form(request)).get("csrf", "")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), request.state.csrf.encode()):
        raise Refused(
            403,
            "Cette page était trop ancienne : rien n'a été fait. Revenez en arrière, actualisez, et recommencez.",
            "This page was too old: nothing was done. Go back, reload it and try again.",
        )


async def form(request: Request) -> FormData:
    """What was filled in."""
    return await request.form(max_files=4, max_fields=FIELDS, max_part_size=LARGEST_BODY)


Filled = Annotated[FormData, Depends(form)]


def csrf_of(request: Request) -> str:
    """The word that a form of this page carries: of somebody's own page, of a visit, or of nobody yet."""
    house = house_of(request)
    page = request.path_params.get("token", "")
    visit = request.cookies.get(cookie_name(house), "")
    proxied = request.headers.get(house.web.remote_user, "") if house.web.remote_user else ""
    subject = f"page {page}" if page else f"visit {visit}" if visit else f"proxy {proxied}"
    return seal(house.key, "csrf", subject).hex()


def _is_from_here(request: Request) -> bool:
    """Where the browser says so, the page must be ours; `Origin: null` is what no-referrer makes of our own."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site != "same-origin":
        return False
    origin = request.headers.get("origin", "null")
    if origin == "null":
        return True
    ours = {request.headers.get("host", ""), urlsplit(house_of(request).web.public_url).netloc}
    return urlsplit(origin).netloc in ours - {""}


# the headers of every answer


class Fences:
    """Puts the security headers on every answer, ends bodies that are too long, and answers for what breaks."""

    def __init__(self, app: ASGIApp, broken: Callable[[Request, Exception], Response]) -> None:
        self._app, self._broken = app, broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        begun = False

        async def fenced(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = message["headers"] = list(message.get("headers", ()))
                there = {name.lower() for name, _ in headers}
                headers += [header for header in _FENCES if header[0] not in there]
            await send(message)

        try:
            await self._app(scope, _bounded(receive), fenced)
        except Exception as error:  # whatever broke, its words must not reach a page or a log
            answer = self._broken(Request(scope), error)
            if not begun:
                await answer(scope, receive, fenced)


def _bounded(receive: Receive) -> Receive:
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            raise Refused(413, "Ce fichier est trop gros (8 Mo au plus).", "This file is too large (8 MB at most).")
        return message

    return receive_some
