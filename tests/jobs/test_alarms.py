"""Alarms reach the organiser in a letter, by the relay that is not broken, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes, policy

import pytest

from orchestrator.core.errors import Unheard
from orchestrator.daemon import ALARM_SECONDS
from orchestrator.gateways.alarm.letter import TIMEOUTS, AlarmLetters, text
from orchestrator.gateways.alarm.webhook import Webhook
from orchestrator.gateways.mail.smtp import SmtpPost
from orchestrator.jobs.alarms import push_all
from orchestrator.jobs.post import PostRoom
from orchestrator.jobs.world import World
from orchestrator.outside.relay import Accepted, Moment, Relay, Verdict
from orchestrator.ports import Call
from tests.contracts.listener import Listener
from tests.jobs.theatre import MINUTE, SECOND, Theatre

ORGANISER = "contact@exemple.fr"
PEOPLE = [f"p{n}@{n % 4}.fr" for n in range(6)]
AFTER = ("zoom:x", "Zoom est en panne", "attendez un quart d'heure")


@pytest.fixture
def second(theatre: Theatre) -> Iterator[Relay]:
    """A second relay beside the theatre's, known to it."""
    with Relay(now=theatre.now) as relay:
        post = SmtpPost(host=relay.host, port=relay.port, security="none", timeouts=TIMEOUTS)
        letters = AlarmLetters(post, sender=theatre.event.mail_from, to=ORGANISER, now=theatre.now)
        theatre.world = replace(theatre.world, second=post, sirens=(letters,))
        yield relay


def raised(world: World, key: str, what: str, remedy: str = "") -> None:
    world.store.alarms.set(world.event.key, {key: (what, remedy)}, key, world.clock.now())


def alarms_in(relay: Relay) -> list[Accepted]:
    return [one for one in relay.accepted if one.to == ORGANISER]


def read(letter: Accepted) -> tuple[str, str]:
    """The subject and the text."""
    message = message_from_bytes(letter.data, policy=policy.default)
    assert (message.get_content_type(), message["Auto-Submitted"]) == ("text/plain", "auto-generated")
    return message["Subject"], message.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize("verdict", [Verdict(drop=True), Verdict(reply=(550, "5.7.1 p1@1.fr blocked by us"))])
def test_that_the_relay_is_broken_is_written_by_the_second_within_a_minute(
    theatre: Theatre, second: Relay, verdict: Verdict
) -> None:
    failed: list[datetime] = []

    def broken(moment: Moment) -> Verdict | None:
        if moment.stage != "rcpt":
            return None
        failed.append(theatre.at)
        return verdict

    theatre.relay_temper = broken
    for address in PEOPLE:
        theatre.form.answer(address)
    theatre.beat()
    room = PostRoom({"relation": theatre.world})
    for _ in range(6):  # the daemon's own rhythm
        room.drain()
        theatre.at += ALARM_SECONDS * SECOND
        push_all([theatre.world])
    [alarm] = alarms_in(second)
    assert alarm.at <= failed[0] + MINUTE
    subject, words = read(alarm)
    assert (subject.startswith("Le relais"), subject.endswith(" – La relation de soin")) == (True, True)
    assert "Que faire :" in words
    assert not any(address in words + subject for address in [*PEOPLE, "http"])
    assert not theatre.relay.accepted


