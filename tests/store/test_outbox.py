from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from orchestrator.core.letters import AT_ONCE, FRESH_LINK, Owed
from orchestrator.core.message import Message, Mould, cast
from orchestrator.core.model import Quota
from orchestrator.store import Delivery, Dotted, Planned, Released, Settled, Step, Store
from orchestrator.store.schema import letter, written
from orchestrator.store.schema import mould as mould_table
from tests import make
from tests.store.hands import HANDS, NOW, Hands
from tests.store.probe import dump

EVENT = make.event()
KEY = EVENT.key
RELAY = "relay"
ME, OTHER = "here:1:2:3", "there:4:5:6"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LEASE = 15 * MINUTE
UNLIMITED = Quota()
BEFORE_NINE = make.paris(8, 59)
NINE = make.paris(9)


def everyone_lives(_owner: str) -> bool:
    return True


def link(who: str = "zoe", **changes: Any) -> Owed:
    at = changes.pop("due_at", make.LONG_BEFORE)
    usual = {"person": who, "email": f"{who}@exemple.fr", "to": f"{who}@exemple.fr", "due_at": at, "leave_from": at}
    return make.owed(**usual | {"wanted_by": at and at + AT_ONCE} | changes)


def reminder(who: str = "zoe", at: datetime = NINE, **changes: Any) -> Owed:
    usual = {"kind": "reminder", "session": "matin", "rule": "at-09:00", "void_at": make.paris(9, 30)}
    return link(who, due_at=at, **usual | changes)


@pytest.fixture
def served(store: Store) -> Store:
    store.events.serve(EVENT, make.LONG_BEFORE)
    return store


def plan(store: Store, *letters: Owed, now: datetime = NOW, event: str = KEY) -> Planned:
    return store.outbox.plan(event, RELAY, letters, now)


def claim(store: Store, now: datetime = NOW, owner: str = ME, quota: Quota = UNLIMITED) -> Delivery | None:
    return next(iter(store.outbox.claim(RELAY, [KEY], owner, now, LEASE, quota)), None)


def take(store: Store, now: datetime = NOW, owner: str = ME) -> Delivery:
    claimed = claim(store, now, owner)
    assert claimed is not None
    return claimed


def dot(store: Store, delivery: Delivery, now: datetime = NOW, owner: str = ME, message: Message | None = None) -> bool:
    said = message or Message(b"bytes")
    dotted = Dotted(delivery=delivery, message=said, message_id="<id>", facts={"time:matin": "9:30"})
    return store.outbox.advance(owner, now, LEASE, Step(dotted=[dotted])) == {delivery.id}


def settle(
    store: Store, delivery: Delivery, facts: dict[str, str | None], now: datetime = NOW, as_of: int | None = None
) -> None:
    settled = Settled(delivery=delivery, facts=facts, code=250, reply="2.0.0 OK", as_of=as_of)
    store.outbox.advance(ME, now, LEASE, Step(settled=[settled]))


def release(store: Store, delivery: Delivery, state: str, **how: Any) -> None:
    store.outbox.advance(ME, NOW, LEASE, Step(released=[Released(delivery=delivery, state=state, **how)]))


def refuse(store: Store, delivery: Delivery, reply: str = "5.1.1 unknown") -> None:
    release(store, delivery, "refused", code=550, reply=reply)


def defer(store: Store, delivery: Delivery, not_before: datetime, **how: Any) -> None:
    release(store, delivery, "due", not_before=not_before, **how)


def send(store: Store, now: datetime = NOW, facts: dict[str, str | None] | None = None) -> Delivery:
    delivery = take(store, now)
    assert dot(store, delivery, now)
    settle(store, delivery, facts or {}, now)
    return delivery


def states(store: Store) -> dict[str, str]:
    return {d.key.partition("/")[2]: d.state for d in store.outbox.all(KEY)}


