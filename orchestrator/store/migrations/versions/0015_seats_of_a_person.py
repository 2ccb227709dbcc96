"""Somebody's seats are found without going through everybody's: their page asks for them each time."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_index("ix_seat_person", "seat", ["event", "person"])
