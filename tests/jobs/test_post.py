from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator import shipped, wiring
from orchestrator.core.message import Message
from orchestrator.core.model import Quota
from orchestrator.gateways.mail.safe import SafeScribe
from orchestrator.gateways.mail.scribe import JinjaScribe
from orchestrator.gateways.mail.smtp import SmtpPost
from orchestrator.jobs.beat import Memory, beat
from orchestrator.jobs.post import PostRoom
from orchestrator.jobs.world import Patience
from orchestrator.outside.relay import Moment, Relay, Verdict
from orchestrator.store import Delivery, Dotted, Step
from tests import make
from tests.jobs.theatre import EVENT, HOUR, MINUTE, SECOND, Theatre

ZOE, ALI, VERA = "zoe@exemple.fr", "ali@exemple.fr", "vera@exemple.fr"
Temper = Callable[[Moment], Verdict | None]


def ready(theatre: Theatre, *people: str) -> Theatre:
    """Everyone's first letter is due."""
    for one in people or (ZOE, ALI):
        theatre.form.answer(one)
    theatre.beat()
    return theatre


def says(stage: str, code: int, text: str = "no", to: str = "") -> Temper:
    return lambda moment: Verdict(reply=(code, text)) if moment.stage == stage and to in ("", moment.to) else None


def row(theatre: Theatre, to: str, kind: str = "link") -> Delivery:
    return next(one for one in theatre.deliveries(kind) if one.address == to)


def gone() -> str:
    """The name of a process that has ended."""
    process = subprocess.Popen(["true"])
    name = f"{socket.gethostname()}:{process.pid}:{wiring._started(process.pid)}:abcd"
    process.wait()
    return name


def carried(theatre: Theatre, owner: str, *, to_the_dot: bool) -> Delivery:
    """Let somebody else take a letter as far as it goes before they are killed."""
    world = replace(theatre.world, owner=owner)
    room = PostRoom({world.event.key: world})
    [delivery] = room.claim()
    if to_the_dot:
        written = room.write(delivery, theatre.at)
        dotted = Dotted(delivery=delivery, message=written.message, message_id=written.message_id, facts=written.facts)
        assert room.advance(Step(dotted=[dotted]), theatre.at) == {delivery.id}
    return delivery


# a good day


def test_every_letter_is_settled_on_the_relays_acceptance(anywhere: Theatre) -> None:
    tally = ready(anywhere).post()
    assert (tally.sent, tally.refused, tally.deferred, tally.trouble) == ({"link": 2, "host": 1}, {}, {}, "")
    assert all((d.state, d.code, d.sent_at) == ("sent", 250, anywhere.at) for d in anywhere.deliveries() if not d.rule)
    assert (anywhere.post().sent, len(anywhere.mails())) == ({}, 3)


def test_each_letter_has_one_recipient_and_a_name_of_its_own(theatre: Theatre) -> None:
    ready(theatre, *(f"p{n}@exemple.fr" for n in range(10))).post()
    assert len({mail.name for mail in theatre.mails()}) == len(theatre.mails()) == 11
    assert all(mail.message["To"] == mail.to for mail in theatre.mails())


def test_several_connections_share_the_work_and_no_letter(theatre: Theatre) -> None:
    theatre.form.crowd(40)
    theatre.turn()
    assert theatre.told("link") == [(f"p{n:03}@exemple.fr", "link") for n in range(40)]
    assert {mail.accepted.connection for mail in theatre.mails()} <= {1, 2, 3, 4}


# a relay that says no


@pytest.mark.parametrize("stage", ["rcpt", "data", "dot"])
def test_a_letter_put_off_is_tried_again_later_and_others_go_on(theatre: Theatre, stage: str) -> None:
    ready(theatre)
    theatre.relay_temper = says(stage, 451, "4.7.1 greylisted", ZOE)
    tally = theatre.post()
    assert (tally.deferred, theatre.told()) == ({"link": 1}, [(ALI, "link"), (VERA, "host")])
    waiting = row(theatre, ZOE)
    assert (waiting.state, waiting.code, waiting.attempts, waiting.in_doubt) == ("due", 451, 1, 0)
    assert waiting.not_before == theatre.at + MINUTE == theatre.room.next_at()
    assert theatre.post(theatre.at + MINUTE - SECOND).sent == {}
    theatre.heal()
    assert theatre.post(theatre.at + SECOND).sent == {"link": 1}


