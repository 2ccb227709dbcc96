"""Finds addresses that are probably not what somebody meant to type, without the network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from orchestrator.core.alike import is_one_slip_apart

_BIG = re.findall(
    r"\S+",
    """
    gmail.com hotmail.fr hotmail.com yahoo.fr yahoo.com outlook.fr outlook.com orange.fr wanadoo.fr free.fr
    laposte.net sfr.fr live.fr live.com icloud.com bbox.fr numericable.fr neuf.fr protonmail.com proton.me
    msn.com googlemail.com club-internet.fr aliceadsl.fr me.com aol.com ac-paris.fr
    """,
)
_REAL = frozenset(
    re.findall(
        r"\S+",
        """
    mail.com ymail.com gmx.com gmx.fr gmx.net gmail.fr mail.fr email.com hotmail.be yahoo.be live.be
    hotmail.it yahoo.it hotmail.es yahoo.es hotmail.de yahoo.de hotmail.ch outlook.be outlook.es outlook.it
    outlook.de yahoo.ca hotmail.ca live.ca yahoo.in yahoo.co free.org orange.com orange.be sfr.com live.it
    live.nl aol.fr msn.fr ree.fr me.fr pm.me fre.fr ore.fr
    """,
    )
)
"""Domains that exist although they look like another."""
_ENDINGS = {
    "ft": "fr",
    "frr": "fr",
    "ffr": "fr",
    "fre": "fr",
    "rf": "fr",
    "con": "com",
    "comm": "com",
    "cmo": "com",
    "vom": "com",
}
_ENDINGS |= {
    "ocm": "com",
    "coom": "com",
    "xom": "com",
    "cim": "com",
    "copm": "com",
    "orgg": "org",
    "ogr": "org",
    "og": "org",
}
_ENDINGS |= {"nte": "net", "nett": "net", "f": "fr", "fe": "fr", "gouv": "gouv.fr"}
_LISTS = re.compile(
    r"(?:(?:liste?|mailing|diffusion|all|tous|toutes?|everyone|everybody|announce|annonces?)(?:[._-].*)?"
    r"|.*[._-](?:liste?|all|tous|diffusion|announce|subscribers|members))@"
    r"|.*@(?:(?:listes?|lists?|ml|sympa|groups?|groupes?)\..+|googlegroups\.com|framalistes\.org|framagroupes\.org|groups\.io)$"
)
_SHORTEST, _FEW = 6, 3


def is_list(email: str) -> bool:
    """Tell whether an address, in lower case, looks like a mailing list's."""
    return _LISTS.match(email) is not None


def usual_domains(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the domains that several people of a source have, besides the big ones."""
    return {domain: n for domain, n in counts.items() if n >= _FEW}


def meant(domain: str, usual: Mapping[str, int], counts: Mapping[str, int] = Counter()) -> str:
    """Return the domain that was probably meant, "" where this one may well be right."""
    if domain in _BIG or domain in _REAL or domain in usual:
        return ""
    name, _, ending = domain.rpartition(".")
    if ending in _ENDINGS and name:
        fixed = f"{name}.{_ENDINGS[ending]}"
        return next((known for known in _BIG if is_one_slip_apart(fixed, known)), fixed)
    if near := next((known for known in _BIG if len(known) >= _SHORTEST and is_one_slip_apart(domain, known)), ""):
        return near
    rare = counts.get(domain, 0) < 2
    return next(
        (known for known in usual if rare and len(known) > 2 * _SHORTEST and is_one_slip_apart(domain, known)), ""
    )
