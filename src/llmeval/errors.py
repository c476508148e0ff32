"""What can go wrong, as a tree.

    LlmevalError
    ├── UsageError            the caller asked for something that cannot be: exit code 2 (pytest: 4)
    │   ├── ConfigError       options, ``[tool.llmeval]``
    │   ├── CaseError         a case file, a row, a field
    │   ├── PromptError       a template, a variable, a role
    │   ├── SuiteError        a suite's declaration
    │   ├── GatesError        gates.toml: a key, a metric, a threshold
    │   ├── ModelReferenceError
    │   └── MissingExtra      an optional dependency; the message is the pip command
    └── InfrastructureError   the world failed, not the model: exit code 4
        ├── RecordError       a record that cannot be read or written
        └── EndpointDown      the endpoint answers nobody

What an endpoint does to one call is not an exception but an outcome: see ``records.CallFailure``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "CaseError",
    "ConfigError",
    "EndpointDown",
    "GatesError",
    "InfrastructureError",
    "LlmevalError",
    "MissingExtra",
    "ModelReferenceError",
    "PromptError",
    "RecordError",
    "SuiteError",
    "UsageError",
    "nearest",
]


class LlmevalError(Exception):
    """Base of all errors that llmeval raises on purpose.

    The message says what happened, where (suite, case, file, line) and what to do next. Where the
    two are known apart, ``problem`` is the first and ``fix`` the second.
    """

    exit_code = 4

    def __init__(self, problem: str = "", *, fix: str = "") -> None:
        super().__init__(f"{problem}. {fix}" if fix else problem)
        self.problem = problem
        self.fix = fix


class UsageError(LlmevalError):
    """The request cannot be carried out as it stands."""

    exit_code = 2


class ConfigError(UsageError):
    """An option or a key of ``[tool.llmeval]`` is wrong."""


class CaseError(UsageError):
    """A case file or one of its rows is wrong."""


class PromptError(UsageError):
    """A template is wrong, or does not fit its cases."""


class SuiteError(UsageError):
    """A suite's declaration is wrong."""


class GatesError(UsageError):
    """A gates file is wrong."""


class ModelReferenceError(UsageError):
    """A ``--model`` that names nothing we know."""


class MissingExtra(UsageError):
    """A feature needs a package that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an extra: pip install 'llmeval-gate[{extra}]'")


class InfrastructureError(LlmevalError):
    """Something around the model failed; nothing can be said about the model itself."""


class RecordError(InfrastructureError):
    """A record cannot be read, written or combined."""


class EndpointDown(InfrastructureError):
    """The endpoint cannot be reached, or refuses every call."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the closest of ``known``, or an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""