def queue(store: Store, now: datetime, quota: Quota = UNLIMITED) -> list[str]:
    """Claim all there is, by person."""
    claimed = []
    while (delivery := claim(store, now, quota=quota)) is not None:
        claimed.append(delivery.person)
    return claimed


# what is owed


def test_a_letter_owed_becomes_a_row_with_its_instants(served: Store) -> None:
    owed = reminder(leave_from=make.paris(8, 40), wanted_by=make.paris(9, 27))
    assert plan(served, owed) == Planned(added=1)
    [row] = served.outbox.all(KEY)
    seen = (row.key, row.state, row.leave_from, row.due_at, row.wanted_by, row.void_at, row.address, row.attempts)
    assert seen == (
        "relation/reminder/matin/at-09:00/zoe/1",
        "due",
        make.paris(8, 40),
        NINE,
        make.paris(9, 27),
        make.paris(9, 30),
        "zoe@exemple.fr",
        0,
    )


def test_a_letter_due_at_once_is_due_from_the_moment_it_is_known(served: Store) -> None:
    plan(served, link(due_at=None))
    plan(served, link(due_at=None), now=NOW + MINUTE)
    [row] = served.outbox.all(KEY)
    assert (row.due_at, row.leave_from, row.wanted_by) == (NOW, NOW, NOW + AT_ONCE)


def test_planning_again_writes_nothing(served: Store) -> None:
    owed = [link("a"), link("b", due_at=None), reminder("a"), reminder("b", leave_from=make.paris(8, 50))]
    plan(served, *owed)
    before = dump(served)
    assert plan(served, *reversed(owed), now=NOW + MINUTE) == Planned()
    assert dump(served) == before


def test_planning_again_writes_nothing_whatever_became_of_the_letters(served: Store) -> None:
    owed = [*(link(who) for who in ("sent", "refused", "put-off", "claimed", "dotted")), reminder("late")]
    plan(served, *owed)
    for _ in range(5):
        delivery = take(served)
        if delivery.person in ("sent", "dotted"):
            dot(served, delivery)
        if delivery.person == "sent":
            settle(served, delivery, {"time:matin": "9:30"}, NOW)
        if delivery.person == "refused":
            refuse(served, delivery, "unknown")
        if delivery.person == "put-off":
            defer(served, delivery, NOW + MINUTE, code=451, reply="later")
    plan(served, *owed, now=make.paris(9, 30))
    before = dump(served)
    assert plan(served, *owed, now=make.paris(9, 30)) == Planned()
    assert dump(served) == before
    assert Counter(states(served).values()) == Counter(["sent", "refused", "due", "claimed", "dotted", "void"])


def test_a_letter_that_moves_keeps_its_row(served: Store) -> None:
    plan(served, reminder())
    moved = reminder(
        at=make.paris(10), leave_from=make.paris(9, 50), void_at=make.paris(10, 30), to="Zoe@Exemple.fr", language="en"
    )
    assert plan(served, moved) == Planned(moved=1)
    [row] = served.outbox.all(KEY)
    assert (row.state, row.due_at, row.leave_from, row.void_at, row.address, row.language) == (
        "due",
        make.paris(10),
        make.paris(9, 50),
        make.paris(10, 30),
        "Zoe@Exemple.fr",
        "en",
    )


def test_a_letter_not_owed_any_more_is_withdrawn_and_comes_back_if_it_is_owed_again(served: Store) -> None:
    plan(served, link(), reminder())
    assert plan(served, link()) == Planned(withdrawn=1)
    assert states(served)["reminder/matin/at-09:00/zoe/1"] == "withdrawn"
    assert plan(served, link()) == Planned()
    assert plan(served, link(), reminder()) == Planned(moved=1)
    assert states(served)["reminder/matin/at-09:00/zoe/1"] == "due"


def test_a_letter_is_void_once_it_is_worthless_and_revived_if_it_has_a_new_hour(served: Store) -> None:
    plan(served, reminder())
    assert plan(served, reminder(), now=make.paris(9, 30)) == Planned(void=1)
    later = reminder(at=make.paris(15), void_at=make.paris(15, 30))
    assert plan(served, later, now=make.paris(9, 31)) == Planned(moved=1)
    assert states(served) == {"reminder/matin/at-09:00/zoe/1": "due"}


