"""Letters that wait for a word, letters somebody asked for, and small things to be remembered."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("person", sa.Column("timezone", sa.Text(), server_default="", nullable=False))
    op.add_column("alarm", sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "hold",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="held", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event", "kind", "session", "rule", name=op.f("pk_hold")),
    )
    op.create_table(
        "memo",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event", "name", name=op.f("pk_memo")),
    )
    texts = ("kind", "audience", "subject", "body", "address", "name", "language", "code")
    op.create_table(
        "notice",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in texts),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("void_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event", "key", name=op.f("pk_notice")),
    )
