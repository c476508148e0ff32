"""Write a decided run back to Vertex AI: to Experiments, to the Model Registry. No call is made to
a model, and nothing is decided anew.

The same run published again changes nothing. Exit code 0: it is there, whatever its verdict.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from llmeval.cli.options import add_json, endpoint_options, settings_here
from llmeval.cli.screen import print_json, say
from llmeval.errors import UsageError

if TYPE_CHECKING:
    from llmeval.publish import Published
    from llmeval.records import Summary

EXAMPLE = """\
  llmeval publish reports/latest --experiment=release-gates --project=p --location=us-central1
  llmeval publish reports/latest --register-evaluation=1234567890@2 --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``publish`` takes."""
    parser.add_argument("run_directory", metavar="RUN", help="such as reports/latest")
    parser.add_argument("--experiment", metavar="NAME", help="log metrics to this experiment")
    parser.add_argument("--run-name", metavar="NAME", help="in the experiment; default: the run id")
    parser.add_argument(
        "--register-evaluation", metavar="MODEL", help="import an evaluation of this model"
    )
    parser.add_argument(
        "--column", metavar="REF", help="which of several models the evaluation is of"
    )
    parser.add_argument("--project", metavar="ID", help="Google Cloud project")
    parser.add_argument("--location", metavar="REGION", help="default: us-central1")
    parser.add_argument("--api-endpoint", metavar="URL", help="an emulator, a private endpoint")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Publish and say where."""
    if not (arguments.experiment or arguments.register_evaluation):
        raise UsageError("say where: --experiment=NAME, --register-evaluation=MODEL, or both")
    summary = _summary(Path(arguments.run_directory))
    done = []
    for published in _published(arguments, summary):
        done.append(published)
        if not arguments.json:
            word = "published" if published.created else "was there before"
            say(f"{published.model}: {word}: {published.resource_name}\n  {published.url}")
    if arguments.json:
        print_json({"run_id": summary.run_id, "verdict": summary.verdict, "published": done})
    return 0


def _published(arguments: argparse.Namespace, summary: Summary) -> Iterator[Published]:
    from llmeval.publish import to_experiment, to_model_registry

    usual = endpoint_options(settings_here())
    project = arguments.project or usual.project
    location = arguments.location or usual.location
    api_endpoint = arguments.api_endpoint or usual.api_endpoint
    if arguments.experiment:
        yield from to_experiment(
            summary,
            experiment=arguments.experiment,
            project=project,
            location=location,
            api_endpoint=api_endpoint,
            run_name=arguments.run_name,
        )
    if arguments.register_evaluation:
        yield to_model_registry(
            summary,
            model=arguments.register_evaluation,
            project=project,
            location=location,
            api_endpoint=api_endpoint,
            column=arguments.column,
        )


def _summary(path: Path) -> Summary:
    """Return the decision on a run. Raises ``RecordError``, and ``UsageError`` without one."""
    from llmeval.store import RunDirectory

    summary = RunDirectory.open(path).summary()
    if summary is None:
        raise UsageError(
            f"{path} has no run.json: nothing was decided yet. Decide: llmeval gate {path} --write"
        )
    return summary
