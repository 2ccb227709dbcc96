"""What Zoom refused, what is kept of Zoom's own pages, and who was in the meetings."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("meeting", sa.Column("rest_until", sa.DateTime(timezone=True), nullable=True))
    for name in ("rest_for", "rest_what", "rest_remedy"):
        op.add_column("meeting", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("meeting", sa.Column("left_out", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("meeting", sa.Column("people_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("meeting", sa.Column("adopted", sa.JSON(), nullable=True))
    op.create_table(
        "run",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("event", "meeting", "uuid", name=op.f("pk_run")),
    )
    op.create_table(
        "presence",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("meeting", sa.Text(), nullable=False),
        sa.Column("stay", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("room", sa.Text(), server_default="", nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("event", "meeting", "stay", name=op.f("pk_presence")),
    )
    op.create_index("ix_presence_person", "presence", ["event", "email"], unique=False)
    op.create_table(
        "webhook",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", sa.JSON(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_webhook")),
    )
    op.create_index("ix_webhook_open", "webhook", ["applied_at"], unique=False)
