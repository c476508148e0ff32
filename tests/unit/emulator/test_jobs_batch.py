"""Batch prediction jobs: their states, their lines, what goes wrong with them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from jobs_asking import PLACE, Answered, Asker, asking

from jobs_server import MODEL, JobSettings, answer_generate
from llmeval.emulator.vertex_jobs.batch.lines import in_another_order
from llmeval.errors import ConfigError

GEMINI = "publishers/google/models/gemini-2.5-flash"
JOBS = PLACE + "/batchPredictionJobs"


def job(name: str = "d", model: str = GEMINI, source: str = "in", **more: Any) -> dict[str, Any]:
    return {
        "displayName": name,
        "model": model,
        "inputConfig": {
            "instancesFormat": "jsonl",
            "gcsSource": {"uris": [f"gs://llmeval/{source}"]},
        },
        "outputConfig": {"gcsDestination": {"outputUriPrefix": "gs://llmeval/out/"}},
        **more,
    }


def questions(n: int, *more: str) -> bytes:
    bodies = [{"contents": [{"parts": [{"text": t}]}]} for t in [*map(str, range(n)), *more]]
    return "\n".join(json.dumps({"request": body}) for body in bodies).encode()


async def ended(ask: Asker, name: str) -> dict[str, Any]:
    for _ in range(500):
        found = (await ask("GET", f"/v1/{name}")).body
        if found["state"].endswith(("SUCCEEDED", "FAILED", "CANCELLED")):
            return dict(found)
        await asyncio.sleep(0.01)
    raise AssertionError("the job does not end")


async def run(ask: Asker, body: dict[str, Any]) -> dict[str, Any]:
    made = await ask("POST", JOBS, body)
    assert made.status == 200, made.body
    return await ended(ask, made.body["name"])


async def output(ask: Asker, done: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the lines of each file, by its name."""
    prefix = done["outputInfo"]["gcsOutputDirectory"].removeprefix("gs://llmeval/")
    listed = await ask("GET", f"/storage/v1/b/llmeval/o?prefix={prefix}/")
    files = {}
    for item in listed.body["items"]:
        quoted = item["name"].replace("/", "%2F")
        found: Answered = await ask("GET", f"/storage/v1/b/llmeval/o/{quoted}?alt=media")
        name = item["name"].rpartition("/")[2]
        files[name] = [json.loads(row) for row in found.body.splitlines()]
    return files


def test_a_gemini_batch_comes_back_in_another_order() -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put("in", questions(40, "x [[refuse]]"))
        done = await run(ask, job())
        assert done["state"] == "JOB_STATE_SUCCEEDED" and done["endTime"] > done["startTime"]
        assert done["completionStats"] == {
            "successfulCount": "40",
            "failedCount": "1",
            "incompleteCount": "0",
        }
        files = await output(ask, done)
        assert list(files) == ["predictions.jsonl"]
        asked = [
            r["request"]["contents"][0]["parts"][0]["text"] for r in files["predictions.jsonl"]
        ]
        assert asked != sorted(asked, key=len) and sorted(asked)[:3] == ["0", "1", "10"]
        for row in files["predictions.jsonl"]:
            if row["status"]:
                assert row["response"] == {}
                assert row["status"].startswith('Too Many Requests: {"error": {"code": 429')
            else:
                text = row["request"]["contents"][0]["parts"][0]["text"]
                said = row["response"]["candidates"][0]["content"]["parts"][0]["text"]
                assert said == f"echo: {text}" and row["processed_time"].endswith("+00:00")

    asking(scenario)


def test_a_custom_model_has_shards_and_a_file_of_errors() -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put("in", b'{"n": 1}\n{"n": 2}\nno json\n"a text"\n{"n": 3}')
        tuned = {"manualBatchTuningParameters": {"batchSize": 2}, "modelParameters": {"k": 1}}
        done = await run(ask, job(model=MODEL, **tuned))
        files = await output(ask, done)
        results = [row for name, rows in files.items() if "results" in name for row in rows]
        assert len(files) == 3 and {r["prediction"]["twice"] for r in results} == {2, 4, 6}
        assert all(row["prediction"]["parameters"] == {"k": 1} for row in results)
        errors = files["prediction.errors_stats-00000-of-00001"]
        assert {json.dumps(e["instance"]): e["error"]["code"] for e in errors} == {
            '"no json"': 3,
            '"a text"': 3,
        }

    asking(scenario)


