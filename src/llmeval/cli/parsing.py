"""From the words of a command line to the arguments of one command."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final, NoReturn

from llmeval.errors import UsageError, nearest

__all__ = ["COMMANDS", "parse"]

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "init": ("init", "put suites, prompts and gates into a repository"),
    "cases": ("cases", "make case files of public data sets, and review case files"),
    "plan": ("plan", "what a run would cost, and which gates it could decide; no call is made"),
    "gate": ("gate", "decide a recorded run again, with today's gates; no call is made"),
    "report": ("report", "render a recorded run again"),
    "publish": ("publish", "write a decided run back to Vertex AI; no model is called"),
    "compare": ("compare", "what differs between two recorded runs; no call is made"),
    "counterfactuals": ("counterfactuals", "write each prompt about one identity after another"),
    "disparity": ("disparity", "how groups fare in a recorded run; no call is made"),
    "score": ("score", "score recorded answers; no call is made"),
    "calibrate": ("calibrate", "measure a scorer on people's labels; no call is made"),
    "prompts": ("prompts", "hold a prompt template against its training data"),
    "serve": ("serve", "run a local server that answers like an endpoint"),
    "doctor": ("doctor", "what is missing or broken, with the fix for each"),
}
"""Command -> its module in this package, and what it is for."""

EXAMPLE: Final = """\
example:
  llmeval init
  pytest --model=demo
  llmeval gate reports/latest

exit codes: 0 pass, 1 fail, 2 usage, 3 inconclusive, 4 infrastructure
"""


class _Parser(argparse.ArgumentParser):
    """Raises instead of exiting, so that every mistake leaves by the same door."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments; ``run`` is what to call with them. Raises ``UsageError``.

    Only the module of the command that is named is imported.
    """
    named = next((word for word in argv if not word.startswith("-")), None)
    if named is not None and named not in COMMANDS:
        hint = nearest(named, COMMANDS)
        raise UsageError(f"no command is called {named!r}.{hint} See llmeval --help")
    parser = _parser(named)
    arguments, rest = parser.parse_known_args(argv)
    if not hasattr(arguments, "run"):
        parser.error("name a command")
    if rest and not getattr(arguments, "passes_on", False):
        known = [word for action in arguments.parser._actions for word in action.option_strings]
        hint = nearest(rest[0].partition("=")[0], known)
        raise UsageError(f"unknown argument {rest[0]!r}.{hint} See llmeval {named} --help")
    arguments.rest = rest
    return arguments


def _parser(named: str | None) -> _Parser:
    parser = _Parser(
        prog="llmeval",
        description="Decide, with evidence, whether an LLM endpoint may be released.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name, (module, about) in COMMANDS.items():
        if name == named:
            _add(commands, name, about, import_module(f"llmeval.cli.{module}"))
        else:
            commands.add_parser(name, help=about)
    return parser


def _add(commands: Any, name: str, about: str, module: Any) -> None:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=about,
        description=module.__doc__,
        epilog=f"example:\n{module.EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    run: Callable[[argparse.Namespace], int] = module.run
    parser.set_defaults(run=run, parser=parser)
    module.add_arguments(parser)


def _version() -> str:
    from llmeval import __version__

    return f"llmeval {__version__}"
