"""Which column a --model becomes, and what of its reference may be seen."""

from __future__ import annotations

import pytest
from plugin_project import FINISHED, Project, one_message, said

from llmeval.emulator import Faults, running_server

pytest_plugins = ["pytester"]
HOW = pytest.mark.parametrize("how", ["plain", "-n2"])


@HOW
def test_a_server_whose_model_is_not_named(project: Project, how: str) -> None:
    project.gate(threshold=0.5, metric="arith.error_rate", direction="at_most")
    with running_server() as url:
        result = project.either(how)(model=f"openai:{url}")
        assert result.ret == 0, said(result)
        summary = project.summary()
        assert summary["verdict"] == "PASS", summary["gates"]
        assert (summary["model"]["ref"], summary["model"]["name"]) == (f"openai:{url}", "demo")
    assert {o["model"] for o in project.record()[1]} == {f"openai:{url}"}


@HOW
def test_no_key_in_a_reference_reaches_a_file_or_the_screen(project: Project, how: str) -> None:
    project.gate(threshold=0.5, metric="arith.error_rate", direction="at_most")
    with running_server(faults=Faults(server_500=0.3)) as url:
        result = project.either(how)("-v", model=f"openai:{url}?key=hushhush#demo")
    assert "6 answered" in said(result)
    assert "hushhush" not in said(result)
    for name in FINISHED:
        assert "hushhush" not in (project.path / "reports/latest" / name).read_text("utf-8"), name


def test_models_that_cannot_be_told_apart_are_refused(project: Project) -> None:
    first, second = (f"openai:http://127.0.0.1:9/v1?key={key}#m" for key in "ab")
    result = project.run(f"--model={first}", model=second)
    one_message(result, "differ in nothing that may be shown")
