"""On which line of a TOML file a key stands; for text that `tomllib` has already accepted."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

Loc = tuple[str | int, ...]
"""A key's way through the file: `("sessions", 0, "end")`."""

_TOKEN = re.compile(
    r'''(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')'''
    r"""|(?P<gap>\#[^\n]*|[ \t\r]+)"""
    r"""|(?P<end>\n)|(?P<mark>[\[\]{}=,.])|(?P<word>[^\s\[\]{}=,."'\#]+)""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        if (kind := match.lastgroup) and kind != "gap":
            yield _Token(kind, match.group(), line)
        line += match.group().count("\n")
    yield _Token("end", "\n", line)


def lines_of(text: str) -> dict[Loc, int]:
    """Map every table, key and item of a list to the line it begins on (the first is 1)."""
    return _Walk(list(_tokens(text))).lines()


@dataclass(slots=True)
class _Walk:
    tokens: list[_Token]
    at: int = 0
    found: dict[Loc, int] = field(default_factory=dict)
    counts: dict[Loc, int] = field(default_factory=dict)
    """How many `[[tables]]` of a name were seen."""

    def lines(self) -> dict[Loc, int]:
        table: Loc = ()
        while self.at < len(self.tokens):
            if self._here().kind == "end":
                self.at += 1
            elif self._here().text == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.found

    def _here(self) -> _Token:
        return self.tokens[min(self.at, len(self.tokens) - 1)]

    def _take(self) -> _Token:
        token = self._here()
        self.at += 1
        return token

    def _note(self, loc: Loc, line: int) -> None:
        for end in range(1, len(loc) + 1):
            self.found.setdefault(loc[:end], line)

    def _header(self) -> Loc:
        line = self._take().line
        many = self._here().text == "["
        self.at += many
        names = self._names("]")
        self.at += many
        loc = self._resolved(names, many)
        self._note(loc, line)
        return loc

    def _resolved(self, names: list[str], many: bool) -> Loc:
        """Give each list of tables on the way the number of its last item."""
        loc: Loc = ()
        for name in names[:-1]:
            loc += (name,)
            if loc in self.counts:
                loc += (self.counts[loc] - 1,)
        loc += (names[-1],)
        if many:
            self.counts[loc] = self.counts.get(loc, 0) + 1
            loc += (self.counts[loc] - 1,)
        return loc

    def _names(self, stop: str) -> list[str]:
        """Read a dotted key and what ends it."""
        names = []
        while (token := self._take()).text != stop and token.kind != "end":
            if token.kind != "mark":
                names.append(_unquoted(token))
        return names

    def _pair(self, table: Loc) -> None:
        line = self._here().line
        loc = table + tuple(self._names("="))
        self._note(loc, line)
        self._value(loc)

    def _value(self, loc: Loc) -> None:
        opening = self._take()
        if opening.text == "[":
            self._items(loc)
        elif opening.text == "{":
            self._inline(loc)
        else:
            while self._here().kind != "end" and self._here().text not in ("]", "}", ","):
                self.at += 1

    def _items(self, loc: Loc) -> None:
        count = 0
        while self.at < len(self.tokens):
            if self._here().kind == "end" or self._here().text == ",":
                self.at += 1
            elif self._here().text == "]":
                self.at += 1
                return
            else:
                self._note((*loc, count), self._here().line)
                self._value((*loc, count))
                count += 1

    def _inline(self, loc: Loc) -> None:
        while self.at < len(self.tokens):
            if self._here().kind == "end" or self._here().text == ",":
                self.at += 1
            elif self._here().text == "}":
                self.at += 1
                return
            else:
                self._pair(loc)


def _unquoted(token: _Token) -> str:
    if token.kind != "text":
        return token.text
    return str(tomllib.loads(f"text = {token.text}")["text"])
