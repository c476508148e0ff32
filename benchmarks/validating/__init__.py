"""What ``benchmarks/validation.py`` measures: a section a scorer.

A new scorer gets a function that returns a ``Section``, and a place in ``SECTIONS``. Loaders of the
labelled sets are those of ``tests/validation/labelled.py``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping

from validating import (
    abusing,
    choosing,
    complying,
    following,
    grounding,
    hiding,
    judging,
    referring,
    refusing,
    repeating,
)
from validating.page import Section

__all__ = ["SECTIONS", "measure"]

SECTIONS: Mapping[str, Callable[[], Section]] = {
    "groundedness": grounding.section,
    "self_consistency": repeating.section,
    "fact": referring.facts,
    "refusal": refusing.section,
    "compliance": complying.section,
    "injection": hiding.section,
    "toxicity": abusing.section,
    "ifeval": following.instructions,
    "json_schema": following.schemas,
    "bbq": choosing.section,
    "pronouns": referring.pronouns,
    "judges": judging.section,
}
"""Name of the section -> what measures it, in the page's order."""


def measure(sections: Mapping[str, Callable[[], Section]]) -> list[Section]:
    """Measure the sections one after the other; says on stderr how long each took."""
    found = []
    for name, section in sections.items():
        started = time.perf_counter()
        found.append(section())
        print(f"{name}: {time.perf_counter() - started:.1f} s", file=sys.stderr)
    return found
