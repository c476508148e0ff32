"""JSON Schemas of what llmeval writes, made from the types that write it.

They ship in the package, so that other tools can check a record without llmeval.
``python -m llmeval.store.schema`` rewrites the files; a test holds them equal to the functions.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any, Final

import msgspec

from llmeval.records import (
    ANSWERED,
    FAILURE_KINDS,
    FORMAT_VERSION,
    NotScored,
    RunInfo,
    Score,
    Summary,
)
from llmeval.store.codec import ObservationLine

__all__ = ["FOLDER", "SCHEMAS", "header_schema", "observation_schema", "rewrite", "run_schema"]

Schema = dict[str, Any]

FOLDER: Final = Path(__file__).parent / "schemas"
"""Where the files lie: ``{name}.schema.json``."""


def observation_schema() -> Schema:
    """Return the schema of one line of ``observations.jsonl`` after the first."""
    defs = _definitions(ObservationLine, Score, NotScored)
    # Written apart, a score cannot be half of each: exactly one of the two has to match.
    defs["ScoreLine"] = {
        "title": "ScoreLine",
        "description": defs["ScoreLine"]["description"],
        "oneOf": [{"$ref": "#/$defs/Score"}, {"$ref": "#/$defs/NotScored"}],
    }
    defs["Score"]["properties"]["value"] |= {"minimum": 0, "maximum": 1}
    defs["Score"]["not"] = {"required": ["not_scored"]}
    defs["NotScored"]["not"] = {"required": ["value"]}
    line = defs["ObservationLine"]["properties"]
    line["outcome"] = {"enum": [ANSWERED, *FAILURE_KINDS]}
    line["repetition"]["minimum"] = 0
    line["attempts"]["minimum"] = 0
    defs["CallFailure"]["properties"]["kind"] = {"enum": list(FAILURE_KINDS)}
    return _schema("observation", {"$ref": "#/$defs/ObservationLine"}, defs)


def header_schema() -> Schema:
    """Return the schema of the first line of ``observations.jsonl``."""
    defs = _definitions(RunInfo)
    _fix_version(defs["RunInfo"])
    head = {
        "type": "object",
        "properties": {
            "format_version": {"const": FORMAT_VERSION},
            "run": {"$ref": "#/$defs/RunInfo"},
        },
        "required": ["format_version", "run"],
    }
    return _schema("header", head, defs)


def run_schema() -> Schema:
    """Return the schema of ``run.json``."""
    defs = _definitions(Summary)
    _fix_version(defs["Summary"])
    return _schema("run", {"$ref": "#/$defs/Summary"}, defs)


SCHEMAS: Final = {
    "observation": observation_schema,
    "header": header_schema,
    "run": run_schema,
}
"""Name of the file -> the function that makes it."""


def _definitions(*types: type) -> dict[str, Schema]:
    _, defs = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    for one in defs.values():
        # Python 3.13 strips a docstring's indentation by itself, 3.12 does not.
        one["description"] = inspect.cleandoc(one["description"])
    return defs


def _fix_version(record: Schema) -> None:
    record["properties"]["format_version"] = {"const": FORMAT_VERSION}
    record["required"] = [*record["required"], "format_version"]


def _schema(name: str, body: Schema, defs: dict[str, Schema]) -> Schema:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:llmeval:{name}:{FORMAT_VERSION}",
        **body,
        "$defs": defs,
    }


def rewrite(folder: Path = FOLDER) -> None:
    """Write every schema to its file in ``folder``."""
    folder.mkdir(exist_ok=True)
    for name, make in SCHEMAS.items():
        text = json.dumps(make(), indent=2, ensure_ascii=False) + "\n"
        (folder / f"{name}.schema.json").write_text(text, "utf-8")


if __name__ == "__main__":
    rewrite()