def test_a_letter_that_is_worthless_already_is_never_written_down(served: Store) -> None:
    assert plan(served, reminder(), now=make.paris(9, 30)) == Planned()
    assert served.outbox.all(KEY) == []


def test_what_has_left_or_is_leaving_is_not_changed_by_a_plan(served: Store) -> None:
    plan(served, link("a"), link("b"), link("c"))
    send(served)
    dotted, claimed = take(served), take(served)
    dot(served, dotted)
    before = dump(served)
    assert plan(served) == Planned()
    assert plan(served, *(link(who, to="other@exemple.fr") for who in "abc")) == Planned()
    assert dump(served) == before
    assert claimed.state == "claimed"


def test_a_plan_concerns_its_own_event_only(served: Store) -> None:
    plan(served, link())
    plan(served, link(), event="other")
    assert plan(served, event="other") == Planned(withdrawn=1)
    assert states(served) == {"link/-/-/zoe/1": "due"}


def test_thousands_of_letters_may_be_withdrawn_at_once(served: Store) -> None:
    plan(served, *(link(f"p{n}") for n in range(1_201)))
    assert plan(served) == Planned(withdrawn=1_201)
    assert served.outbox.counts(KEY) == {"link": Counter(withdrawn=1_201)}


def test_the_database_itself_refuses_a_second_letter_of_one_key(served: Store) -> None:
    plan(served, link())
    with served.db.read() as c:
        row = dict(c.execute(sa.select(letter)).one()._mapping)
    with pytest.raises(IntegrityError), served.db.write() as c:
        c.execute(letter.insert().values(**{**row, "id": None}))


# claiming


def test_the_letter_wanted_soonest_is_claimed_first(served: Store) -> None:
    plan(
        served,
        link("late", due_at=NINE - MINUTE),
        reminder("wave", at=NINE, leave_from=make.paris(8, 30), wanted_by=make.paris(9, 27)),
        link("early", due_at=make.paris(8, 50)),
    )
    assert queue(served, NINE) == ["early", "late", "wave"]


def test_no_letter_leaves_before_its_hour_nor_after_it_is_worthless(served: Store) -> None:
    plan(served, reminder())
    assert claim(served, NINE - SECOND) is None
    assert claim(served, make.paris(9, 30)) is None
    assert take(served, make.paris(9, 30) - SECOND).person == "zoe"


def test_only_letters_of_this_relay_and_these_events_are_claimed(served: Store) -> None:
    plan(served, link(), event="other")
    served.outbox.plan(KEY, "another relay", [link("a")], NOW)
    assert claim(served) is None


def test_nobodys_reminder_leaves_ahead_of_their_link(served: Store) -> None:
    plan(served, link("zoe"), reminder("zoe"), reminder("ali"))
    first = take(served, NINE)
    assert (first.kind, queue(served, NINE)) == ("link", ["ali"])
    defer(served, first, NINE + MINUTE, code=451)
    assert queue(served, NINE) == []
    again = take(served, NINE + MINUTE)
    dot(served, again, NINE + MINUTE)
    assert queue(served, NINE + MINUTE) == []
    refuse(served, again, "unknown")
    assert queue(served, NINE + MINUTE) == ["zoe"]


def test_a_speakers_reminder_waits_for_their_first_letter_too(served: Store) -> None:
    host = replace(link("s-vera", due_at=None), kind="host")
    plan(served, host, replace(reminder("s-vera"), kind="host"))
    assert queue(served, NINE) == ["s-vera"]


def test_a_claim_counts_the_attempt_and_is_leased(served: Store) -> None:
    plan(served, link())
    delivery = take(served)
    assert (delivery.state, delivery.attempts, delivery.lease_until) == ("claimed", 1, NOW + LEASE)
    assert claim(served) is None
    defer(served, delivery, NOW + MINUTE, code=451, reply="later")
    assert claim(served, NOW + MINUTE - SECOND) is None
    assert take(served, NOW + MINUTE).attempts == 2


