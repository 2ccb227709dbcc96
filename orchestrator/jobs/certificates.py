"""Issues certificates, anew where what they state has changed, and revokes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.core.certificates import Certificate, certificate, number
from orchestrator.core.errors import OrchestratorError
from orchestrator.core.model import Event, identity, reference
from orchestrator.jobs.attendance import look, threshold_of
from orchestrator.store import Issued, Store


class NoCertificate(OrchestratorError):
    """There is nothing to certify of this person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A certificate to be printed, for whom."""

    email: str
    what: Certificate


def issue(event: Event, store: Store, now: datetime, emails: Iterable[str] = (), *, again: bool = False) -> list[Ready]:
    """Issue certificates to those named, or to everybody who came; one issued before keeps its number and date
    unless `again`. A revoked one is issued only `again`."""
    found, issued = look(event, store, threshold_of(event)), store.attendance.issued(event.key)
    wanted = [identity(email) for email in emails] or sorted(found.people)
    ready = []
    for email in wanted:
        ref = reference(event.key, email)
        before = issued.get(ref)
        if again and before is None:
            before = _next(event, email, None, now)  # the one that their page has shown so far
        if email not in found.people or (before is not None and before.revoked_at is not None and not again):
            continue
        now_issued = before if before is not None and not again else _next(event, email, before, now)
        on = now_issued.issued_at.astimezone(event.zone).date()
        what = certificate(event, found.people[email], found.attended.values(), on, now_issued.revision)
        if what is not None:
            if now_issued != before:
                store.attendance.issue(event.key, now_issued)
            ready.append(Ready(email=email, what=what))
    return ready


def standing(event: Event, store: Store, email: str) -> Ready | None:
    """The certificate somebody has, or would have; notes nothing. None where there is none, or it was revoked."""
    found, issued = look(event, store, threshold_of(event)), store.attendance.issued(event.key)
    one = issued.get(reference(event.key, email)) or _next(event, email, None, event.last_end)
    if email not in found.people or one.revoked_at is not None:
        return None
    on = one.issued_at.astimezone(event.zone).date()
    what = certificate(event, found.people[email], found.attended.values(), on, one.revision)
    return None if what is None else Ready(email=email, what=what)


def _next(event: Event, email: str, before: Issued | None, now: datetime) -> Issued:
    """The first is dated on the day of the event, whoever asks for it and when."""
    revision = 1 if before is None else before.revision + 1
    return Issued(
        person=reference(event.key, email),
        revision=revision,
        number=number(event.key, email, revision),
        issued_at=event.last_end if before is None else now,
    )


def revoke(event: Event, store: Store, email: str, now: datetime) -> str:
    """Revoke a certificate; returns its number. Raises NoCertificate."""
    issued = store.attendance.issued(event.key).get(reference(event.key, identity(email)))
    if issued is None:
        raise NoCertificate(
            "aucune attestation n'a été délivrée à cette adresse", remedy="orchestrator certificates issue"
        )
    store.attendance.issue(event.key, replace(issued, revoked_at=now))
    return issued.number
