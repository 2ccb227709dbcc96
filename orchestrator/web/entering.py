"""Coming in and going out: a link by mail that works once, or one from the command line; nobody has a password."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from orchestrator.core.entry import hidden
from orchestrator.core.model import identity
from orchestrator.settings import Web
from orchestrator.store import Store
from orchestrator.web.house import House
from orchestrator.web.lost import network
from orchestrator.web.pages import house_of, language_of, page
from orchestrator.web.postman import LoginMail
from orchestrator.web.security import LONGEST, Filled, Refused, address_of, cookie_name, role_of

router = APIRouter()
READ = ["GET", "HEAD"]
A_QUARTER = timedelta(minutes=15)
PER_ADDRESS, PER_PEER = 5, 20
TYPED = 254


def new_link(store: Store, email: str, role: str, now: datetime) -> str:
    """Make the path of a link that lets somebody in once within 15 minutes; only its hash is stored."""
    secret = secrets.token_urlsafe(24)
    store.entries.allow(hidden(secret), email, role, now + A_QUARTER)
    return f"/entrer/{secret}"


def address(web: Web) -> str:
    """What the pages' addresses start with: the public one, else that of the machine itself."""
    host = f"[{web.host}]" if ":" in web.host else web.host
    return web.public_url or f"http://{host}:{web.port}"


@router.api_route("/entrer", methods=READ)
def ask(request: Request) -> Response:
    return page(request, "enter.html", sent=False)


@router.post("/entrer")
def send(request: Request, filled: Filled) -> Response:
    """Mail a link to whoever the config names; the same answer to everybody, and the same work before it."""
    house = house_of(request)
    now, typed = house.clock.now(), str(filled.get("email", ""))[:TYPED].strip()
    role = role_of(house, typed)
    allowed = _may_try(request, house, identity(typed), now)
    link = new_link(house.store, identity(typed), role or "nobody", now)
    if allowed:
        request.app.state.postman.send(LoginMail(to=typed if role else "", link=link, language=language_of(request)))
    return page(request, "enter.html", sent=True)


@router.api_route("/entrer/{secret}", methods=READ)
def knock(request: Request, secret: str) -> Response:
    """Show a button: programs that open every link of a mail must not use it up."""
    return page(request, "knock.html", secret=secret)


@router.post("/entrer/{secret}")
def come_in(request: Request, secret: str) -> Response:
    """Use the link up and begin a visit with a new cookie."""
    house, cookie = house_of(request), secrets.token_urlsafe(32)
    now = house.clock.now()
    if not _may_try(request, house, "link", now):
        raise Refused(429, "Trop d'essais : attendez un quart d'heure.", "Too many tries: wait a quarter of an hour.")
    house.store.entries.forget(now, LONGEST)
    if house.store.entries.begin(hidden(secret), hidden(cookie), now) is None:
        raise Refused(
            410,
            "Ce lien a déjà servi, ou a plus d'un quart d'heure : demandez-en un autre.",
            "This link has been used, or is more than a quarter of an hour old: ask for another.",
        )
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        cookie_name(house),
        cookie,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=house.is_https,
        path="/",
    )
    return answer


@router.post("/sortir")
def leave(request: Request) -> Response:
    """End the visit, here and on the server."""
    house = house_of(request)
    if cookie := request.cookies.get(cookie_name(house), ""):
        house.store.entries.leave(hidden(cookie))
    answer = RedirectResponse("/entrer", status_code=303)
    answer.delete_cookie(cookie_name(house), path="/", httponly=True, samesite="lax", secure=house.is_https)
    return answer


def _may_try(request: Request, house: House, who: str, now: datetime) -> bool:
    """Count a try; one address cannot shut the others out."""
    peer = hidden(network(address_of(request)))[:24]
    limits = {f"a:{hidden(who)[:24]}:{peer}": PER_ADDRESS, f"p:{peer}": PER_PEER}
    return house.store.entries.may("enter", limits, now, A_QUARTER)