def test_a_failure_of_the_relay_is_no_attempt_of_the_letter(served: Store) -> None:
    plan(served, link())
    defer(served, take(served), NOW, counted=False)
    assert take(served).attempts == 1


def test_several_threads_never_claim_the_same_letter(served: Store) -> None:
    plan(served, *(link(f"p{n}") for n in range(60)))

    def all_there_is(hand: int) -> list[int]:
        claimed = []
        while (delivery := claim(served, owner=f"here:{hand}:2:3")) is not None:
            claimed.append(delivery.id)
        return claimed

    with ThreadPoolExecutor(HANDS) as pool:
        claimed = [row for rows in pool.map(all_there_is, range(HANDS)) for row in rows]
    assert (len(claimed), len(set(claimed))) == (60, 60)


def test_several_processes_never_claim_the_same_letter(served: Store, database_url: str, hands: Hands) -> None:
    plan(served, *(link(f"p{n}") for n in range(100)))
    claimed = [row for rows in hands.together("claim", database_url, 0) for row in rows]
    assert (len(claimed), len(set(claimed))) == (100, 100)


def test_several_processes_together_keep_the_quota(served: Store, database_url: str, hands: Hands) -> None:
    plan(served, *(link(f"p{n}") for n in range(40)))
    claimed = hands.together("claim", database_url, 25)
    assert sum(map(len, claimed)) == 25


def test_letters_that_get_their_dot_meanwhile_count_once(served: Store, database_url: str, hands: Hands) -> None:
    plan(served, *(link(f"p{n}") for n in range(60)))
    assert sum(hands.together("deliver", database_url, 45)) == 45


def test_several_processes_in_each_others_way_wait_in_no_ring(served: Store, database_url: str, hands: Hands) -> None:
    assert hands.together("bustle", database_url, 12) == [None] * HANDS


# PostgreSQL: several transactions at once


@pytest.fixture
def at_once(postgres_url: str, open_store: Callable[[str], Store]) -> Store:
    """A store where a transaction waits for nobody but those whose rows it wants."""
    store = open_store(postgres_url)
    store.events.serve(EVENT, make.LONG_BEFORE)
    return store


def change(c: sa.Connection, letter_id: int, **values: Any) -> None:
    c.execute(letter.update().where(letter.c.id == letter_id).values(values))


@pytest.mark.postgres
def test_a_claim_and_a_recovery_pass_by_what_another_has_in_hand(at_once: Store) -> None:
    plan(at_once, link("a"), link("b", due_at=NINE), link("c", due_at=NINE + SECOND))
    first = take(at_once, NINE)
    second = next(one for one in at_once.outbox.all(KEY) if one.person == "b")
    with at_once.db.write() as c, ThreadPoolExecutor(1) as pool:
        for one in (first, second):
            change(c, one.id, code=0)
        assert pool.submit(at_once.outbox.recover, RELAY, NINE + LEASE, everyone_lives).result(5) == 0
        assert pool.submit(take, at_once, NINE + SECOND).result(5).person == "c"


@pytest.mark.postgres
def test_a_letter_given_to_somebody_else_at_this_moment_is_not_dotted(at_once: Store) -> None:
    plan(at_once, link())
    mine = take(at_once)
    with ThreadPoolExecutor(1) as pool:
        with at_once.db.write() as c:
            change(c, mine.id, owner=OTHER)
            dotted = pool.submit(dot, at_once, mine)
            with pytest.raises(TimeoutError):
                dotted.result(0.1)
        assert not dotted.result(5)


