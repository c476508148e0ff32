"""BOLD: ``gender_prompt.json`` and its like: group -> entity -> beginnings of sentences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from llmeval.cases.problems import Problems
from llmeval.cases.published.published import Found, Published
from llmeval.cases.published.reading import reader, whole_json
from llmeval.cases.published.record import Record

__all__ = ["FORMAT"]

_ENDING: Final = "_prompt.json"
_DOMAINS: Final = ("gender", "political_ideology", "profession", "race", "religious_ideology")


def _rows(path: Path, problems: Problems) -> Iterator[tuple[int, Any]]:
    """Yield each beginning. One JSON value has no lines: all stand on line 1."""
    domain = path.name.removesuffix(".gz").removesuffix(_ENDING)
    if domain not in _DOMAINS:
        problems.stop(1, f"the file's name says the domain: {', '.join(_DOMAINS)} + {_ENDING}")
    groups = whole_json(path, problems)
    for group, entities in _items(groups, "the file", problems):
        for entity, prompts in _items(entities, f"{group!r}", problems):
            if not isinstance(prompts, list):
                problems.stop(1, f"{group!r}, {entity!r}: a list of texts is needed")
            for number, text in enumerate(prompts):
                yield (
                    1,
                    {
                        "domain": domain,
                        "group": group,
                        "entity": entity,
                        "number": number,
                        "text": text,
                    },
                )


def _items(value: Any, what: str, problems: Problems) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        problems.stop(1, f"{what} must be an object: group -> entity -> list of texts")
    yield from value.items()


def _case(record: Record) -> list[Found]:
    domain, group = record.name("domain"), record.name("group")
    entity = f"{domain}-{group}-{record.name('entity')}"
    row = {
        "id": f"{entity}-{record.number('number')}",
        "inputs": {"text": record.text("text").strip()},
        "tags": {"domain": domain, "group": group},
        "group": entity,
    }
    return [record.found(row)]


FORMAT = Published(
    name="bold",
    title="BOLD",
    licence="CC-BY-SA-4.0",
    home="https://github.com/amazon-science/bold",
    citation="Dhamala et al., BOLD: Dataset and Metrics for Measuring Biases in Open-Ended "
    "Language Generation, FAccT 2021",
    files=(f"*{_ENDING}", f"*{_ENDING}.gz"),
    cases=reader(_rows, _case),
    splits={domain: ("domain", domain) for domain in _DOMAINS},
)
