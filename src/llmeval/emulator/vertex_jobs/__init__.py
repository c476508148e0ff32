"""What Vertex AI offers beside predictions: Cloud Storage, batch and pipeline jobs, the Model
Registry with its evaluations, Experiments. In memory, held to Google's own clients by the tests.

Reading order: ``wire`` (Google's dialect), ``shelves`` and ``filters`` (any kind of resource), then
the services: ``gcs``, ``batch``, ``experiments``, ``pipelines``, ``registry``. ``settings`` says
what goes wrong, how often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

    from llmeval.emulator.vertex_jobs.batch.lines import AnswerGenerate, AnswerPredict
    from llmeval.emulator.vertex_jobs.registry import ModelsAt
    from llmeval.emulator.vertex_jobs.settings import JobSettings

__all__ = ["add_jobs"]


def add_jobs(
    app: web.Application,
    *,
    answer_generate: AnswerGenerate,
    answer_predict: AnswerPredict,
    models_at: ModelsAt | None = None,
    settings: JobSettings | None = None,
) -> None:
    """Add every route of this package to ``app``; its state lives and dies with ``app``.

    ``answer_generate(model, body)`` gives the generateContent answer of one line of a batch,
    ``answer_predict(model, instances, parameters)`` the predictions of some; either may give
    ``{"error": {"code", "message", "status"}}`` instead. ``models_at`` knows the models of the
    registry that were not uploaded here. Call it before routes of the same paths are added.
    """
    from llmeval.emulator.vertex_jobs.batch.jobs import BatchJobs
    from llmeval.emulator.vertex_jobs.experiments.lineage import Lineage
    from llmeval.emulator.vertex_jobs.experiments.metadata import Metadata
    from llmeval.emulator.vertex_jobs.experiments.tensorboards import Tensorboards
    from llmeval.emulator.vertex_jobs.gcs.objects import ObjectStore
    from llmeval.emulator.vertex_jobs.gcs.storage import Storage
    from llmeval.emulator.vertex_jobs.pipelines import PipelineJobs
    from llmeval.emulator.vertex_jobs.registry import Registry
    from llmeval.emulator.vertex_jobs.settings import JobSettings
    from llmeval.emulator.vertex_jobs.wire import Operations

    settings = settings or JobSettings()
    store = ObjectStore(settings.buckets, settings.capacity)
    operations = Operations()
    metadata = Metadata(operations)
    batch = BatchJobs(
        settings,
        store,
        operations,
        answer_generate=answer_generate,
        answer_predict=answer_predict,
    )
    for part in (
        operations,
        Storage(store),
        batch,
        metadata,
        Lineage(metadata),
        Tensorboards(operations),
        PipelineJobs(settings, operations, metadata),
        Registry(operations, models_at),
    ):
        part.add_to(app)
