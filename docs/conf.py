"""How Sphinx makes the pages: `./run docs`. Without network; a warning is an error."""

from __future__ import annotations

import re
from pathlib import Path

_version = re.search(
    r'__version__ = "([^"]+)"', Path(__file__).parents[1].joinpath("orchestrator/__init__.py").read_text()
)

project = "orchestrator"
version = release = _version[1] if _version else ""
language = "fr"

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
source_suffix = {".md": "markdown"}

html_theme = "alabaster"
html_title = "orchestrator"
html_theme_options = {
    "description": "Le côté Zoom d'un événement en ligne, tout seul",
    "fixed_sidebar": True,
    "sidebar_width": "17rem",
    "page_width": "70rem",
}
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
smartquotes = False  # the pages are in two languages
