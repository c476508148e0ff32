"""What came of writing a run back."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["Published"]


class Published(Struct, frozen=True):
    """One resource on Vertex AI that tells of a run.

    ``model`` is the column of the run that it tells of; ``created`` is false where it was there
    before; ``url`` is its page in the console.
    """

    model: str
    resource_name: str
    url: str
    created: bool
