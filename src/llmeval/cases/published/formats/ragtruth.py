"""RAGTruth: ``source_info.jsonl`` (what was asked of which text), ``response.jsonl`` (answers)."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from llmeval.cases.jsonl import parse_line
from llmeval.cases.published.published import Found, Published
from llmeval.cases.published.reading import json_lines, reader
from llmeval.cases.published.record import Record, RowProblem
from llmeval.errors import CaseError

__all__ = ["FORMAT"]

_SOURCES: Final = "source_info.jsonl"
_RESPONSES: Final = "response.jsonl"
_TASKS: Final = ("QA", "Summary", "Data2txt")
_SPLITS: Final = ("train", "test")


def _cases(files: Sequence[Path]) -> Iterator[Found]:
    """Yield a case for each source; its answers, where they are there, tell its split."""
    sources = [_beside(path, _SOURCES) for path in files]
    splits = _splits_of(sources)

    def case(record: Record) -> list[Found]:
        name = record.name("source_id")
        inputs = {"message": record.text("prompt"), **_material(record)}
        tags = {"task": record.one_of("task_type", _TASKS), "source": record.name("source")}
        if splits:
            tags["split"] = splits.get(name, "none")
        return [record.found({"id": name, "inputs": inputs, "tags": tags})]

    yield from reader(json_lines, case)(sources)


def _splits_of(sources: Sequence[Path]) -> dict[str, str]:
    splits: dict[str, str] = {}

    def note(record: Record) -> list[Found]:
        splits[record.name("source_id")] = record.one_of("split", _SPLITS)
        return []

    beside = [path.with_name(_RESPONSES) for path in sources]
    deque(reader(json_lines, note)([path for path in beside if path.is_file()]), maxlen=0)
    return splits


def _material(record: Record) -> dict[str, str]:
    """Return the text that the answer must keep to, and the question where there is one."""
    source = record.value("source_info", (str, dict), "text or an object")
    if isinstance(source, str):
        return {"context": source}
    if isinstance(source.get("passages"), str) and isinstance(source.get("question"), str):
        return {"context": source["passages"], "question": source["question"]}
    return {"context": json.dumps(source, ensure_ascii=False)}


def _labelled(files: Sequence[Path]) -> Iterator[Found]:
    """Yield each answer with its source; of the sources, only their places are in memory."""
    for path in files:
        make = partial(_answer, source_of=_lookup(_beside(path, _SOURCES)))
        yield from reader(json_lines, make)([_beside(path, _RESPONSES)])


def _answer(record: Record, source_of: Callable[[str], Record]) -> list[Found]:
    group = record.name("source_id")
    source = source_of(group)
    spans = record.value("labels", list, "a list")
    row = {
        "id": record.name("id"),
        "response": record.value("response", str, "text"),
        "context": _material(source)["context"],
        "prompt": source.text("prompt"),
        "label": "ungrounded" if spans else "grounded",
        "spans": [_span(each) for each in spans],
        "tags": {
            "task": source.one_of("task_type", _TASKS),
            "model": record.name("model"),
            "split": record.one_of("split", _SPLITS),
            "quality": record.name("quality"),
        },
        "group": group,
    }
    return [record.found(row, unit=group)]


def _span(span: Any) -> dict[str, Any]:
    if not isinstance(span, dict):
        raise RowProblem("'labels' must be a list of objects")
    kept = ("start", "end", "label_type", "implicit_true")
    return {name: span[name] for name in kept if name in span}


def _lookup(path: Path) -> Callable[[str], Record]:
    """Return what reads one source by its id from where it stands in the file."""
    places: dict[str, tuple[int, int]] = {}
    with path.open("rb") as file:
        at = 0
        for number, line in enumerate(file, 1):
            if not line.isspace():
                places[_source_id(line, path, number)] = (at, number)
            at += len(line)

    def source_of(name: str) -> Record:
        if name not in places:
            raise RowProblem(f"{path.name} has no source_id {name!r}")
        place, number = places[name]
        with path.open("rb") as file:
            file.seek(place)
            return Record(parse_line(file.readline()), path, number)

    return source_of


def _source_id(line: bytes, path: Path, number: int) -> str:
    try:
        return Record(parse_line(line), path, number).name("source_id")
    except (ValueError, RowProblem) as error:
        raise CaseError(f"{path}:{number}: {error}") from None


def _beside(path: Path, name: str) -> Path:
    found = path.with_name(name)
    if not found.is_file():
        raise CaseError(
            f"{found} is missing: RAGTruth's answers and sources are two files in one folder"
        )
    return found


FORMAT = Published(
    name="ragtruth",
    title="RAGTruth",
    licence="MIT",
    home="https://github.com/ParticleMedia/RAGTruth",
    citation="Niu et al., RAGTruth: A Hallucination Corpus for Developing Trustworthy "
    "Retrieval-Augmented Language Models, ACL 2024",
    files=(_SOURCES,),
    cases=_cases,
    labelled=_labelled,
    splits={split: ("split", split) for split in _SPLITS},
    beside=(_SOURCES, _RESPONSES),
)
