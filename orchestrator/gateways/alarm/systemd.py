"""What systemd is told of a service of `Type=notify`: ready, alive, stopping (sd_notify(3))."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)


def notify(environ: Mapping[str, str], *states: str) -> None:
    """Send one datagram to `$NOTIFY_SOCKET`, if there is one; a name that begins with @ is abstract (unix(7))."""
    name = environ.get("NOTIFY_SOCKET", "")
    if not name:
        return
    address = "\0" + name[1:] if name.startswith("@") else name
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto("\n".join(states).encode(), address)
    except OSError as error:
        log.warning("systemd was not reached: %s", error.strerror)
