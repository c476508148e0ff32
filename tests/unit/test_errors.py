from __future__ import annotations

import inspect

import pytest

from llmeval import errors
from llmeval.errors import InfrastructureError, LlmevalError, MissingExtra, UsageError, nearest

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if kind.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_its_place_and_exit_code(kind: type[LlmevalError]) -> None:
    assert issubclass(kind, LlmevalError)
    assert kind.exit_code == (2 if issubclass(kind, UsageError) else 4)
    assert not (issubclass(kind, UsageError) and issubclass(kind, InfrastructureError))


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_listed_drawn_and_described(kind: type[LlmevalError]) -> None:
    assert kind.__name__ in errors.__all__
    assert kind.__name__ in (errors.__doc__ or "")
    assert kind.__doc__


def test_a_missing_extra_is_the_pip_command() -> None:
    error = MissingExtra("llmeval load", "load")
    assert str(error) == "llmeval load needs an extra: pip install 'llmeval-gate[load]'"
    assert isinstance(error, UsageError)


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("concurency", ["samples", "concurrency"], " Did you mean 'concurrency'?"),
        ("zzz", ["samples"], ""),
        ("", ["samples"], ""),
        ("samples", [], ""),
        ("x" * 100_000, ["samples"], ""),
        ("\ud800\x1b[31m", ["samples"], ""),
    ],
)
def test_the_nearest_word_is_offered(word: str, known: list[str], hint: str) -> None:
    assert nearest(word, iter(known)) == hint