def test_a_letter_put_off_again_and_again_waits_longer_each_time(theatre: Theatre) -> None:
    ready(theatre, ZOE)
    theatre.relay_temper = says("rcpt", 450, "4.2.0 busy", ZOE)
    waits = []
    for _ in range(6):
        theatre.post()
        at = row(theatre, ZOE).not_before
        assert at is not None
        waits.append((at - theatre.at).total_seconds())
        theatre.at = at
    assert waits == [60, 120, 310, 600, 600, 600]


def test_a_reminder_put_off_is_tried_several_times_before_it_is_worthless(theatre: Theatre) -> None:
    ready(theatre, ZOE)
    theatre.post()
    theatre.beat(make.paris(9, 24))
    theatre.relay_temper = says("rcpt", 450, "4.2.0 busy", ZOE)
    for _ in range(4):
        theatre.post()
        theatre.at = row(theatre, ZOE, "reminder").not_before or theatre.at
    assert theatre.at < make.paris(9, 29)
    theatre.heal()
    theatre.post()
    assert theatre.told("reminder") == [(ZOE, "reminder")]


@pytest.mark.parametrize("stage", ["rcpt", "dot"])
def test_an_address_refused_costs_its_own_letter_only_and_is_never_tried_again(theatre: Theatre, stage: str) -> None:
    ready(theatre)
    theatre.relay_temper = says(stage, 550, "5.1.1 unknown", ZOE)
    tally = theatre.post()
    assert (tally.refused, tally.sent) == ({"link": 1}, {"link": 1, "host": 1})
    refused = row(theatre, ZOE)
    assert (refused.state, refused.code, "5.1.1" in refused.reply) == ("refused", 550, True)
    theatre.heal()
    theatre.turn(theatre.at + HOUR)
    assert theatre.told("link") == [(ALI, "link")]


@pytest.mark.parametrize(
    "temper",
    [
        says("connect", 554),
        says("ehlo", 421),
        says("mail", 550, "5.7.1 not you"),
        says("data", 421),
        says("dot", 421),
        lambda moment: Verdict(drop=True),
    ],
    ids=["connect", "ehlo", "mail", "data", "dot", "dropped"],
)
def test_a_relay_at_fault_blames_no_letter(theatre: Theatre, temper: Temper) -> None:
    ready(theatre)
    theatre.relay_temper = temper
    tally = theatre.post()
    assert (tally.sent, tally.refused, tally.trouble != "") == ({}, {}, True)
    assert [(d.state, d.attempts, d.in_doubt) for d in theatre.deliveries("link")] == [("due", 0, 0), ("due", 0, 0)]
    assert theatre.alarms()["relay:relay"][0] == tally.trouble
    theatre.heal()
    theatre.post(theatre.at + MINUTE)
    assert (theatre.told("link"), theatre.alarms()) == ([(ALI, "link"), (ZOE, "link")], {})


def test_a_relay_that_is_down_rests_a_little_longer_each_time_and_works_once_it_is_up(theatre: Theatre) -> None:
    ready(theatre)
    theatre.relay.stop()
    pauses = []
    for _ in range(6):
        theatre.room.drain()
        at = theatre.room.next_at()
        assert at is not None
        assert theatre.room.due() == 0
        pauses.append((at - theatre.at).total_seconds())
        theatre.at = at
    assert [round(pause) for pause in pauses] == [5, 10, 20, 40, 60, 60]
    theatre.relay.start()
    theatre.post()
    assert (theatre.told("link"), theatre.alarms()) == ([(ALI, "link"), (ZOE, "link")], {})


def test_an_alarm_about_the_relay_goes_away_even_after_a_restart(theatre: Theatre) -> None:
    ready(theatre)
    theatre.relay_temper = says("connect", 554)
    theatre.post()
    theatre.heal()
    theatre.start_again()
    theatre.post(theatre.at + MINUTE)
    assert (len(theatre.mails()), theatre.alarms()) == (3, {})


# a relay that does not answer