def test_the_states_follow_each_other() -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put("in", questions(3))
        made = (await ask("POST", JOBS, job())).body
        seen = [made["state"]]
        while not seen[-1].endswith("SUCCEEDED"):
            found = (await ask("GET", f"/v1/{made['name']}")).body["state"]
            seen += [found] if found != seen[-1] else []
            await asyncio.sleep(0.005)
        words = [state.removeprefix("JOB_STATE_") for state in seen]
        assert words == ["QUEUED", "PENDING", "RUNNING", "SUCCEEDED"]

    asking(scenario, JobSettings(seconds=0.4))


def test_missing_lines_make_a_partial_success() -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put("in", questions(4, "[[fault:missing_line]]", "[[fault:failed_line]]"))
        done = await run(ask, job())
        assert done["state"] == "JOB_STATE_PARTIALLY_SUCCEEDED"
        assert done["partialFailures"][0]["message"] == "1 of 6 lines have no prediction."
        assert done["completionStats"]["failedCount"] == "1"
        assert len((await output(ask, done))["predictions.jsonl"]) == 5

    asking(scenario)


def test_rates_are_drawn_from_the_seed() -> None:
    counts = []

    async def scenario(ask: Asker) -> None:
        await ask.put("in", questions(400))
        done = await run(ask, job())
        counts.append((done["completionStats"]["failedCount"], done["completionStats"]))

    for seed in (1, 1, 2):
        asking(scenario, JobSettings(seconds=0, failed_line=0.2, missing_line=0.1, seed=seed))
    assert counts[0] == counts[1] != counts[2]
    assert 40 <= int(counts[0][0]) <= 120


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (job("[[fault:failed_job]]"), "Internal error"),
        (job(source="none"), "Not found: gs://llmeval/none"),
        (job(source="none*"), "is empty"),
        (job(source="empty"), "is empty"),
        (job(source="long"), "More than 9 lines"),
        (
            job(outputConfig={"gcsDestination": {"outputUriPrefix": "gs://nowhere/out"}}),
            "Failed to export data. The specified bucket does not exist.",
        ),
    ],
)
def test_a_job_that_fails_says_why(body: dict[str, Any], told: str) -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put("in", questions(2))
        await ask.put("empty", b"\n \n")
        await ask.put("long", questions(10))
        done = await run(ask, body)
        assert done["state"] == "JOB_STATE_FAILED" and told in done["error"]["message"]
        assert "outputInfo" not in done

    asking(scenario, JobSettings(seconds=0, lines=9))


def test_several_inputs_and_a_pattern_are_one_batch() -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put("part-1", questions(2))
        await ask.put("part-2", questions(3))
        done = await run(ask, job(source="part-*"))
        assert done["completionStats"]["successfulCount"] == "5"

    asking(scenario)


def test_a_defect_of_the_answering_fails_the_job() -> None:
    async def broken(model: str, body: dict[str, Any]) -> dict[str, Any]:
        raise KeyError("defect")

    async def scenario(ask: Asker) -> None:
        await ask.put("in", questions(2))
        done = await run(ask, job())
        assert done["error"] == {
            "code": 13,
            "message": "Internal error encountered: KeyError: 'defect'",
        }

    asking(scenario, answer_generate=broken)


def test_a_cancelled_job_keeps_what_was_done() -> None:
    answered = 0

    async def slow(model: str, body: dict[str, Any]) -> dict[str, Any]:
        nonlocal answered
        answered += 1
        if answered > 40:
            await asyncio.sleep(60)
        return await answer_generate(model, body)

    async def scenario(ask: Asker) -> None:
        await ask.put("in", questions(100))
        made = (await ask("POST", JOBS, job())).body
        while answered <= 40:
            await asyncio.sleep(0.01)
        assert (await ask("DELETE", f"/v1/{made['name']}")).status == 400
        assert (await ask("POST", f"/v1/{made['name']}:cancel")).status == 200
        done = await ended(ask, made["name"])
        assert done["state"] == "JOB_STATE_CANCELLED"
        assert 32 <= len((await output(ask, done))["predictions.jsonl"]) < 100
        assert (await ask("POST", f"/v1/{made['name']}:cancel")).status == 200
        assert (await ask("DELETE", f"/v1/{made['name']}")).body["done"]
        assert (await ask("GET", f"/v1/{made['name']}")).status == 404

    asking(scenario, answer_generate=slow)


