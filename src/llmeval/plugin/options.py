"""The plugin's options. Their meaning is ``config.Config``'s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

__all__ = ["add_options", "given_options", "is_active"]

_TEXT = {
    "project": ("ID", "Google Cloud project"),
    "location": (
        "REGION",
        "Google Cloud region (default: us-central1); with several, by commas, a column each",
    ),
    "api-endpoint": ("URL", "another address of the API; on loopback no credentials are asked for"),
    "gates": ("FILE", "release gates (default: gates.toml)"),
    "baseline": ("RUN", "an earlier run's directory, for gates that compare with one"),
    "by": ("WHAT", "deployed_model: decide on each model behind an endpoint's traffic split"),
    "run-dir": ("DIR", "directory of this run (default: reports/<run id>)"),
    "staging": ("GS", "folder in Cloud Storage for --batch, such as gs://bucket/llmeval"),
    "experiment": ("NAME", "log the decided run to this Vertex AI experiment"),
    "register-evaluation": ("MODEL", "import the decided run as an evaluation of this model"),
    "shard": ("i/n", "measure the i-th of n parts only; such a run can never pass by itself"),
}
_WHOLE = {
    "samples": "answers to each case, where the suite does not say (default: 1)",
    "concurrency": "calls in flight at most (default: 32)",
    "max-calls": "stop cleanly before this many calls are exceeded",
    "seed": "seed of simulators and of the order of draws (default: 0)",
    "max-attempts": "tries of a call that failed on its way (default: 6)",
}
_DECIMAL = {
    "budget": "stop cleanly before this many US dollars are exceeded",
    "timeout": "seconds that one attempt may take (default: 60)",
    "retry-for": "seconds of back-off that one sample may take in all (default: 120)",
}
_FLAGS = {
    "resume": "go on in the run directory, asking only what is not recorded there",
    "batch": "answer untimed samples by Vertex AI batch prediction (needs --staging)",
    "no-cache": "ask every question anew",
    "otel": "export spans and metrics by OTLP, to where the OTEL_EXPORTER_OTLP_* variables say",
}


def add_options(parser: pytest.Parser) -> None:
    """Register every option; none of them does anything without ``--model``."""
    group = parser.getgroup("llmeval", "deciding whether an LLM endpoint may be released")
    group.addoption(
        "--model",
        action="append",
        metavar="REF",
        dest="llmeval_model",
        help="endpoint to measure: a Vertex AI endpoint's id or name, gemini-…, "
        "publishers/…/models/…, openai:http://host/v1#name, python:module:function, demo, "
        "demo-flawed, vertex-emulator (may be repeated)",
    )
    group.addoption(
        "--judge",
        action="append",
        metavar="REF",
        dest="llmeval_judge",
        help="endpoint that scores, for suites with a judge; of several the majority decides",
    )
    for name, (metavar, text) in _TEXT.items():
        group.addoption(f"--{name}", metavar=metavar, dest=_dest(name), help=text)
    for name, text in _WHOLE.items():
        group.addoption(f"--{name}", type=int, metavar="N", dest=_dest(name), help=text)
    for name, text in _DECIMAL.items():
        group.addoption(f"--{name}", type=float, metavar="X", dest=_dest(name), help=text)
    for name, text in _FLAGS.items():
        group.addoption(f"--{name}", action="store_const", const=True, dest=_dest(name), help=text)
    group.addoption("--llmeval-plan", metavar="FILE", dest="llmeval_plan", help=_HIDDEN)


_HIDDEN = "write what would be measured to FILE (used by 'llmeval plan')"


def is_active(config: pytest.Config) -> bool:
    """Whether this session measures anything."""
    return bool(config.getoption("llmeval_model", None))


def given_options(config: pytest.Config) -> dict[str, Any]:
    """Return the options that were given, by the names of ``Config``'s fields."""
    names = ["model", "judge", *_TEXT, *_WHOLE, *_DECIMAL, *_FLAGS]
    values = {name.replace("-", "_"): config.getoption(_dest(name), None) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _dest(name: str) -> str:
    return "llmeval_" + name.replace("-", "_")