@pytest.mark.postgres
def test_letters_are_settled_beside_each_other_but_not_while_their_event_is_written(at_once: Store) -> None:
    plan(at_once, link("a"), link("b"))
    a, b = take(at_once), take(at_once)
    with ThreadPoolExecutor(1) as pool:
        with at_once.db.write(shared=[KEY]):
            pool.submit(settle, at_once, a, {"time:matin": "9:30"}).result(5)
        with at_once.db.write(KEY):
            settled = pool.submit(settle, at_once, b, {"time:matin": "9:30"})
            with pytest.raises(TimeoutError):
                settled.result(0.1)
        settled.result(5)


# the relay's quota


def sent_at(store: Store, hours: Sequence[datetime]) -> None:
    for hour in hours:
        send(store, hour)


def test_the_quota_lets_a_letter_through_when_the_oldest_leaves_its_window(served: Store) -> None:
    plan(served, *(link(f"p{n}") for n in range(6)))
    quota = Quota(per_minute=3)
    sent_at(served, [NOW, NOW + 10 * SECOND, NOW + 20 * SECOND])
    frees = NOW + MINUTE
    assert claim(served, frees - SECOND, quota=quota) is None
    assert served.outbox.next_at(RELAY, [KEY], quota, NOW + 30 * SECOND) == frees
    assert served.outbox.quota_frees_at(RELAY, quota, NOW + 30 * SECOND) == frees
    assert len(queue(served, frees, quota)) == 1


def test_letters_in_flight_count_against_the_quota(served: Store) -> None:
    plan(served, *(link(f"p{n}") for n in range(6)))
    quota = Quota(per_minute=3)
    assert len(queue(served, NOW, quota)) == 3
    assert served.outbox.quota_frees_at(RELAY, quota, NOW) == NOW + SECOND


def test_letters_that_never_came_to_their_dot_do_not_count(served: Store) -> None:
    plan(served, *(link(f"p{n}") for n in range(3)))
    refuse(served, take(served), "unknown")
    defer(served, take(served), NOW + MINUTE, code=451)
    assert len(queue(served, NOW, Quota(per_minute=1))) == 1


@pytest.mark.parametrize(
    ("quota", "window"),
    [
        (Quota(per_minute=2), MINUTE),
        (Quota(per_hour=2), timedelta(hours=1)),
        (Quota(per_day=2), timedelta(days=1)),
        (Quota(per_minute=2, per_hour=2, per_day=5), timedelta(hours=1)),
    ],
    ids=["minute", "hour", "day", "narrowest"],
)
def test_every_window_of_the_quota_holds(served: Store, quota: Quota, window: timedelta) -> None:
    far = make.paris(16, days=9)
    plan(served, *(link(f"p{n}", void_at=far) for n in range(3)))
    sent_at(served, [NOW, NOW])
    assert claim(served, NOW + window - SECOND, quota=quota) is None
    assert served.outbox.next_at(RELAY, [KEY], quota, NOW) == NOW + window
    assert claim(served, NOW + window, quota=quota) is not None


ORANGE = Quota(per_hour_to={"orange.fr": 2})


def orange(who: str, **changes: Any) -> Owed:
    return link(who, **{"email": f"{who}@orange.fr", "to": f"{who}@Orange.fr"} | changes)


def test_letters_of_a_domain_that_has_had_its_share_wait_and_hold_up_no_others(served: Store) -> None:
    plan(served, *(orange(f"o{n}") for n in range(4)), link("zoe", due_at=make.LONG_BEFORE + MINUTE))
    assert queue(served, NOW, ORANGE) == ["o0", "o1", "zoe"]
    assert served.outbox.due(RELAY, [KEY], NOW, ORANGE) == 0
    assert served.outbox.due(RELAY, [KEY], NOW) == 2


def test_a_claim_of_many_takes_no_more_of_a_domain_than_it_lets_through(served: Store) -> None:
    plan(served, *(orange(f"o{n}") for n in range(4)), link("zoe", due_at=make.LONG_BEFORE + MINUTE))
    claimed = served.outbox.claim(RELAY, [KEY], ME, NOW, LEASE, ORANGE, 100)
    assert [one.email for one in claimed] == ["o0@orange.fr", "o1@orange.fr", "zoe@exemple.fr"]


