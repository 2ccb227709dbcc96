"""What decided a seat is kept with it; workshops that have joined another."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:

    for name in ("asked", "places", "drawn"):
        op.add_column("seat", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "merged",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("workshop", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event", "workshop", name=op.f("pk_merged")),
    )