def test_what_is_raised_together_is_told_in_one_letter_and_never_again(theatre: Theatre, second: Relay) -> None:
    autre = replace(theatre.world, event=replace(theatre.event, key="autre", title="L'autre journée"))
    theatre.store.events.serve(autre.event, theatre.at)
    for world in (theatre.world, autre):
        raised(world, *AFTER)
    raised(autre, "held", "12 personnes ont disparu d'un coup de la liste")
    assert [push_all([theatre.world, autre]) for _ in range(2)] == [3, 0]
    raised(autre, "held", "13 personnes ont disparu d'un coup de la liste")  # the same alarm in other words
    assert push_all([theatre.world, autre]) == 0
    [letter] = second.accepted
    assert read(letter) == (
        "2 alarmes – 2 événements",
        """Bonjour,

Le service a besoin de vous.

La relation de soin · L'autre journée
  Ce qui ne va pas : Zoom est en panne
  Depuis : le 14/06/2027 à 10h00
  Que faire : attendez un quart d'heure

L'autre journée
  Ce qui ne va pas : 12 personnes ont disparu d'un coup de la liste
  Depuis : le 14/06/2027 à 10h00

Chaque alarme n'est écrite qu'une fois, ou une fois par heure si elle va et vient, par le second relais
([mail.second]).
Où elle en est : le tableau de bord, ou « orchestrator status ».
Pour ne plus recevoir ces lettres : mail = false sous [alarms].
""",
    )


def test_a_letter_the_second_relay_does_not_take_is_tried_at_the_next_look(theatre: Theatre, second: Relay) -> None:
    raised(theatre.world, *AFTER)
    second.stop()
    assert push_all([theatre.world]) == 0
    second.start()
    assert [push_all([theatre.world]) for _ in range(2)] == [1, 0]
    assert [one.to for one in second.accepted] == [ORGANISER]


def test_each_way_says_an_alarm_by_itself_whatever_becomes_of_the_other(theatre: Theatre, second: Relay) -> None:
    raised(theatre.world, *AFTER)
    with Listener(status=503) as listener:
        theatre.world = replace(theatre.world, sirens=(Webhook(listener.url), *theatre.world.sirens))
        assert ([push_all([theatre.world]) for _ in range(2)], len(second.accepted)) == ([1, 0], 1)
        listener.status = 204
        listener.heard.clear()
        assert ([push_all([theatre.world]) for _ in range(2)], len(listener.heard)) == ([1, 0], 1)
        raised(theatre.world, "other", "autre chose")
        second.stop()
        assert ([push_all([theatre.world]) for _ in range(2)], len(listener.heard)) == ([1, 0], 2)
        second.start()
        assert ([push_all([theatre.world]) for _ in range(2)], len(listener.heard)) == ([1, 0], 2)
    assert len(second.accepted) == 2


def test_an_alarm_that_comes_and_goes_is_written_once_an_hour(theatre: Theatre, second: Relay) -> None:
    for _ in range(59):
        raised(theatre.world, *AFTER)
        push_all([theatre.world])
        theatre.store.alarms.set("relation", {}, AFTER[0], theatre.at)
        theatre.at += MINUTE
    assert len(second.accepted) == 1
    raised(theatre.world, *AFTER)
    assert push_all([theatre.world]) == 0
    theatre.at += MINUTE
    raised(theatre.world, "other", "autre chose")
    assert push_all([theatre.world]) == 2  # still wrong: it has waited for its hour
    assert [one.at for one in second.accepted] == [theatre.at - 60 * MINUTE, theatre.at]


def test_a_letter_of_alarm_holds_no_address_and_no_link_and_its_failure_no_words_of_the_relay(theatre: Theatre) -> None:
    call = Call(
        event="relation",
        title="Soin <zoe@exemple.fr>\r\nBcc: eve@exemple.fr",
        key="x",
        what="refusé : <zoe@exemple.fr>, https://zoom.us/w/9?tk=abc",
        remedy="",
        since=theatre.at,
    )
    assert [part for part in ("@", "http", "tk=", "\r") if part in text([call])] == []

    def refuse(moment: Moment) -> Verdict | None:
        return Verdict(reply=(550, "5.1.1 contact@exemple.fr unknown")) if moment.stage == "rcpt" else None

    with Relay(now=theatre.now, temper=refuse) as relay:
        post = SmtpPost(host=relay.host, port=relay.port, security="none")
        letters = AlarmLetters(post, sender=theatre.event.mail_from, to=ORGANISER, now=theatre.now)
        with pytest.raises(Unheard, match=r"AddressRefused$"):
            letters.sound([call])
