"""Puts letters in words: Jinja templates in a sandbox, filled with plain values only.

Templates belong to the organiser, names to the public: neither may reach a header, the markup or the machine.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, select_autoescape
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.runtime import BlockReference, Context, LoopContext, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment

from orchestrator.core import letters
from orchestrator.core.errors import UnwritableLetter
from orchestrator.core.message import Message
from orchestrator.gateways.mail import calendar, mime
from orchestrator.gateways.mail.compiled import Compiled
from orchestrator.gateways.mail.moulds import Press
from orchestrator.gateways.mail.patterns import Patterns, Preview
from orchestrator.gateways.mail.words import LANGUAGES, Language, clean, french_spaces, language
from orchestrator.ports import Alike, Letter

KINDS = (*letters.KINDS, "plain")
"""`plain` says the least in its own way, for a letter that cannot be written otherwise."""
FILES = (("subject", "txt"), ("body", "txt"), ("body", "html"))
FILTERS = frozenset(
    (
        *("capitalize", "default", "e", "escape", "first", "join", "last", "length", "list", "lower", "map"),
        *("reject", "rejectattr", "select", "selectattr", "sort", "trim", "unique", "upper"),
    )
)
"""Jinja's filters that cannot make much of little."""
LARGEST = 10_000
"""Numbers and lengths a template may calculate with."""

_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")


class JinjaScribe:
    """Writes letters from folders of templates; the first folder that has a file wins.

    Templates are read once: a changed one counts for a new scribe.
    """

    def __init__(self, templates: Sequence[Path]) -> None:
        self._sandboxes = {spoken.code: _Sandbox(templates, spoken) for spoken in LANGUAGES}
        self._patterns = Patterns(Press)

    def write(self, letter: Letter) -> Message:
        """Return the complete message, checked; letters alike are put in words once. Raises
        UnwritableLetter."""
        try:
            return self._in_words(letter) if letter.alike is None else self._alike(letter, letter.alike)
        except ValueError as error:
            raise UnwritableLetter("La lettre ne peut pas devenir un message.") from error

    def _in_words(self, letter: Letter) -> Message:
        return _message(letter, self.preview(letter))

    def _alike(self, letter: Letter, alike: Alike) -> Message:
        found = self._patterns.find(
            (letter.kind, letter.language, letter.sender, letter.reply_to, alike.key),
            alike.slots,
            lambda slots: self.preview(letter.with_slots(slots)),
        )
        if isinstance(found, Preview):
            return _message(letter, found)
        return found.fill(letter, alike.slots)

    def preview(self, letter: Letter) -> Preview:
        """Return the letter in words. Raises UnwritableLetter."""
        spoken = language(letter.language)
        try:
            values = context(letter.kind, letter.contents)
        except KeyError as error:
            raise UnwritableLetter(f"Il manque {error} au contenu de la lettre.") from error
        values |= {"language": spoken.code, "suffix": spoken.suffix, "files": len(letter.calendar)}
        subject, text, html = (self._render(spoken, name, values) for name in _names(letter.kind, spoken))
        files = calendar.attachments(letter)
        return Preview(subject=" ".join(subject.split()), text=_tidy(text), html=_tidy(html), files=files)

    def warm_up(self) -> None:
        """Read and compile the templates, so that the first letter need not wait for it."""
        self.check()

    def check(self) -> tuple[str, ...]:
        """Compile every template of both languages; return what is wrong with the broken ones."""
        broken = {}
        for spoken in LANGUAGES:
            box = self._sandboxes[spoken.code]
            wanted = {name for kind in KINDS for name in _names(kind, spoken)}
            for name in sorted(wanted.union(box.list_templates(extensions=["txt", "html"]))):
                try:
                    box.get_template(name)
                except (TemplateError, UnicodeDecodeError) as error:
                    broken[name] = f"{name} : {error}"
        return tuple(broken.values())

    def _render(self, spoken: Language, name: str, values: Mapping[str, Any]) -> str:
        try:
            return self._sandboxes[spoken.code].get_template(name).render(values)
        except Exception as error:  # a template may fail in any way; only this letter is concerned
            why = str(error) if isinstance(error, TemplateError) else type(error).__name__
            raise UnwritableLetter(f"Le modèle {_place(name, error)} ne peut pas être rempli : {why}") from error


