"""The organiser's hand on the letters, played over real sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from orchestrator.core.holds import WaveKey
from orchestrator.core.model import Event, LetterWishes
from orchestrator.core.notices import again, announcement
from orchestrator.core.presence import Live
from orchestrator.core.recipients import FALLBACK
from orchestrator.daemon import RETURN_SECONDS, Daemon
from orchestrator.gateways.alarm.webhook import Webhook
from orchestrator.gateways.mail.bounces import ImapReturns
from orchestrator.jobs.alarms import push_all
from orchestrator.jobs.control import look, plan_b, put_in_outbox, reached
from orchestrator.jobs.returns import read_returns
from orchestrator.outside.imap import Imap
from orchestrator.outside.relay import Moment, Verdict
from orchestrator.wiring import SystemClock
from tests import make
from tests.contracts.listener import Listener
from tests.jobs.theatre import EVENT, HOUR, MINUTE, SECOND, Theatre

ZOE, ALI, VERA, LATE = "zoe@exemple.fr", "ali@exemple.fr", "vera@exemple.fr", "tard@exemple.fr"
WINK = 0.02
"""Seconds."""
REMINDER = WaveKey("reminder", "matin", "at-09:00")


def asking(**changes: Any) -> Event:
    """The day whose morning reminder waits for approval."""
    first, second = EVENT.reminders
    return replace(EVENT, reminders=(replace(first, approve=True, **changes), second))


def begun(theatre: Theatre, event: Event = EVENT) -> Theatre:
    theatre.start_again(event)
    theatre.form.answer(ZOE, "a")
    theatre.form.answer(ALI, "b")
    theatre.turn()
    return theatre


def pause(theatre: Theatre) -> None:
    theatre.store.holds.pause("relation", theatre.at)


# pause


def test_nothing_leaves_while_an_event_is_paused_and_everything_does_afterwards(anywhere: Theatre) -> None:
    begun(anywhere)
    anywhere.at += HOUR
    pause(anywhere)
    anywhere.form.answer(LATE)
    anywhere.turn(anywhere.at + MINUTE)
    assert (anywhere.told("link"), anywhere.room.next_at()) == ([(ALI, "link"), (ZOE, "link")], None)
    anywhere.store.holds.resume("relation")
    anywhere.turn(anywhere.at + MINUTE)
    assert (LATE, "link") in anywhere.told("link")


def test_a_pause_that_is_forgotten_is_said_and_does_not_cost_a_reminder(theatre: Theatre) -> None:
    begun(theatre)
    theatre.turn(make.TELL_AT)
    theatre.at = make.paris(4)
    pause(theatre)
    theatre.turn(make.paris(5, 24))
    assert "hold:4h:reminder/matin/at-09:00" not in theatre.alarms()
    theatre.play(make.paris(5, 25))
    assert "hold:4h:reminder/matin/at-09:00" in theatre.alarms()
    theatre.play(make.paris(8, 26))
    assert {key for key in theatre.alarms() if "matin" in key} == {"hold:1h:reminder/matin/at-09:00"}
    theatre.play(make.paris(9, 24))
    assert theatre.told("reminder") == []
    theatre.play(make.paris(9, 26))
    assert theatre.told("reminder") == [(ALI, "reminder"), (ZOE, "reminder")]
    assert "hold:left:reminder/matin/at-09:00" in theatre.alarms()


def test_a_pause_at_the_last_minute_holds_a_quarter_of_an_hour(theatre: Theatre) -> None:
    begun(theatre)
    theatre.turn(make.paris(8, 59))
    theatre.at = make.paris(8, 59, days=0) + 50 * SECOND
    pause(theatre)
    theatre.turn(make.paris(9, 10))
    assert theatre.told("reminder") == []


def test_where_the_organiser_wants_silence_to_hold_nothing_leaves_without_a_word(theatre: Theatre) -> None:
    begun(theatre, asking(if_silent="hold"))
    theatre.play(make.paris(9, 29))
    assert theatre.told("reminder") == []
    assert "hold:late:reminder/matin/at-09:00" in theatre.alarms()


# approval


def test_a_wave_leaves_at_its_hour_once_it_is_approved(anywhere: Theatre) -> None:
    begun(anywhere, asking())
    box = look(anywhere.event, anywhere.store, anywhere.world.relay, anywhere.at, Live())
    assert [(str(one.wave), one.letters) for one, waits in box.waves if waits] == [("reminder/matin/at-09:00", 2)]
    anywhere.store.holds.approve("relation", REMINDER, anywhere.at)
    anywhere.play(make.paris(9, 5))
    assert {mail.at for mail in anywhere.mails("reminder")} == {make.paris(9)}
    assert not [key for key in anywhere.alarms() if key.startswith("hold:")]


def test_a_wave_nobody_approves_is_called_to_mind_and_leaves_in_time_all_the_same(theatre: Theatre) -> None:
    begun(theatre, asking())
    theatre.play(make.paris(9, 20))
    assert theatre.told("reminder") == []
    assert theatre.store.holds.all("relation")[REMINDER].state == "held"
    theatre.play(make.paris(9, 29))
    assert {mail.at for mail in theatre.mails("reminder")} <= {make.paris(9, 25), make.paris(9, 29)}
    assert len(theatre.mails("reminder")) == 2


def test_an_approved_wave_stays_when_the_event_is_paused(theatre: Theatre) -> None:
    begun(theatre, asking())
    theatre.store.holds.approve("relation", REMINDER, theatre.at)
    theatre.turn(make.paris(8, 30))
    pause(theatre)
    theatre.turn(make.paris(9, 1))
    assert theatre.told("reminder") == []


# the organiser's own words


def test_an_announcement_reaches_everybody_once_even_those_who_register_meanwhile(anywhere: Theatre) -> None:
    begun(anywhere)
    anywhere.at = make.paris(14, 2, days=-2)
    until = anywhere.at + HOUR
    notice = announcement("all", "Reprise à 14h15", "Nous reprenons.\n\nÀ bientôt.", until, anywhere.at)
    assert reached(anywhere.event, anywhere.store, notice) == [ALI, VERA, ZOE]
    assert [anywhere.store.notices.add("relation", [notice]) for _ in range(2)] == [1, 0]
    assert [put_in_outbox(anywhere.event, anywhere.store, "relay", anywhere.at) for _ in range(2)] == [3, 0]
    anywhere.post()
    anywhere.form.answer(LATE)
    anywhere.turn(anywhere.at + MINUTE)
    anywhere.turn(anywhere.at + MINUTE)
    anywhere.turn(until + MINUTE)
    assert anywhere.told("announce") == sorted((who, "announce") for who in (ALI, LATE, VERA, ZOE))
    mail = anywhere.mails("announce", ZOE)[0]
    assert (str(mail.message["Subject"]), "Nous reprenons." in mail.text) == ("Reprise à 14h15", True)


def test_an_announcement_that_cannot_leave_before_its_deadline_never_leaves(theatre: Theatre) -> None:
    begun(theatre)
    theatre.relay_temper = lambda _moment: Verdict(drop=True)
    notice = announcement("all", "Vite", "Vite.", theatre.at + 10 * MINUTE, theatre.at)
    theatre.store.notices.add("relation", [notice])
    theatre.turn(theatre.at + MINUTE)
    theatre.heal()
    theatre.turn(theatre.at + 10 * MINUTE)
    assert (theatre.told("announce"), set(theatre.states("announce").values())) == ([], {"void"})


def test_plan_b_is_told_to_everybody_once_and_so_is_its_end(anywhere: Theatre) -> None:
    begun(anywhere, replace(EVENT, fallback_url="https://exemple.fr/secours"))
    at = anywhere.at = make.paris(9, 40, days=-1)
    assert plan_b(anywhere.event, anywhere.store, at, on=True)
    anywhere.turn(at + SECOND)
    anywhere.form.answer(LATE)
    anywhere.turn(at + MINUTE)
    anywhere.turn(at + 2 * MINUTE)
    assert anywhere.told("fallback") == [(who, "fallback") for who in (ALI, VERA, ZOE)]
    assert "https://exemple.fr/secours" in anywhere.mails("fallback", ZOE)[0].text
    assert "tout le monde se retrouve ici" in anywhere.mails("link", LATE)[0].text.lower()
    assert plan_b(anywhere.event, anywhere.store, at + HOUR, on=False)
    anywhere.turn(at + HOUR)
    anywhere.turn(at + HOUR + MINUTE)
    again = [mail.to for mail in anywhere.mails("fallback") if "a lieu sur Zoom" in mail.text]
    assert sorted(again) == [ALI, LATE, VERA, ZOE]


def test_plan_b_undone_before_anybody_was_told_is_told_to_nobody(theatre: Theatre) -> None:
    begun(theatre, replace(EVENT, fallback_url="https://exemple.fr/secours"))
    plan_b(theatre.event, theatre.store, theatre.at, on=True)
    theatre.beat(theatre.at + SECOND)
    plan_b(theatre.event, theatre.store, theatre.at, on=False)
    theatre.turn(theatre.at + SECOND)
    assert theatre.told("fallback") == []
    assert theatre.store.memos.get("relation", FALLBACK) == ""


def test_a_link_sent_again_is_the_link_of_now(theatre: Theatre) -> None:
    begun(theatre)
    theatre.at += HOUR
    theatre.store.notices.add("relation", [again(theatre.event, ZOE, theatre.at)])
    theatre.turn()
    [link], [resent] = theatre.mails("link", ZOE), theatre.mails("resend", ZOE)
    assert resent.links == link.links
    assert theatre.told("moved") == []


# who is not registered, who left, who is missed


def test_whoever_is_too_late_or_one_too_many_gets_one_polite_letter(anywhere: Theatre) -> None:
    begun(anywhere, replace(EVENT, limit=2))
    anywhere.form.answer(LATE)
    anywhere.turn(anywhere.at + HOUR)
    anywhere.form.answer("encore@exemple.fr")
    anywhere.turn(anywhere.at + HOUR)
    assert anywhere.told("late") == [("encore@exemple.fr", "late"), (LATE, "late")]
    assert "liste d’attente" in anywhere.mails("late", LATE)[0].text
    anywhere.form.remove(ALI)
    anywhere.turn(anywhere.at + HOUR)
    assert (LATE, "link") in anywhere.told("link")


def test_whoever_leaves_and_comes_back_has_every_letter_in_its_turn(anywhere: Theatre) -> None:
    begun(anywhere)
    anywhere.form.remove(ZOE)
    anywhere.turn(anywhere.at + HOUR)
    assert anywhere.told("bye") == []
    anywhere.turn(anywhere.at + 10 * MINUTE)
    anywhere.form.answer(ZOE)
    anywhere.turn(anywhere.at + HOUR)
    anywhere.turn(anywhere.at + MINUTE)
    mails = anywhere.mails(to=ZOE)
    assert [mail.kind for mail in mails] == ["link", "bye", "link"]
    assert mails[2].links == {way.join_url for way in ways(anywhere, ZOE)}
    numbers = [mail.sequences for mail in mails]
    assert numbers[0].keys() == numbers[1].keys() == numbers[2].keys()
    assert all(numbers[0][uid] < numbers[1][uid] < numbers[2][uid] for uid in numbers[0])


def ways(theatre: Theatre, who: str) -> list[Any]:
    return list(theatre.store.meetings.passes_of("relation", who).values())


def test_a_row_that_comes_back_at_once_was_never_gone(theatre: Theatre) -> None:
    begun(theatre)
    theatre.form.remove(ZOE)
    theatre.turn(theatre.at + HOUR)
    theatre.form.answer(ZOE)
    theatre.turn(theatre.at + MINUTE)
    theatre.turn(theatre.at + HOUR)
    assert [mail.kind for mail in theatre.mails(to=ZOE)] == ["link", "moved"]  # Zoom gave another link


def test_whoever_is_missed_is_fetched_once(theatre: Theatre) -> None:
    begun(theatre)
    live = Live(open_since={make.MEETING: make.paris(9, 10)}, seen={make.MEETING: {ALI: make.paris(9, 28)}})
    theatre.world = replace(theatre.world, live=lambda _event: live)
    theatre.room = type(theatre.room)({"relation": theatre.world})
    theatre.play(make.paris(9, 34))
    assert theatre.told("started") == []
    theatre.turn(make.paris(9, 35))
    theatre.turn(make.paris(9, 40))
    assert theatre.told("started") == [(ZOE, "started")]


def test_a_light_letter_carries_no_file_and_every_fact(theatre: Theatre) -> None:
    begun(theatre, replace(EVENT, letters=LetterWishes(light=frozenset({"exemple.fr"}))))
    [mail] = theatre.mails("link", ZOE)
    assert (mail.sequences, [part.get_content_type() for part in mail.message.walk()]) == (
        {},
        ["multipart/alternative", "text/plain", "text/html"],
    )
    assert len(mail.links) == 1


# what came back


Opens = Callable[[], ImapReturns]


@pytest.fixture
def box() -> Any:
    with Imap() as one:
        yield one


def with_box(theatre: Theatre, box: Imap) -> None:
    returns = ImapReturns(
        host=box.host, port=box.port, security="none", username="retours", password="secret", folder="INBOX"
    )
    theatre.world = replace(theatre.world, returns=returns)
    read_returns([theatre.world])


def report(message_id: str, recipient: str, words: str = "smtp; 550 5.1.1 inconnue ici") -> bytes:
    return (
        "From: MAILER-DAEMON@relais.fr\nTo: contact@exemple.fr\nSubject: Undelivered\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relais.fr\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: {words}\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {message_id}\nSubject: Votre lien\n\n--b--\n"
    ).encode()


def answer(sender: str, text: str, **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "contact@exemple.fr", "Re: Votre lien : jeudi 24 juin"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def test_a_letter_that_comes_back_is_refused_in_the_words_of_who_refused_it(anywhere: Theatre, box: Imap) -> None:
    begun(anywhere)
    with_box(anywhere, box)
    [link] = anywhere.mails("link", ZOE)
    box.add(report(link.name, ZOE))
    box.add(report(anywhere.mails("link", ALI)[0].name, "autre@exemple.fr"))
    read_returns([anywhere.world])
    anywhere.turn(anywhere.at + MINUTE)
    [refused] = [one for one in anywhere.deliveries("link") if one.state == "refused"]
    assert (refused.address, refused.code, refused.reply) == (ZOE, 550, "5.1.1 550 5.1.1 inconnue ici")
    assert anywhere.alarms()["bounce:refused"][0] == "1 adresse refuse ses lettres"
    assert len(anywhere.mails("link", ZOE)) == 1


def test_a_mailbox_is_read_as_soon_as_the_service_runs(theatre: Theatre, box: Imap) -> None:
    begun(theatre)
    with_box(theatre, box)
    box.add(report(theatre.mails("link", ZOE)[0].name, ZOE))
    daemon = Daemon([replace(theatre.world, clock=SystemClock())], roles=["beat"])
    stopped = threading.Event()
    service = threading.Thread(target=daemon.run, args=(stopped,))
    service.start()
    looks = 0
    while not theatre.store.returns.refused(["relation"]) and looks < 20 / WINK:
        looks += 1
        stopped.wait(WINK)
    stopped.set()
    service.join()
    assert theatre.store.returns.refused(["relation"]) == {"relation": 1}
    assert looks < RETURN_SECONDS / 2 / WINK


def test_whoever_writes_that_they_have_no_link_gets_it_again_and_not_too_often(theatre: Theatre, box: Imap) -> None:
    begun(theatre)
    with_box(theatre, box)
    for minutes in (1, 5, 62, 130, 200):
        box.add(answer(f"Zoé <{ZOE.upper()}>", "Bonjour, je n'ai pas reçu le lien, merci de le renvoyer."))
        theatre.at = make.paris(8, days=-3) + minutes * MINUTE
        read_returns([theatre.world])
        theatre.turn()
    assert len(theatre.mails("resend", ZOE)) == 3


@pytest.mark.parametrize(
    ("sender", "text", "headers"),
    [
        (ZOE, "Merci, bien reçu, à jeudi !", {}),
        (ZOE, "Absente jusqu'au 3, pas de lien.", {"Auto_Submitted": "auto-replied"}),
        ("inconnue@exemple.fr", "Je n'ai pas de lien.", {}),
        (ZOE, "Parfait.\n\n> Vous n'avez pas de lien ?", {}),
    ],
)
def test_other_messages_send_nothing(
    theatre: Theatre, box: Imap, sender: str, text: str, headers: dict[str, str]
) -> None:
    begun(theatre)
    with_box(theatre, box)
    box.add(answer(sender, text, **headers))
    read_returns([theatre.world])
    theatre.turn(theatre.at + MINUTE)
    assert theatre.told("resend") == []


def test_a_mailbox_that_does_not_open_is_an_alarm_and_stops_nothing(theatre: Theatre, box: Imap) -> None:
    begun(theatre)
    box.password = "autre"
    with_box(theatre, box)
    assert "returns:box" in theatre.alarms()
    theatre.form.answer(LATE)
    theatre.turn(theatre.at + MINUTE)
    assert (LATE, "link") in theatre.told("link")
    box.password = "secret"
    read_returns([theatre.world])
    assert "returns:box" not in theatre.alarms()


# alarms


def test_a_new_alarm_is_pushed_once_and_again_when_it_comes_back(theatre: Theatre) -> None:
    with Listener() as listener:
        begun(theatre)
        theatre.world = replace(theatre.world, sirens=(Webhook(listener.url),))
        theatre.relay_temper = lambda _moment: Verdict(drop=True)
        theatre.form.answer(LATE)
        theatre.turn(theatre.at + MINUTE)
        assert [push_all([theatre.world]), push_all([theatre.world])] == [1, 0]
        [said] = listener.heard
        assert (said["event"], said["key"].partition(":")[0]) == ("relation", "relay")
        assert said["text"].startswith("⚠ La relation de soin : ")
        theatre.heal()
        theatre.turn(theatre.at + HOUR)
        theatre.relay_temper = lambda _moment: Verdict(drop=True)
        theatre.form.answer("encore@exemple.fr")
        theatre.turn(theatre.at + HOUR)
        assert push_all([theatre.world]) == 1


def test_of_several_processes_one_pushes_an_alarm(theatre: Theatre) -> None:
    with Listener() as listener:
        theatre.world = replace(theatre.world, sirens=(Webhook(listener.url),))
        assert push_all([theatre.world]) == 0
        theatre.store.alarms.set("relation", {"zoom:x": ("Zoom est en panne", "")}, "zoom:", theatre.at)
        with theatre.store.leases.held("alarms", "elsewhere:1:2:3", theatre.at, MINUTE):
            assert push_all([theatre.world]) == 0
        assert [push_all([theatre.world]), push_all([theatre.world]), len(listener.heard)] == [1, 0, 1]


def test_an_alarm_that_could_not_be_said_is_said_later(theatre: Theatre) -> None:
    with Listener(status=503) as listener:
        theatre.world = replace(theatre.world, sirens=(Webhook(listener.url),))
        theatre.store.alarms.set("relation", {"zoom:x": ("Zoom est en panne", "")}, "zoom:", theatre.at)
        assert push_all([theatre.world]) == 0
        listener.status = 204
        assert [push_all([theatre.world]), push_all([theatre.world])] == [1, 0]
        theatre.store.alarms.set("relation", {"zoom:x": ("Zoom est toujours en panne", "")}, "zoom:", theatre.at)
        assert push_all([theatre.world]) == 0


# the outbox


def test_the_outbox_says_why_each_letter_stands_as_it_does(theatre: Theatre) -> None:
    begun(theatre, asking())

    def refuse(moment: Moment) -> Verdict | None:
        return Verdict(reply=(550, "5.1.1 no such user")) if moment.stage == "rcpt" else None

    theatre.relay_temper = refuse
    theatre.form.answer(LATE)
    theatre.turn(theatre.at + MINUTE)
    box = look(theatre.event, theatre.store, theatre.world.relay, theatre.at, Live()).as_data()
    said = {(one["to"], one["kind"], one["rule"]): (one["state"], one["why"]) for one in box["letters"]}
    assert said[LATE, "link", None] == ("refused", "refusée")
    assert said[ZOE, "link", None] == ("sent", "acceptée par le relais")
    assert said[ZOE, "reminder", "at-09:00"] == ("due", "attend votre accord")
    assert said[ZOE, "reminder", "before-30min"] == ("due", "partira à son heure")
    [refused] = [one for one in box["letters"] if one["state"] == "refused"]
    assert (refused["code"], refused["reply"]) == (550, "5.1.1 no such user")
    assert box["domains"] == [{"domain": "exemple.fr", "people": 3, "refused": 1, "seen": None, "silent": False}]


def test_a_domain_of_which_nobody_is_seen_is_called_silent(theatre: Theatre) -> None:
    for n in range(5):
        theatre.form.answer(f"p{n}@gendarmerie.fr")
    theatre.form.answer(ZOE)
    theatre.turn()
    live = Live(seen={make.MEETING: {ZOE: make.paris(9, 20)}})

    def domains(at: datetime) -> dict[str, tuple[int, int | None, bool]]:
        found = look(theatre.event, theatre.store, theatre.world.relay, at, live).domains
        return {one["domain"]: (one["people"], one["seen"], one["silent"]) for one in found}

    assert domains(make.paris(10)) == {"gendarmerie.fr": (5, 0, True), "exemple.fr": (2, 1, False)}
    assert domains(make.paris(9) - timedelta(days=1))["gendarmerie.fr"] == (5, None, False)