def test_the_post_wakes_when_a_domain_takes_letters_again(served: Store) -> None:
    plan(served, *(orange(f"o{n}") for n in range(3)))
    for hour in (NOW, NOW + 10 * SECOND):
        send(served, hour)
    hour = timedelta(hours=1)
    assert served.outbox.next_at(RELAY, [KEY], ORANGE, NOW + MINUTE) == NOW + hour
    assert claim(served, NOW + hour - SECOND, quota=ORANGE) is None
    assert claim(served, NOW + hour, quota=ORANGE) is not None


def test_the_quota_is_the_relays_whatever_the_event(served: Store) -> None:
    plan(served, link("a"), event="other")
    plan(served, link("b"))
    assert served.outbox.claim(RELAY, ["other"], ME, NOW, LEASE, Quota(per_minute=1))
    assert claim(served, quota=Quota(per_minute=1)) is None


# sending


def test_the_bytes_are_kept_from_just_before_the_dot(served: Store) -> None:
    plan(served, link())
    delivery = take(served)
    assert dot(served, delivery, NOW + SECOND)
    defer(served, delivery, NOW + MINUTE, in_doubt=True)
    again = take(served, NOW + MINUTE)
    message = served.outbox.message_of(again)
    assert message is not None
    seen = (message.data, again.message_id, again.facts, again.dotted_at, again.in_doubt)
    assert seen == (b"bytes", "<id>", {"time:matin": "9:30"}, NOW + SECOND, 1)


def test_letters_of_one_mould_keep_it_once_and_each_is_whole_again(served: Store) -> None:
    plan(served, link("zoe"), link("max"), link("lea"))
    first, second, third = (take(served) for _ in range(3))
    mould = Mould(b"\x000\0 ends alike, \x001\0")
    said = {one.id: cast(mould, [b"To: " + one.person.encode(), b"bye"]) for one in (first, second)}
    for one in (first, second):
        assert dot(served, one, message=said[one.id])
    assert dot(served, third)

    assert {one.id: served.outbox.message_of(one) for one in (first, second)} == said
    assert said[first.id].data == b"To: " + first.person.encode() + b" ends alike, bye"
    assert served.outbox.message_of(third) == Message(b"bytes")
    with served.db.write() as c:
        assert c.execute(sa.select(sa.func.count()).select_from(mould_table)).scalar() == 1
        c.execute(mould_table.delete())
    assert served.outbox.message_of(first) is None


def test_the_bytes_of_a_letter_are_erased_with_it_whoever_it_went_to(served: Store) -> None:
    plan(served, replace(link("n-too-late"), email="zoe@exemple.fr"), link("max"))
    first, second = take(served), take(served)
    assert dot(served, first)
    assert dot(served, second)

    served.privacy.erase(KEY, "zoe@exemple.fr", NOW)

    with served.db.read() as c:
        assert c.execute(sa.select(written.c.email)).scalars().all() == ["max@exemple.fr"]


def test_a_letter_dotted_again_keeps_the_bytes_of_the_last_time_only(served: Store) -> None:
    plan(served, link())
    assert dot(served, take(served), message=cast(Mould(b"\x000\0!"), [b"first"]))
    defer(served, served.outbox.all(KEY)[0], NOW, in_doubt=False)
    again = take(served)
    assert dot(served, again, message=Message(b"second"))
    assert served.outbox.message_of(again) == Message(b"second")


def test_bytes_of_the_time_before_moulds_are_still_a_letters_bytes(served: Store) -> None:
    plan(served, link())
    with served.db.write() as c:
        c.execute(letter.update().values(data=b"as it was", state="dotted", in_doubt=1))
    [old] = served.outbox.all(KEY)
    with served.db.read() as c:
        assert served.outbox.message_of(replace(old, data=c.execute(sa.select(letter.c.data)).scalar())) == Message(
            b"as it was"
        )


