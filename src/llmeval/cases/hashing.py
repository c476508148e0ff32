"""The identity of a data set, whatever file it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from llmeval.records import Case

__all__ = ["cases_hash"]


def cases_hash(cases: Iterable[Case]) -> str:
    """Return the SHA-256 (64 hex digits) of the cases in their order.

    Each case enters as one line of canonical JSON (UTF-8, sorted keys, no white space, defaults
    written out), so the same cases have the same hash in every file format.
    """
    encoder = msgspec.json.Encoder(order="sorted")
    digest = hashlib.sha256()
    for case in cases:
        digest.update(encoder.encode(case))
        digest.update(b"\n")
    return digest.hexdigest()
