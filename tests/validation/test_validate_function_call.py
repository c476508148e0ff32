"""``function_call`` against the answers of the Berkeley Function-Calling Leaderboard.

    pip install --no-deps --target DIR bfcl-eval==2026.3.23; PYTHONPATH=DIR python -m pytest … -s

Each question has tools, and calls that its authors accept. Written in Python's syntax and in JSON,
they must be valid; with the tool's name or an argument spoilt, they must not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from labelled import sample

from llmeval.records import NotScored, Score
from llmeval.scorers import function_call

SETS = ("simple_python", "multiple", "parallel", "parallel_multiple")
LIVE = ("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")
_TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": None, "HashMap": "object"}


def rows(name: str) -> list[tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]]:
    """Return each question's tools, and the calls that are accepted."""
    spec = find_spec("bfcl_eval")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("labelled data not found: bfcl_eval is not installed")
    data = Path(spec.submodule_search_locations[0]) / "data"
    asked, accepted = (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in (data / f"BFCL_v4_{name}.json", data / f"possible_answer/BFCL_v4_{name}.json")
    )
    found = []
    for question, answer in zip(asked, accepted, strict=True):
        assert question["id"] == answer["id"]
        tools = {tool["name"]: schema(tool["parameters"]) for tool in question["function"]}
        calls = [
            (function, {k: first(v) for k, v in given.items() if v and v[0] != ""})
            for call in answer["ground_truth"]
            for function, given in call.items()
        ]
        found.append((tools, calls))
    return found


def schema(given: Any) -> Any:
    """Return JSON Schema for what BFCL writes in the names of Python's types."""
    if isinstance(given, list):
        return [schema(each) for each in given]
    if not isinstance(given, dict):
        return given
    known = {k: schema(v) for k, v in given.items()}
    kind = known.get("type")
    if isinstance(kind, str) and kind in _TYPES:
        known.pop("type")
        if _TYPES[kind]:
            known["type"] = _TYPES[kind]
    return known


def first(accepted: list[Any]) -> Any:
    """Return the first accepted value; within a mapping each member has its own list of them."""
    return plain(accepted[0]) if accepted else []


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            k: first(v) if isinstance(v, list) else v
            for k, v in value.items()
            if not (isinstance(v, list) and v and v[0] == "")
        }
    return [plain(each) for each in value] if isinstance(value, list) else value


def python(calls: list[tuple[str, dict[str, Any]]]) -> str:
    return "\n".join(
        f"{name}({', '.join(f'{k}={v!r}' for k, v in given.items())})" for name, given in calls
    )


def spoilt(calls: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """Return the calls with a wrong name, with a strange argument, without an end."""
    (name, given), *rest = calls
    return [
        python([(f"{name}_", given), *rest]),
        python([(name, {**given, "no_such_argument": 1}), *rest]),
        python(calls)[:-1],
        f"Here is the call: {python(calls)}",
    ]


def hashes(found: Sequence[Score | NotScored]) -> int:
    """Return how many different values were read."""
    return len({(f.evidence or {}).get("value_hash") for f in found if isinstance(f, Score)})


def test_accepted_calls_are_valid_and_spoilt_ones_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counts: Counter[str] = Counter()
    refused: list[str] = []
    for name in (*SETS, *LIVE):
        here: Counter[str] = Counter()
        for i, (tools, calls) in enumerate(rows(name)):
            scorer = function_call(tools)
            as_json = json.dumps([{"name": n, "arguments": a} for n, a in calls])
            texts = (python(calls), as_json, *spoilt(calls))
            found = scorer.score([sample(f"{name}-{i}", text) for text in texts])
            one, other, *wrong = (f.value if isinstance(f, Score) else -1 for f in found)
            here.update(n=1, valid=one == 1, same=hashes(found[:2]) == 1, spoilt=len(wrong))
            assert one == other, (name, i)
            here["caught"] += sum(value == 0 for value in wrong)
            if one != 1:
                refused.append(f"{name}-{i}: {getattr(found[0], 'explanation', found[0])}")
        counts += here
        with capsys.disabled():
            print(name, dict(here))
    with capsys.disabled():
        print(dict(counts), *refused[:60], sep="\n")
    assert counts["n"] >= 1_000
    assert counts["caught"] == counts["spoilt"]
    assert counts["same"] == counts["n"]
    # The rest breaks the tool's own schema: a required argument left out, a value not in its enum.
    assert counts["valid"] >= 0.985 * counts["n"]
