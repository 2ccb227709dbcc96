"""What can be known of a letter before a word about it is said to the relay."""

from __future__ import annotations

import re

from orchestrator.core.errors import AddressRefused, MailError, RelayUnavailable
from orchestrator.core.message import Message
from orchestrator.gateways.mail.doorstep import is_ascii, to_be_looked_at
from orchestrator.gateways.mail.whole import has_a_long_line, has_whole_lines
from orchestrator.ports import Parcel

_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
"""What may stand between < and > unquoted: visible ASCII, no angle bracket, no blank, no CR or LF."""
_UNUSABLE = "n'est pas utilisable : il y faut un @, et ni accent, ni espace, ni chevron."


def unfit(parcel: Parcel, *, eight_bit: bool) -> MailError | None:
    """Say why a letter cannot be offered; `eight_bit`: the relay takes octets beyond ASCII (RFC 6152)."""
    if not _ADDRESS.fullmatch(parcel.sender):
        message = f"L'adresse d'expédition {_UNUSABLE}"
        return RelayUnavailable(message, stage="mail", permanent=True, remedy="corrigez mail.from")
    if not _ADDRESS.fullmatch(parcel.to):
        return AddressRefused(f"Cette adresse {_UNUSABLE}", stage="rcpt", permanent=True)
    why = _unfit(parcel.message, eight_bit=eight_bit)
    return None if why is None else AddressRefused(why, stage="data", permanent=True)


def _unfit(message: Message, *, eight_bit: bool) -> str | None:
    looked_at = to_be_looked_at(message)
    if not has_whole_lines(looked_at):
        return "La lettre contient un retour à la ligne isolé (CR ou LF) ; elle n'est pas partie."
    if has_a_long_line(looked_at):
        return "Une ligne de la lettre est trop longue ; elle n'est pas partie."
    if not (eight_bit or is_ascii(message)):
        return "La lettre contient des octets que ce relais ne sait pas prendre (8BITMIME)."
    return None