@pytest.mark.parametrize("stage", ["dot", "accepted"])
def test_a_letter_whose_reply_was_lost_is_in_doubt_and_goes_again_byte_for_byte(anywhere: Theatre, stage: str) -> None:
    ready(anywhere, ZOE)
    lost = iter([True])

    def lose(moment: Moment) -> Verdict | None:
        return Verdict(lose_reply=True) if (moment.stage, moment.to) == (stage, ZOE) and next(lost, False) else None

    anywhere.relay_temper = lose
    anywhere.post()
    doubtful = row(anywhere, ZOE)
    assert (doubtful.state, doubtful.in_doubt, anywhere.told("host")) == ("due", 1, [(VERA, "host")])
    anywhere.start_again(replace(EVENT, title="Un autre titre"))
    anywhere.turn(anywhere.at + MINUTE)
    first, again = anywhere.mails("link", ZOE)
    assert first.accepted.data == again.accepted.data
    assert (row(anywhere, ZOE).state, row(anywhere, ZOE).in_doubt) == ("sent", 1)
    anywhere.turn(anywhere.at + HOUR)
    assert len(anywhere.mails("link", ZOE)) == 2


def test_a_letter_put_off_at_its_dot_is_written_anew(theatre: Theatre) -> None:
    ready(theatre, ZOE)
    theatre.relay_temper = says("dot", 451, "4.3.0 try again", ZOE)
    theatre.post()
    name = row(theatre, ZOE).message_id
    theatre.heal()
    theatre.form.answer(ZOE, first="Zoée")
    theatre.turn(theatre.at + MINUTE)
    [letter] = theatre.mails("link", ZOE)
    assert ("Zoée" in letter.text, letter.name, row(theatre, ZOE).in_doubt) == (True, name, 0)


# killed


def test_a_letter_claimed_by_a_process_that_died_goes_at_once(anywhere: Theatre) -> None:
    ready(anywhere, ZOE)
    held = carried(anywhere, gone(), to_the_dot=False)
    anywhere.post()
    again = next(d for d in anywhere.deliveries() if d.key == held.key)
    assert (again.state, again.in_doubt, anywhere.told()) == ("sent", 0, [(VERA, "host"), (ZOE, "link")])


def test_a_letter_killed_between_its_dot_and_the_reply_goes_again_byte_for_byte(anywhere: Theatre) -> None:
    ready(anywhere, ZOE)
    held = carried(anywhere, gone(), to_the_dot=True)
    [written] = [d for d in anywhere.deliveries() if d.state == "dotted"]
    anywhere.start_again(replace(EVENT, title="Un autre titre"))
    anywhere.post(anywhere.at + MINUTE)
    again = next(d for d in anywhere.deliveries() if d.key == held.key)
    [mail] = [mail for mail in anywhere.mails() if mail.name == written.message_id]
    assert (again.state, again.in_doubt) == ("sent", 1)
    assert mail.message["Date"].datetime == anywhere.at - MINUTE
    assert "Un autre titre" not in mail.text


def test_a_letter_held_by_somebody_alive_is_left_to_them_until_their_lease_runs_out(theatre: Theatre) -> None:
    ready(theatre, ZOE)
    held = carried(theatre, "elsewhere:1:2:3", to_the_dot=True)
    theatre.post(theatre.at + 15 * MINUTE - SECOND)
    assert [d.state for d in theatre.deliveries() if d.key == held.key] == ["dotted"]
    theatre.post(theatre.at + SECOND)
    assert [(d.state, d.in_doubt) for d in theatre.deliveries() if d.key == held.key] == [("sent", 1)]


def test_whoever_was_too_slow_sends_nothing(theatre: Theatre) -> None:
    """The lease runs out while the relay greets; another takes the letter meanwhile."""
    ready(theatre, ZOE)
    theatre.relay_temper = says("connect", 554)
    slow = carried(theatre, theatre.owner, to_the_dot=False)
    theatre.heal()
    theatre.at += 15 * MINUTE
    theatre.post()
    late = Step(dotted=[Dotted(delivery=slow, message=Message(b""), message_id="", facts={})])
    assert theatre.room.advance(late, theatre.at) == frozenset()
    assert theatre.told() == [(VERA, "host"), (ZOE, "link")]


def test_a_lease_that_runs_out_while_the_relay_greets_is_not_used(theatre: Theatre) -> None:
    ready(theatre, ZOE)

    def slowly(moment: Moment) -> Verdict | None:
        if moment.stage == "connect" and moment.connection == 1:
            theatre.at += 15 * MINUTE
        return None

    theatre.relay_temper = slowly
    world = replace(theatre.world, connections=1)
    PostRoom({"relation": world}).drain()
    stuck = [d for d in theatre.deliveries() if d.state == "claimed"]
    assert (len(stuck), len(theatre.mails())) == (1, 1)
    theatre.post()
    assert theatre.told() == [(VERA, "host"), (ZOE, "link")]


