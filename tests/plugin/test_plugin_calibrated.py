"""Gates with ``calibrated = true`` in a whole run."""

from __future__ import annotations

import hashlib
import json

import pytest
from plugin_project import Project, said

from llmeval.cli import main

pytest_plugins = ["pytester"]
HOW = pytest.mark.parametrize("how", ["plain", "-n2"])


@pytest.fixture
def calibrated(project: Project) -> Project:
    """Half of the answers are even; the scorer misses a tenth of either kind."""
    project.cases(200)
    rows = []
    for i in range(400):
        even, mistaken = i % 2 == 0, i % 20 < 2
        text = f"It is {'even' if even else 'odd'}"
        rows.append({"id": i, "response": text, "label": even != mistaken})
    project.write("rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    words = ["calibrate", "contains", "rows.jsonl", "--option", "expected=even"]
    assert main(words) == 0
    project.gate(0.4)
    path = project.path / "gates.toml"
    path.write_text(path.read_text() + "calibrated = true\n")
    return project


@HOW
def test_the_corrected_bound_decides_and_the_file_is_on_record(
    calibrated: Project, how: str
) -> None:
    result = calibrated.either(how)()
    assert result.ret == 0, said(result)
    summary = calibrated.summary()
    (gate,) = summary["gates"]
    assert gate["verdict"] == "PASS" and gate["method"] == "Lang-Reiczigel"
    assert gate["estimate"] == pytest.approx(0.5)
    assert "corrected for the scorer's error (sensitivity 90 %" in gate["explanation"]
    raw = (calibrated.path / "calibrations" / "contains.json").read_bytes()
    assert summary["inputs"]["calibrations/contains.json"] == hashlib.sha256(raw).hexdigest()
    assert main(["gate", "reports/latest"]) == 0


@HOW
def test_a_calibration_of_another_scorer_blocks_and_the_run_can_be_decided_again(
    calibrated: Project, how: str
) -> None:
    path = calibrated.path / "calibrations" / "contains.json"
    text = path.read_text()
    path.write_text(text.replace('"expected": "even"', '"expected": "odd"'))
    assert path.read_text() != text
    result = calibrated.either(how)()
    assert result.ret == 1, said(result)
    (gate,) = calibrated.summary()["gates"]
    assert gate["verdict"] == "ERROR"
    assert 'expected = "odd" there, "even" here' in gate["explanation"]
    path.write_text(text)
    assert main(["gate", "reports/latest"]) == 0


def test_a_file_that_is_none_stops_before_the_first_call(calibrated: Project) -> None:
    (calibrated.path / "calibrations" / "contains.json").write_text("{}")
    result = calibrated.run()
    assert result.ret == 4 and "not a calibration file" in said(result)
    assert not (calibrated.path / "calls.log").exists()


def test_the_folder_can_stand_in_the_settings(calibrated: Project) -> None:
    (calibrated.path / "calibrations").rename(calibrated.path / "measured")
    missing = calibrated.run()
    assert missing.ret == 1 and "no calibration of 'contains'" in said(missing)
    calibrated.write("pyproject.toml", "[tool.llmeval]\ncalibrations = 'measured'\n")
    assert calibrated.run().ret == 0
