"""``python -m llmeval.emulator --port 8000 --models demo,fixed --faults reset=0.1``.

With ``--exit-with-parent`` it says ``{"url": "http://127.0.0.1:N", "port": N}`` once it listens,
and ends when whoever started it does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial

from llmeval.emulator.faults import ALL_KINDS, Faults, parse_faults
from llmeval.emulator.server import LOOPBACK, serve
from llmeval.emulator.vertex import VertexOptions
from llmeval.errors import LlmevalError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; return the exit code."""
    given = _parser().parse_args(arguments)
    models = [name for name in given.models.split(",") if name]
    try:
        faults = Faults(delay=given.delay, api_key=given.api_key, **parse_faults(given.faults))
        serve(
            models,
            faults=faults,
            seed=given.seed,
            host=given.host,
            port=given.port,
            say=partial(print, flush=True),
            vertex=VertexOptions(
                stable=given.behind,
                canary=given.canary,
                require_token=given.require_token,
                token_lifetime=given.token_lifetime,
            ),
            exit_with_parent=given.exit_with_parent,
            grpc_port=given.grpc_port,
        )
    except LlmevalError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m llmeval.emulator",
        description="OpenAI's and Vertex AI's protocols on loopback, with faults of known rates.",
        epilog="Example: python -m llmeval.emulator --port 8000 --faults quota_429=0.1,reset=0.01",
    )
    parser.add_argument(
        "--host", default=LOOPBACK, help="address to listen at (default: %(default)s)"
    )
    parser.add_argument("--port", type=int, default=0, help="0 is any free one (default)")
    parser.add_argument(
        "--grpc-port", type=int, help="serve Vertex over gRPC too; 0 is any free port"
    )
    parser.add_argument("--models", default="demo", help="demo, demo-flawed?…, fixed: by commas")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument(
        "--faults",
        default="",
        help=f"NAME=RATE by commas: {', '.join(ALL_KINDS)}; also "
        "retry_after=SECONDS, requests_per_second=N, endpoint_requests_per_second=N",
    )
    parser.add_argument("--api-key", help="the key that clients must send")
    parser.add_argument("--seed", type=int, default=0, help="of faults and simulated answers")
    parser.add_argument(
        "--behind", default="demo", help="the model behind those of Vertex (default: %(default)s)"
    )
    parser.add_argument(
        "--canary", default="demo-flawed", help="the same of canaries (default: %(default)s)"
    )
    parser.add_argument(
        "--require-token", action="store_true", help="refuse Vertex calls without a token of ours"
    )
    parser.add_argument(
        "--token-lifetime", type=float, default=3600.0, help="of its tokens, in seconds"
    )
    parser.add_argument(
        "--exit-with-parent",
        action="store_true",
        help="say the address as one line of JSON; end with standard input or the parent process",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
