"""Run a local server for trials: demo models behind OpenAI's protocol and that of Vertex AI.

It listens on loopback until Ctrl-C, makes mistakes at known rates, counts at /control, and prints
the pytest lines that measure it.
"""

from __future__ import annotations

import argparse
from functools import partial

EXAMPLE = """\
  llmeval serve --port 8000
  llmeval serve --models demo,demo-flawed --faults quota_429=0.1,reset=0.01 --delay 0.2
  llmeval serve --behind 'demo-flawed?hallucination=0.1' --faults blocked_prompt=0.05
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register what ``serve`` takes."""
    parser.add_argument("--port", type=int, default=0, metavar="N", help="default: any free one")
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument(
        "--grpc-port",
        type=int,
        metavar="N",
        help="serve Vertex AI over gRPC too; 0: any free one (needs the vertex extra)",
    )
    parser.add_argument(
        "--models", default="demo", metavar="LIST", help="demo, demo-flawed?…, fixed; by commas"
    )
    parser.add_argument("--faults", default="", metavar="LIST", help="NAME=RATE, by commas")
    parser.add_argument(
        "--delay", type=float, default=0.0, metavar="SECONDS", help="before each answer"
    )
    parser.add_argument("--api-key", metavar="KEY", help="the key that OpenAI clients must send")
    parser.add_argument(
        "--behind", default="demo", metavar="REF", help="the model behind Vertex's: %(default)s"
    )
    parser.add_argument(
        "--canary", default="demo-flawed", metavar="REF", help="and behind canaries: %(default)s"
    )
    parser.add_argument(
        "--require-token", action="store_true", help="refuse Vertex calls without a token of ours"
    )
    parser.add_argument(
        "--token-lifetime", type=float, default=3600.0, metavar="SECONDS", help="%(default)g"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of faults and answers")
    parser.add_argument("--json", action="store_true", help="print each line as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted. Raises ``ConfigError`` where the address cannot be had."""
    from llmeval.cli.screen import print_json
    from llmeval.emulator import Faults, VertexOptions, serve
    from llmeval.emulator.faults import parse_faults
    from llmeval.errors import UsageError

    for name, port in (("--port", arguments.port), ("--grpc-port", arguments.grpc_port)):
        if port is not None and not 0 <= port <= 65535:
            raise UsageError(f"{name}={port}: a port lies in 0 … 65535")
    models = [name.strip() for name in arguments.models.split(",") if name.strip()]
    if not models:
        raise UsageError("--models names no model; --models=demo serves one")
    faults = Faults(
        delay=arguments.delay, api_key=arguments.api_key, **parse_faults(arguments.faults)
    )
    vertex = VertexOptions(
        stable=arguments.behind,
        canary=arguments.canary,
        require_token=arguments.require_token,
        token_lifetime=arguments.token_lifetime,
    )
    plain = partial(print, flush=True)
    serve(
        models,
        faults=faults,
        seed=arguments.seed,
        host=arguments.host,
        port=arguments.port,
        vertex=vertex,
        grpc_port=arguments.grpc_port,
        say=(lambda line: print_json({"message": line}, indent=0)) if arguments.json else plain,
    )
    return 0
