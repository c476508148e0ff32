"""A cap on calls and money, held before a call leaves."""

from __future__ import annotations

from typing import Final

from llmeval.records import CallFailure, Price, Response, Usage

__all__ = ["Budget", "Promise", "cost_of", "cost_of_attempt"]

_NEVER_SENT: Final = frozenset({"refused_connection", "dns", "tls"})
_REFUSED: Final = frozenset(
    {"quota", "quota_project", "quota_endpoint", "unauthorized", "forbidden", "not_found"}
    | {"conflict", "bad_request", "server_error"}
)


def cost_of(usage: Usage, price: Price | None, *, batch: bool = False) -> float | None:
    """Return US dollars for the tokens used, ``None`` where price or tokens are unknown.

    Tokens read from a provider's cache count in full, since no endpoint reports them apart: the
    sum is never too low for that.
    """
    if price is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    if batch and price.batch_discount is None:
        return None
    input_rate, output_rate = _rates(price, usage.input_tokens)
    output = usage.output_tokens + (usage.thinking_tokens or 0)
    share = 1 - (price.batch_discount or 0.0) if batch else 1.0
    return share * (usage.input_tokens * input_rate + output * output_rate) / 1e6


def _rates(price: Price, prompt_tokens: int) -> tuple[float, float]:
    """Return input and output in US dollars for a million tokens, after a prompt of this length."""
    if price.long_from is None or prompt_tokens <= price.long_from:
        return price.input, price.output
    longer = (price.input_long, price.output_long)
    return (
        price.input if longer[0] is None else longer[0],
        price.output if longer[1] is None else longer[1],
    )


def cost_of_attempt(
    outcome: Response | CallFailure, price: Price | None, *, batch: bool = False
) -> float | None:
    """Return US dollars for one try at the wire, ``None`` where they are unknown.

    A blocked or broken answer costs what its reported usage says. A call that never left, or that
    the server refused with a 4xx or 5xx before it said a word, costs nothing ("If your request
    fails with a 400 or 500 error, you won't be charged for the tokens used", Gemini API billing
    FAQ). What a timeout or a cut costs without usage is unknown.
    """
    usage = outcome.usage
    if isinstance(outcome, CallFailure) and outcome.kind == "blocked_prompt":
        # Nothing was generated, and so Vertex AI reports no output.
        usage = Usage(usage.input_tokens, usage.output_tokens or 0, usage.thinking_tokens)
    cost = cost_of(usage, price, batch=batch)
    if cost is None and price is not None and isinstance(outcome, CallFailure):
        return 0.0 if _is_free(outcome) else None
    return cost


def _is_free(failure: CallFailure) -> bool:
    if failure.kind in _NEVER_SENT:
        return True
    refused = failure.status is not None and failure.status >= 400
    return failure.kind in _REFUSED and refused and failure.text is None


class Budget:
    """Counts calls and dollars of one process.

    ``exhausted`` becomes the reason as soon as another call could break a cap: money that calls in
    flight may still cost is reckoned at the dearest call seen so far, and calls that were promised
    to samples under way (to their judges) are counted as made. Promised calls may be made as long
    as the cap itself holds.
    """

    def __init__(self, max_calls: int | None, usd: float | None) -> None:
        self._max_calls = max_calls
        self._usd = usd
        self._dearest = 0.0
        self.calls = 0
        self.promised = 0
        self.spent: float | None = None
        self.exhausted: str | None = None

    def allow(self, in_flight: int, *, promised: bool = False) -> bool:
        """Count one call about to be sent; ``False`` where a cap forbids it."""
        reason = self._reason(in_flight, 0 if promised else self.promised)
        self.exhausted = reason or self.exhausted
        if reason or (self.exhausted and not promised):
            return False
        self.calls += 1
        return True

    def promise(self, calls: int) -> Promise:
        """Set calls aside for one sample."""
        self.promised += calls
        return Promise(self, calls)

    def _reason(self, in_flight: int, promised: int) -> str | None:
        if self._max_calls is not None and self.calls + promised >= self._max_calls:
            return f"--max-calls={self._max_calls} was reached"
        if self._usd == 0:
            return "--budget=0 allows no call"
        if self._usd is not None and (self.spent or 0.0) + in_flight * self._dearest > self._usd:
            return f"--budget={self._usd:g} US dollars was reached"
        return None

    def spend(self, cost: float | None, *, answered: bool = True) -> None:
        """Book what a call cost. An answer whose cost is unknown ends a budget of money."""
        if cost is None:
            if self._usd is not None and answered:
                self.exhausted = (
                    "--budget cannot be kept: the endpoint reports no token usage, so what a "
                    "call costs is unknown; use --max-calls"
                )
            return
        self.spent = (self.spent or 0.0) + cost
        self._dearest = max(self._dearest, cost)


class Promise:
    """Calls set aside for one sample: taken one by one, the rest given back."""

    def __init__(self, budget: Budget, calls: int) -> None:
        self._budget = budget
        self._left = calls

    def take(self) -> None:
        """Make use of one; more may be taken than were promised."""
        if self._left:
            self._left -= 1
            self._budget.promised -= 1

    def close(self) -> None:
        """Give back what was not taken. Safe to call twice."""
        self._budget.promised -= self._left
        self._left = 0