def test_two_post_rooms_never_send_the_same_letter(anywhere: Theatre) -> None:
    anywhere.form.crowd(40)
    anywhere.beat()
    other = PostRoom({"relation": replace(anywhere.world, owner="elsewhere:1:2:3")})
    beside = threading.Thread(target=other.drain)
    beside.start()
    anywhere.room.drain()
    beside.join()
    assert anywhere.told("link") == [(f"p{n:03}@exemple.fr", "link") for n in range(40)]


def test_two_events_share_a_relay_and_its_quota_but_no_letter(theatre: Theatre) -> None:
    ready(theatre, ZOE)
    other = replace(EVENT, key="autre", title="Autre jour", quota=Quota(per_minute=4))
    beside = replace(theatre.world, event=other)
    beat(beside, Memory())
    theatre.start_again(replace(EVENT, quota=Quota(per_minute=3)))
    room = PostRoom({"relation": theatre.world, "autre": beside})
    assert room.drain().sent == {"link": 1, "host": 2}
    theatre.at += MINUTE
    assert room.drain().sent == {"link": 1}
    assert theatre.told() == [(VERA, "host"), (VERA, "host"), (ZOE, "link"), (ZOE, "link")]
    assert len(theatre.zoom.meetings()) == 2


@pytest.mark.postgres
def test_a_database_that_hangs_up_before_the_reply_loses_nothing(
    postgres: Any, postgres_model: str, tmp_path: Path
) -> None:
    postgres.empty(postgres_model)
    with Theatre(tmp_path, postgres.url(postgres_model)) as theatre:
        ready(theatre)

        def hang_up(moment: Moment) -> Verdict | None:
            if moment.stage == "accepted":
                postgres.hang_up(postgres_model)
            return None

        theatre.relay_temper = hang_up
        theatre.start_again()
        PostRoom({"relation": replace(theatre.world, connections=1)}).drain()
        theatre.heal()
        theatre.turn(theatre.at + HOUR)
        assert theatre.told() == [(ALI, "link"), (VERA, "host"), (ZOE, "link")]
        assert all(d.state == "sent" for d in theatre.deliveries() if not d.rule)


# too late


def test_a_reminder_that_is_worthless_is_never_sent(theatre: Theatre) -> None:
    ready(theatre, ZOE)
    theatre.post()
    theatre.relay.stop()
    theatre.turn(make.paris(9))
    theatre.relay.start()
    theatre.turn(make.paris(9, 30))
    assert (theatre.told("reminder"), row(theatre, ZOE, "reminder").state) == ([], "void")


def test_a_letter_that_becomes_worthless_while_the_relay_greets_is_not_sent(theatre: Theatre) -> None:
    ready(theatre, ZOE)
    theatre.post()
    theatre.beat(make.paris(9, 29))

    def slowly(moment: Moment) -> Verdict | None:
        if moment.stage == "connect":
            theatre.at = make.paris(9, 30)
        return None

    theatre.relay_temper = slowly
    theatre.post()
    theatre.beat()  # voids what the other connection had not claimed yet
    assert (theatre.told("reminder"), row(theatre, ZOE, "reminder").state) == ([], "void")


def test_a_letter_withdrawn_before_it_leaves_is_not_sent(theatre: Theatre) -> None:
    ready(theatre)
    theatre.form.remove(ZOE)
    theatre.turn(theatre.at + MINUTE)
    assert (theatre.told("link"), row(theatre, ZOE).state) == ([(ALI, "link")], "withdrawn")


def test_somebody_who_left_while_their_letter_was_claimed_gets_none_until_they_come_back(theatre: Theatre) -> None:
    ready(theatre)
    claimed = {carried(theatre, gone(), to_the_dot=False).address for _ in range(3)}
    assert ZOE in claimed
    theatre.form.remove(ZOE)
    theatre.beat(theatre.at + MINUTE)
    assert (theatre.post().refused, theatre.told("link")) == ({}, [(ALI, "link")])
    theatre.form.answer(ZOE)
    theatre.turn(theatre.at + MINUTE)
    assert theatre.told("link") == [(ALI, "link"), (ZOE, "link")]


