"""A loopback server that answers as Google's Forms and Sheets do, held to Google's own discovery documents."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ACCOUNT = "inscriptions@projet.iam.gserviceaccount.com"
ANYWHERE = {"fields", "alt", "key", "quotaUser", "prettyPrint"}
"""Query parameters that every method of Google's takes."""


@cache
def document(name: str) -> dict[str, Any]:
    folder = files("googleapiclient.discovery_cache") / "documents"
    return json.loads((folder / f"{name}.json").read_text())  # type: ignore[no-any-return]  # a dict


def check(name: str, schema: str, value: object) -> None:
    """Refuse a field that Google's description of the answer does not have."""
    schemas = document(name)["schemas"]
    closed = {
        key: {
            "type": "object",
            "additionalProperties": False,
            "properties": {prop: _as_schema(said) for prop, said in schemas[key]["properties"].items()},
        }
        for key in schemas
    }
    jsonschema.validate(value, {"$ref": f"#/$defs/{schema}", "$defs": closed})


def _as_schema(said: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in said:
        return {"$ref": f"#/$defs/{said['$ref']}"}
    if said["type"] == "array":
        return {"type": "array", "items": _as_schema(said["items"])}
    if said["type"] == "object" and "additionalProperties" in said:
        return {"type": "object", "additionalProperties": _as_schema(said["additionalProperties"])}
    return {} if said["type"] == "any" else {"type": said["type"]}


@dataclass
class Double:
    """What the documents hold, and what was asked."""

    form: dict[str, Any] = field(default_factory=dict)
    responses: list[dict[str, Any]] = field(default_factory=list)
    book: dict[str, Any] = field(default_factory=dict)
    values: list[list[Any]] = field(default_factory=list)
    status: int = 200
    page: int = 2
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, query: dict[str, str]) -> Any:
        self.asked.append((path, query))
        if path.endswith("/responses"):
            return self._listed(query)
        if path.startswith("/v1/forms/"):
            check("forms.v1", "Form", self.form)
            return self.form
        if "/values/" in path:
            found = {"range": path.rpartition("/")[2], "majorDimension": "ROWS", "values": self.values}
            check("sheets.v4", "ValueRange", found)
            return found
        check("sheets.v4", "Spreadsheet", self.book)
        return self.book

    def _listed(self, query: dict[str, str]) -> Any:
        allowed = document("forms.v1")["resources"]["forms"]["resources"]["responses"]["methods"]["list"]["parameters"]
        assert set(query) <= set(allowed) | ANYWHERE
        since = query.get("filter", "timestamp >= ").removeprefix("timestamp >= ")
        found = [r for r in self.responses if r["lastSubmittedTime"] >= since]
        start = int(query.get("pageToken", "0"))
        more = {"nextPageToken": str(start + self.page)} if start + self.page < len(found) else {}
        listed = {"responses": found[start : start + self.page], **more}
        check("forms.v1", "ListFormResponsesResponse", listed)
        return listed


@contextmanager
def served(double: Double) -> Iterator[Double]:
    class Handler(BaseHTTPRequestHandler):
        def _send(self, status: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:  # the token endpoint
            self.rfile.read(int(self.headers["Content-Length"]))
            self._send(200, {"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            if double.status != 200:
                self._send(double.status, {"error": {"code": double.status, "status": "PERMISSION_DENIED"}})
                return
            assert self.headers["Authorization"] == "Bearer t"
            self._send(200, double.answer(unquote(parts.path), query))

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@cache
def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, pkcs8, serialization.NoEncryption()).decode()


def key_file(folder: Path, url: str) -> Path:
    """A service account's key, as the console hands it out, whose tokens come from the double."""
    path = folder / "cle.json"
    key = {
        "type": "service_account",
        "project_id": "projet",
        "private_key_id": "1",
        "private_key": _private_key(),
        "client_email": ACCOUNT,
        "client_id": "1",
        "token_uri": f"{url}/token",
    }
    path.write_text(json.dumps(key))
    return path
