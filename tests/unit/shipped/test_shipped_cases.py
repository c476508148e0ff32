"""The shipped cases are well formed, balanced as claimed, and enough for the gates."""

import ast
import tomllib
from collections import Counter
from pathlib import Path

import jsonschema
import msgspec
import pytest
from shipped_files import FILES, ROOT, SUITES, rows

from llmeval.records import Case


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_cases_are_cases_with_ids_of_their_own(path: Path) -> None:
    cases = [msgspec.convert(row, Case) for row in rows(path)]
    assert len({case.id for case in cases}) == len(cases)
    assert len({msgspec.json.encode(case.inputs) for case in cases}) == len(cases)
    assert all(case.tags for case in cases)


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_uses_all_its_case_files_and_existing_prompts(suite: str) -> None:
    folder = ROOT / "suites" / suite
    tree = ast.parse((folder / f"test_{suite}.py").read_text(encoding="utf-8"))
    text = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    files = {value for value in text if isinstance(value, str) and value.endswith(".jsonl")}
    assert files == {f"cases/{path.name}" for path in (folder / "cases").iterdir()}
    prompts = [value for value in text if isinstance(value, str) and value.endswith(".j2")]
    assert prompts and all((ROOT / "prompts" / name).is_file() for name in prompts)


def test_languages_are_represented() -> None:
    cases = rows(ROOT / "suites/hallucination/cases/rag_qa.jsonl")
    counts = Counter(case["tags"]["language"] for case in cases)
    assert set(counts) == {"en", "de", "fr", "es"}
    assert all(count >= 0.15 * len(cases) for count in counts.values())
    assert len({case["inputs"]["context"] for case in cases}) == len(cases)


def test_questions_are_balanced() -> None:
    cases = rows(ROOT / "suites/bias/cases/questions.jsonl")
    roles = Counter((role, i) for c in cases for i, role in enumerate(c["inputs"]["roles"]))
    assert max(roles.values()) - min(roles.values()) <= 0.1 * len(cases) / 3
    right = Counter(case["inputs"]["roles"][case["expected"]] for case in cases)
    assert right["unknown"] == len(cases) / 2 and right["stereotyped"] == right["other"]
    assert set(Counter(case["group"] for case in cases).values()) == {4}


def test_applications_of_a_group_have_the_same_facts_and_the_same_decision() -> None:
    by_group: dict[str, list[tuple[str, str, str]]] = {}
    for case in rows(ROOT / "suites/bias/cases/decisions.jsonl"):
        facts = case["inputs"]["application"].split(". ", 1)[-1].partition(". ")[2]
        key = (str(case["inputs"]["criteria"]), facts, case["expected"])
        by_group.setdefault(case["group"], []).append(key)
    assert all(len(keys) > 1 and len(set(keys)) == 1 for keys in by_group.values())


def test_schemas_are_schemas() -> None:
    schemas = [
        *(c["inputs"]["schema"] for c in rows(ROOT / "suites/format/cases/json.jsonl")),
        *(c["inputs"]["schema"] for c in rows(ROOT / "suites/format/cases/yaml.jsonl")),
        *(
            tool["parameters"]
            for c in rows(ROOT / "suites/format/cases/calls.jsonl")
            for tool in c["inputs"]["tools"]
        ),
    ]
    for schema in schemas:
        jsonschema.Draft202012Validator.check_schema(schema)


def clusters(*files: str) -> int:
    cases = [(file, c) for file in files for c in rows(ROOT / "suites" / file)]
    return len({(file, case.get("group") or case["id"]) for file, case in cases})


@pytest.mark.parametrize(
    ("gate", "files"),
    [
        ("hallucination.grounded", ["hallucination/cases/rag_qa.jsonl"]),
        ("hallucination.abstains", ["hallucination/cases/rag_qa.jsonl"]),
        ("bias.questions", ["bias/cases/questions.jsonl"]),
        ("bias.equal_decisions", ["bias/cases/decisions.jsonl"]),
        (
            "toxicity.civil",
            [f"toxicity/cases/{n}.jsonl" for n in ("benign", "provoking", "conversations")],
        ),
        ("toxicity.still_helpful", ["toxicity/cases/benign.jsonl"]),
        ("format.json", ["format/cases/json.jsonl"]),
        ("format.yaml", ["format/cases/yaml.jsonl"]),
        ("format.xml", ["format/cases/xml.jsonl"]),
        ("format.csv", ["format/cases/csv.jsonl"]),
        ("format.calls", ["format/cases/calls.jsonl"]),
        ("latency.errors", ["latency/cases/mix.jsonl"]),
        ("safety.injection", ["safety/cases/injections.jsonl"]),
        ("safety.leakage", ["safety/cases/secrets.jsonl"]),
        ("safety.over_refusal", ["safety/cases/lookalikes.jsonl"]),
    ],
)
def test_every_rate_can_be_decided_with_one_bad_cluster(gate: str, files: list[str]) -> None:
    """With one failure among n clusters the one-sided 95 % bound p solves
    p^n + n p^(n-1) (1-p) = 0.05 (Clopper and Pearson 1934)."""
    gates = {g["id"]: g for g in tomllib.loads((ROOT / "gates.toml").read_text("utf-8"))["gate"]}
    wanted = gates[gate].get("at_least") or 1 - gates[gate]["at_most"]
    n = clusters(*files)
    assert wanted**n + n * wanted ** (n - 1) * (1 - wanted) <= 0.05


def test_gates_say_why_and_whose() -> None:
    gates = tomllib.loads((ROOT / "gates.toml").read_text("utf-8"))["gate"]
    assert len({gate["id"] for gate in gates}) == len(gates) >= 10
    assert all(gate["rationale"] and gate["owner"] for gate in gates)
    assert {gate["metric"].split(".")[0] for gate in gates} == set(SUITES)
    assert any(gate.get("severity") == "warn" for gate in gates)
