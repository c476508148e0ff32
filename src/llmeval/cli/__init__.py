"""The ``llmeval`` command. Each command is a module that is imported only when it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from llmeval.cli.parsing import parse
from llmeval.cli.screen import complain, make_encodable
from llmeval.errors import LlmevalError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 pass or done, 1 fail, 2 usage, 3 inconclusive, 4 infrastructure, 130 interrupted. What
    llmeval raises on purpose is one line on stderr, never a traceback.
    """
    if sys.stdout is None or sys.stderr is None:  # the shell closed it: >&-
        return _unheard()
    make_encodable()
    try:
        code = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except LlmevalError as error:
        complain(str(error))
        return error.exit_code
    except BrokenPipeError:
        _let_go_of_stdout()
        return 0
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except OSError as error:
        complain(f"{error.filename or 'input or output'}: {error.strerror or error}")
        return 4
    return code


def _run(argv: Sequence[str]) -> int:
    try:
        arguments = parse(argv)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    code: int = arguments.run(arguments)
    return code


def _unheard() -> int:
    """Say on the stream that is left why nothing is done; return the exit code."""
    name = "stdout" if sys.stdout is None else "stderr"
    left = sys.stderr or sys.stdout
    if left is not None:
        print(f"llmeval: error: {name} is closed: give it a file, or /dev/null", file=left)
    return 4


def _let_go_of_stdout() -> None:
    """Keep the interpreter's last flush from complaining about a reader that went away."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
