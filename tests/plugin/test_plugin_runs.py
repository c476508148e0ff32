"""Measuring runs: items, options of pytest's own, the record, gates as results."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from plugin_project import FINISHED, MODEL, PLUGIN, SUITE, Project, one_message, said, untimed

pytest_plugins = ["pytester"]
HOW = pytest.mark.parametrize("how", ["plain", "-n2"])


# Inert without --model


def test_without_a_model_suites_are_skipped_and_tests_run(project: Project) -> None:
    project.suite(SUITE + "\ndef test_plain():\n    pass\n\ndef test_asks(model):\n    1 / 0\n")
    project.write("x.suite.yaml", "this: is not read")
    result = project.run("-rs", model=None)
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(["*give --model=REF*"])
    assert not (project.path / "reports").exists()
    assert not (project.path / ".llmeval").exists()


def test_without_a_model_nothing_heavy_is_imported(project: Project) -> None:
    project.suite("def test_plain():\n    pass\n")
    script = (
        "import sys, pytest\n"
        # anyio's own plugin, where it is installed, brings asyncio.
        f"code = pytest.main(['-q', '-p', 'no:anyio', *{list(PLUGIN)!r}])\n"
        "heavy = {'numpy', 'scipy', 'aiohttp', 'jinja2', 'msgspec', 'yaml', 'jsonschema',"
        " 'asyncio', 'llmeval.records', 'llmeval.plugin.session'}\n"
        "print(code, sorted(heavy & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=project.path, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "0 []", done.stdout


# A whole run


@HOW
def test_a_run_leaves_its_record_and_its_pages(project: Project, how: str) -> None:
    project.gate()
    result = project.either(how)("-v")
    assert result.ret == 0, said(result)
    result.stdout.fnmatch_lines_random(
        [
            "*test_suite.py::test_parity?c0?*",
            "*FLAGGED (contains)*",
            "gates.toml::arith.even PASSED*",
            "*llmeval: PASS*",
            "report: reports*report.html",
        ]
    )
    assert project.files() == FINISHED
    header, observations = project.record()
    observations.sort(key=lambda o: o["case_id"])
    assert [o["case_id"] for o in observations] == [f"c{n}" for n in range(6)]
    assert [s["value"] for o in observations for s in o["scores"]] == [1.0, 0.0] * 3
    assert header["partial"] == []
    assert set(header["inputs"]) == {"cases.jsonl", "test_suite.py", "gates.toml"}
    summary = project.summary()
    assert (summary["verdict"], summary["partial"]) == ("PASS", [])
    assert summary["coverage"]["planned"] == summary["coverage"]["recorded"] == 6
    assert {k: summary["calls"][k] for k in ("sent", "retried")} == {"sent": 6, "retried": 0}
    assert len(project.calls()) == 6


def test_workers_record_what_a_plain_run_records(project: Project) -> None:
    project.cases(40)
    project.suite(
        SUITE + "    sample.record('brevity', 0.75)\n    assert sample.case.id != 'c7'\n"
        "\n@evaluate('cases.jsonl', prompt='ask.j2', suite='speed', timed=True, warmup=2)\n"
        "def test_speed(sample):\n    pass\n"
    )
    assert project.run("--run-dir=plain").ret == 1
    plain_calls = len(project.calls())
    assert project.spread("--run-dir=spread").ret == 1
    assert len(project.calls()) == 2 * plain_calls == 2 * (80 + 2)
    (plain_head, plain), (head, spread) = project.record("plain"), project.record("spread")
    assert list(map(untimed, spread)) == list(map(untimed, plain))
    assert head["suites"] == plain_head["suites"]
    assert project.files("spread") == FINISHED, "one merged record, nothing left over"
    one, two = project.summary("plain"), project.summary("spread")
    assert one["coverage"] == two["coverage"]
    assert one["hard_failures"] == two["hard_failures"] == 1


@HOW
def test_gates_are_results(project: Project, how: str) -> None:
    project.cases(60)
    project.gate(0.2, id="a.holds")
    project.gate(0.9, id="b.fails")
    project.gate(0.5, id="c.open")
    project.gate(0.9, id="d.warns", severity="warn")
    result = project.either(how)("-v", "--junitxml=out.xml")
    assert result.ret == 1
    result.stdout.fnmatch_lines_random(
        [
            "gates.toml::a.holds PASSED*",
            "gates.toml::b.fails FAILED*",
            "gates.toml::c.open INCONCLUSIVE*",
            "gates.toml::d.warns FAIL (warning)*",
            "*llmeval: FAIL*",
        ]
    )
    found = {
        case.get("name"): [child.tag for child in case if child.tag != "properties"]
        for case in ET.parse(project.path / "out.xml").iter("testcase")
        if "gates" in str(case.get("classname"))
    }
    assert found == {"a.holds": [], "b.fails": ["failure"], "c.open": ["failure"], "d.warns": []}
    verdicts = {g["id"]: g["verdict"] for g in project.summary()["gates"]}
    assert verdicts == {
        "a.holds": "PASS",
        "b.fails": "FAIL",
        "c.open": "INCONCLUSIVE",
        "d.warns": "FAIL",
    }


def test_without_gates_nothing_is_decided(project: Project) -> None:
    assert project.run().ret == 0
    assert project.summary()["verdict"] == "NONE"


@HOW
def test_a_bare_assert_is_a_hard_failure_in_the_record(project: Project, how: str) -> None:
    project.suite(SUITE + "    assert sample.case.id != 'c3', 'never three'\n")
    result = project.either(how)()
    assert result.ret == 1
    text = said(result)
    assert "never three" in text
    assert "pluggy/" not in text, "only the body's own lines"
    result.stdout.fnmatch_lines(["*Captured answer*", "3 is odd"])
    scores = {o["case_id"]: o["scores"] for o in project.record()[1]}
    assert [s["scorer"] for s in scores["c3"]] == ["contains", "assert"]
    assert scores["c3"][1]["value"] == 0.0
    assert "never three" in scores["c3"][1]["explanation"]
    assert project.summary()["hard_failures"] == 1
    assert project.summary()["verdict"] != "PASS"


def test_recorded_values_are_scores_that_gates_can_use(project: Project) -> None:
    project.suite(
        SUITE.replace("scorers=", "records=['brevity'], scorers=")
        + "    sample.record('brevity', len(sample.response.text) < 100, 'short')\n"
        "    assert sample.scores['brevity'].value == 1.0\n"
    )
    project.gate(0.5, metric="arith.brevity.pass_rate")
    assert project.run().ret == 0
    for o in project.record()[1]:
        assert o["scores"][1]["scorer"] == "brevity"
        assert (o["scores"][1]["value"], o["scores"][1]["label"]) == (1.0, "short")


@pytest.mark.parametrize("name, value", [("x", 1.5), ("x", float("nan")), ("contains", 1.0)])
def test_recording_what_is_no_score_fails_the_sample(
    project: Project, name: str, value: float
) -> None:
    project.suite(SUITE + f"    sample.record({name!r}, float('{value}'))\n")
    result = project.run()
    result.assert_outcomes(failed=6)
    assert "sample.record(" in said(result)


@HOW
def test_bodies_get_fixtures(project: Project, how: str) -> None:
    project.suite(
        "import pytest\n"
        + SUITE.replace("(sample)", "(tmp_path, sample, seven)")
        + "    assert seven == 7 and tmp_path.is_dir() and sample.response.text\n"
        "\n@pytest.fixture\ndef seven():\n    return 7\n"
    )
    result = project.either(how)()
    assert result.ret == 0, said(result)


def test_autouse_fixtures_apply_to_samples(project: Project) -> None:
    project.suite(
        "import pytest\nSEEN = []\n"
        "@pytest.fixture(autouse=True)\ndef seen():\n    SEEN.append(1)\n"
        + SUITE
        + "    assert len(SEEN) == int(sample.case.id[1:]) + 1\n"
    )
    assert project.run().ret == 0


def test_a_fixture_that_is_not_there_is_an_error(project: Project) -> None:
    project.suite(SUITE.replace("(sample)", "(sample, absent)"))
    result = project.run()
    assert result.ret == 1
    assert "fixture 'absent' not found" in said(result)
    assert project.summary()["verdict"] != "PASS"


def test_the_model_fixture_asks_freely(project: Project) -> None:
    project.suite(
        "import asyncio\n"
        "def test_ask(model):\n"
        "    assert model.ask('parity of 4?').text == '4 is even'\n"
        "def test_aask(model):\n"
        "    assert asyncio.run(model.aask('parity of 5?')).text == '5 is odd'\n"
    )
    project.run().assert_outcomes(passed=2)
    assert len(project.calls()) == 2


def test_a_failed_free_call_fails_its_test(project: Project) -> None:
    project.suite("def test_ask(model):\n    model.ask('no number here')\n")
    result = project.run()
    result.assert_outcomes(failed=1)
    assert "CallFailed" in said(result)


# pytest's own options


def test_k_narrows_the_run_which_can_then_not_pass(project: Project) -> None:
    project.gate()
    result = project.run("-k", "c1 or c2")
    assert result.ret == 1
    assert sorted(project.calls()) == [f"What is the parity of {n}?" for n in (1, 2)]
    summary = project.summary()
    assert summary["verdict"] not in ("PASS", "NONE")
    assert summary["partial"] == ["4 of 6 samples left out by -k 'c1 or c2'"]


def test_a_node_id_narrows_the_run(project: Project) -> None:
    project.gate()
    assert project.run("test_suite.py::test_parity[c4]").ret == 1
    assert len(project.calls()) == 1
    assert project.summary()["partial"]


def test_x_stops_at_the_first_failure(project: Project) -> None:
    project.gate()
    project.suite(SUITE + "    assert sample.case.id != 'c2'\n")
    result = project.run("-x")
    assert result.ret == 1, said(result)
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])
    summary = project.summary()
    assert summary["verdict"] != "PASS"
    assert any("stopped early" in reason for reason in summary["partial"])


def test_lf_runs_what_failed_last(project: Project) -> None:
    project.gate()
    project.suite(SUITE + "    assert sample.case.id != 'c2'\n")
    assert project.run().ret == 1
    project.forget_calls()
    assert project.run("--lf").ret == 1
    assert project.calls() == ["What is the parity of 2?"]
    assert any("--lf" in reason for reason in project.summary()["partial"])


@pytest.mark.parametrize("option", ["-q", "-qq", "-v", "-vv", "--tb=no", "-p no:cacheprovider"])
def test_how_much_is_said_changes_no_result(project: Project, option: str) -> None:
    project.gate()
    result = project.run(*option.split())
    assert result.ret == 0, said(result)
    assert project.summary()["verdict"] == "PASS"


def test_collect_only_asks_nothing(project: Project) -> None:
    result = project.run("--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["test_suite.py::test_parity?c5?"])
    assert project.calls() == []
    assert not (project.path / "reports").exists()


def test_junit_holds_the_samples(project: Project) -> None:
    project.suite(SUITE + "    assert sample.case.id != 'c2'\n")
    project.run("--junitxml=out.xml")
    cases = list(ET.parse(project.path / "out.xml").iter("testcase"))
    assert [case.get("name") for case in cases] == [f"test_parity[c{n}]" for n in range(6)]
    assert [case.find("failure") is not None for case in cases] == [n == 2 for n in range(6)]


@pytest.mark.parametrize("count", [6, 600])
def test_skipped_samples_leave_a_run_that_cannot_pass(project: Project, count: int) -> None:
    project.cases(count)
    project.gate(0.05)
    project.suite("import pytest\n" + SUITE.replace("@eval", "@pytest.mark.skip('later')\n@eval"))
    project.suite(
        SUITE.replace("suite='arith'", "suite='two'")
        .replace('"arith"', '"two"')
        .replace("scorers=", "timed=True, warmup=0, scorers="),
        "test_two.py",
    )
    project.cases(6, "two.jsonl")
    result = project.run()
    outcomes = result.parseoutcomes()
    assert (outcomes["skipped"], outcomes["failed"]) == (count, 1), "samples skipped, gate failed"
    assert result.ret == 1
    summary = project.summary()
    assert summary["verdict"] == "INCONCLUSIVE"
    assert any("skip mark" in reason for reason in summary["partial"])
    assert "arith" not in {o["suite"] for o in project.record()[1]}, (
        "what is skipped is not paid for"
    )


# Several models, shards, YAML


@HOW
def test_two_models_are_columns(project: Project, how: str) -> None:
    project.gate(0.1)
    result = project.either(how)("--model=python:fake:other", "-v")
    result.stdout.fnmatch_lines_random(
        [
            "*test_parity?c0-python:fake:answer?*",
            "*test_parity?c0-python:fake:other?*",
            "gates.toml::arith.even@python:fake:answer PASSED*",
            "gates.toml::arith.even@python:fake:other PASSED*",
        ]
    )
    header, observations = project.record()
    assert [m["ref"] for m in header["models"]] == [MODEL, "python:fake:other"]
    texts = {(o["model"], o["case_id"]): o["response"]["text"] for o in observations}
    assert len(texts) == len(observations) == 12
    assert texts[MODEL, "c0"] == "0 is even"
    assert texts["python:fake:other", "c0"] == "odd 0 is even"


def test_a_free_test_runs_for_each_model(project: Project) -> None:
    project.suite("def test_ask(model):\n    assert '4' in model.ask('parity of 4?').text\n")
    project.run("--model=python:fake:other").assert_outcomes(passed=2)


def test_a_body_gets_the_model_of_its_column(project: Project) -> None:
    project.suite(
        SUITE.replace("(sample)", "(sample, model)")
        + "    assert model.ref == sample.observation.model\n"
    )
    project.run("--model=python:fake:other").assert_outcomes(passed=6)


def test_shards_part_the_samples(project: Project) -> None:
    project.cases(30)
    project.gate(0.1)
    seen = []
    for shard in ("1/2", "2/2"):
        assert project.run(f"--shard={shard}", f"--run-dir=s{shard[0]}").ret == 1
        assert any("--shard" in reason for reason in project.summary(f"s{shard[0]}")["partial"])
        seen.append({o["case_id"] for o in project.record(f"s{shard[0]}")[1]})
    assert seen[0] | seen[1] == {f"c{n}" for n in range(30)}
    assert not seen[0] & seen[1]
    assert all(seen)
    assert len(project.calls()) == 30


def test_suites_in_yaml(project: Project) -> None:
    (project.path / "test_suite.py").unlink()
    project.write(
        "parity.suite.yaml",
        "cases: cases.jsonl\nprompt: ask.j2\nsuite: arith\nsamples: 2\n"
        "scorers:\n  - contains: {expected: even}\ndescription: Numbers are told apart.\n",
    )
    project.gate(0.1)
    result = project.run("-v")
    assert result.ret == 0, said(result)
    header, observations = project.record()
    assert len(observations) == 12
    assert header["suites"][0]["description"] == "Numbers are told apart."


@pytest.mark.parametrize(
    "text, words",
    [
        ("cases: cases.jsonl\nprompt: ask.j2\nscorer: []\n", ["'scorer'", "'scorers'"]),
        ("cases: cases.jsonl\n", ["prompt"]),
        ("- a list\n", ["cases"]),
        ("{", ["YAML"]),
        ("cases: cases.jsonl\nprompt: ask.j2\nscorers: [contain]\n", ["'contain'", "'contains'"]),
        ("cases: cases.jsonl\nprompt: ask.j2\nscorers: [{contains: {nope: 1}}]\n", ["nope"]),
        ("cases: cases.jsonl\nprompt: ask.j2\nscorers: contains\n", ["scorer"]),
        ("cases: cases.jsonl\nprompt: ask.j2\nscorers: 3\n", ["scorer"]),
        ("cases: cases.jsonl\nprompt: ask.j2\nscorers: [{contains: [1]}]\n", ["contains"]),
        ("cases: cases.jsonl\nprompt: ask.j2\nsettings: 3\n", ["settings"]),
        ("cases: cases.jsonl\nprompt: ask.j2\nsamples: many\n", ["samples"]),
        ("cases: cases.jsonl\nprompt: [1]\n", ["prompt"]),
        ("cases: none.jsonl\nprompt: ask.j2\n", ["none.jsonl"]),
    ],
)
def test_a_wrong_suite_in_yaml_is_one_message(
    project: Project, text: str, words: list[str]
) -> None:
    project.write("bad.suite.yaml", text)
    one_message(project.run(), "bad.suite.yaml", *words)
    assert project.calls() == []
