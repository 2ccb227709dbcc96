"""The tables. Instants are aware and UTC; every row that must not exist twice has a UNIQUE behind it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, _dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def result_processor(self, dialect: sa.Dialect, coltype: Any) -> Any:
        """Read SQLite's text in one step: a letter's row has eight instants."""
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def text(name: str, *, default: str | None = "", primary_key: bool = False) -> sa.Column[str]:
    if primary_key:
        return sa.Column(name, sa.Text, primary_key=True)
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def number(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=str(default))


def json(name: str, default: str = "{}") -> sa.Column[Any]:
    return sa.Column(name, sa.JSON, nullable=False, server_default=default)


event = sa.Table(
    "event",
    metadata,
    text("key", primary_key=True),
    text("digest"),  # of the event's config as last served
    sa.Column("served_at", Instant, nullable=False),
    number("version"),  # grows with every change a beat writes (under its lease) that decides something
    number("news"),  # grows with every such change by anybody else: the post, a command
    text("salt"),  # of its tombstones
)

intake = sa.Table(
    "intake",
    metadata,
    text("event", primary_key=True),
    text("fingerprint"),
    sa.Column("read_at", Instant, nullable=False),
    number("rows"),
    json("refused", "[]"),
    json("held", "[]"),
    json("findings", "[]"),
    json("columns"),  # our key → the title it was read under
)

person = sa.Table(
    "person",
    metadata,
    text("event", primary_key=True),
    text("email", primary_key=True),
    text("address"),
    text("first_name"),
    text("last_name"),
    text("shown_as"),
    text("language"),
    json("sessions", "[]"),
    json("wishes"),
    text("organisation"),
    text("needs"),
    number("line"),
    sa.Column("submitted_at", Instant),
    sa.Column("registered_at", Instant, nullable=False),
    sa.Column("withdrawn_at", Instant),
    text("timezone"),
    json("extra"),  # columns kept for a declared purpose
    sa.Column("next_invitation", sa.Boolean, nullable=False, server_default=sa.false()),
)

invitation = sa.Table(
    "invitation",  # who wants the next invitation, when everything else about them is gone
    metadata,
    text("event", primary_key=True),
    text("email", primary_key=True),
    text("address"),
    text("first_name"),
    text("last_name"),
    text("organisation"),
    sa.Column("asked_at", Instant, nullable=False),
)

entry = sa.Table(
    "entry",  # what the organiser said of somebody by hand; it wins over the source at every reading
    metadata,
    text("event", primary_key=True),
    text("email", primary_key=True),
    json("fields"),
    number("added"),
    sa.Column("withdrawn_at", Instant),
    sa.Column("entered_at", Instant, nullable=False),
)

seat = sa.Table(
    "seat",
    metadata,
    text("event", primary_key=True),
    text("session", primary_key=True),
    text("person", primary_key=True),
    text("workshop"),
    number("rank"),
    text("reason"),
    sa.Column("told_at", Instant),
    text("told_by"),
    number("asked"),  # when it was told: people with the same first wish, …
    number("places"),  # … the places there, …
    number("drawn"),  # … and this person's number in the draw among them
    sa.Index("ix_seat_person", "event", "person"),
)

merged = sa.Table(
    "merged",  # a workshop whose people have joined another one
    metadata,
    text("event", primary_key=True),
    text("workshop", primary_key=True),
    text("target"),
    sa.Column("at", Instant, nullable=False),
)

meeting = sa.Table(
    "meeting",
    metadata,
    text("event", primary_key=True),
    text("key", primary_key=True),
    text("tag"),
    text("zoom_id"),  # "" = not created yet, or gone
    text("intent"),  # the write that is under way: "" | create | revise | cancel
    sa.Column("intent_at", Instant),
    sa.Column("applied", sa.JSON),  # the spec as last sent
    sa.Column("found", sa.JSON),  # the meeting as last read
    json("restored", "[]"),  # fields already sent again because Zoom did not keep them
    sa.Column("read_at", Instant),
    sa.Column("rooms_at", Instant),
    text("rooms_day"),
    number("rooms_sent"),
    sa.Column("rest_until", Instant),  # until then Zoom is not asked again for what it refused
    text("rest_for"),  # what was refused: a digest, "" = every write
    text("rest_what"),
    text("rest_remedy"),
    json("left_out", "[]"),  # alternative hosts Zoom does not accept
    sa.Column("people_at", Instant),  # when everybody registered was last listed
    sa.Column("adopted", sa.JSON),  # fields somebody edited at Zoom that the organiser keeps
)

run = sa.Table(
    "run",  # one time a meeting was open, as far as polling or Zoom's webhooks told
    metadata,
    text("event", primary_key=True),
    text("meeting", primary_key=True),
    text("uuid", primary_key=True),
    sa.Column("started_at", Instant),
    sa.Column("ended_at", Instant),
)

presence = sa.Table(
    "presence",  # one time somebody was in a meeting or in one of its breakout rooms
    metadata,
    text("event", primary_key=True),
    text("meeting", primary_key=True),
    text("stay", primary_key=True),  # the run's and the participant's ids at Zoom, and the room's
    text("email"),  # of the registrant; "" = not known
    text("room"),  # Zoom's id of the breakout room, "" = the main room
    sa.Column("joined_at", Instant),
    sa.Column("left_at", Instant),
    sa.Index("ix_presence_person", "event", "email"),
)

webhook = sa.Table(
    "webhook",  # what Zoom told, once each; without names or addresses
    metadata,
    text("digest", primary_key=True),  # SHA-256 of the body
    text("name"),
    sa.Column("at", Instant, nullable=False),  # Zoom's clock
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("applied_at", Instant),
    json("facts"),
    sa.Index("ix_webhook_open", "applied_at"),
)

way = sa.Table(
    "way",  # one person's personal link into one meeting
    metadata,
    text("event", primary_key=True),
    text("meeting", primary_key=True),
    text("email", primary_key=True),
    text("zoom_id"),
    text("registrant_id"),
    text("join_url"),
    text(
        "state", default="asked"
    ),  # asked (no answer seen) | open | refused | removed (in Zoom's pages) | out (so meant)
    text("problem"),
    text("adds_day"),
    number("adds"),
    sa.Index("ix_way_person", "event", "email"),
)

budget = sa.Table(
    "budget",
    metadata,
    text("host", primary_key=True),
    text("day", primary_key=True),
    number("used"),
)

_PUT_OFF = sa.text("not_before IS NOT NULL")
letter = sa.Table(
    "letter",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    text("event"),
    text("kind"),
    text("session"),
    text("rule"),
    text("person"),
    text("email"),
    text("address"),
    text("language"),
    text("revision"),
    text("relay"),
    text("state", default="due"),  # due | claimed | dotted | sent | refused | void | withdrawn
    sa.Column("leave_from", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("wanted_by", Instant, nullable=False),
    sa.Column("void_at", Instant, nullable=False),
    sa.Column("not_before", Instant),
    text("owner"),
    sa.Column("lease_until", Instant),
    number("attempts"),
    number("in_doubt"),
    text("message_id"),
    sa.Column("data", sa.LargeBinary),  # of letters dotted before there was `written`
    sa.Column("facts", sa.JSON),
    number("code"),
    text("reply"),
    sa.Column("dotted_at", Instant),
    sa.Column("sent_at", Instant),
    sa.Column("refused_at", Instant),
    sa.Column("reopened_at", Instant),  # when a refusal turned out to be the relay's fault
    sa.Index("ix_letter_queue", "relay", "state", "wanted_by"),
    sa.Index("ix_letter_leaving", "relay", "state", "leave_from", "wanted_by"),
    sa.Index("ix_letter_again", "relay", "not_before", sqlite_where=_PUT_OFF, postgresql_where=_PUT_OFF),
    sa.Index("ix_letter_event", "event", "kind"),
    sa.Index("ix_letter_person", "event", "person", "kind"),
    sa.Index("ix_letter_dotted", "relay", "dotted_at"),
    # All that the board counts, so that it never reads the letters' bytes on its way; by kind after the event,
    # so that no query of the post, which asks by state or person, is tempted by it.
    sa.Index(
        "ix_letter_board", "event", "kind", "session", "rule", "state", "leave_from", "wanted_by", "void_at", "sent_at"
    ),
)

written = sa.Table(
    "written",
    metadata,
    text("event", primary_key=True),
    sa.Column("letter", sa.Integer, primary_key=True, autoincrement=False),
    text("email"),  # the letter's own, by which both are erased
    text("mould"),
    sa.Column("octets", sa.LargeBinary, nullable=False),
)

mould = sa.Table(
    "mould",
    metadata,
    text("event", primary_key=True),
    text("digest", primary_key=True),
    sa.Column("octets", sa.LargeBinary, nullable=False),
)

told = sa.Table(
    "told",
    metadata,
    text("event", primary_key=True),
    text("person", primary_key=True),
    text("fact", primary_key=True),
    text("value"),
    sa.Column("at", Instant, nullable=False),
)

lease = sa.Table(
    "lease",
    metadata,
    text("name", primary_key=True),
    text("owner"),
    sa.Column("until", Instant, nullable=False),
)

alarm = sa.Table(
    "alarm",
    metadata,
    text("event", primary_key=True),
    text("key", primary_key=True),
    text("what"),
    text("remedy"),
    sa.Column("since", Instant, nullable=False),
    sa.Column("pushed_at", Instant),  # when it was posted to a web address
    sa.Column("mailed_at", Instant),  # when it was written to the organiser
)

hold = sa.Table(
    "hold",  # a wave of letters that waits for the organiser's word; kind "*" = all of them, a pause
    metadata,
    text("event", primary_key=True),
    text("kind", primary_key=True),
    text("session", primary_key=True),
    text("rule", primary_key=True),
    text("state", default="held"),  # held | approved | overdue (leaves all the same)
    sa.Column("since", Instant, nullable=False),
)

notice = sa.Table(
    "notice",  # something the organiser, the form or a reader's answer asks to be written
    metadata,
    text("event", primary_key=True),
    text("key", primary_key=True),
    text("kind"),  # announce | resend | late | shared
    text("audience"),  # all | speakers | session:KEY | workshop:KEY | person:E-MAIL
    text("subject"),
    text("body"),
    text("address"),  # of somebody who is not registered
    text("name"),
    text("language"),
    text("code"),  # late: why
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("void_at", Instant, nullable=False),
)

memo = sa.Table(
    "memo",  # small things to be remembered: plan B is on, how far a mailbox was read
    metadata,
    text("event", primary_key=True),
    text("name", primary_key=True),
    text("value"),
    sa.Column("at", Instant, nullable=False),
)

tombstone = sa.Table(
    "tombstone",  # somebody who asked to be forgotten; the mark is a salted hash
    metadata,
    text("event", primary_key=True),
    text("mark", primary_key=True),
    sa.Column("at", Instant, nullable=False),
)

figure = sa.Table(
    "figure",  # a count that outlives the people it counts
    metadata,
    text("event", primary_key=True),
    text("what", primary_key=True),
    number("n"),
)

config = sa.Table(
    "config",  # an accepted version of an event's file, without its secrets
    metadata,
    text("event", primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    text("digest"),
    text("name"),
    text("text"),
    sa.Column("accepted_at", Instant, nullable=False),
    text("by"),
)

visit = sa.Table(
    "visit",  # somebody who has come in to the board
    metadata,
    text("id", primary_key=True),  # what their cookie hashes to
    text("email"),
    text("role"),  # organiser | viewer
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)

login = sa.Table(
    "login",  # a link that lets somebody in once
    metadata,
    text("id", primary_key=True),  # what the link's secret hashes to
    text("email"),
    text("role"),
    sa.Column("until", Instant, nullable=False),
)

attempt = sa.Table(
    "attempt",  # what is counted so that nobody does it too often
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    text("what"),
    text("who"),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_attempt_who", "what", "who", "at"),
)

lost = sa.Table(
    "lost",  # an address typed into "I lost my link", until it is answered
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    text("address"),
    text("language"),
    sa.Column("at", Instant, nullable=False),
)

generation = sa.Table(
    "generation",  # whose page has another address now; without a row: the first
    metadata,
    text("event", primary_key=True),
    text("person", primary_key=True),
    number("number", 1),
)

said = sa.Table(
    "said",  # what somebody said on their page; holds until they answer the form again
    metadata,
    text("event", primary_key=True),
    text("email", primary_key=True),
    sa.Column("sessions", sa.JSON),  # those they come to; [] = none; null = as in the form
    sa.Column("wishes", sa.JSON),  # by session; null = as in the form
    sa.Column("at", Instant, nullable=False),
)

understood = sa.Table(
    "understood",  # what a speaker has read and confirmed
    metadata,
    text("event", primary_key=True),
    text("person", primary_key=True),
    text("what"),
    sa.Column("at", Instant, nullable=False),
)

again = sa.Table(
    "again",  # what `notice` holds now: an earlier version that still runs may write here
    metadata,
    text("event", primary_key=True),
    text("person", primary_key=True),
    sa.Column("at", Instant, nullable=False),
)

# the board

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    text("event"),
    sa.Column("at", Instant, nullable=False),
    text("who"),  # an organiser's address; "" = the command line
    text("what"),
    text("about"),
    text("note"),
    sa.Index("ix_journal_event", "event", "at"),
)

stay = sa.Table(
    "stay",  # one time somebody was in a meeting, as Zoom reports it afterwards
    metadata,
    text("event", primary_key=True),
    text("meeting", primary_key=True),
    text("key", primary_key=True),
    text("registrant_id"),
    text("name"),
    text("email"),
    sa.Column("joined_at", Instant, nullable=False),
    sa.Column("left_at", Instant, nullable=False),
    sa.Column("read_at", Instant, nullable=False),
)

decision = sa.Table(
    "decision",  # whose stay a doubtful one was, a row a person; person "" = nobody's of ours
    metadata,
    text("event", primary_key=True),
    text("stay", primary_key=True),
    text("person", primary_key=True),
    text("by"),
    sa.Column("at", Instant, nullable=False),
)

attendance = sa.Table(
    "attendance",  # what is kept of who was there; person is a reference, no address
    metadata,
    text("event", primary_key=True),
    text("person", primary_key=True),
    text("session", primary_key=True),
    text("name"),
    text("organisation"),
    text("workshop"),
    number("minutes"),
    sa.Column("came", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("noted_at", Instant, nullable=False),
)

certificate = sa.Table(
    "certificate",
    metadata,
    text("event", primary_key=True),
    text("person", primary_key=True),  # a reference
    number("revision"),
    text("number"),
    sa.Column("issued_at", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
)
