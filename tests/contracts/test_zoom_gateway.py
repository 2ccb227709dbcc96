"""What the Zoom gateway promises its callers, tried over real HTTP against the shipped fake Zoom."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import pytest

from orchestrator.core.errors import (
    AlternativeHostRefused,
    MeetingGone,
    RegistrantRefused,
    ZoomBusy,
    ZoomError,
    ZoomLacksScopes,
    ZoomRefusesLogin,
    ZoomUnavailable,
)
from orchestrator.core.meetings import MeetingSpec, Pass, Phone, Registrant, Room
from orchestrator.gateways.zoom.api import ZoomApi
from orchestrator.gateways.zoom.meetings import ZoomMeetings
from orchestrator.gateways.zoom.words import canonical
from orchestrator.outside.zoom import (
    BUSY,
    MAINTENANCE,
    Answer,
    Call,
    Drop,
    Exchange,
    Expire,
    Fail,
    FakeZoom,
    Fault,
    Garble,
    Lose,
)
from orchestrator.ports import Meetings

HOST = "webinaires@exemple.fr"
TAG = "[orchestrator:relation/jour]"
SPEC = MeetingSpec(
    tag=TAG,
    host=HOST,
    topic="Relation police – population",
    agenda="Le matin, puis l'après-midi.\nÀ bientôt !",
    starts_at=datetime(2021, 6, 24, 7, 30, tzinfo=UTC),
    minutes=405,
    timezone="Europe/Paris",
    rooms=(
        Room(name="B – Jeunes", emails=("zoe@exemple.fr", "ali@exemple.fr")),
        Room(name="A – Acteurs", emails=("bob@exemple.fr",)),
        Room(name="C – Vide"),
    ),
    alternative_hosts=("suppleante@exemple.fr", "adjoint@exemple.fr"),
    waiting_room=True,
    recording="cloud",
    several_devices=True,
    contact_name="Pôle ressources",
    contact_email="contact@exemple.fr",
)
PLAIN = replace(SPEC, rooms=(), alternative_hosts=())
Refused = TypeVar("Refused", bound=ZoomError)


def answer(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status=status, body=body, headers=headers or {})


UNUSABLE: dict[str, Fault] = {
    "maintenance page": MAINTENANCE,
    "error 500": Fail(500),
    "dropped": Drop(),
    "lost": Lose(),
    "web page": Garble("html"),
    "empty": Garble("empty"),
    "half of it": Garble("truncated"),
    "cut off": Garble("cut"),
    "captive portal": answer(200, b"<html>Portail captif</html>"),
    "redirect": answer(302, b"<html></html>", {"Location": "http://127.0.0.1:9/"}),
    "wrong field": answer(200, {"meetings": "?"}),
    "wrong shape": answer(200, ["id"]),
    "too deep": answer(200, b"[" * 100_000),
    "too great a number": answer(200, b'{"id":' + b"9" * 5000 + b"}"),
    "too long": answer(200, b" " * (5 * 1024 * 1024 + 1)),
}
unusable = pytest.mark.parametrize("fault", UNUSABLE.values(), ids=UNUSABLE.keys())


class Desk:
    """A fake Zoom, the gateway over it, a clock that moves when told, and what goes wrong next."""

    def __init__(self, *, api_url: str = "", secret: str = "", account_id: str = "", **zoom: Any) -> None:
        self.at = datetime(2021, 6, 1, 21, 0, tzinfo=UTC)
        self.heard: list[Exchange] = []
        self._faults: list[tuple[str, str, Fault]] = []
        team: dict[str, Any] = {"licensed_users": ("adjoint@exemple.fr", "suppleante@exemple.fr"), "rates": False}
        self.zoom = FakeZoom(now=self.now, host=HOST, hear=self.heard.append, temper=self._temper, **(team | zoom))
        self.zoom.start()
        self.api = ZoomApi(
            api_url=api_url or self.zoom.api_url,
            token_url=self.zoom.token_url,
            account_id=account_id or self.zoom.account_id,
            client_id=self.zoom.client_id,
            client_secret=secret or self.zoom.client_secret,
            now=self.now,
            api_url_is_fixed=not api_url,
        )
        self.meetings: Meetings = ZoomMeetings(self.api)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.api.close()
        self.zoom.stop()

    def now(self) -> datetime:
        return self.at

    def spoil(self, method: str, part: str, fault: Fault, times: int = 1) -> None:
        """Let the next calls of a method, whose path holds a part, go wrong."""
        self._faults += [(method, part, fault)] * times

    def calls(self, method: str, part: str = "") -> list[Exchange]:
        return [call for call in self.heard if call.method == method and part in call.path]

    def logins(self) -> int:
        return len(self.calls("POST", "/oauth/token"))

    def view(self, zoom_id: str) -> dict[str, Any]:
        return next(one for one in self.zoom.meetings() if str(one["id"]) == zoom_id)

    @contextmanager
    def raises(self, kind: type[Refused]) -> Iterator[list[Refused]]:
        """Expect exactly this error, with nothing secret in it or in its causes."""
        caught: list[Refused] = []
        with pytest.raises(kind) as info:
            yield caught
        caught.append(info.value)
        assert type(info.value) is kind
        shown = "".join(traceback.format_exception(info.value))
        for secret in (self.zoom.client_secret, self.zoom.client_id, self.zoom.account_id, "Bearer ", "tk=", "zak="):
            assert secret not in shown
        assert not any(one["email"] in shown for m in self.zoom.meetings() for one in self.zoom.registrants(m["id"]))

    def _temper(self, call: Call) -> Fault | None:
        for place, (method, part, fault) in enumerate(self._faults):
            if method == call.method and part in call.path:
                del self._faults[place]
                return fault
        return None


@pytest.fixture
def open_desk() -> Iterator[Callable[..., Desk]]:
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(Desk(**how))


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk()


def people(count: int) -> list[Registrant]:
    return [Registrant(email=f"p{n}@exemple.org", first_name=f"Prénom {n}", last_name="Nom") for n in range(count)]


def by_email(passes: Any) -> dict[str, Pass]:
    return {one.email: one for one in passes}


# Logging in


def test_a_token_is_kept_until_four_fifths_of_its_life(desk: Desk) -> None:
    counted = []
    for minutes in (0, 47, 1, 30):
        desk.at += timedelta(minutes=minutes)
        desk.meetings.examine(HOST)
        counted.append(desk.logins())
    assert counted == [1, 1, 2, 2]


def test_threads_share_one_token(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(desk.meetings.examine, [HOST] * 16)) == {()}
    assert desk.logins() == 1


def test_a_revoked_token_is_renewed_and_the_call_made_again(desk: Desk) -> None:
    desk.api.scopes()
    desk.spoil("POST", "/meetings", Expire())
    zoom_id = desk.meetings.create(PLAIN)
    assert [str(one["id"]) for one in desk.zoom.meetings()] == [zoom_id]
    assert (desk.logins(), len(desk.calls("POST", "/v2/"))) == (2, 2)


def test_a_token_refused_at_once_is_asked_for_at_most_twice_a_minute(desk: Desk) -> None:
    desk.spoil("GET", "/users", answer(401, {"code": 124, "message": "Invalid access token."}), times=9)
    for _ in range(3):
        with desk.raises(ZoomRefusesLogin) as refused:
            desk.meetings.examine(HOST)
    assert desk.logins() == 2
    assert "dans une minute" in refused[0].message
    assert not refused[0].permanent
    desk.at += timedelta(minutes=1)
    with desk.raises(ZoomRefusesLogin):
        desk.meetings.examine(HOST)
    assert desk.logins() == 4


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"secret": "hunter2-wrong"}, "client_secret est faux"), ({"account_id": "wrong"}, "account_id est faux")],
)
def test_a_wrong_identity_is_named_and_never_shown(
    open_desk: Callable[..., Desk], wrong: dict[str, str], named: str
) -> None:
    desk = open_desk(**wrong)
    for _ in range(5):
        with desk.raises(ZoomRefusesLogin) as refused:
            desk.meetings.find(HOST, TAG)
    assert desk.logins() == 2
    desk.at += timedelta(minutes=1)
    with desk.raises(ZoomRefusesLogin) as refused:
        desk.meetings.find(HOST, TAG)
    assert named in refused[0].message
    assert "hunter2-wrong" not in str(refused[0])
    assert refused[0].permanent


@unusable
def test_a_login_without_a_usable_answer_says_zoom_is_unavailable(desk: Desk, fault: Fault) -> None:
    desk.spoil("POST", "/oauth/token", fault)
    with desk.raises(ZoomUnavailable) as unavailable:
        desk.meetings.create(PLAIN)
    assert not unavailable[0].uncertain
    assert desk.zoom.meetings() == []
    assert desk.meetings.find(HOST, TAG) == ()


def test_the_regional_address_is_used_unless_one_is_set_by_hand(open_desk: Callable[..., Desk]) -> None:
    nowhere = "http://127.0.0.1:9/v2"
    assert open_desk(api_url=nowhere).meetings.find(HOST, TAG) == ()


def test_a_netrc_file_does_not_replace_the_token(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert desk.meetings.find(HOST, TAG) == ()


# What the app may do


def test_missing_scopes_are_named_with_where_to_add_them(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(scopes=["meeting:read:list_meetings:admin", "user:read:admin"])
    with desk.raises(ZoomLacksScopes) as lacking:
        desk.meetings.create(PLAIN)
    assert "meeting:write:meeting:admin" in lacking[0].message
    assert "marketplace.zoom.us" in lacking[0].remedy
    assert desk.logins() == 1
    odd = desk.meetings.examine(HOST)
    assert len(odd) == 1
    assert "meeting:update:registrant_status:admin" in odd[0].what
    assert "list_meetings" not in odd[0].what
    assert "user:read" not in odd[0].what


def test_a_scope_added_later_is_noticed_with_a_new_token(desk: Desk) -> None:
    message = "Invalid access token, does not contain scopes:[meeting:read:list_meetings:admin]."
    desk.spoil("GET", "/meetings", answer(400, {"code": 4711, "message": message}), times=2)
    for _ in range(2):
        with desk.raises(ZoomLacksScopes):
            desk.meetings.find(HOST, TAG)
        desk.at += timedelta(minutes=1)
    assert desk.meetings.find(HOST, TAG) == ()
    assert desk.logins() == 2


def test_classic_scopes_are_as_good_as_granular_ones(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(scopes=["meeting:read:admin", "meeting:write:admin", "user:read:admin"])
    assert desk.meetings.examine(HOST) == ()


# Answers that cannot be used


@unusable
def test_a_create_without_a_usable_answer_may_have_happened(desk: Desk, fault: Fault) -> None:
    desk.spoil("POST", "/users", fault)
    with desk.raises(ZoomUnavailable) as unavailable:
        desk.meetings.create(SPEC)
    assert unavailable[0].uncertain
    assert not unavailable[0].permanent
    done = isinstance(fault, Fail | Lose | Garble)
    assert [one.spec for one in desk.meetings.find(HOST, TAG)] == [canonical(SPEC)] * done
    assert len(desk.calls("POST", "/users")) == 1


@unusable
def test_a_read_without_a_usable_answer_leaves_no_doubt(desk: Desk, fault: Fault) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    desk.spoil("GET", zoom_id, fault, times=3)
    with desk.raises(ZoomUnavailable) as unavailable:
        desk.meetings.read(zoom_id, TAG)
    assert not unavailable[0].uncertain


@pytest.mark.parametrize("fault", [MAINTENANCE, Fail(500), Drop(), Lose(), Garble("cut")], ids=repr)
def test_a_read_is_tried_three_times_at_once(desk: Desk, fault: Fault) -> None:
    desk.spoil("GET", "/users", fault, times=2)
    assert desk.meetings.find(HOST, TAG) == ()
    assert len(desk.calls("GET")) == 3


def test_a_write_to_a_closed_door_has_not_happened(desk: Desk) -> None:
    desk.api.scopes()
    desk.zoom.stop()
    with desk.raises(ZoomUnavailable) as unavailable:
        desk.meetings.create(PLAIN)
    assert not unavailable[0].uncertain
    desk.zoom.start()
    desk.meetings.create(PLAIN)


def test_an_unusable_answer_to_a_change_may_hide_that_it_was_done(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    desk.spoil("PATCH", zoom_id, Garble("html"))
    with desk.raises(ZoomUnavailable) as unavailable:
        desk.meetings.revise(zoom_id, replace(PLAIN, topic="Autre"), frozenset({"topic"}))
    assert unavailable[0].uncertain
    assert desk.meetings.read(zoom_id, TAG).spec.topic == "Autre"


def test_pages_that_never_end_are_given_up(desk: Desk) -> None:
    same: dict[str, Any] = {"next_page_token": "again", "meetings": []}
    desk.spoil("GET", "/users", answer(200, same), times=3)
    with desk.raises(ZoomUnavailable):
        desk.meetings.find(HOST, TAG)
    assert len(desk.calls("GET")) == 2


@pytest.mark.parametrize("looks_right", [{"Content-Type": "text/html"}, {}], ids=["as a web page", "too long"])
def test_an_answer_that_only_looks_right_is_not_believed(desk: Desk, looks_right: dict[str, str]) -> None:
    padding = "" if looks_right else " " * (5 * 1024 * 1024)
    desk.spoil("GET", "/users", answer(200, {"meetings": [], "padding": padding}, looks_right))
    with desk.raises(ZoomUnavailable):
        desk.meetings.find(HOST, TAG)


# Rate limits


def test_a_limit_per_second_asks_for_a_few_seconds(desk: Desk) -> None:
    desk.spoil("GET", "/users", BUSY)
    with desk.raises(ZoomBusy) as busy:
        desk.meetings.find(HOST, TAG)
    assert (busy[0].retry_at, busy[0].daily) == (desk.at + timedelta(seconds=3), False)
    assert len(desk.calls("GET")) == 1


def test_the_hundredth_save_of_a_host_asks_for_midnight_utc(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    for _ in range(99):
        desk.meetings.revise(zoom_id, PLAIN, frozenset({"topic"}))
    with desk.raises(ZoomBusy) as busy:
        desk.meetings.revise(zoom_id, PLAIN, frozenset({"topic"}))
    assert (busy[0].retry_at, busy[0].daily) == (datetime(2021, 6, 2, tzinfo=UTC), True)


@pytest.mark.parametrize(
    ("told", "retry_at"),
    [
        ("2021-06-02T00:00:00Z", datetime(2021, 6, 2, tzinfo=UTC)),
        ("2021-06-02T03:00:00+02:00", datetime(2021, 6, 2, 1, tzinfo=UTC)),
        ("2021-06-01T22:15:00", datetime(2021, 6, 1, 22, 15, tzinfo=UTC)),
        ("5400", datetime(2021, 6, 1, 22, 30, tzinfo=UTC)),
        ("2021-05-31T00:00:00Z", datetime(2021, 6, 2, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(2021, 6, 2, tzinfo=UTC)),
        ("99999999999999999", datetime(2021, 6, 2, tzinfo=UTC)),
        ("²", datetime(2021, 6, 2, tzinfo=UTC)),
        ("bientôt", datetime(2021, 6, 2, tzinfo=UTC)),
    ],
)
def test_a_daily_limit_asks_for_the_instant_told_if_it_is_believable(desk: Desk, told: str, retry_at: datetime) -> None:
    words = "You have reached the maximum daily rate limit for this API. Refer to the response header."
    desk.spoil("GET", "/users", answer(429, {"code": 429, "message": words}, {"retry-after": told}))
    with desk.raises(ZoomBusy) as busy:
        desk.meetings.find(HOST, TAG)
    assert (busy[0].retry_at, busy[0].daily) == (retry_at, True)


def test_a_person_added_too_often_asks_for_midnight_utc(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    first, second, third = (desk.meetings.register(zoom_id, people(1)) for _ in range(3))
    assert first == second == third
    with desk.raises(ZoomBusy) as busy:
        desk.meetings.register(zoom_id, people(1))
    assert busy[0].daily


# Meetings


def test_what_zoom_kept_is_found_as_it_was_wanted(desk: Desk) -> None:
    untidy = replace(
        SPEC,
        host=HOST.title(),
        contact_email="Contact@Exemple.fr",
        topic="  Relation police – population ",
        starts_at=SPEC.starts_at.astimezone(timezone(timedelta(hours=2))),
        alternative_hosts=("Suppleante@exemple.fr", "adjoint@exemple.fr"),
    )
    found = desk.meetings.read(desk.meetings.create(untidy), TAG)
    assert found.spec == canonical(SPEC) == canonical(untidy) == canonical(canonical(SPEC))
    assert found.spec.alternative_hosts == ("adjoint@exemple.fr", "suppleante@exemple.fr")
    assert found.spec.rooms[0] == Room(name="B – Jeunes", emails=("ali@exemple.fr", "zoe@exemple.fr"))
    assert (found.status, found.oddities) == ("waiting", ())
    assert found.phones[0] == Phone(country="FR", number="+33 1 7037 2246", city="Paris")
    assert found.passcode == desk.view(found.zoom_id)["password"] != ""
    assert desk.meetings.find(HOST, TAG) == (found,)


def test_texts_too_long_for_zoom_are_cut_and_found_as_cut(desk: Desk) -> None:
    long = replace(PLAIN, topic="é" * 300, agenda="x " * 2000)
    assert desk.meetings.read(desk.meetings.create(long), TAG).spec == canonical(long)


def test_a_meeting_is_created_registered_silent_and_open_to_guests(desk: Desk) -> None:
    view = desk.view(desk.meetings.create(SPEC))
    settings = view["settings"]
    assert (view["type"], view["start_time"], view["timezone"]) == (2, "2021-06-24T07:30:00Z", "Europe/Paris")
    assert view["agenda"] == f"{TAG} {SPEC.agenda}"
    assert settings["approval_type"] == 1
    assert settings["private_meeting"]
    for name in (
        "registrants_email_notification",
        "registrants_confirmation_email",
        "email_notification",
        "alternative_hosts_email_notification",
        "meeting_authentication",
        "join_before_host",
        "use_pmi",
    ):
        assert settings[name] is False, name


def test_rooms_dropped_in_silence_are_seen(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(breakout_scheduling=False)
    found = desk.meetings.read(desk.meetings.create(SPEC), TAG)
    assert found.spec == replace(canonical(SPEC), rooms=())


def test_a_meeting_is_found_by_its_tag_alone_among_many_even_a_year_ahead(desk: Desk) -> None:
    for number in range(301):
        if number % 90 == 0:
            desk.at += timedelta(days=1)  # Zoom lets a host save 100 meetings a day
        desk.meetings.create(replace(PLAIN, tag=f"[orchestrator:autre/{number}]", starts_at=desk.at + timedelta(1)))
    later = replace(PLAIN, starts_at=PLAIN.starts_at + timedelta(days=400))
    zoom_id = desk.meetings.create(later)
    assert [(one.zoom_id, one.spec) for one in desk.meetings.find(HOST, TAG)] == [(zoom_id, canonical(later))]
    assert all("type=scheduled" in call.path for call in desk.calls("GET", "/users"))  # "upcoming" ends in six months


def test_a_meeting_deleted_while_looking_is_not_found(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    gone = {"code": 3001, "message": f"Meeting does not exist: {zoom_id}."}
    desk.spoil("GET", f"/meetings/{zoom_id}", answer(404, gone))
    assert desk.meetings.find(HOST, TAG) == ()


def test_rooms_kept_but_switched_off_are_no_rooms(desk: Desk) -> None:
    zoom_id = desk.meetings.create(SPEC)
    view = desk.view(zoom_id)
    view["settings"]["breakout_room"]["enable"] = False
    desk.spoil("GET", zoom_id, answer(200, view))
    assert desk.meetings.read(zoom_id, TAG).spec == replace(canonical(SPEC), rooms=())


def test_what_the_spec_leaves_empty_is_left_to_zoom(desk: Desk) -> None:
    desk.meetings.create(replace(PLAIN, contact_name="", contact_email=""))
    (call,) = desk.calls("POST", "/users")
    assert call.request is not None
    assert not {"contact_name", "contact_email", "alternative_hosts", "breakout_room"} & call.request["settings"].keys()


def test_new_alternative_hosts_are_not_written_to_by_zoom(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    noisy = {"settings": {"alternative_hosts_email_notification": True}}
    desk.api.call("PATCH", f"/meetings/{zoom_id}", json=noisy)
    desk.meetings.revise(zoom_id, SPEC, frozenset({"alternative_hosts"}))
    assert desk.view(zoom_id)["settings"]["alternative_hosts_email_notification"] is False


@pytest.mark.parametrize(
    ("name", "value", "touched"),
    [
        ("topic", "Autre titre", {"topic"}),
        ("agenda", "Autre texte", {"agenda"}),
        ("starts_at", SPEC.starts_at + timedelta(hours=1), {"start_time"}),
        ("timezone", "Europe/Brussels", {"timezone"}),
        ("minutes", 60, {"duration"}),
        ("rooms", (Room(name="A – Acteurs", emails=("zoe@exemple.fr",)),), {"breakout_room"}),
        ("rooms", (), {"breakout_room"}),
        ("alternative_hosts", ("adjoint@exemple.fr",), {"alternative_hosts"}),
        ("alternative_hosts", (), {"alternative_hosts"}),
        ("waiting_room", False, {"waiting_room"}),
        ("recording", "none", {"auto_recording"}),
        ("several_devices", False, {"allow_multiple_devices"}),
        ("contact_name", "Autre", {"contact_name"}),
        ("contact_email", "autre@exemple.fr", {"contact_email"}),
    ],
)
def test_a_revision_touches_only_what_it_names(desk: Desk, name: str, value: Any, touched: set[str]) -> None:
    zoom_id = desk.meetings.create(SPEC)
    before = flat(desk.view(zoom_id))
    wanted = replace(SPEC, **{name: value})
    elsewhere = replace(wanted, **({"topic": "Non"} if name != "topic" else {"minutes": 1}))
    desk.meetings.revise(zoom_id, elsewhere, frozenset({name}))
    after = flat(desk.view(zoom_id))
    assert {key for key in before if before[key] != after[key]} == touched
    assert desk.meetings.read(zoom_id, TAG).spec == canonical(wanted)


def flat(view: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in {**view, **view["settings"]}.items() if k not in ("settings", "start_url")}


def test_a_lost_tag_is_seen_and_can_be_put_back(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    desk.api.call("PATCH", f"/meetings/{zoom_id}", json={"agenda": "Réécrit à la main"})
    spec = desk.meetings.read(zoom_id, TAG).spec
    assert (spec.tag, spec.agenda) == ("", "Réécrit à la main")
    desk.meetings.revise(zoom_id, PLAIN, frozenset({"tag", "agenda"}))
    assert desk.meetings.read(zoom_id, TAG).spec == canonical(PLAIN)


def test_nothing_to_revise_costs_no_call_and_the_host_cannot_be_revised(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    desk.meetings.revise(zoom_id, PLAIN, frozenset())
    with desk.raises(ZoomError):
        desk.meetings.revise(zoom_id, PLAIN, frozenset({"host"}))
    assert desk.calls("PATCH") == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"approval_type": 2}, "L'inscription n'est pas active"),
        ({"approval_type": 0}, "N'importe qui peut s'inscrire"),
        ({"registrants_email_notification": True}, "Zoom écrira lui-même"),
        ({"registrants_confirmation_email": True}, "sa propre confirmation"),
        ({"meeting_authentication": True}, "Il faut un compte Zoom"),
        ({"join_before_host": True}, "avant l'hôte"),
        ({"use_pmi": True}, "numéro personnel"),
        ({"encryption_type": "e2ee"}, "chiffrement de bout en bout"),
    ],
)
def test_a_policy_zoom_did_not_keep_is_said_with_its_remedy(desk: Desk, changed: dict[str, Any], said: str) -> None:
    zoom_id = desk.meetings.create(replace(PLAIN, waiting_room=False))
    desk.api.call("PATCH", f"/meetings/{zoom_id}", json={"settings": changed})
    (oddity,) = desk.meetings.read(zoom_id, TAG).oddities
    assert said in oddity
    assert " → " in oddity


def test_a_cancelled_meeting_is_gone_and_may_be_cancelled_again(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    desk.meetings.cancel(zoom_id)
    desk.meetings.cancel(zoom_id)
    assert desk.zoom.meetings() == []
    assert "cancel_meeting_reminder=false&schedule_for_reminder=false" in desk.calls("DELETE")[0].path
    for gone in (
        lambda: desk.meetings.read(zoom_id, TAG),
        lambda: desk.meetings.revise(zoom_id, PLAIN, frozenset({"topic"})),
        lambda: desk.meetings.register(zoom_id, people(1)),
        lambda: desk.meetings.register(zoom_id, people(2)),
        lambda: list(desk.meetings.registered(zoom_id)),
        lambda: desk.meetings.withdraw(zoom_id, [Pass(email="a@b.fr", registrant_id="x", join_url="")]),
    ):
        with desk.raises(MeetingGone):
            gone()
    assert desk.meetings.find(HOST, TAG) == ()


def test_a_wrong_address_of_the_api_never_passes_for_a_meeting_gone(desk: Desk) -> None:
    desk.spoil("GET", "/meetings/1", answer(404, {"code": 2300, "message": "This API endpoint is not recognized."}))
    with desk.raises(ZoomError) as refused:
        desk.meetings.read("1", TAG)
    assert "api_url" in refused[0].remedy
    desk.spoil("GET", "/meetings/1", answer(404))
    with desk.raises(ZoomError):
        desk.meetings.read("1", TAG)


def test_an_unknown_alternative_host_is_said_in_zooms_words(desk: Desk) -> None:
    with desk.raises(AlternativeHostRefused) as refused:
        desk.meetings.create(replace(PLAIN, alternative_hosts=("inconnu@exemple.fr",)))
    assert "« Could not find Zoom user for alternative host: i…@exemple.fr »" in refused[0].message
    assert "sous licence" in refused[0].remedy
    assert refused[0].permanent


def test_a_refusal_names_the_fields_and_hides_addresses_and_links(desk: Desk) -> None:
    refused_fields = [{"field": "duration", "message": "Bad\nvalue of marie.durand@exemple.org"}]
    words = "Validation Failed. See https://us02web.zoom.us/w/1?tk=abc"
    desk.spoil("POST", "/users", answer(400, {"code": 300, "message": words, "errors": refused_fields}))
    with desk.raises(ZoomError) as refused:
        desk.meetings.create(PLAIN)
    assert refused[0].message == (
        "Zoom refuse un champ de la demande (code 300) :"
        " « Validation Failed. See ‹lien› ; duration : Bad value of m…@exemple.org »."
    )
    assert (refused[0].code, refused[0].status) == (300, 400)


@pytest.mark.parametrize("body", [None, {}, [], "no", {"code": "x", "message": {"a": 1}, "errors": "?"}])
def test_a_refusal_without_reason_is_still_a_refusal(desk: Desk, body: Any) -> None:
    desk.spoil("POST", "/users", answer(400, body))
    with desk.raises(ZoomError):
        desk.meetings.create(PLAIN)


# Registrants


def test_thirty_people_are_registered_at_once_each_with_their_own_link(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    passes = desk.meetings.register(zoom_id, people(30))
    assert [one.email for one in passes] == [one.email for one in people(30)]
    assert len({one.join_url for one in passes}) == 30
    assert len(desk.calls("POST", "registrants")) == 1
    assert by_email(desk.meetings.registered(zoom_id)) == by_email(passes)
    with pytest.raises(ValueError, match="30"):
        desk.meetings.register(zoom_id, people(31))


def test_one_person_is_registered_alone_under_the_name_they_show(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    person = Registrant(email="Zoé.Été@exemple.org", first_name="é" * 70, last_name="n" * 70)
    (one,) = desk.meetings.register(zoom_id, [person])
    assert one.email == person.email
    assert desk.calls("PUT") == []  # approved at once
    (kept,) = desk.zoom.registrants(zoom_id)
    assert (kept["first_name"], kept["last_name"], kept["status"]) == ("é" * 64, "n" * 64, "approved")
    assert list(desk.meetings.registered(zoom_id)) == [replace(one, email="zoé.été@exemple.org")]
    assert desk.meetings.register(zoom_id, []) == ()


def test_answers_are_matched_by_address_and_not_by_place(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    rows = [
        {"email": "B@EXEMPLE.ORG", "registrant_id": "2", "join_url": "https://zoom.us/w/2"},
        {"email": "a@exemple.org", "registrant_id": "1", "join_url": "https://zoom.us/w/1"},
    ]
    desk.spoil("POST", "batch", answer(201, {"registrants": rows}))
    asked = [Registrant(email=f"{letter}@exemple.org", first_name=letter) for letter in "Abc"]
    assert desk.meetings.register(zoom_id, asked) == (
        Pass(email="A@exemple.org", registrant_id="1", join_url="https://zoom.us/w/1"),
        Pass(email="b@exemple.org", registrant_id="2", join_url="https://zoom.us/w/2"),
    )


@pytest.mark.parametrize("bad", ["sans-arobase", HOST])
def test_a_bad_row_is_told_from_a_bad_meeting_so_that_the_others_can_be_added_alone(desk: Desk, bad: str) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    bad_row = Registrant(email=bad, first_name="Hors", last_name="Liste")
    for asked in ([*people(3), bad_row], [bad_row]):
        with desk.raises(RegistrantRefused):
            desk.meetings.register(zoom_id, asked)
    assert list(desk.meetings.registered(zoom_id)) == []
    assert [one.email for one in desk.meetings.register(zoom_id, people(3))] == [one.email for one in people(3)]


def test_a_meeting_without_registration_refuses_everybody_in_one_call(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    desk.api.call("PATCH", f"/meetings/{zoom_id}", json={"settings": {"approval_type": 2}})
    with desk.raises(ZoomError) as refused:
        desk.meetings.register(zoom_id, people(5))
    assert refused[0].code == 404
    assert len(desk.calls("POST", "registrants")) == 1


def test_people_waiting_since_they_asked_at_zooms_own_page_are_approved(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    first = people(3)[0]
    desk.api.call("POST", f"/meetings/{zoom_id}/registrants", json={"email": first.email, "first_name": "Avant"})
    assert list(desk.meetings.registered(zoom_id)) == []
    passes = desk.meetings.register(zoom_id, people(3))
    assert [one.email for one in passes] == [one.email for one in people(3)]
    assert by_email(desk.meetings.registered(zoom_id)) == by_email(passes)


def test_a_withdrawn_person_is_cancelled_at_zoom_and_nobody_else(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    passes = desk.meetings.register(zoom_id, people(4))
    desk.meetings.withdraw(zoom_id, passes[:2])
    desk.meetings.withdraw(zoom_id, [])
    assert [one["status"] for one in desk.zoom.registrants(zoom_id)] == ["cancelled"] * 2 + ["approved"] * 2
    assert by_email(desk.meetings.registered(zoom_id)) == by_email(passes[2:])


def test_everyone_is_listed_over_several_pages(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    everyone = people(610)
    passes = [one for at in range(0, 610, 30) for one in desk.meetings.register(zoom_id, everyone[at : at + 30])]
    assert by_email(desk.meetings.registered(zoom_id)) == by_email(passes)
    assert len(passes) == 610
    assert len(desk.calls("GET", "/registrants")) == 3


def test_a_lost_batch_is_found_again_by_listing(desk: Desk) -> None:
    zoom_id = desk.meetings.create(PLAIN)
    desk.spoil("POST", "batch", Lose())
    with desk.raises(ZoomUnavailable) as unavailable:
        desk.meetings.register(zoom_id, people(3))
    assert unavailable[0].uncertain
    assert list(by_email(desk.meetings.registered(zoom_id))) == [one.email for one in people(3)]


# The account


def test_an_account_in_order_has_nothing_odd(desk: Desk) -> None:
    assert desk.meetings.examine(HOST) == ()


@pytest.mark.parametrize(
    ("zoom", "host", "said", "fatal"),
    [
        ({"breakout_scheduling": False}, HOST, "Zoom oubliera sans rien dire les salles", False),
        ({"plan": "free"}, HOST, "n'a pas de licence", True),
        ({"capacity": 100}, HOST, "au plus 100 personnes", False),
        ({}, "autre@exemple.fr", "n'est pas un utilisateur de ce compte", True),
    ],
)
def test_what_would_spoil_the_day_is_said_before(
    open_desk: Callable[..., Desk], zoom: dict[str, Any], host: str, said: str, fatal: bool
) -> None:
    (odd,) = open_desk(**zoom).meetings.examine(host)
    assert said in odd.what
    assert odd.remedy
    assert odd.fatal is fatal


def test_breakout_rooms_switched_off_are_said(desk: Desk) -> None:
    desk.spoil("GET", "/settings", answer(200, {"in_meeting": {"breakout_room": False}, "feature": None}))
    (odd,) = desk.meetings.examine(HOST)
    assert "désactivées" in odd.what
    assert odd.fatal


def test_an_account_that_cannot_be_looked_at_is_an_error(desk: Desk) -> None:
    desk.spoil("GET", "/users", MAINTENANCE, times=3)
    with desk.raises(ZoomUnavailable):
        desk.meetings.examine(HOST)
    desk.spoil("GET", "/users", answer(400, {"code": 300, "message": "No."}))
    with desk.raises(ZoomError):
        desk.meetings.examine(HOST)
