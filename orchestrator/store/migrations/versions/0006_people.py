"""What the organiser says of people by hand, the journal of it, and what a reading understood and found odd."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("person", sa.Column("extra", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("intake", sa.Column("findings", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("intake", sa.Column("columns", sa.JSON(), server_default="{}", nullable=False))
    op.create_table(
        "entry",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("added", sa.Integer(), server_default="0", nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event", "email", name=op.f("pk_entry")),
    )
