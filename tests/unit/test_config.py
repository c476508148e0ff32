from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llmeval.config import Config, Price, load_config, read_pyproject
from llmeval.errors import ConfigError


def project(root: Path, text: str) -> Path:
    (root / "pyproject.toml").write_text(text, "utf-8")
    return root


def test_nothing_given_is_the_default(tmp_path: Path) -> None:
    assert load_config({}, tmp_path) == Config()
    assert load_config({}, project(tmp_path, "[project]\nname = 'x'\n")) == Config()


def test_options_win_over_the_file_and_none_was_not_given(tmp_path: Path) -> None:
    root = project(tmp_path, "[tool.llmeval]\nmodel = 'demo'\nconcurrency = 8\nrun-dir = 'r'\n")
    config = load_config({"concurrency": 4, "samples": None, "no_cache": True}, root)
    assert config == Config(model=("demo",), concurrency=4, run_dir="r", no_cache=True)
    assert load_config({"model": ["a", "b"]}, root).model == ("a", "b")


def test_dashes_and_underscores_are_one(tmp_path: Path) -> None:
    root = project(tmp_path, "[tool.llmeval]\nmax-calls = 5\ncache_ttl = 60\n")
    assert load_config({}, root) == Config(max_calls=5, cache_ttl=60.0)


def test_prices_and_settings_are_tables(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        "[tool.llmeval.prices.'gemini-2.5-flash']\ninput = 0.3\noutput = 2.5\n"
        "[tool.llmeval.settings]\ntemperature = 0.0\n",
    )
    config = load_config({}, root)
    assert config.prices == {"gemini-2.5-flash": Price(0.3, 2.5)}
    assert config.settings == {"temperature": 0.0}


@pytest.mark.parametrize("word", ["model", "deployed_model"])
def test_columns_are_by_a_word_that_is_known(word: str, tmp_path: Path) -> None:
    assert load_config({"by": word}, tmp_path).by == word


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.llmeval]\nby = 'deployed-model'\n", "--by=deployed-model.*'deployed_model'"),
        ("[tool.llmeval]\nby = 'location'\n", "--by=location: give one of model, deployed_model"),
        ("[tool.llmeval]\nby = ''\n", "--by=: give one of"),
        ("[tool.llmeval]\nconcurency = 3\n", r"no option is called 'concurency'.*'concurrency'"),
        ("[tool.llmeval]\nmax-cals = 3\n", r"no option is called 'max-cals'.*'max_calls'"),
        ("[tool.llmeval]\nzzz = 3\n", r"no option is called 'zzz'\.$"),
        ("[tool.llmeval]\nrun-dir = 'a'\nrun_dir = 'b'\n", "'run_dir' is given twice"),
        ("[tool.llmeval]\nsamples = 'three'\n", r"pyproject\.toml: Expected `int.*samples"),
        ("[tool.llmeval]\nsamples = 1.5\n", "Expected `int"),
        ("[tool.llmeval]\nmodel = 3\n", r"Expected `array`.*\$\.model"),
        ("[tool.llmeval]\nmodel = ['a', 'a']\n", "--model=a is given twice"),
        ("[tool.llmeval]\nno-cache = 'yes'\n", "Expected `bool`"),
        ("[tool.llmeval.prices]\nx = 3\n", "Expected `object`"),
        ("[tool.llmeval.prices.x]\ninput = 3\n", "missing required field `output`"),
        ("[tool.llmeval.prices.x]\ninput = 3\noutput = -1\n", "'x': a price must not be negative"),
        ("[tool.llmeval.prices.x]\ninput = nan\noutput = 1\n", "must not be negative"),
        ("[tool.llmeval.prices.x]\ninput = 1\noutput = 1\noutputs = 1\n", "outputs"),
        ("[tool.llmeval.prices.x]\ninput = 1\noutput = 1\ninput_long = 2\n", "long_from"),
        ("[tool.llmeval.prices.x]\ninput = 1\noutput = 1\nlong_from = 2\n", "long_from"),
        (
            "[tool.llmeval.prices.x]\ninput = 1\noutput = 1\nlong_from = 9\ninput_long = -1\n",
            "must not be negative",
        ),
        ("[tool.llmeval.prices.x]\ninput = 1\noutput = 1\nbatch_discount = 50\n", "0.5 for half"),
        ("[tool]\nllmeval = 3\n", r"\[tool\.llmeval\] must be a table"),
        ("tool = 3\n", r"\[tool\.llmeval\] must be a table"),
        ("[tool.llmeval\n", r"pyproject\.toml cannot be read: .*line 1"),
        ("a = " + "[" * 20_000, "cannot be read"),
    ],
)
def test_a_wrong_file_is_named_with_the_fix(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config({}, project(tmp_path, text))


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.llmeval]\nmodel = '\xff'\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml cannot be read: 'utf-8'"):
        load_config({}, tmp_path)


def test_a_file_that_cannot_be_opened_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> str:
        raise PermissionError(13, "Permission denied")

    project(tmp_path, "")
    monkeypatch.setattr(Path, "read_text", refused)
    with pytest.raises(ConfigError, match="Permission denied"):
        read_pyproject(tmp_path / "pyproject.toml")


def test_a_folder_called_pyproject_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    assert read_pyproject(tmp_path / "pyproject.toml") == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 0}, "--samples=0: at least 1"),
        ({"concurrency": 0}, "--concurrency=0: at least 1"),
        ({"max_attempts": -1}, "--max-attempts=-1: at least 1"),
        ({"budget": -0.01}, "--budget=-0.01: must not be negative"),
        ({"budget": float("nan")}, "--budget=nan"),
        ({"max_calls": -1}, "--max-calls=-1"),
        ({"retry_for": -1.0}, "--retry-for=-1.0"),
        ({"cache_ttl": -1.0}, "--cache-ttl=-1.0"),
        ({"timeout": 0.0}, "--timeout=0.0: must be more than 0 seconds"),
        ({"timeout": float("nan")}, "--timeout=nan"),
        ({"model": ["b", "a", "b"]}, "--model=b is given twice"),
        ({"samples": "3"}, "command line: Expected `int"),
        ({"sampels": 3}, r"command line: no option is called 'sampels'.*'samples'"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(options, tmp_path)


def test_zero_is_a_budget(tmp_path: Path) -> None:
    config = load_config({"budget": 0.0, "max_calls": 0, "retry_for": 0.0}, tmp_path)
    assert (config.budget, config.max_calls, config.retry_for) == (0.0, 0, 0.0)


@pytest.mark.parametrize(
    ("shard", "found"), [(None, None), ("1/1", (1, 1)), ("2/4", (2, 4)), ("04/4", (4, 4))]
)
def test_shards(tmp_path: Path, shard: str | None, found: tuple[int, int] | None) -> None:
    assert load_config({"shard": shard}, tmp_path).shard_of() == found


@pytest.mark.parametrize(
    "shard", ["", "/", "1", "0/4", "5/4", "-1/4", "1/4/4", "a/b", "1.0/2", "\u00b2/3", "1/0"]
)
def test_a_wrong_shard_is_named_before_the_run(tmp_path: Path, shard: str) -> None:
    with pytest.raises(ConfigError, match=r"--shard=.*give i/n .* --shard=2/4"):
        load_config({"shard": shard}, tmp_path)
