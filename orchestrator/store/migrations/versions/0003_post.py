"""When a letter was refused, and when that was taken back because the relay was at fault."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letter", sa.Column("refused_at", sa.DateTime(timezone=True)))
    op.add_column("letter", sa.Column("reopened_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("letter", "reopened_at")
    op.drop_column("letter", "refused_at")
