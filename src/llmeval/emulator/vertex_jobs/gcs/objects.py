"""Buckets and objects in memory: what the emulated Cloud Storage holds."""

from __future__ import annotations

import base64
import functools
import hashlib
import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Bucket", "NoObject", "Object", "ObjectStore", "StoreFull", "split_uri"]


class NoObject(LookupError):
    """There is no such bucket or object; the message is the one of Cloud Storage."""


class StoreFull(Exception):
    """The store holds as many bytes as it may."""


@dataclass(frozen=True, slots=True)
class Object:
    """One generation of an object. ``md5`` and ``crc32c`` (big-endian) are in base64, ``fields``
    the metadata as the client gave them."""

    name: str
    data: bytes
    md5: str
    crc32c: str
    generation: int
    updated: float
    fields: dict[str, Any] = field(default_factory=dict)
    metageneration: int = 1


@dataclass(slots=True)
class Bucket:
    """A bucket: its metadata and its objects by name."""

    name: str
    fields: dict[str, Any]
    policy: dict[str, Any] = field(default_factory=dict)
    objects: dict[str, Object] = field(default_factory=dict)


class ObjectStore:
    """All buckets of one emulator. Together their objects have at most ``capacity`` bytes."""

    def __init__(self, buckets: Iterable[str] = (), capacity: int = 512_000_000) -> None:
        self._capacity = capacity
        self._held = 0
        self._generations = itertools.count(time.time_ns() // 1000)
        self.buckets: dict[str, Bucket] = {name: Bucket(name, {}) for name in buckets}

    def bucket(self, name: str) -> Bucket:
        """Return a bucket. Raises ``NoObject``."""
        found = self.buckets.get(name)
        if found is None:
            raise NoObject("The specified bucket does not exist.")
        return found

    def get(self, bucket: str, name: str) -> Object:
        """Return an object. Raises ``NoObject``."""
        found = self.bucket(bucket).objects.get(name)
        if found is None:
            raise NoObject(f"No such object: {bucket}/{name}")
        return found

    def put(
        self, bucket: str, name: str, data: bytes, fields: dict[str, Any] | None = None
    ) -> Object:
        """Write a new generation of an object. Raises ``NoObject`` and ``StoreFull``."""
        place = self.bucket(bucket).objects
        before = len(place[name].data) if name in place else 0
        if self._held - before + len(data) > self._capacity:
            raise StoreFull(f"the emulator's buckets hold at most {self._capacity:,} bytes")
        self._held += len(data) - before
        place[name] = Object(
            name,
            data,
            md5=_base64(hashlib.md5(data, usedforsecurity=False).digest()),
            crc32c=_base64(_crc32c(data).to_bytes(4, "big")),
            generation=next(self._generations),
            updated=time.time(),
            fields=fields or {},
        )
        return place[name]

    def delete(self, bucket: str, name: str) -> None:
        """Delete an object. Raises ``NoObject``."""
        self._held -= len(self.get(bucket, name).data)
        del self.bucket(bucket).objects[name]

    def names(self, bucket: str, prefix: str = "") -> list[str]:
        """Return the names that begin with ``prefix``, in order. Raises ``NoObject``."""
        return sorted(n for n in self.bucket(bucket).objects if n.startswith(prefix))


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and object name of ``gs://bucket/name``. Raises ``ValueError``."""
    scheme, _, rest = uri.partition("gs://")
    bucket, _, name = rest.partition("/")
    if scheme or not bucket:
        raise ValueError(f"{uri!r} is not a gs:// address")
    return bucket, name


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _crc32c(data: bytes) -> int:
    """Return CRC-32C (Castagnoli), by the C library of Google's client where it is installed."""
    try:
        import google_crc32c
    except ImportError:
        crc = 0xFFFFFFFF
        for byte in data:
            crc = _castagnoli()[(crc ^ byte) & 0xFF] ^ (crc >> 8)
        return crc ^ 0xFFFFFFFF
    return int(google_crc32c.value(data))


@functools.cache
def _castagnoli() -> tuple[int, ...]:
    """The table of the reflected polynomial 0x82F63B78 (RFC 3720, appendix B.4)."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)
