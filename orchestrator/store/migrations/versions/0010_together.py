"""A doubtful stay may have been several people's: the person is part of a decision's key."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    with op.batch_alter_table("decision") as table:
        table.alter_column("person", existing_type=sa.Text(), server_default=None)
        table.drop_constraint(op.f("pk_decision"), type_="primary")
        table.create_primary_key(op.f("pk_decision"), ["event", "stay", "person"])
