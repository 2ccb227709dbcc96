"""Where processes come from that are killed: one fork server a test process, which has imported all of them."""

from __future__ import annotations

import multiprocessing
from functools import cache
from multiprocessing.context import ForkServerContext

KILLED = ["tests.crash.postman", "tests.crash.service", "tests.crash.zoom_service", "tests.cluster.host"]
"""There is one server, made by whoever is first: it must know what any test will start, or each start imports anew."""


@cache
def context() -> ForkServerContext:
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(KILLED)
    return found
