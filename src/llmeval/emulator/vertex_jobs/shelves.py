"""Resources of one kind by their names, in the order in which they were made."""

from __future__ import annotations

from typing import Any

from llmeval.emulator.vertex_jobs.wire import Refused, missing

__all__ = ["Resource", "Shelf"]

Resource = dict[str, Any]
"""A resource as its JSON: ``name`` and the fields of the API, in camel case."""


class Shelf:
    """At most ``limit`` resources of the kind ``noun``; a full shelf refuses more."""

    def __init__(self, noun: str, limit: int = 10_000) -> None:
        self._noun = noun
        self._limit = limit
        self._rows: dict[str, Resource] = {}

    def add(self, name: str, resource: Resource) -> Resource:
        """Keep a new resource under ``name``. Raises ``Refused`` where there is one."""
        if name in self._rows:
            raise Refused("ALREADY_EXISTS", f"{self._noun} {name} already exists.")
        if len(self._rows) >= self._limit:
            message = f"The emulator keeps at most {self._limit} of {self._noun}; delete some."
            raise Refused("RESOURCE_EXHAUSTED", message)
        self._rows[name] = {"name": name, **{k: v for k, v in resource.items() if k != "name"}}
        return self._rows[name]

    def get(self, name: str) -> Resource:
        """Return a resource. Raises ``Refused`` where there is none."""
        found = self._rows.get(name)
        if found is None:
            raise missing(self._noun, name)
        return found

    def find(self, name: str) -> Resource | None:
        """Return a resource, or ``None`` where there is none."""
        return self._rows.get(name)

    def replace(self, name: str, resource: Resource) -> Resource:
        """Put another in its place. Raises ``Refused`` where there is none."""
        self.get(name)
        self._rows[name] = resource
        return resource

    def drop(self, name: str) -> Resource:
        """Take a resource away and return it. Raises ``Refused`` where there is none."""
        found = self.get(name)
        del self._rows[name]
        return found

    def under(self, parent: str) -> list[Resource]:
        """Return what belongs to ``parent``, the oldest first."""
        prefix = f"{parent}/"
        return [row for name, row in self._rows.items() if name.startswith(prefix)]
