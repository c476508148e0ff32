"""Run a local OpenAI-compatible server, for trials: demo models, with faults of known rates.

It listens on loopback until Ctrl-C, and prints the pytest line that measures it.
"""

from __future__ import annotations

import argparse
from functools import partial

EXAMPLE = """\
  llmeval serve --port 8000
  llmeval serve --models demo,demo-flawed --faults quota_429=0.1,reset=0.01 --delay 0.2
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``serve`` takes."""
    parser.add_argument("--port", type=int, default=0, metavar="N", help="default: any free one")
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument(
        "--models", default="demo", metavar="LIST", help="demo, demo-flawed?…, fixed; by commas"
    )
    parser.add_argument("--faults", default="", metavar="LIST", help="NAME=RATE, by commas")
    parser.add_argument(
        "--delay", type=float, default=0.0, metavar="SECONDS", help="before each answer"
    )
    parser.add_argument("--api-key", metavar="KEY", help="the key that clients must send")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of faults and answers")
    parser.add_argument("--json", action="store_true", help="print each line as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted. Raises ``ConfigError`` where the address cannot be had."""
    from llmeval.cli.screen import print_json
    from llmeval.emulator import Faults, serve
    from llmeval.emulator.faults import parse_faults
    from llmeval.errors import UsageError

    if not 0 <= arguments.port <= 65535:
        raise UsageError(f"--port={arguments.port}: a port lies in 0 … 65535")
    models = [name.strip() for name in arguments.models.split(",") if name.strip()]
    if not models:
        raise UsageError("--models names no model; --models=demo serves one")
    faults = Faults(
        delay=arguments.delay, api_key=arguments.api_key, **parse_faults(arguments.faults)
    )
    plain = partial(print, flush=True)
    serve(
        models,
        faults=faults,
        seed=arguments.seed,
        host=arguments.host,
        port=arguments.port,
        say=(lambda line: print_json({"message": line}, indent=0)) if arguments.json else plain,
    )
    return 0
