"""A page that is one file, its scripts and styles in it: the policy that lets it run those and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re


def only_its_own(text: str, *, pictures: bool = False) -> dict[str, str]:
    """The header under which a page runs the scripts and styles that stand in it, named by their hashes.

    `pictures`: it shows some of this service's.
    """
    parts = (
        "default-src 'none'",
        *(
            f"{kind}-src {hashes}"
            for kind, tag in (("script", "script"), ("style", "style"))
            if (hashes := _hashes(text, tag))
        ),
        *(("img-src 'self'",) if pictures else ()),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {"Content-Security-Policy": "; ".join(parts)}


def _hashes(text: str, tag: str) -> str:
    found: list[str] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in found)
