"""When two answers mean the same value: a canonical form, and its hash."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

__all__ = ["canonical", "value_hash"]


def canonical(value: Any) -> str:
    """Return text that equal JSON values share: 1 is 1.0, the order of members does not matter.

    Strings are compared as they are, character for character.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))


def value_hash(value: Any) -> str:
    """Return 16 hexadecimal digits that stand for the value."""
    return blake2b(canonical(value).encode(), digest_size=8).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return value
