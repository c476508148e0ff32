"""The shipped files as a test reads them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jinja2

from llmeval.records import Message

ROOT = Path(__file__).parents[3]
SUITES = ("bias", "format", "hallucination", "latency", "safety", "toxicity")
FILES = sorted(path for suite in SUITES for path in (ROOT / "suites" / suite / "cases").iterdir())


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def render(prompt: str, inputs: dict[str, Any]) -> tuple[Message, ...]:
    """Render a shipped template with nothing but Jinja2: role tags become marks in the text."""
    source = (ROOT / "prompts" / prompt).read_text(encoding="utf-8")
    source = re.sub(r"{% (system|user|assistant) %}", "\x01\\1\x02", source)
    source = re.sub(r"{% end(system|user|assistant) %}", "\x03", source)
    found = re.findall(
        "\x01(\\w+)\x02(.*?)\x03", _ENVIRONMENT.from_string(source).render(inputs), re.S
    )
    return tuple(Message(role, text.strip()) for role, text in found)


def _lettered(options: list[str]) -> str:
    return "\n".join(f"({chr(65 + i)}) {text}" for i, text in enumerate(options))


_ENVIRONMENT = jinja2.Environment(
    undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_ENVIRONMENT.filters["lettered"] = _lettered
