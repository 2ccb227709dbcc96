"""Whoever asked for their letter once more and has not had it is noted where everything asked for is."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

NAMED = {
    "sqlite": "strftime('again-%Y%m%dT%H%M%S', a.at)",
    "postgresql": "to_char(a.at AT TIME ZONE 'UTC', '\"again-\"YYYYMMDD\"T\"HH24MISS')",
}
"""How the letter was named: by the second in which it was asked for."""
OPEN = """
INSERT INTO notice (event, key, kind, audience, subject, body, address, name, language, code, made_at, void_at)
SELECT a.event, 'resend:' || a.person || ':' || {name}, 'resend', 'person:' || MIN(l.email), '', '', '', '', '',
       'asked', a.at, MAX(l.void_at)
FROM again a JOIN letter l ON l.event = a.event AND l.person = a.person
WHERE NOT EXISTS (
    SELECT 1 FROM letter done WHERE done.event = a.event AND done.person = a.person AND done.revision = {name}
    AND done.state NOT IN ('due', 'withdrawn')
)
GROUP BY a.event, a.person, a.at
"""


def upgrade() -> None:
    op.execute(sa.text(OPEN.format(name=NAMED[op.get_bind().dialect.name])))
