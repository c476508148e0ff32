"""JSON Schema against the official conformance cases (required ones, drafts 7 to 2020-12)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from labelled import DRAFTS, schema_cases, show

from llmeval.scorers.schema_check import BadSchema, check


def outcome(schema: str, value: Any) -> bool | None:
    try:
        return not check(schema, value)
    except BadSchema:
        return None


@pytest.mark.parametrize("draft", DRAFTS)
def test_required_cases(draft: str) -> None:
    counts: Counter[str] = Counter()
    wrong = []
    for case in schema_cases(draft):
        if case.skipped:
            counts[case.skipped] += 1
        elif outcome(case.schema, case.value) == case.valid:
            counts["right"] += 1
        else:
            wrong.append(case.named)
    show([(draft, *counts.items())])
    assert counts["right"] > 850
    assert not wrong
