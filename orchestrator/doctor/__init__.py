"""Door: looks at the machine and what surrounds it, for whoever runs it; each finding with its remedy. Changes nothing.

What concerns the event itself is `inspection`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from orchestrator.doctor import files, mail, network, system
from orchestrator.doctor.patient import Patient
from orchestrator.inspection import Finding

__all__ = ["Patient", "examine"]

Look = Callable[[Patient], Iterator[Finding]]
HERE: dict[str, Look] = {
    "python": system.python,
    "zones": system.zones,
    "disk": files.disk,
    "store": files.store,
    "permissions": files.permissions,
}
AROUND: dict[str, Look] = {
    "clock": network.clock,
    "dns": network.names,
    "tls": network.certificates,
    "spf": mail.spf,
    "dkim": mail.dkim,
    "dmarc": mail.dmarc,
    "service": network.service,
}
"""What asks the network; left out offline."""


def examine(patient: Patient) -> list[tuple[str, Finding]]:
    """Look at everything, each finding with its topic."""
    looks = HERE if patient.names is None else HERE | AROUND
    return [(topic, finding) for topic, look in looks.items() for finding in look(patient)]
