"""What the event page calls the keys of the config, in both languages."""

from __future__ import annotations

from orchestrator.web.board.wording import gathering, machinery
from orchestrator.web.board.wording.options import ADD, FOLDED, OPTIONS, RARE
from orchestrator.web.board.wording.said import Said

__all__ = ["ADD", "FOLDED", "LABELS", "OPTIONS", "RARE", "Said"]

LABELS = gathering.LABELS | machinery.LABELS
