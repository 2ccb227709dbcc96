"""Letters alike are put in words once, and nobody can tell: every one is as if it had been written alone."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.gateways.mail.patterns import COMPARED_AGAIN, WORTH_IT, Pattern, Patterns, Preview

LINK = "https://us02web.zoom.us/w/81234567890?tk={}&pwd=a"


class Pen:
    """Writes letters the long way, and counts them."""

    def __init__(self, words: str = "Bonjour {0} {1}, {2} : {3}\n") -> None:
        self._words = words
        self.times = 0

    def __call__(self, slots: Sequence[str]) -> Preview:
        from markupsafe import escape

        self.times += 1
        text = self._said(slots)
        return Preview(subject="Votre lien", text=text, html=f"<p>{self._said([escape(s) for s in slots])}</p>")

    def _said(self, slots: Sequence[str]) -> str:
        return self._words.format(*slots)


class Shouting(Pen):
    """A template that does more with a name than print it."""

    def _said(self, slots: Sequence[str]) -> str:
        return self._words.format(slots[0].upper(), *slots[1:])


class Cutting(Pen):
    def _said(self, slots: Sequence[str]) -> str:
        return self._words.format(slots[0][:8], *slots[1:])


class Derived(Pen):
    """Says something that follows from who it is for, and is no slot: the same for all if it were put in a pattern."""

    def _said(self, slots: Sequence[str]) -> str:
        return self._words.format(*slots) + str(len(slots[2]) * 7)


def somebody(n: int) -> tuple[str, ...]:
    return (f"Zoé{'e' * (n % 5)}", "D'Almeida", f"p{n}@exemple.fr", LINK.format("x" * n))


class Desk:
    """Where letters alike are written, with their words to be read."""

    def __init__(self) -> None:
        self._patterns: Patterns[Pattern] = Patterns(lambda pattern: pattern)

    def write(self, key: str, slots: Sequence[str], pen: Pen) -> Preview:
        found = self._patterns.find(key, slots, pen)
        return found if isinstance(found, Preview) else found.filled(slots)


def all_as_if_alone(pen: Pen, count: int = 40) -> bool:
    patterns, alone = Desk(), type(pen)()
    return all(patterns.write("k", somebody(n), pen) == alone(somebody(n)) for n in range(count))


def test_many_letters_alike_are_written_a_few_times_only() -> None:
    pen = Pen()
    assert (all_as_if_alone(pen, 200), pen.times) == (True, WORTH_IT - 1 + 2 + 2)


def test_a_template_that_does_more_than_print_a_name_is_filled_the_long_way() -> None:
    for kind in (Shouting, Cutting, Derived):
        pen = kind()
        assert (all_as_if_alone(pen), pen.times >= 40) == (True, True), kind


def test_letters_that_are_not_alike_share_nothing() -> None:
    patterns, one, other = Desk(), Pen("un {0} {1} {2} {3}"), Pen("deux {0} {1} {2} {3}")
    for n in range(10):
        assert patterns.write("un", somebody(n), one).text.startswith("un ")
        assert patterns.write("deux", somebody(n), other).text.startswith("deux ")


def test_a_pattern_is_compared_with_the_long_way_again_and_again() -> None:
    pen = Pen()
    assert all_as_if_alone(pen, 2 * COMPARED_AGAIN + WORTH_IT)
    assert pen.times == WORTH_IT - 1 + 2 + 2 + 2


@settings(max_examples=60)
@given(st.lists(st.tuples(*[st.text(min_size=1, max_size=30)] * 4), min_size=6, max_size=12))
def test_whatever_is_typed_stays_in_its_place(people: list[tuple[str, ...]]) -> None:
    patterns, alone = Desk(), Pen()
    for slots in people:
        assert patterns.write("k", slots, Pen()) == alone(slots)


def test_what_is_somebodys_own_and_no_slot_never_reaches_anybody_else() -> None:
    patterns = Desk()
    for n in range(40):
        own = Pen("{0} {1} {2} {3} https://pages.exemple.fr/" + f"{n:03}")
        assert patterns.write("k", somebody(n), own).text.endswith(f"/{n:03}")
