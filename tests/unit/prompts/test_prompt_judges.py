"""Judges' templates: their heads, and where they are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmeval.errors import PromptError
from llmeval.prompts import JudgeLibrary

SHIPPED = ("rubric", "groundedness", "toxicity", "refusal", "correctness", "pairwise")
VALUES = dict.fromkeys(
    ("rubric", "prompt", "context", "reference", "response", "first", "second"), "x"
)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_template_renders_and_offers_its_labels(name: str) -> None:
    template = JudgeLibrary([]).load(name)
    messages = template.render(VALUES)
    assert [m.role for m in messages] == ["system", "user"]
    for label in template.labels:
        assert f'"{label}"' in messages[0].content
    assert max(template.labels.values()) == 1.0 and min(template.labels.values()) == 0.0
    assert template.pairwise is (name == "pairwise")


def test_the_projects_own_template_comes_first(tmp_path: Path) -> None:
    own = tmp_path / "judges" / "toxicity.j2"
    own.parent.mkdir()
    own.write_text("{#- judge\nlabels = { ok = 1, bad = 0 }\n-#}\nIs {{ response }} ok?\n")
    template = JudgeLibrary([tmp_path]).load("toxicity")
    assert template.labels == {"ok": 1.0, "bad": 0.0}
    assert template.hash != JudgeLibrary([]).load("toxicity").hash
    assert JudgeLibrary([tmp_path]).load("judges/groundedness.j2").labels["grounded"] == 1.0


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("", "does not say what its labels are worth"),
        ("{# judge: labels = {} #}", "does not say what its labels are worth"),
        ("{#- judge\nlabels = {\n-#}", "no TOML"),
        ("{#- judge\nlabels = { a = 1 }\n-#}", "at least two labels"),
        ("{#- judge\nlabels = { a = 1, b = 2 }\n-#}", "values from 0 to 1"),
        ("{#- judge\nlabels = { a = 1, b = true }\n-#}", "values from 0 to 1"),
        ('{#- judge\nlabels = "x"\n-#}', "at least two labels"),
        ("{#- judge\nlabels = { a = 1, b = 0 }\nlable = 1\n-#}", "no key 'lable'"),
        ("{#- judge\nlabels = { a = 1, b = 0 }\npairwise = true\n-#}", "first, second and tie"),
        ("{#- judge\npairwise = 1\n-#}", "true or false"),
    ],
)
def test_a_wrong_head_says_what_is_wrong(tmp_path: Path, head: str, said: str) -> None:
    (tmp_path / "judges").mkdir()
    (tmp_path / "judges" / "x.j2").write_text(head + "\nJudge {{ response }}.\n")
    with pytest.raises(PromptError, match=said):
        JudgeLibrary([tmp_path]).load("x")
