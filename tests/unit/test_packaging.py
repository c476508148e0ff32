"""Files that nobody imports still agree with each other."""

from __future__ import annotations

import configparser
import hashlib
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_ci_and_contributors_run_the_readmes_test_command() -> None:
    (command,) = re.findall(r"^\$ python3 (-m venv .* pytest tests .*)$", read("README.md"), re.M)
    assert f'"$python" {command}\n' in read(".ci/run")
    assert f"python3 {command}\n" in read("CONTRIBUTING.md")


def test_constraints_are_exact_versions_each_once() -> None:
    lines = read("constraints.txt").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*", line) for line in lines)
    names = [re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines]
    assert len(set(names)) == len(names)


def test_every_dependency_that_tests_need_is_pinned() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    extras = project["project"]["optional-dependencies"]
    needed = [
        *project["project"]["dependencies"],
        *extras["test"],
        *extras["vertex"],
        *extras["otel"],
        *project["dependency-groups"]["lint"],
    ]
    pinned = {line.partition("==")[0].lower() for line in read("constraints.txt").splitlines()}
    for requirement in needed:
        name = re.match(r"[A-Za-z0-9_.-]+", requirement)
        assert name is not None and name[0].lower() in {*pinned, "llmeval-gate"}


def test_the_licence_is_apache_2_word_for_word() -> None:
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_tox_knows_the_environments_that_contributors_are_told_of() -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read_string(read("tox.ini"))
    told = set(re.findall(r"tox -e (\w+)", read("CONTRIBUTING.md")))
    known = {section.removeprefix("testenv:") for section in tox.sections()}
    assert told <= known | set(tox["tox"]["env_list"].split(", "))


def test_the_changelog_speaks_of_the_version_that_is_built() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert f"## [{version}]" in read("CHANGELOG.md")


def test_every_room_is_drawn_and_described() -> None:
    page = read("ARCHITECTURE.md")
    rooms = {
        path.name.removesuffix(".py")
        for path in (ROOT / "src" / "llmeval").iterdir()
        if not path.name.startswith("_") and (path.is_dir() or path.suffix == ".py")
    }
    for room in rooms:
        assert f"**{room}**" in page
