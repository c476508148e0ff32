"""Prompts that ask a model for a verdict: ``prompts/judges/*.j2``.

A judge's template begins with a comment whose first line is ``{#- judge``; the rest is TOML:
``labels`` maps each label to its value in 0..1 (1 is the good end), ``pairwise = true`` says that
two answers are compared.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmeval.errors import PromptError
from llmeval.prompts.library import Prompt, PromptLibrary
from llmeval.records import Message

__all__ = ["JudgeLibrary", "JudgePrompt", "shipped_prompts"]

_HEAD = re.compile(r"\A\s*\{#-?\s*judge[ \t]*\n(.*?)-?#\}", re.DOTALL)
_PAIR = {"first", "second", "tie"}
_FORM = "begin the template with\n{#- judge\nlabels = { grounded = 1.0, ungrounded = 0.0 }\n-#}"


@dataclass(frozen=True, slots=True)
class JudgePrompt:
    """See ``ports.JudgeTemplate``."""

    prompt: Prompt
    labels: Mapping[str, float]
    pairwise: bool

    @property
    def name(self) -> str:
        return self.prompt.name

    @property
    def hash(self) -> str:
        return self.prompt.hash

    def render(self, values: Mapping[str, Any]) -> tuple[Message, ...]:
        """See ``ports.JudgeTemplate``. ``labels`` are among what the template can name."""
        return self.prompt.render({**values, "labels": list(self.labels)})


class JudgeLibrary:
    """Judges' templates: the project's own first, then those that ship."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self._library = PromptLibrary([*roots, *shipped_prompts()])

    def load(self, name: str) -> JudgePrompt:
        """Return a judge's template, by its path below ``prompts`` or below ``prompts/judges``.

        Raises ``PromptError`` where it is missing, does not compile, or has no valid head.
        """
        path = name if "/" in name else f"judges/{name}"
        path = path if path.endswith(".j2") else f"{path}.j2"
        prompt = self._library.load(path)
        head = _HEAD.match(self._library.source(path))
        if head is None:
            raise PromptError(f"{path} does not say what its labels are worth: {_FORM}")
        try:
            declared = tomllib.loads(head[1])
        except tomllib.TOMLDecodeError as error:
            raise PromptError(f"{path}: the head is no TOML ({error}): {_FORM}") from None
        return _checked(path, prompt, declared)


def shipped_prompts() -> list[Path]:
    """Return the folder of the prompts that ship: in a wheel, or at the root of a checkout."""
    package = Path(__file__).resolve().parents[1]
    folders = (package / "_shipped" / "prompts", package.parents[1] / "prompts")
    return [folder for folder in folders if (folder / "judges").is_dir()][:1]


def _checked(path: str, prompt: Prompt, declared: Mapping[str, Any]) -> JudgePrompt:
    unknown = declared.keys() - {"labels", "pairwise"}
    if unknown:
        raise PromptError(f"{path}: the head has no key {sorted(unknown)[0]!r}: {_FORM}")
    labels, pairwise = declared.get("labels"), declared.get("pairwise", False)
    if not isinstance(pairwise, bool):
        raise PromptError(f"{path}: pairwise is true or false")
    if pairwise and labels is None:
        return JudgePrompt(prompt, {"first": 1.0, "tie": 0.5, "second": 0.0}, True)
    if not isinstance(labels, dict) or len(labels) < 2 or not all(map(_is_value, labels.values())):
        raise PromptError(
            f"{path}: labels must map at least two labels to values from 0 to 1: {_FORM}"
        )
    if pairwise and set(labels) != _PAIR:
        raise PromptError(f"{path}: the labels of a comparison are first, second and tie")
    return JudgePrompt(prompt, {str(k): float(v) for k, v in labels.items()}, pairwise)


def _is_value(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
