"""Letters' bytes in a table of their own, and once what those alike share."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "written",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("letter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("mould", sa.Text(), server_default="", nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("event", "letter", name=op.f("pk_written")),
    )
    op.create_table(
        "mould",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("event", "digest", name=op.f("pk_mould")),
    )
