"""What is told of a run: every value one that Vertex AI takes, and none that is not known."""

from __future__ import annotations

import json
import math
import re

import pytest
from msgspec.structs import replace

from factories import SITUATIONS, failing, hostile, many_gates, passing, two_models
from llmeval.errors import UsageError
from llmeval.publish.measures import gate_rows, gates_of, metrics, parameters
from llmeval.publish.names import check_experiment, key, keys, run_id_in
from llmeval.records import EndpointIdentity, Summary

KEY = re.compile(r"[A-Za-z0-9_]{1,100}")
GROUNDED = "hallucination_groundedness_pass_rate"


@pytest.mark.parametrize("situation", [*SITUATIONS, "hostile", "many"])
def test_every_run_can_be_told(situation: str) -> None:
    made = {**SITUATIONS, "hostile": hostile, "many": many_gates}[situation]
    summary: Summary = made().summary
    for model in summary.models:
        told = {**parameters(summary, model), **metrics(summary, model)}
        assert all(KEY.fullmatch(name) for name in told)
        for value in told.values():
            if isinstance(value, str):
                assert len(value) <= 1000 and not re.search(r"[\x00-\x1f\x7f]", value)
                value.encode()
            else:
                assert math.isfinite(value)
        encoded = json.dumps(gate_rows(gates_of(summary, model)), allow_nan=False)
        assert "\\ud800" not in encoded


def test_parameters_are_what_was_measured() -> None:
    summary = passing().summary
    deployed = [
        {"id": "7", "display_name": "m", "version": "3", "traffic": 90},
        {"id": "8", "model": "projects/p/models/x", "version": None},
        "odd",
    ]
    details = {"endpoint": "projects/p/endpoints/1", "location": "eu", "deployed_models": deployed}
    model = replace(summary.model, details=details, version=None)
    told = parameters(summary, model)
    assert told["run_id"] == summary.run_id and told["seed"] == summary.seed
    assert told["model"] == model.ref and told["simulated"] == "false"
    assert told["deployed_models"] == "7 m@3 90%; 8 projects/p/models/x@?"
    assert told["endpoint"] == "projects/p/endpoints/1" and told["location"] == "eu"
    assert told["sha256_gates_toml"] == summary.inputs["gates.toml"]
    assert "model_version" not in told and "judge" not in told and "partial" not in told
    assert told["started_at"] == "2026-11-23T10:24:51+00:00"


def test_metrics_are_each_gates_estimate_and_bounds() -> None:
    summary = failing().summary
    told = metrics(summary, summary.model)
    assert told["run_verdict"] == "FAIL" and told["run_passed"] == 0
    assert told["gates"] == 6 and told["gates_blocking"] == 3
    assert (told[f"{GROUNDED}_estimate"], told[f"{GROUNDED}_n"]) == (0.8333, 240)
    assert told[f"{GROUNDED}_verdict"] == "FAIL"
    assert told[f"{GROUNDED}_language_tr_verdict"] == "INCONCLUSIVE"
    assert told["format_json_schema_pass_rate_verdict"] == "WAIVED"
    assert "latency_e2e_p99_high" not in told, "a bound that is not known is no number"
    assert told["run_samples_failed"] == 8


def test_what_is_not_known_is_left_out() -> None:
    summary = replace(passing().summary, cost_usd=None, gates=[])
    told = metrics(summary, summary.model)
    assert "run_cost_usd" not in told and "run_thinking_tokens" not in told
    gate = replace(passing().summary.gates[0], high=math.inf, low=math.nan, estimate=None)
    summary = replace(summary, gates=[gate])
    told = metrics(summary, summary.model)
    assert not {f"{GROUNDED}_{word}" for word in ("estimate", "low", "high")} & told.keys()
    row = gate_rows(summary.gates)[0]
    assert not {"estimate", "low", "high", "slice"} & row.keys() and row["n"] == gate.n


def test_a_column_has_its_own_gates() -> None:
    summary = two_models().summary
    first, second = (metrics(summary, model) for model in summary.models)
    assert first[f"{GROUNDED}_verdict"] == "PASS" and second[f"{GROUNDED}_verdict"] == "FAIL"
    assert first["run_verdict"] == second["run_verdict"] == "FAIL"
    nobody = EndpointIdentity("nobody", "x", "x")
    assert metrics(summary, nobody)["gates"] == 0


def test_too_many_gates_are_counted_and_left_out() -> None:
    summary = many_gates(3000).summary
    told = metrics(summary, summary.model)
    assert told["gates"] == 3000 and 0 < told["gates_left_out"] < 3000
    assert len(json.dumps(told)) < 190_000
    rows = gate_rows(gates_of(summary, summary.model))
    assert 0 < len(rows) < 3000 and len(json.dumps(rows)) < 190_000


def test_gates_of_all_slices_come_first() -> None:
    summary = failing().summary
    order = [bool(gate.slice) for gate in gates_of(summary, summary.model)]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("hallucination.grounded", "hallucination_grounded"),
        ("bias.age[language=de]", "bias_age_language_de"),
        ("suites/rag/cases.jsonl", "suites_rag_cases_jsonl"),
    ],
)
def test_a_key_is_the_name_without_signs(name: str, made: str) -> None:
    assert key(name) == made


def test_keys_that_would_be_the_same_are_told_apart() -> None:
    names = ["a.b", "a_b", "日本", "中国", "", "a" * 300, "a" * 301]
    made = keys(names)
    assert len(set(made.values())) == len(names)
    assert all(KEY.fullmatch(one) for one in made.values())
    assert keys(names) == made and key("日本") == key("日本")


@pytest.mark.parametrize("name", ["gates", "a-1-b", "x" * 100])
def test_names_of_experiments(name: str) -> None:
    assert check_experiment(name) == name
    run = run_id_in(name, "2026-11-23T10-24-51-clinic " + "y" * 200)
    assert re.fullmatch(r"[a-z0-9-]{4,}", run) and len(f"{name}-{run}-tb-run") <= 128
    assert run_id_in(name, "2026-11-23T10-24-51-clinic " + "y" * 201) != run


@pytest.mark.parametrize("name", ["", "abc", "Gates", "a_b_c", "-gates", "x" * 101, "gätes"])
def test_names_that_vertex_refuses_are_refused_before(name: str) -> None:
    with pytest.raises(UsageError, match="lower-case letters, digits and dashes"):
        check_experiment(name)


def test_a_run_has_a_name_of_letters() -> None:
    assert run_id_in("gates", "Run 1", "openai:http://h/v1#M") == "run-1-openai-http-h-v1-m"
    with pytest.raises(UsageError, match="--run-name=日本"):
        run_id_in("gates", "日本")
