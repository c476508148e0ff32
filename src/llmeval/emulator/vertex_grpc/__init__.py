"""The same services over gRPC: PredictionService and what a client looks up before it calls.

Each gRPC call becomes the REST call that it stands for, made to the emulator itself on loopback: so
that world, faults, quotas, tokens and counters are one, whichever way a client comes. Reading
order: ``methods`` (what there is), ``transcoding`` (messages to HTTP and back), ``statuses`` (what
went wrong), ``front`` (a call from end to end), ``serving``.

Nothing here is imported unless gRPC is asked for; it needs the ``vertex`` extra.
"""

from __future__ import annotations

from llmeval.emulator.vertex_grpc.serving import listening, running_grpc

__all__ = ["listening", "running_grpc"]
