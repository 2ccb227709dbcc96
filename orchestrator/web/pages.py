"""Pages: Jinja templates with French and English side by side, every value escaped, never kept by a browser."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer

from orchestrator import shipped
from orchestrator.gateways.mail.words import LANGUAGES, Language, french_spaces, language
from orchestrator.web import alike
from orchestrator.web.house import House

CODES = tuple(one.code for one in LANGUAGES)


def french(said: str, _other: str, **values: Any) -> str:
    """The French of two wordings, its spaces and apostrophes set, its {places} filled."""
    said = _spaced(said)
    return said.format(**values) if values else said


def english(_said: str, other: str, **values: Any) -> str:
    """The English of two wordings."""
    return other.format(**values) if values else other


def lasting_in_french(left: timedelta) -> str:
    """How long until something: `3 jours`, `2 h 05`, `12 minutes`."""
    days, hours, minutes = _parts(left)
    if days >= 2:
        return f"{days} jours"
    if days or hours:
        return f"{24 * days + hours} h {minutes:02}".replace(" ", "\u00a0")
    return f"{minutes} minute{'s' if minutes > 1 else ''}"


def lasting_in_english(left: timedelta) -> str:
    """The same: `3 days`, `2 h 05`, `12 minutes`."""
    return lasting_in_french(left).replace("jours", "days")


def _parts(left: timedelta) -> tuple[int, int, int]:
    """Days, hours and minutes, the last minute begun counted as one."""
    minutes = -(-max(0, int(left.total_seconds())) // 60)
    return minutes // 1440, minutes // 60 % 24, minutes % 60


@lru_cache(maxsize=4096)
def _spaced(text: str) -> str:
    return french_spaces(text).replace("'", "’")


class Spoken(Environment):
    """Templates of one language: whichever of two wordings is that language's is put in when a template is compiled."""

    def compile(self, source: Any, *how: Any, **more: Any) -> Any:
        """Compile a template, its wordings chosen, spaced and escaped once and for all readers."""
        if isinstance(source, str):
            source = _Wordings(self.globals["t"]).visit(self.parse(source, *how[:2]))
        return super().compile(source, *how, **more)


class _Wordings(NodeTransformer):
    """Has the word instead of each `t("…", "…")` that needs no values."""

    def __init__(self, t: Any) -> None:
        self._t = t

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the name Jinja's visitor looks for
        match node:
            case nodes.Call(
                node=nodes.Name(name="t"), args=[nodes.Const(value=one), nodes.Const(value=other)], kwargs=[]
            ):
                return nodes.Const(self._t(one, other), lineno=node.lineno)
        return self.generic_visit(node)


def environment(spoken: Language, theme: bool) -> Environment:
    """Read `templates/web` for one language: `t(french, english)`, `lang`, and the filters of letters."""
    made = Spoken(
        loader=FileSystemLoader(shipped.templates() / "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(spoken.filters())
    made.filters["lasting"] = lasting_in_french if spoken.code == "fr" else lasting_in_english
    other = next(code for code in CODES if code != spoken.code)
    made.globals.update(
        t=french if spoken.code == "fr" else english,
        lang=spoken.code,
        other_lang=other,
        version=looks(),
        theme=theme,
    )
    return made


@dataclass(frozen=True, slots=True)
class Pages:
    """The templates in every language."""

    theme: bool = False
    _environments: dict[str, Environment] = field(default_factory=dict)

    def render(self, template: str, code: str, values: dict[str, Any]) -> str:
        if code not in self._environments:
            self._environments[code] = environment(language(code), self.theme)
        return self._environments[code].get_template(template).render(values)


def house_of(request: Request) -> House:
    """The house a request came to."""
    house: House = request.app.state.house
    return house


def page(request: Request, template: str, *, status: int = 200, spoken: str = "", **values: Any) -> HTMLResponse:
    """Write a page. `spoken` is the reader's own language where it is known; `?lang=` always wins."""
    given = {
        "path": request.url.path,
        "now": house_of(request).clock.now(),
        "visitor": getattr(request.state, "visitor", None),
        "csrf": getattr(request.state, "csrf", ""),
        "chosen": request.query_params.get("lang", "") in CODES,
        **values,
    }
    pages: Pages = request.app.state.pages
    return HTMLResponse(pages.render(template, language_of(request, spoken), given), status_code=status)


def page_of_many(
    request: Request, template: str, kept: alike.Words, own: Mapping[str, str], *, spoken: str, **values: Any
) -> HTMLResponse:
    """Write a page that many see alike, in blanks of which each reader's `own` words stand."""
    pages: Pages = request.app.state.pages
    code = language_of(request, spoken)
    values["chosen"] = request.query_params.get("lang", "") in CODES
    values["template"] = template, code
    return HTMLResponse(alike.filled(kept, own, values, lambda: pages.render(template, code, values)))


def language_of(request: Request, spoken: str = "") -> str:
    """French or English: asked for in the address, the reader's own, the browser's, else French."""
    if (asked := request.query_params.get("lang", "")) in CODES:
        return asked
    if spoken:
        return language(spoken).code
    wanted = (word.strip()[:2].lower() for word in request.headers.get("accept-language", "").split(","))
    return next((code for code in wanted if code in CODES), "fr")


@lru_cache(maxsize=1)
def looks() -> str:
    """What the addresses of style sheets and scripts end in: it changes with their content."""
    found = hashlib.blake2s(digest_size=6)
    for file in sorted(static().iterdir()):
        found.update(file.read_bytes())
    return found.hexdigest()


def static() -> Path:
    """The folder of style sheets and scripts."""
    return shipped.templates() / "web" / "static"
