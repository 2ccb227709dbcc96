"""Debian's Chromium, driven by Playwright, and axe-core with the rules of WCAG 2.1 A and AA and the RGAA."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from orchestrator.web.server import served
from tests.web.door import Door

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "RGAAv4", "best-practice"]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 740}
TWICE = {"width": 640, "height": 450}
"""A desktop of 1280 pixels whose page is magnified to 200 %."""
ASK_AXE = """async (rules) => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
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


LOOKS = (("desktop-light", DESKTOP, "light"), ("phone-dark", PHONE, "dark"))
SEEN = """[...document.querySelectorAll("*")].map((e) => +(e.getClientRects().length > 0)).join("")"""
BY_LOOK = ["color-contrast", "css-orientation-lock", "link-in-text-block", "meta-viewport", "skip-link",
           "scrollable-region-focusable", "target-size"]  # fmt: skip
"""Rules whose answer depends on size and colours, and not only on which elements are there to be seen."""


@cache
def axe() -> str:
    import axe_playwright_python

    return Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text("utf-8") + ";undefined"


def violations(page: Any) -> list[str]:
    """What axe finds wrong, one line an element."""
    page.evaluate(axe())
    return _asked(page, {"type": "tag", "values": TAGS})


def _asked(page: Any, rules: dict[str, Any]) -> list[str]:
    found = page.evaluate(ASK_AXE, rules)
    return [f"{one['id']}: {html[:160]}" for one in found for html in one["where"]]


def wrong_in_both_looks(page: Any, name: str) -> dict[str, list[str]]:
    """What is wrong on a page as it stands, on a desktop in light colours and on a telephone in dark ones.

    The page is one document in both; where the same elements are to be seen in both, the second look asks only the
    rules that colours and sizes decide.
    """
    found: dict[str, list[str]] = {}
    seen = ""
    for look, view, scheme in LOOKS:
        page.set_viewport_size(view)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # colours change at once
        shown = page.evaluate(SEEN)
        wrong = _asked(page, {"type": "rule", "values": BY_LOOK}) if shown == seen else violations(page)
        seen = shown
        picture(page, f"{name}-{look}")
        found[f"{name} {look}"] = wrong + (["too wide"] if is_wider_than_its_window(page) else [])
    return {look: wrong for look, wrong in found.items() if wrong}


def picture(page: Any, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"


def is_wider_than_its_window(page: Any) -> bool:
    """Tell whether a page is still too wide once it has had a moment to settle."""
    try:
        page.wait_for_function(FITS, timeout=10_000)
    except Exception as error:  # Playwright's own TimeoutError; its module is not imported where Chromium is missing
        if type(error).__name__ != "TimeoutError":
            raise
        return True
    return False
