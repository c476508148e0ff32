"""JSON Schema against the official conformance cases (required ones, drafts 7 to 2020-12)."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from labelled import need, show

from llmeval.scorers.schema_check import BadSchema, check

DRAFTS = {
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}


def groups(draft: str) -> Iterator[tuple[str, dict[str, Any]]]:
    path = need("json_schema_test_suite", "tests_and_remotes.tar.gz")
    with tarfile.open(path) as archive:
        for member in archive:
            folder, _, name = member.name.rpartition("/")
            if folder.endswith(f"tests/{draft}") and name.endswith(".json"):
                file = archive.extractfile(member)
                assert file is not None
                for group in json.load(file):
                    yield name, group


def outcome(schema: str, value: Any) -> bool | None:
    try:
        return not check(schema, value)
    except BadSchema:
        return None


@pytest.mark.parametrize("draft", DRAFTS)
def test_required_cases(draft: str) -> None:
    """Excluded by design: schemas that fetch other documents over a network (refused), and 'format
    is only an annotation' (formats are checked)."""
    counts: Counter[str] = Counter()
    wrong = []
    for name, group in groups(draft):
        schema = group["schema"]
        text = json.dumps(
            {"$schema": DRAFTS[draft], **schema} if isinstance(schema, dict) else schema
        )
        for case in group["tests"]:
            if "localhost:1234" in text:
                counts["remote"] += 1
            elif "only an annotation" in case["description"]:
                counts["format"] += 1
            elif outcome(text, case["data"]) == case["valid"]:
                counts["right"] += 1
            else:
                wrong.append((name, group["description"], case["description"]))
    show([(draft, *counts.items())])
    assert counts["right"] > 850
    assert not wrong
