"""Pipelines, metadata, Tensorboards and the registry over plain HTTP: what is refused, and why."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from jobs_asking import PLACE, Asker, asking

from jobs_server import MODEL, JobSettings

STORE = PLACE + "/metadataStores/default"
CONTEXTS = STORE + "/contexts"
SCHEMA = (
    "gs://google-cloud-aiplatform/schema/modelevaluation/general_text_generation_metrics_1.0.0.yaml"
)
SPEC = {
    "pipelineInfo": {"name": "gate"},
    "root": {"dag": {"tasks": {"deploy": {"dependentTasks": ["measure"]}, "measure": {}}}},
}


async def with_store(ask: Asker) -> None:
    made = await ask("POST", PLACE + "/metadataStores?metadataStoreId=default", {})
    assert made.body["done"] and made.body["response"]["@type"].endswith(".v1.MetadataStore")


async def context(ask: Asker, name: str, **fields: Any) -> Any:
    return await ask("POST", f"{CONTEXTS}?contextId={name}", {"displayName": name, **fields})


def test_a_pipeline_job_ends_as_it_is_told_to() -> None:
    async def ended(ask: Asker, body: dict[str, Any], name: str) -> Any:
        path = PLACE + "/pipelineJobs"
        made = await ask("POST", f"{path}?pipelineJobId={name}", {"pipelineSpec": SPEC, **body})
        assert made.body["state"] == "PIPELINE_STATE_PENDING"
        seen = []
        for _ in range(200):
            found = (await ask("GET", f"{path}/{name}")).body
            if found["state"] not in seen:
                seen.append(found["state"])
            if "endTime" in found:
                break
            await asyncio.sleep(0.005)
        return found, seen

    async def scenario(ask: Asker) -> None:
        good, seen = await ended(ask, {"displayName": "x"}, "good")
        assert [s.removeprefix("PIPELINE_STATE_") for s in seen][-2:] == ["RUNNING", "SUCCEEDED"]
        tasks = {t["taskName"]: t["state"] for t in good["jobDetail"]["taskDetails"]}
        assert tasks == {"measure": "SUCCEEDED", "deploy": "SUCCEEDED"}
        bad, _ = await ended(ask, {"displayName": "[[fault:failed_job]]"}, "bad")
        assert bad["state"] == "PIPELINE_STATE_FAILED" and "[deploy]" in bad["error"]["message"]
        again = await ask("POST", PLACE + "/pipelineJobs?pipelineJobId=bad", {"pipelineSpec": SPEC})
        assert again.status == 409 and again.body["error"]["status"] == "ALREADY_EXISTS"
        runs = await ask("GET", STORE + '/executions?filter=schema_title="system.Run"')
        assert [e["state"] for e in runs.body["executions"]] == ["COMPLETE", "FAILED"]
        await ask("POST", PLACE + "/pipelineJobs?pipelineJobId=late", {"pipelineSpec": SPEC})
        await ask("POST", PLACE + "/pipelineJobs/late:cancel")
        late = (await ask("GET", PLACE + "/pipelineJobs/late")).body
        assert late["state"] == "PIPELINE_STATE_CANCELLED"
        listed = (await ask("GET", PLACE + "/pipelineJobs")).body["pipelineJobs"]
        assert [j["name"].rpartition("/")[2] for j in listed] == ["late", "bad", "good"]
        assert (await ask("DELETE", PLACE + "/pipelineJobs/late")).body["done"]
        assert (await ask("POST", PLACE + "/pipelineJobs", {})).status == 400

    asking(scenario, JobSettings(seconds=0.1))


def test_an_etag_is_held() -> None:
    async def scenario(ask: Asker) -> None:
        await with_store(ask)
        first = (await context(ask, "exp-1", metadata={"a": 1})).body
        fresh = {"name": first["name"], "etag": first["etag"], "metadata": {"a": 2}}
        second = await ask("PATCH", CONTEXTS + "/exp-1", fresh)
        assert second.body["metadata"] == {"a": 2} and second.body["etag"] > first["etag"]
        stale = await ask("PATCH", CONTEXTS + "/exp-1", fresh)
        assert stale.status == 409 and stale.body["error"]["status"] == "ABORTED"
        assert f"`{first['etag']}` does not match server `etag`" in stale.message
        blind = await ask("PATCH", CONTEXTS + "/exp-1", {"metadata": {"a": 3}})
        assert blind.body["metadata"] == {"a": 3}
        masked = await ask(
            "PATCH",
            CONTEXTS + "/exp-1?updateMask=display_name",
            {"displayName": "new", "metadata": {}},
        )
        assert (masked.body["displayName"], masked.body["metadata"]) == ("new", {"a": 3})

    asking(scenario)


def test_contexts_have_parents_and_no_rings() -> None:
    async def scenario(ask: Asker) -> None:
        await with_store(ask)
        names = [(await context(ask, f"ctx-{i}")).body["name"] for i in range(12)]

        async def adopt(parent: int, *children: int) -> int:
            body = {"childContexts": [names[c] for c in children]}
            return (await ask("POST", f"/v1/{names[parent]}:addContextChildren", body)).status

        assert await adopt(0, 1, 2) == 200 and await adopt(1, 3) == 200
        assert await adopt(0, 1) == 200
        assert await adopt(0, 0) == 400 and await adopt(3, 0) == 400
        assert [await adopt(parent, 11) for parent in range(1, 11)] == [200] * 10
        assert await adopt(0, 11) == 400  # the eleventh
        query = f'{CONTEXTS}?filter=parent_contexts:"{names[0]}"'
        found = (await ask("GET", query)).body["contexts"]
        assert [c["name"] for c in found] == names[1:3]
        await ask("POST", f"/v1/{names[0]}:removeContextChildren", {"childContexts": [names[1]]})
        assert len((await ask("GET", query)).body["contexts"]) == 1

    asking(scenario)


def test_lineage_is_a_graph() -> None:
    async def scenario(ask: Asker) -> None:
        await with_store(ask)
        root = (await context(ask, "ctx-1")).body["name"]
        artifacts = [
            (await ask("POST", f"{STORE}/artifacts", {"state": 2})).body["name"] for _ in range(3)
        ]
        runs = [(await ask("POST", f"{STORE}/executions", {"state": 2})).body for _ in range(2)]
        assert {run["state"] for run in runs} == {"RUNNING"}
        for run, (read, wrote) in zip(runs, ((0, 1), (1, 2)), strict=True):
            events = [
                {"artifact": artifacts[read], "type": 1},
                {"artifact": artifacts[wrote], "type": "OUTPUT"},
            ]
            path = f"/v1/{run['name']}:addExecutionEvents"
            assert (await ask("POST", path, {"events": events})).status == 200
            wrong = {"events": [{"artifact": artifacts[0], "type": 7}]}
            assert (await ask("POST", path, wrong)).status == 400
        near = await ask("GET", f"/v1/{runs[0]['name']}:queryExecutionInputsAndOutputs")
        assert [e["type"] for e in near.body["events"]] == ["INPUT", "OUTPUT"]
        path = f"/v1/{artifacts[0]}:queryArtifactLineageSubgraph"
        assert len((await ask("GET", path)).body["artifacts"]) == 3
        assert len((await ask("GET", path + "?maxHops=1")).body["artifacts"]) == 1
        inside = {"artifacts": artifacts[:1], "executions": [runs[0]["name"]]}
        await ask("POST", f"/v1/{root}:addContextArtifactsAndExecutions", inside)
        whole = (await ask("GET", f"/v1/{root}:queryContextLineageSubgraph")).body
        assert (len(whole["artifacts"]), len(whole["executions"])) == (1, 1)
        found = await ask("GET", f'{STORE}/executions?filter=in_context("{root}")')
        assert [e["name"] for e in found.body["executions"]] == [runs[0]["name"]]

    asking(scenario)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("POST", PLACE + "/metadataStores/none/contexts?contextId=abcd", {}, 404, "MetadataStore"),
        ("POST", CONTEXTS + "?contextId=ABCD", {}, 400, "4-128 characters"),
        ("POST", CONTEXTS + "?contextId=abc", {}, 400, "4-128 characters"),
        ("POST", CONTEXTS + "?contextId=a" + "b" * 128, {}, 400, "4-128 characters"),
        ("POST", CONTEXTS + "?contextId=abcd", {"displayName": "x" * 129}, 400, "128 characters"),
        (
            "POST",
            CONTEXTS + "?contextId=abcd",
            {"metadata": {"x": "y" * 200_001}},
            400,
            "should not exceed 200KB",
        ),
        ("GET", CONTEXTS + "/none", None, 404, "Context"),
        ("PATCH", CONTEXTS + "/none", {}, 404, "Context"),
        ("DELETE", STORE + "/artifacts/none", None, 404, "Artifact"),
        ("GET", CONTEXTS + '?filter=within("x")', None, 400, "unknown function"),
        ("GET", PLACE + "/metadataStores/none", None, 404, "MetadataStore"),
        ("GET", PLACE + "/operations/77", None, 404, "Operation"),
        ("GET", PLACE + "/tensorboards/1", None, 404, "Tensorboard"),
        ("POST", PLACE + "/tensorboards/1/experiments", {}, 404, "Tensorboard"),
        ("GET", PLACE + "/tensorboards/1:batchRead", None, 400, "time_series is required"),
        ("GET", PLACE + "/models/none", None, 404, "Model"),
        ("GET", PLACE + "/models/world@7", None, 404, "Model"),
        ("DELETE", PLACE + "/models/none", None, 404, "Model"),
        ("POST", PLACE + "/models:upload", {}, 400, "display_name"),
        ("POST", PLACE + "/models:upload", {"model": {"displayName": "x"}, "parentModel": "y"},
         404, "Model"),
        ("POST", PLACE + "/models/none/evaluations:import", {}, 404, "Model"),
        ("POST", PLACE + "/models/world/evaluations:import", {}, 400, "model_evaluation"),
        ("GET", PLACE + "/models/world/evaluations/7", None, 404, "ModelEvaluation"),
        ("POST", PLACE + "/models/world/evaluations/7/slices:batchImport", {}, 404, "Model"),
    ],
)  # fmt: skip
def test_what_is_not_there_or_not_allowed(
    method: str, path: str, body: object, status: int, told: str
) -> None:
    async def scenario(ask: Asker) -> None:
        await with_store(ask)
        refused = await ask(method, path, body)
        assert refused.status == status == refused.body["error"]["code"], refused.body
        assert told in refused.message
        assert refused.headers["x-llmeval-emulator"] == "1"

    asking(scenario)


@pytest.mark.parametrize(
    ("evaluation", "status"),
    [
        ({"metrics": {"bleu": 1.0, "rougeLSum": 0.5}, "metricsSchemaUri": SCHEMA}, 200),
        ({"metrics": {}, "metricsSchemaUri": SCHEMA}, 200),
        ({"metrics": {"ours": 1.0}, "metricsSchemaUri": SCHEMA}, 400),
        ({"metrics": [], "metricsSchemaUri": SCHEMA}, 400),
        ({"metricsSchemaUri": SCHEMA}, 400),
        ({"metrics": {}, "metricsSchemaUri": "gs://mine/schema.yaml"}, 400),
        (
            {
                "metrics": {"anything": 1},
                "metricsSchemaUri": SCHEMA.replace("general_text_generation", "regression"),
            },
            200,
        ),
    ],
)
def test_metrics_are_held_to_their_schema(evaluation: dict[str, Any], status: int) -> None:
    async def scenario(ask: Asker) -> None:
        path = f"/v1/{MODEL}/evaluations"
        made = await ask("POST", path + ":import", {"modelEvaluation": evaluation})
        assert made.status == status, made.body
        listed = (await ask("GET", path)).body["modelEvaluations"]
        assert len(listed) == (status == 200)

    asking(scenario)


def test_evaluations_belong_to_versions() -> None:
    async def scenario(ask: Asker) -> None:
        first = await ask("POST", PLACE + "/models:upload", {"model": {"displayName": "m"}})
        name = first.body["response"]["model"]
        upload = {"model": {"displayName": "m", "versionAliases": ["new"]}, "parentModel": name}
        assert (await ask("POST", PLACE + "/models:upload", upload)).status == 200
        versions = (await ask("GET", f"/v1/{name}:listVersions")).body["models"]
        assert [v["versionAliases"] for v in versions] == [[], ["new", "default"]]
        good = {"modelEvaluation": {"metrics": {}, "metricsSchemaUri": SCHEMA}}
        old = (await ask("POST", f"/v1/{name}@1/evaluations:import", good)).body["name"]
        new = (await ask("POST", f"/v1/{name}@new/evaluations:import", good)).body["name"]

        async def listed(reference: str) -> list[str]:
            found = await ask("GET", f"/v1/{reference}/evaluations")
            return [e["name"] for e in found.body["modelEvaluations"]]

        assert await listed(name) == [old, new]
        assert await listed(f"{name}@1") == [old] and await listed(f"{name}@default") == [new]
        slices = {"modelEvaluationSlices": [good["modelEvaluation"]] * 51}
        assert (await ask("POST", f"/v1/{old}/slices:batchImport", slices)).status == 400
        slices["modelEvaluationSlices"].pop()
        made = (await ask("POST", f"/v1/{old}/slices:batchImport", slices)).body
        assert len(made["importedModelEvaluationSlices"]) == 50
        assert len((await ask("GET", f"/v1/{old}/slices")).body["modelEvaluationSlices"]) == 50
        one = await ask("GET", f"/v1/{made['importedModelEvaluationSlices'][0]}")
        assert one.body["metrics"] == {}
        await ask("DELETE", f"/v1/{name}")
        left = (await ask("GET", PLACE + "/models")).body["models"]
        assert [model["displayName"] for model in left] == ["world"]

    asking(scenario)


def test_models_of_the_world_are_part_of_the_registry() -> None:
    async def scenario(ask: Asker) -> None:
        async def listed() -> list[tuple[str, str]]:
            found = (await ask("GET", PLACE + "/models")).body["models"]
            return [(m["name"].rpartition("/")[2], m["versionId"]) for m in found]

        assert await listed() == [("world", "1")]
        assert (await ask("GET", f"/v1/{MODEL}@candidate")).body["versionId"] == "2"
        upload = {"model": {"displayName": "world"}, "parentModel": MODEL}
        assert (await ask("POST", PLACE + "/models:upload", upload)).status == 200
        versions = (await ask("GET", f"/v1/{MODEL}:listVersions")).body["models"]
        assert [v["versionAliases"] for v in versions] == [[], ["candidate"], ["default"]]
        assert await listed() == [("world", "3")]
        elsewhere = PLACE.replace("us-central1", "europe-west4")
        assert (await ask("GET", elsewhere + "/models/world")).body["versionId"] == "1"

    asking(scenario)


def test_a_tensorboard_is_a_tree() -> None:
    async def scenario(ask: Asker) -> None:
        board = (await ask("POST", PLACE + "/tensorboards", {"isDefault": True})).body["response"]
        defaults = await ask("GET", PLACE + "/tensorboards?filter=is_default=true")
        assert len(defaults.body["tensorboards"]) == 1
        path = f"/v1/{board['name']}/experiments"
        for name in ("e-1", "e-2"):
            await ask("POST", f"{path}?tensorboardExperimentId={name}", {})
            await ask("POST", f"{path}/{name}/runs?tensorboardRunId=run", {})
        made = await ask("POST", f"{path}/e-1/runs/run/timeSeries", {"displayName": "loss"})
        identifier = made.body["name"].rpartition("/")[2]
        data = [{"tensorboardTimeSeriesId": identifier, "values": [{"scalar": {"value": 1}}]}]
        write = {"timeSeriesData": data}
        assert (await ask("POST", f"{path}/e-1/runs/run:write", write)).status == 200
        read = await ask("GET", f"/v1/{board['name']}:batchRead?timeSeries={made.body['name']}")
        assert read.body["timeSeriesData"][0]["values"] == data[0]["values"]
        assert len((await ask("GET", path)).body["tensorboardExperiments"]) == 2
        assert len((await ask("GET", path + "/e-1/runs")).body["tensorboardRuns"]) == 1
        assert len((await ask("GET", path + "/-/runs")).body["tensorboardRuns"]) == 2
        assert (await ask("DELETE", path + "/e-1")).body["done"]
        assert (await ask("GET", path + "/e-1/runs/run")).status == 404
        assert (await ask("GET", path + "/e-2/runs/run")).status == 200
        await ask("DELETE", f"/v1/{board['name']}")
        assert (await ask("GET", path + "/e-2/runs/run")).status == 404

    asking(scenario)
