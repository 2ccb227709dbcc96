"""A name server on loopback with the TXT records it is given; every other name does not exist. Answers over UDP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Texts = Mapping[str, Sequence[str]]
"""A name → its records. A name that only has others below it exists too, without any."""


class NameServer:
    """`broken` names are answered with SERVFAIL. `asked` keeps the names in order."""

    host = "127.0.0.1"

    def __init__(self, texts: Texts, *, broken: Sequence[str] = ()) -> None:
        self._texts = {dns.name.from_text(name): tuple(records) for name, records in texts.items()}
        self._broken = {dns.name.from_text(name) for name in broken}
        self.asked: list[str] = []

    def __enter__(self) -> NameServer:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.host, 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="names", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.sendto(b"", (self.host, self.port))  # an empty question ends it
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, where = self._socket.recvfrom(4096)
            if not data:
                return
            self._socket.sendto(self._answer(dns.message.from_wire(data)).to_wire(max_size=65535), where)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        question, answer = query.question[0], dns.message.make_response(query)
        name = question.name
        self.asked.append(name.to_text(omit_final_dot=True))
        answer.flags |= dns.flags.AA
        if name in self._broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif not any(known.is_subdomain(name) for known in self._texts):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype == dns.rdatatype.TXT and self._texts.get(name):
            records = [_quoted(record) for record in self._texts[name]]
            answer.answer.append(dns.rrset.from_text_list(name, 300, "IN", "TXT", records))
        return answer


def _quoted(record: str) -> str:
    """Write a record in strings of at most 255 octets, as master files have them (RFC 1035, 5.1)."""
    pieces = [record[i : i + 200] for i in range(0, len(record), 200)] or [""]
    return " ".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces)