def test_whoever_lost_a_letter_cannot_bring_it_to_its_dot(served: Store) -> None:
    plan(served, link())
    slow = take(served)
    assert served.outbox.recover(RELAY, NOW + LEASE, everyone_lives) == 1
    assert not dot(served, slow, NOW + LEASE)
    quick = take(served, NOW + LEASE, OTHER)
    assert not dot(served, slow, NOW + LEASE)
    refuse(served, slow, "unknown")
    defer(served, slow, NOW)
    release(served, slow, "void")
    assert dot(served, quick, NOW + LEASE, OTHER)
    assert not dot(served, quick, NOW + LEASE, OTHER)


def test_an_acceptance_is_noted_whoever_holds_the_letter_by_now(served: Store) -> None:
    plan(served, link())
    slow = take(served)
    dot(served, slow)
    served.outbox.recover(RELAY, NOW + LEASE, everyone_lives)
    quick = take(served, NOW + LEASE, OTHER)
    settle(served, slow, {"time:matin": "9:30"}, NOW + LEASE)
    assert states(served) == {"link/-/-/zoe/1": "sent"}
    assert not dot(served, quick, NOW + LEASE, OTHER)
    before = dump(served)
    settle(served, quick, {"time:matin": "other"}, NOW + LEASE + SECOND)
    assert dump(served) == before


def test_a_letter_sent_tells_its_facts(served: Store) -> None:
    plan(served, link(), reminder())
    first: dict[str, str | None] = {"time:matin": "9:30", "link:matin": "abc", "room:matin": "a"}
    send(served, make.paris(7), first)
    assert served.outbox.told_to(KEY, "zoe") == {f: (v, make.paris(7)) for f, v in first.items()}
    send(served, NINE, {"time:matin": "9:30", "link:matin": "def", "room:matin": None})
    assert served.outbox.told(KEY) == {
        "zoe": {"time:matin": ("9:30", make.paris(7)), "link:matin": ("def", NINE)},
    }


def test_the_hour_of_the_first_letter_is_known(served: Store) -> None:
    plan(served, link("zoe"), reminder("ali"), replace(link("s-vera", due_at=None), kind="host"))
    for _ in range(3):
        send(served, NINE)
    assert served.outbox.first_sent(KEY) == {"zoe": NINE, "s-vera": NINE}


def test_a_link_that_leaves_within_the_hour_before_a_reminder_spares_it(served: Store) -> None:
    afternoon = reminder(session="apres-midi", rule="before-30min", at=make.paris(13, 30), void_at=make.paris(14))
    plan(served, link(), reminder(), afternoon, reminder("ali"))
    send(served, NINE - FRESH_LINK + SECOND)
    assert states(served) == {
        "link/-/-/zoe/1": "sent",
        "reminder/matin/at-09:00/zoe/1": "withdrawn",
        "reminder/apres-midi/before-30min/zoe/1": "due",
        "reminder/matin/at-09:00/ali/1": "due",
    }


def test_a_link_that_left_an_hour_before_spares_nothing(served: Store) -> None:
    plan(served, link(), reminder())
    send(served, NINE - FRESH_LINK)
    assert states(served)["reminder/matin/at-09:00/zoe/1"] == "due"


def test_a_letter_refused_says_why_and_is_not_tried_again(served: Store) -> None:
    plan(served, link())
    refuse(served, take(served), "5.1.1 unknown")
    [row] = served.outbox.all(KEY)
    assert (row.state, row.code, row.reply, claim(served)) == ("refused", 550, "5.1.1 unknown", None)


def test_a_letter_can_be_void_while_it_is_held(served: Store) -> None:
    plan(served, reminder())
    release(served, take(served, NINE), "void")
    assert (states(served), claim(served, NINE)) == ({"reminder/matin/at-09:00/zoe/1": "void"}, None)


# after a crash


