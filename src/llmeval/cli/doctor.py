"""What is missing or broken on this machine and in this directory, with the fix for each.

With --model, one call is made, and what went wrong is said in plain words. On Vertex AI each step
before it is looked at as well: credentials, project, region, what is deployed; an endpoint that is
not where it is looked for is looked for in all regions. Exit code 0: nothing is in the way; 4:
something is.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmeval.cli.options import add_json, endpoint_options, positive, settings_here
from llmeval.cli.screen import print_json, say
from llmeval.errors import LlmevalError

if TYPE_CHECKING:
    from llmeval.cli.checkups import Finding
    from llmeval.config import Config

EXAMPLE = """\
  llmeval doctor
  llmeval doctor --model=openai:http://127.0.0.1:8000/v1#name
  llmeval doctor --model=1234567890 --project=my-project --location=us-central1
"""

_PLACE = ("project", "location", "api_endpoint")
_ONCE = {"google-auth", "credentials", "access token", "project", "quota project", "api endpoint"}
_SIGNS = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``doctor`` takes."""
    parser.add_argument("--model", metavar="REF", help="make one call to this endpoint")
    parser.add_argument("--project", metavar="ID", help="Google Cloud project of the endpoint")
    parser.add_argument("--location", metavar="REGION", help="its region; several: A,B")
    parser.add_argument(
        "--api-endpoint", metavar="URL", help="address instead of Google's, such as an emulator's"
    )
    parser.add_argument(
        "--timeout",
        type=positive(float),
        default=20.0,
        metavar="SECONDS",
        help="for each step; default: %(default)g",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look at everything and print what was found."""
    from pathlib import Path

    from llmeval.cli.checkups import here

    found = here(Path.cwd())
    if arguments.model:
        found += _examined(arguments)
    problems = sum(each.state == "problem" for each in found)
    if arguments.json:
        print_json({"ok": not problems, "findings": found})
    else:
        _print(found, problems)
    return 4 if problems else 0


def _examined(arguments: argparse.Namespace) -> list[Finding]:
    """Look at a model in each location. What holds for all of them is said once."""
    import msgspec

    from llmeval.cli.checkups import problem_of
    from llmeval.endpoints import columns

    given = {name: getattr(arguments, name) for name in _PLACE if getattr(arguments, name)}
    found: list[Finding] = []
    try:
        config = msgspec.structs.replace(settings_here(), **given)
        for reference in columns([arguments.model.strip()], config.location):
            told = _looked_at(reference, config, arguments.timeout)
            found += [each for each in told if each.name not in _ONCE or each not in found]
    except LlmevalError as error:
        found.append(problem_of("endpoint", error, "correct --model or start what it names"))
    return found


def _looked_at(reference: str, config: Config, timeout: float) -> list[Finding]:
    import asyncio

    from llmeval.endpoints.vertex.references import is_vertex

    options = endpoint_options(config)
    if is_vertex(reference):
        from llmeval.cli.vertex_checkups import examine

        return asyncio.run(examine(reference, options, config.prices, timeout))
    from llmeval.cli.one_call import ask_once

    return [ask_once(reference, options, timeout)]


def _print(found: Sequence[Finding], problems: int) -> None:
    width = max(len(each.name) for each in found)
    for each in found:
        indent = "\n" + " " * (width + 11)
        say(f"{_SIGNS[each.state]}  {each.name.ljust(width)}  {each.text.replace('\n', indent)}")
        if each.fix:
            say(f"{'':9}{'':{width}}  -> {each.fix}")
    say()
    word = "problem" if problems == 1 else "problems"
    say(f"{problems} {word}." if problems else "Nothing is in the way.")