def test_a_server_that_ends_takes_its_jobs_with_it() -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put("in", questions(2))
        assert (await ask("POST", JOBS, job())).status == 200

    asking(scenario, JobSettings(seconds=600))


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({}, 400, "batch_prediction_job.display_name"),
        (job(inputConfig={}), 400, "input_config.gcs_source.uris"),
        (job(inputConfig={"gcsSource": {"uris": ["/tmp/x"]}}), 400, "A gs:// URI is needed"),
        (job(outputConfig={}), 400, "output_config.gcs_destination"),
        (job(inputConfig=[]), 400, "input_config"),
        (b"{", 400, "Invalid JSON"),
        ([], 400, "Root must be an object"),
    ],
)
def test_a_job_that_cannot_be_is_refused(body: object, status: int, told: str) -> None:
    async def scenario(ask: Asker) -> None:
        refused = await ask("POST", JOBS, body)
        assert refused.status == status and told in refused.message
        assert refused.body["error"]["status"] == "INVALID_ARGUMENT"

    asking(scenario)


def test_nobody_may_in_the_project_without_permission() -> None:
    async def scenario(ask: Asker) -> None:
        path = JOBS.replace("/p/", "/no-permission/")
        refused = await ask("POST", path, job())
        assert refused.status == 403 and "aiplatform.batchPredictionJobs.create" in refused.message

    asking(scenario)


def test_jobs_are_listed_newest_first_by_filter_and_project() -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put("in", questions(1))
        for name in ("a", "b", "a"):
            await run(ask, job(name, labels={"run": name}))
        found = (await ask("GET", JOBS + '?filter=labels.run="a"')).body["batchPredictionJobs"]
        assert [j["name"].rpartition("/")[2] for j in found] == ["3", "1"]
        other = await ask("GET", JOBS.replace("/p/", "/other/"))
        assert other.body["batchPredictionJobs"] == []
        assert (await ask("GET", JOBS + "?filter=nonsense=1")).status == 400

    asking(scenario)


def test_an_order_is_never_the_order_of_the_input() -> None:
    for n in (2, 3, 7):
        rows = [str(i).encode() for i in range(n)]
        for seed in range(20):
            shuffled = in_another_order(rows, seed)
            assert shuffled != rows and sorted(shuffled) == rows
    assert in_another_order([b"x"], 0) == [b"x"] and in_another_order([], 0) == []


@pytest.mark.parametrize(
    "wrong", [{"failed_job": 1.1}, {"missing_line": -0.1}, {"seconds": -1}, {"slow_factor": 0.5}]
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        JobSettings(**wrong)


def test_a_line_that_is_no_request_fails_alone() -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put("in", questions(2) + b'\n{"contents": []}\nno json')
        done = await run(ask, job())
        rows = (await output(ask, done))["predictions.jsonl"]
        bad = {json.dumps(row["request"]): row["status"] for row in rows if row["status"]}
        assert set(bad) == {'"{\\"contents\\": []}"', '"no json"'}
        assert all(status.startswith("Bad Request: ") for status in bad.values())

    asking(scenario)


def test_a_custom_models_lines_can_be_missing_or_fail() -> None:
    async def scenario(ask: Asker) -> None:
        await ask.put(
            "in",
            b'{"n": 1}\n{"n": 2, "x": "[[fault:missing_line]]"}\n'
            b'{"n": 3, "x": "[[fault:failed_line]]"}',
        )
        done = await run(ask, job(model=MODEL, manualBatchTuningParameters={"batchSize": 1}))
        assert done["state"] == "JOB_STATE_PARTIALLY_SUCCEEDED"
        assert done["completionStats"] == {
            "successfulCount": "1",
            "failedCount": "1",
            "incompleteCount": "1",
        }

    asking(scenario)
