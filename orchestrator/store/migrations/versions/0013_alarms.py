"""An alarm is posted and written by two ways, each with its own success."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("alarm", sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(sa.text("UPDATE alarm SET mailed_at = pushed_at"))
