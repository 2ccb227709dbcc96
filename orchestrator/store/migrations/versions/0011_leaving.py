"""What leaves next is found without looking through all that leaves later."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
PUT_OFF = sa.text("not_before IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_letter_leaving", "letter", ["relay", "state", "leave_from", "wanted_by"])
    op.create_index(
        "ix_letter_again", "letter", ["relay", "not_before"], sqlite_where=PUT_OFF, postgresql_where=PUT_OFF
    )
