"""`/export/…`: tables that a French Excel opens. A POST, because each is written down in the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from orchestrator.gateways.spreadsheets import as_csv, as_xlsx
from orchestrator.jobs import invitations
from orchestrator.store.board import Sought
from orchestrator.web.board.after import attendance_rows, funder_rows
from orchestrator.web.board.desk import Desk, Working
from orchestrator.web.security import Refused

router = APIRouter()
Row = Sequence[Any]


def people(desk: Desk) -> Iterable[Row]:
    """Everybody registered; never their links."""
    sessions = desk.event.sessions
    rooms = {w.key: w.room for w in desk.event.workshops}
    yield [
        "Prénom", "Nom", "Adresse", "Structure", "Besoins", *(s.title for s in sessions),
        *(f"Atelier – {s.title}" for s in sessions if desk.event.workshops_of(s.key)), "Inscription",
    ]  # fmt: skip
    for line in desk.roll.everyone(desk.key):
        who = line.person
        yield [
            who.first_name, who.last_name, who.address, who.organisation, who.needs,
            *("oui" if s.key in who.sessions else "" for s in sessions),
            *(
                rooms.get(line.seats[s.key].workshop, "") if s.key in line.seats else ""
                for s in sessions if desk.event.workshops_of(s.key)
            ),
            _local(desk, who.registered_at),
        ]  # fmt: skip


def letters(desk: Desk) -> Iterable[Row]:
    """Every letter with the relay's words."""
    yield ["Lettre", "Moment", "Rappel", "Adresse", "État", "Prévue", "Partie", "Essais", "Réponse du relais"]
    number, last = 1, 1
    while number <= last:
        page = desk.board.letters(desk.key, Sought(), desk.now, number)
        number, last = number + 1, page.pages
        for one in page.items:
            yield [
                one.kind, one.session, one.rule, one.address, one.state, _local(desk, one.leave_from),
                _local(desk, one.sent_at), one.attempts, f"{one.code or ''} {one.reply}".strip(),
            ]  # fmt: skip


TABLES: dict[str, Callable[[Desk], Iterable[Row]]] = {
    "people": people,
    "letters": letters,
    "attendance": attendance_rows,
    "funder": funder_rows,
    "invitations": lambda desk: invitations.table(desk.event, desk.store),
}


@router.post("/export/{table}.{kind}")
def export(desk: Working, table: str, kind: str) -> Response:
    rows = TABLES.get(table)
    if rows is None or kind not in ("csv", "xlsx"):
        raise Refused(404, "Cet export n'existe pas.", "There is no such export.")
    found = [*rows(desk)]
    desk.note("export", f"{table}.{kind}", f"{len(found) - 1} lignes")
    name = f"{desk.key}-{table}-{desk.local(desk.now):%Y-%m-%d}.{kind}"
    data, media = (as_csv(found), "text/csv; charset=utf-8") if kind == "csv" else (as_xlsx(found), XLSX)
    return Response(data, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _local(desk: Desk, at: datetime | None) -> str:
    return "" if at is None else f"{desk.local(at):%d/%m/%Y %H:%M}"
