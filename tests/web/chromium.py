"""Debian's Chromium, driven by Playwright, and axe-core with the rules of WCAG 2.1 A and AA and the RGAA."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator.web.server import served
from tests.web.door import Door

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "RGAAv4", "best-practice"]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 740}
ASK_AXE = """async (tags) => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]});
  return found.violations.map((one) => ({id: one.id, where: one.nodes.map((node) => node.html)}));
}"""
PICTURES = os.environ.get("PICTURES", "")
"""A folder where every state that is looked at is kept as a picture."""


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser for as long as the context is open; skips where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def listening(door: Door) -> Iterator[str]:
    """Serve the doors on loopback; gives what addresses start with."""
    with served(door.app, "127.0.0.1", 0, lambda _trouble: None) as server:
        yield f"http://127.0.0.1:{server.port}"


def violations(page: Any) -> list[str]:
    """What axe finds wrong, one line an element."""
    import axe_playwright_python

    source = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8")
    page.evaluate(source + ";undefined")
    found = page.evaluate(ASK_AXE, TAGS)
    return [f"{one['id']}: {html[:160]}" for one in found for html in one["where"]]


def picture(page: Any, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"


def is_wider_than_its_window(page: Any) -> bool:
    """Tell whether a page is still too wide once it has had a moment to settle."""
    try:
        page.wait_for_function(FITS, timeout=3_000)
    except Exception as error:  # Playwright's own TimeoutError; its module is not imported where Chromium is missing
        if type(error).__name__ != "TimeoutError":
            raise
        return True
    return False