# one bad letter


def test_a_letter_that_cannot_be_written_costs_that_letter_only(theatre: Theatre, tmp_path: Path) -> None:
    folder = tmp_path / "letters" / "link"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("{% if person.last_name == 'Poison' %}{{ nothing.such }}{% endif %}Bonjour")
    theatre.start_again(scribe=JinjaScribe([tmp_path / "letters", shipped.templates() / "letters"]))
    theatre.form.answer(ZOE, last="Poison")
    theatre.form.answer(ALI)
    theatre.turn()
    assert theatre.told() == [(ALI, "link"), (VERA, "host")]
    poisoned = row(theatre, ZOE)
    assert (poisoned.state, poisoned.code, poisoned.reply != "") == ("refused", 0, True)


def test_a_template_of_the_organisers_may_decide_by_a_name(theatre: Theatre, tmp_path: Path) -> None:
    folder = tmp_path / "letters" / "link"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("Votre lien{% if person.first_name == 'Ali' %}, cher Ali{% endif %}")
    theatre.start_again(scribe=SafeScribe(shipped.templates() / "letters", tmp_path / "letters"))
    for n in range(12):
        theatre.form.answer(f"p{n}@exemple.fr", first="Ali" if n == 10 else "Zoé")
    theatre.turn()
    subjects = {mail.to: mail.message["Subject"] for mail in theatre.mails("link")}
    assert subjects == {f"p{n}@exemple.fr": "Votre lien" + (", cher Ali" if n == 10 else "") for n in range(12)}


# the quota


def in_any(window: timedelta, hours: list[datetime]) -> int:
    """How many instants there are at most in any window."""
    return max(sum(at <= other < at + window for other in hours) for at in hours)


def test_the_quota_a_minute_is_kept(theatre: Theatre) -> None:
    theatre.start_again(replace(EVENT, quota=Quota(per_minute=7)))
    theatre.form.crowd(30)
    theatre.beat()
    for _ in range(200):
        theatre.post()
        at = theatre.room.next_at()
        if at is None or at > theatre.at + HOUR:
            break
        theatre.at = max(at, theatre.at + SECOND)
    hours = [mail.at for mail in theatre.mails()]
    assert (len(hours), in_any(MINUTE, hours)) == (31, 7)
    assert max(hours) - min(hours) <= 5 * MINUTE


@pytest.mark.slow
def test_a_wave_leaves_early_enough_for_the_quota(theatre: Theatre) -> None:
    theatre.at = make.TELL_AT - HOUR
    theatre.patience = Patience(zoom_reads=timedelta(days=1))
    theatre.start_again(replace(EVENT, quota=Quota(per_minute=1)))
    theatre.form.crowd(35)
    while theatre.at < make.paris(14):
        report = theatre.turn()
        wakes = [at for at in (report.next_at, theatre.room.next_at()) if at is not None]
        theatre.at = max(min(wakes), theatre.at + SECOND)
    hours = [mail.at for mail in theatre.mails("reminder")]
    morning = [at for at in hours if at < make.paris(9, 30)]
    assert (len(morning), len(hours)) == (35, 70)
    assert (max(morning) <= make.paris(9, 25), min(morning) < make.paris(9)) == (True, True)
    assert in_any(MINUTE, [mail.at for mail in theatre.mails()]) == 1


def test_after_an_outage_reminders_are_not_held_up_by_rooms_that_were_due_long_before(theatre: Theatre) -> None:
    theatre.start_again(replace(EVENT, quota=Quota(per_hour=12)))
    theatre.form.crowd(8, "A")
    theatre.beat()
    theatre.post()
    theatre.relay_temper = says("connect", 421, "4.3.2 closed")
    for at in (make.TELL_AT, make.paris(8)):
        theatre.turn(at)
    theatre.heal()
    theatre.post(make.paris(8, 30))
    kinds = Counter(mail.kind for mail in theatre.mails())
    assert (kinds["reminder"], kinds["room"]) == (8, 4)