def context(kind: str, contents: Mapping[str, Any]) -> dict[str, Any]:
    """Return what templates see: the contents as plain values, and what follows from them.

    `about` is the session the letter is about, or none; `concerned` the sessions to attend it speaks of; `opening`
    the first session to name; `here` the ways that lead to them.
    """
    values: dict[str, Any] = _plain(dict(contents))
    sessions, session = values["sessions"], values["session"]
    about = next((s for s in sessions if s["key"] == session), None)
    held = [s for s in sessions if not s["cancelled"] and not (kind == "cancelled" and s["key"] == session)]
    concerned = [s for s in held if s["key"] == session] or held
    keys = {s["key"] for s in concerned}
    here = [way for way in values["ways"] if keys.intersection(way["sessions"])]
    opening = about or next(iter([*concerned, *sessions]), None)
    return values | {"about": about, "concerned": concerned, "opening": opening, "here": here}


class _FrenchSpaces(Extension):
    """Sets the spaces of French templates once, when they are read."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 – Jinja's signature
        return source if name is None or ".en." in name else french_spaces(source)


_COMPILED = Compiled()


class _Sandbox(ImmutableSandboxedEnvironment):
    """Templates that can read plain values, and do nothing else."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, folders: Sequence[Path], spoken: Language) -> None:
        super().__init__(
            loader=FileSystemLoader(folders),
            autoescape=select_autoescape(enabled_extensions=("html",), default=False),
            undefined=StrictUndefined,
            extensions=[_FrenchSpaces],
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        self.globals.clear()
        self.filters = {name: JINJA_FILTERS[name] for name in FILTERS} | spoken.filters()

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        texts = isinstance(left, str) and isinstance(right, str) and len(left) + len(right) <= LARGEST
        numbers = all(isinstance(n, int | float) and abs(n) <= LARGEST for n in (left, right))
        if (operator == "+" and texts) or (operator != "**" and numbers):
            return super().call_binop(context, operator, left, right)
        raise SecurityError(f"l'opérateur {operator} n'est permis que sur de petites valeurs")

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Read a key of a mapping, never a method of it."""
        if not isinstance(obj, dict):
            return super().getattr(obj, attribute)
        return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)

    def wrap_str_format(self, value: Any) -> None:
        """Treat `format` as any other method: its widths can make much of little."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        own = isinstance(obj, LoopContext | TemplateModule | TemplateReference | BlockReference)
        return own and super().is_safe_attribute(obj, attr, value)


def _message(letter: Letter, words: Preview) -> Message:
    return Message(mime.message(letter, words.subject, words.text, words.html, words.files))


def _names(kind: str, spoken: Language) -> list[str]:
    return [f"{kind}/{part}{spoken.suffix}.{form}" for part, form in FILES]


def _plain(value: Any) -> Any:
    """Copy plain values, texts cleaned; refuse all others, whatever they can do."""
    if isinstance(value, str):
        return clean(str(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, int | float | date | time):
        return value
    raise UnwritableLetter(f"La lettre contient autre chose que des valeurs simples : {type(value).__name__}")


def _place(name: str, error: Exception) -> str:
    """Return the innermost template and line the error comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    inner = [f"{Path(f.filename).parent.name}/{Path(f.filename).name}:{f.lineno}" for f in frames
             if f.filename.endswith((".txt", ".html"))]  # fmt: skip
    return inner[-1] if inner else name


def _tidy(text: str) -> str:
    return _BLANK_LINES.sub("\n\n", text).strip() + "\n"
