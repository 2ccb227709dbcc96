from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.hands import Hands


@pytest.fixture(scope="session")
def hands() -> Iterator[Hands]:
    """Four processes to work on one store with."""
    some = Hands()
    yield some
    some.rest()
