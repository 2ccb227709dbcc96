"""The link that starts a meeting as its host: asked for at the moment of the click, kept nowhere.

Zoom's `start_url` carries a key that ends after two hours (`GET /meetings/{id}`): whoever has it acts as the host.
"""

from __future__ import annotations

from orchestrator.core.errors import ZoomError
from orchestrator.gateways.zoom.api import ZoomApi
from orchestrator.gateways.zoom.shapes import Shape

SCHEMES = ("https://", "http://127.0.0.1", "http://localhost")


class Starting(Shape):
    start_url: str = ""


def start_url(api: ZoomApi, path: str) -> str:
    """Raises ZoomError, also where Zoom gives no such link."""
    link = api.ask(Starting, "GET", path).start_url
    if not link.startswith(SCHEMES):
        raise ZoomError("Zoom ne donne pas le lien de démarrage", remedy="connectez-vous à Zoom avec le compte hôte")
    return link