def test_the_letters_of_the_dead_are_taken_back_at_once_those_at_their_dot_in_doubt(served: Store) -> None:
    plan(served, link("a"), link("b"), link("c"))
    dotted, _claimed, alive = take(served), take(served), take(served, owner=OTHER)
    dot(served, dotted)
    assert served.outbox.recover(RELAY, NOW, lambda owner: owner != ME) == 2
    again = {d.person: (d.state, d.in_doubt) for d in served.outbox.all(KEY)}
    assert again == {"a": ("due", 1), "b": ("due", 0), "c": ("claimed", 0)}
    assert alive.person == "c"


def test_the_letters_of_the_silent_are_taken_back_when_their_lease_runs_out(served: Store) -> None:
    plan(served, link())
    dot(served, take(served))
    assert served.outbox.next_at(RELAY, [KEY], UNLIMITED, NOW) == NOW + LEASE
    assert served.outbox.recover(RELAY, NOW + LEASE - SECOND, everyone_lives) == 0
    assert served.outbox.recover(RELAY, NOW + LEASE, everyone_lives) == 1
    assert take(served, NOW + LEASE).in_doubt == 1


def test_a_letter_that_changed_hands_in_the_meantime_is_not_taken_back(served: Store) -> None:
    plan(served, link())
    slow = take(served)

    def alive(_owner: str) -> bool:
        """While the silent one is asked about, it gives the letter back, and another takes it to its dot."""
        defer(served, slow, NOW + LEASE)
        assert dot(served, take(served, NOW + LEASE, OTHER), NOW + LEASE, OTHER)
        return True

    assert served.outbox.recover(RELAY, NOW + LEASE, alive) == 0
    assert [(d.state, d.in_doubt) for d in served.outbox.all(KEY)] == [("dotted", 0)]


def test_nothing_to_recover_writes_nothing(served: Store) -> None:
    plan(served, link("a"), link("b"))
    send(served)
    take(served)
    before = dump(served)
    assert served.outbox.recover(RELAY, NOW, everyone_lives) == 0
    assert dump(served) == before


# what comes next


def test_the_post_wakes_for_the_next_letter(served: Store) -> None:
    assert served.outbox.next_at(RELAY, [KEY], UNLIMITED, NOW) is None
    plan(served, reminder("a", at=make.paris(9, 10)), reminder("b"))
    assert served.outbox.next_at(RELAY, [KEY], UNLIMITED, NOW) == NINE
    assert served.outbox.due(RELAY, [KEY], BEFORE_NINE) == 0
    assert served.outbox.due(RELAY, [KEY], make.paris(9, 10)) == 2
    defer(served, take(served, NINE), make.paris(9, 20))
    assert served.outbox.next_at(RELAY, [KEY], UNLIMITED, NINE) == make.paris(9, 10)
    refuse(served, take(served, make.paris(9, 10)), "")
    assert served.outbox.next_at(RELAY, [KEY], UNLIMITED, make.paris(9, 10)) == make.paris(9, 20)


def test_letters_that_wait_for_their_link_or_are_worthless_wake_nobody(served: Store) -> None:
    plan(served, link("zoe", due_at=make.paris(9, 20)), reminder("zoe"), reminder("ali"))
    take(served, NINE)
    assert served.outbox.next_at(RELAY, [KEY], UNLIMITED, NINE) == NINE + LEASE
    plan(served, reminder("late"), event="other")
    assert served.outbox.next_at(RELAY, ["other"], UNLIMITED, make.paris(9, 30)) == NINE + LEASE


def test_what_a_beat_wrote_is_its_own_version_and_what_the_post_learnt_is_news(served: Store) -> None:
    plan(served, link("a"), link("b"), link("c"))
    assert served.events.versions(KEY) == (2, 0)
    delivery = take(served)
    settle(served, delivery, {}, NOW, as_of=2)
    assert served.events.versions(KEY) == (2, 0)
    delivery = take(served)
    settle(served, delivery, {}, NOW, as_of=1)
    assert served.events.versions(KEY) == (2, 1)
    refuse(served, take(served), "")
    assert served.events.versions(KEY) == (2, 2)