def test_letters_to_a_domain_with_a_limit_leave_hour_by_hour_and_the_others_at_once(theatre: Theatre) -> None:
    theatre.start_again(replace(EVENT, quota=Quota(per_hour_to={"orange.fr": 2})))
    theatre.form.crowd(4)
    orange = [f"o{n}@orange.fr" for n in range(5)]
    ready(theatre, *orange)
    first = theatre.at
    while (at := theatre.room.next_at()) is not None and at < first + 3 * HOUR:
        theatre.post(max(at, theatre.at))
    at_once = [mail.to for mail in theatre.mails() if mail.at == first]
    assert len([to for to in at_once if to not in orange]) == 5
    assert Counter(mail.at - first for mail in theatre.mails() if mail.to in orange) == {
        0 * HOUR: 2,
        HOUR: 2,
        2 * HOUR: 1,
    }


# a relay that refuses everybody


CROWD = ("a@un.fr", "b@un.fr", "c@deux.fr", "d@trois.fr", "e@trois.fr", "f@quatre.fr", ZOE)


def refusals(theatre: Theatre) -> list[str]:
    return [d.address for d in theatre.deliveries() if d.state == "refused"]


def test_the_same_refusal_to_everybody_is_the_relays_fault_and_nobody_is_given_up(anywhere: Theatre) -> None:
    ready(anywhere, *CROWD)
    anywhere.relay_temper = says("rcpt", 554, "5.7.1 relay access denied")
    for _ in range(20):
        anywhere.post(anywhere.at + MINUTE)
    assert (refusals(anywhere), anywhere.told()) == ([], [])
    assert "relay:relay" in anywhere.alarms()
    anywhere.heal()
    for _ in range(20):
        anywhere.post(anywhere.at + MINUTE)
    assert (anywhere.told("link"), anywhere.alarms()) == (sorted((one, "link") for one in CROWD), {})


def test_a_few_wrong_addresses_are_no_broken_relay(theatre: Theatre) -> None:
    ready(theatre, *CROWD)
    wrong = CROWD[:4]
    theatre.relay_temper = lambda m: (
        Verdict(reply=(550, "5.1.1 unknown")) if m.stage == "rcpt" and m.to in wrong else None
    )
    for _ in range(20):
        theatre.post(theatre.at + MINUTE)
    assert (sorted(refusals(theatre)), theatre.alarms()) == (sorted(wrong), {})


def test_many_wrong_addresses_of_one_place_are_no_broken_relay(theatre: Theatre) -> None:
    ready(theatre, *(f"p{n}@parti.fr" for n in range(8)), ZOE)
    theatre.relay_temper = lambda m: (
        Verdict(reply=(550, "5.1.2 no such domain")) if m.stage == "rcpt" and m.to.endswith("parti.fr") else None
    )
    for _ in range(20):
        theatre.post(theatre.at + MINUTE)
    assert (len(refusals(theatre)), theatre.told("link")) == (8, [(ZOE, "link")])


def test_the_second_relay_stands_in_and_nobody_is_written_to_twice(theatre: Theatre) -> None:
    ready(theatre, *CROWD)
    theatre.relay_temper = says("mail", 554, "5.7.1 blocked")
    with Relay(now=theatre.now) as other:
        second = SmtpPost(host=other.host, port=other.port, security="none")
        room = PostRoom({"relation": replace(theatre.world, second=second)})
        room.drain()
        assert sorted(one.to for one in other.accepted) == sorted([*CROWD, VERA])
        assert "relay:relay" in theatre.alarms()
        theatre.heal()
        theatre.at += HOUR
        room.drain()
        assert (len(other.accepted), theatre.mails()) == (len(CROWD) + 1, [])


# a relay that hangs


@pytest.mark.parametrize("stage", ["connect", "mail", "rcpt", "data", "dot", "accepted"])
def test_one_connection_that_hangs_holds_up_no_other_letter(theatre: Theatre, stage: str) -> None:
    theatre.form.crowd(12)
    theatre.beat()
    done, hung = threading.Event(), iter([True])

    def hang(moment: Moment) -> Verdict | None:
        return Verdict(hang=done) if moment.stage == stage and next(hung, False) else None

    theatre.relay_temper = hang
    post = threading.Thread(target=theatre.room.drain)
    post.start()
    until = time.monotonic() + 20
    while len(theatre.mails()) < 11 and time.monotonic() < until:
        theatre.at += SECOND  # whatever waits behind the dot that is not answered goes by another line
        time.sleep(0.05)
    early = len(theatre.mails())
    done.set()
    post.join(30)
    assert (early >= 11, len(theatre.mails())) == (True, 13)
    assert len({mail.to for mail in theatre.mails()}) == 13
