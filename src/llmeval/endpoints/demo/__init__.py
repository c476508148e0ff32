"""An embedded endpoint: a small, honest answering machine with faults of known rates.

It sees nothing but the request. It reads what kind of prompt it has before it, answers with a
simple skill for that kind, and then, at stated rates, makes a stated mistake. Reading order:
``reading`` (what is asked), ``answers``, ``instances``, ``prose`` (the skills), ``faults``,
``obeying``, ``latency``, ``endpoint``.
"""

from __future__ import annotations

from llmeval.endpoints.demo.endpoint import DemoEndpoint
from llmeval.endpoints.demo.parameters import Parameters, parse

__all__ = ["DemoEndpoint", "Parameters", "demo_endpoint"]


def demo_endpoint(reference: str, seed: int) -> DemoEndpoint:
    """Return the simulated endpoint that ``reference`` describes.

    ``demo`` makes no mistakes and answers in some hundredths of a second; ``demo-flawed`` makes
    many. Parameters, as in ``demo-flawed?hallucination=0.2&ttft=0.9``, set exactly the named
    faults and leave every other one as in ``demo``. Rates are in 0..1, ``ttft`` and ``tpot`` are
    seconds. A ``seed`` in the reference replaces the argument.

    Raises ``ModelReferenceError`` for an unknown name or parameter, or a value out of range.
    """
    return DemoEndpoint(reference, parse(reference, seed))
