"""The Model Registry: models with their versions, evaluations that are imported, their slices.

Metrics are held to their schema, as the service holds them ("Invalid Metrics Format"): what the
schema of general text generation does not name belongs into an evaluation's metadata.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from aiohttp import web

from llmeval.emulator.vertex_jobs.filters import page
from llmeval.emulator.vertex_jobs.shelves import Resource, Shelf
from llmeval.emulator.vertex_jobs.wire import (
    PLACE,
    Operations,
    Refused,
    add,
    answer,
    body_of,
    missing,
    name_of,
    parent_of,
    stamp,
)

__all__ = ["ModelsAt", "Registry"]

ModelsAt = Callable[[str], Sequence[Resource]]
"""``projects/P/locations/L`` -> every version of the models that were there from the start."""

_MODEL: Final = PLACE + "/models/{model:[^/:]+}"
_EVALUATION: Final = _MODEL + "/evaluations/{evaluation:[^/:]+}"
_FIELDS: Final = ("name", "display_name", "model", "labels", "create_time", "update_time")
_SCHEMAS: Final = "gs://google-cloud-aiplatform/schema/modelevaluation/"
_METRICS: Final = {
    "general_text_generation_metrics_1.0.0.yaml": {"bleu", "rougeLSum"},
    "question_answering_metrics_1.0.0.yaml": {"exactMatch"},
    "summarization_metrics_1.0.0.yaml": {"rougeLSum"},
}
"""Schema -> the metrics that it names: package
``google.cloud.aiplatform.v1.schema.modelevaluation.metrics``."""

_MOST_SLICES: Final = 50


class Registry:
    """The models of one emulator: those that were there from the start, and those uploaded."""

    def __init__(self, operations: Operations, models_at: ModelsAt | None = None) -> None:
        self._operations = operations
        self._models_at = models_at or (lambda _: ())
        self._models: dict[str, list[Resource]] = {}
        self._evaluations = Shelf("ModelEvaluation")
        self._version_of: dict[str, str] = {}
        self._slices = Shelf("ModelEvaluationSlice", limit=100_000)
        self._numbers = itertools.count(1000)

    def add_to(self, app: web.Application) -> None:
        """Route models, evaluations and slices."""
        add(app, "POST", PLACE + "/models:upload", self.upload)
        add(app, "GET", PLACE + "/models", self.index)
        add(app, "GET", _MODEL, self.get)
        add(app, "DELETE", _MODEL, self.delete)
        add(app, "GET", _MODEL + ":listVersions", self.versions)
        add(app, "POST", _MODEL + "/evaluations:import", self.import_evaluation)
        add(app, "GET", _MODEL + "/evaluations", self.evaluations)
        add(app, "GET", _EVALUATION, self.evaluation)
        add(app, "POST", _EVALUATION + "/slices:batchImport", self.import_slices)
        add(app, "GET", _EVALUATION + "/slices", self.slices)
        add(app, "GET", _EVALUATION + "/slices/{slice:[^/:]+}", self.slice)

    async def upload(self, http: web.Request) -> web.Response:
        """``POST …/models:upload``: a new model, or a new version of ``parentModel``."""
        body = await body_of(http)
        model = body.get("model")
        if not isinstance(model, dict) or not model.get("displayName"):
            raise Refused("INVALID_ARGUMENT", "model.display_name is required.")
        parent = str(body.get("parentModel") or "").partition("@")[0]
        if parent:
            self._versions(parent)
        wanted = parent.rpartition("/")[2] or body.get("modelId") or str(next(self._numbers))
        name = f"{name_of(http)}/{wanted}"
        version = self._add_version(name, model)
        result = {"model": name, "modelVersionId": version["versionId"]}
        return self._operations.finished(http, "UploadModelResponse", result)

    def _add_version(self, name: str, model: Resource) -> Resource:
        versions = self._models.setdefault(name, [dict(found) for found in self._born(name)])
        now = stamp(time.time())
        for older in versions:
            older["versionAliases"] = [a for a in _aliases(older) if a != "default"]
        aliases = [*model.get("versionAliases", []), "default"]
        version = {
            **model,
            "name": name,
            "versionId": str(len(versions) + 1),
            "versionAliases": list(dict.fromkeys(aliases)),
            "createTime": now,
            "updateTime": now,
            "versionCreateTime": now,
        }
        versions.append(version)
        return version

    async def index(self, http: web.Request) -> web.Response:
        """``GET …/models``: the default version of each."""
        parent = parent_of(http)
        rows = {row["name"]: row for row in self._models_at(parent) if "default" in _aliases(row)}
        prefix = f"{name_of(http)}/"
        rows |= {name: own[-1] for name, own in self._models.items() if name.startswith(prefix)}
        return answer(page(list(rows.values()), http.query, "models", _FIELDS))

    async def get(self, http: web.Request) -> web.Response:
        """``GET …/models/{model}`` and ``…/models/{model}@{version or alias}``."""
        return answer(self._model(name_of(http)))

    async def delete(self, http: web.Request) -> web.Response:
        """``DELETE …/models/{model}``."""
        name = name_of(http)
        if name not in self._models:
            raise missing("Model", name)
        del self._models[name]
        return self._operations.finished(http)

    async def versions(self, http: web.Request) -> web.Response:
        """``GET …/models/{model}:listVersions``."""
        rows = self._versions(name_of(http).partition("@")[0])
        return answer(page(rows, http.query, "models", (*_FIELDS, "version_id")))

    def _versions(self, name: str) -> list[Resource]:
        found = self._models.get(name) or self._born(name)
        if not found:
            raise missing("Model", name)
        return found

    def _born(self, name: str) -> list[Resource]:
        """Return the versions of a model that was there from the start."""
        rows = self._models_at(name.partition("/models/")[0])
        return [row for row in rows if row["name"] == name]

    def _model(self, reference: str) -> Resource:
        name, _, wanted = reference.partition("@")
        for version in self._versions(name):
            if (wanted or "default") in (version["versionId"], *_aliases(version)):
                return version
        raise missing("Model", reference)

    async def import_evaluation(self, http: web.Request) -> web.Response:
        """``POST …/models/{model}/evaluations:import``."""
        model = self._model(parent_of(http))
        evaluation = (await body_of(http)).get("modelEvaluation")
        if not isinstance(evaluation, dict):
            raise Refused("INVALID_ARGUMENT", "model_evaluation is required.")
        _check_metrics(evaluation)
        name = f"{model['name']}/evaluations/{next(self._numbers)}"
        born = {**evaluation, "createTime": stamp(time.time())}
        self._version_of[name] = model["versionId"]
        return answer(self._evaluations.add(name, born))

    async def evaluations(self, http: web.Request) -> web.Response:
        """``GET …/models/{model}/evaluations``: of the version that is named, else of all."""
        model, versioned = self._model(parent_of(http)), "@" in parent_of(http)
        rows = [
            row
            for row in self._evaluations.under(f"{model['name']}/evaluations")
            if not versioned or self._version_of[row["name"]] == model["versionId"]
        ]
        return answer(page(rows, http.query, "modelEvaluations", _FIELDS))

    async def evaluation(self, http: web.Request) -> web.Response:
        """``GET …/evaluations/{evaluation}``."""
        return answer(self._evaluations.get(_unversioned(name_of(http))))

    async def import_slices(self, http: web.Request) -> web.Response:
        """``POST …/evaluations/{evaluation}/slices:batchImport``: at most 50."""
        evaluation = self._evaluations.get(_unversioned(parent_of(http)))["name"]
        slices = (await body_of(http)).get("modelEvaluationSlices", [])
        if not 1 <= len(slices) <= _MOST_SLICES:
            raise Refused("INVALID_ARGUMENT", f"1 to {_MOST_SLICES} slices can be imported.")
        names = []
        for row in slices:
            _check_metrics(row)
            name = f"{evaluation}/slices/{next(self._numbers)}"
            names.append(self._slices.add(name, {**row, "createTime": stamp(time.time())})["name"])
        return answer({"importedModelEvaluationSlices": names})

    async def slices(self, http: web.Request) -> web.Response:
        """``GET …/evaluations/{evaluation}/slices``."""
        rows = self._slices.under(_unversioned(name_of(http)))
        return answer(page(rows, http.query, "modelEvaluationSlices", ("name", "slice")))

    async def slice(self, http: web.Request) -> web.Response:
        """``GET …/slices/{slice}``."""
        return answer(self._slices.get(_unversioned(name_of(http))))


def _aliases(model: Resource) -> list[str]:
    return list(model.get("versionAliases", ()))


def _unversioned(name: str) -> str:
    return re.sub(r"@[^/]*", "", name)


def _check_metrics(evaluation: dict[str, Any]) -> None:
    """Refuse metrics that their schema does not name; schemas of other tasks are not held."""
    uri = str(evaluation.get("metricsSchemaUri", ""))
    if not re.fullmatch(re.escape(_SCHEMAS) + r"\w+_1\.0\.0\.yaml", uri):
        raise Refused("INVALID_ARGUMENT", f"Invalid metrics_schema_uri: {uri!r}")
    known = _METRICS.get(uri.removeprefix(_SCHEMAS))
    metrics = evaluation.get("metrics")
    if not isinstance(metrics, dict) or (known is not None and not metrics.keys() <= known):
        raise Refused("INVALID_ARGUMENT", "Invalid Metrics Format")
