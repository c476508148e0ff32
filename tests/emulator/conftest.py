"""What Google's clients leave behind is none of ours."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest

_BREAKS = ("reset", "fin_stream", "truncated", "cut", "hang", "midstream", "garbage")
"""Words in the name of a test whose connection is broken off."""


@pytest.fixture(autouse=True)
def broken_connections_are_collected(request: pytest.FixtureRequest) -> Iterator[None]:
    """requests forgets the socket of a connection that broke: it is found now, and not in the
    middle of a test that has nothing to do with it."""
    yield
    if any(word in request.node.name for word in _BREAKS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
