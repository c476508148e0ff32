"""The batch side of an endpoint: its requests as the lines of a job, the job's lines as outcomes.

Everything here blocks; ``batch`` and ``pairing`` do the work, google-cloud-aiplatform is loaded on
use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from llmeval.endpoints.dialects.dialect import Dialect, MalformedAnswer
from llmeval.endpoints.dialects.error_objects import from_error_object
from llmeval.endpoints.text import encode_json
from llmeval.endpoints.vertex.batch import BatchJobs, JobState, Machines
from llmeval.endpoints.vertex.pairing import line_error, pair
from llmeval.endpoints.wire.channel import encoded
from llmeval.records import CallFailure, Request, Response

__all__ = ["BatchModel", "VertexBatch"]

Outcome = Response | CallFailure


@dataclass(frozen=True, slots=True)
class BatchModel:
    """What a job runs: a publisher's or a tuned Gemini model, or a registered model that takes
    instances, on machines of its own."""

    name: str
    version: str | None = None
    instances: bool = False
    machines: Machines | None = None


class VertexBatch:
    """Batch prediction for one endpoint's requests. ``connect`` makes the clients on first use."""

    def __init__(
        self,
        model: BatchModel,
        dialect: Dialect,
        connect: Callable[[], BatchJobs],
        settings: Mapping[str, Any],
    ) -> None:
        self._model = model
        self._dialect = dialect
        self._connect = connect
        self._settings = settings
        self._made: BatchJobs | None = None

    @property
    def jobs(self) -> BatchJobs:
        """The clients."""
        if self._made is None:
            self._made = self._connect()
        return self._made

    def refusal(self, request: Request) -> CallFailure | None:
        """Return why a request cannot be sent at all."""
        body = encoded(self._dialect, self._whole(request))
        return body if isinstance(body, CallFailure) else None

    def kind(self, request: Request) -> str:
        """Return a key that requests of one job share: a job has one set of parameters."""
        if not self._model.instances:
            return ""
        return encode_json(self._parameters(request)).decode()

    def submit(self, requests: Sequence[Request], source: str, output: str, name: str) -> str:
        """Write the requests to ``gs://`` and start a job; return its resource name.

        Raises what ``BatchJobs`` raises.
        """
        self.jobs.write_input((encode_json(self._line(r)) for r in requests), source)
        return self.jobs.submit(
            self._model.name,
            source,
            output,
            display_name=name,
            machines=self._model.machines,
            parameters=self._parameters(requests[0]) if self._model.instances else None,
        )

    def poll(self, job: str) -> JobState:
        """Return how a job stands."""
        return self.jobs.poll(job)

    def answers(
        self, directory: str, requests: Sequence[Request]
    ) -> Iterator[tuple[int, Outcome | None]]:
        """Yield each request's place and its outcome, ``None`` where no line answers it."""
        bodies: Iterable[Any] = (self._body(request) for request in requests)
        for place, line in pair(bodies, self.jobs.read_output(directory)):
            yield place, None if line is None else self._outcome(line, requests[place])

    def _whole(self, request: Request) -> Request:
        if not self._settings and not request.stream:
            return request
        settings = {**self._settings, **request.settings}
        return msgspec.structs.replace(request, settings=settings, stream=False)

    def _body(self, request: Request) -> Any:
        body = self._dialect.body(self._whole(request))
        return body["instances"][0] if self._model.instances else body

    def _line(self, request: Request) -> Any:
        body = self._body(request)
        return body if self._model.instances else {"request": body}

    def _parameters(self, request: Request) -> Any:
        return self._dialect.body(self._whole(request)).get("parameters")

    def _outcome(self, line: Mapping[str, Any], request: Request) -> Outcome:
        error = line_error(dict(line))
        if error is not None:
            return from_error_object(error)
        try:
            answered = {"predictions": [line.get("prediction")]}
            found = self._dialect.response(
                answered if self._model.instances else line.get("response"),
                self._whole(request),
            )
        except MalformedAnswer as problem:
            return CallFailure("malformed_body", f"a line of the batch: {problem}")
        version = found.model_version or self._model.version
        return msgspec.structs.replace(found, model_version=version)
