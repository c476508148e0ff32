"""What the user asked for, frozen. Hosts read options and environment; nobody else does."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from llmeval.errors import ConfigError, nearest
from llmeval.records import BY, Price

__all__ = [
    "Config",
    "EndpointSettings",
    "Format",
    "Price",
    "checked_by",
    "load_config",
    "read_pyproject",
]


Format = Literal["generate_content", "chat", "raw_chat", "messages", "predict", "raw_predict"]


class EndpointSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``[tool.llmeval.endpoints."REF"]``: how one endpoint is asked, where the defaults do not fit.

    ``request`` is a Jinja2 template of the body, ``answer``, ``piece`` (of a stream),
    ``finish_reason``, ``input_tokens`` and ``output_tokens`` are JMESPath on the answer; ``model``
    is the name in a chat body, ``path`` what follows the endpoint's name in the URL, ``address``
    where calls go instead of Google's (private service connect). ``instances`` prompts share one
    predict call, ``candidates`` repetitions one generateContent call.
    """

    format: Format | None = None
    request: str | None = None
    answer: str | None = None
    piece: str | None = None
    finish_reason: str | None = None
    input_tokens: str | None = None
    output_tokens: str | None = None
    model: str | None = None
    path: str | None = None
    address: str | None = None
    instances: int = 1
    candidates: int = 1
    settings: dict[str, Any] = field(default_factory=dict)


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """Options of a run; the same names as on the command line, underscores for dashes.

    ``timeout``, ``retry_for`` and ``cache_ttl`` are seconds; ``budget`` is US dollars; ``prices``
    maps a model's name to its price; ``settings`` are generation settings for every suite;
    ``endpoints`` maps a reference, an id or a display name to how that endpoint is asked; ``by`` is
    one of ``records.BY``, or ``None`` where nobody said.
    """

    model: tuple[str, ...] = ()
    judge: tuple[str, ...] = ()
    project: str | None = None
    location: str | None = None
    api_endpoint: str | None = None
    samples: int | None = None
    concurrency: int = 32
    budget: float | None = None
    max_calls: int | None = None
    gates: str = "gates.toml"
    baseline: str | None = None
    by: str | None = None
    run_dir: str | None = None
    resume: bool = False
    shard: str | None = None
    no_cache: bool = False
    otel: bool = False
    batch: bool = False
    staging: str | None = None
    experiment: str | None = None
    register_evaluation: str | None = None
    seed: int = 0
    timeout: float = 60.0
    max_attempts: int = 6
    retry_for: float = 120.0
    cache_ttl: float = 86400.0
    cache_dir: str = ".llmeval"
    prompts: str = "prompts"
    reports: str = "reports"
    calibrations: str = "calibrations"
    prices: dict[str, Price] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    endpoints: dict[str, EndpointSettings] = field(default_factory=dict)

    def shard_of(self) -> tuple[int, int] | None:
        """Return (i, n) with 1 <= i <= n for ``--shard=i/n``."""
        if self.shard is None:
            return None
        which, _, of = self.shard.partition("/")
        if which.isdecimal() and of.isdecimal() and 1 <= int(which) <= int(of):
            return int(which), int(of)
        raise ConfigError(f"--shard={self.shard}: give i/n with 1 <= i <= n, such as --shard=2/4")


def load_config(options: Mapping[str, Any], root: Path) -> Config:
    """Combine ``[tool.llmeval]`` of ``root/pyproject.toml`` with options; options win.

    Options that are ``None`` were not given. Raises ``ConfigError``.
    """
    path = root / "pyproject.toml"
    table = _underscored(read_pyproject(path), f"[tool.llmeval] in {path}")
    given = _underscored({k: v for k, v in options.items() if v is not None}, "command line")
    config = _convert(table | given, f"[tool.llmeval] in {path}" if table else "command line")
    _check(config)
    return config


def read_pyproject(path: Path) -> dict[str, Any]:
    """Return the ``[tool.llmeval]`` table, empty where there is none; raises ``ConfigError``."""
    if not path.is_file():
        return {}
    try:
        tool = tomllib.loads(path.read_text("utf-8")).get("tool", {})
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None
    table = tool.get("llmeval", {}) if isinstance(tool, dict) else tool
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: [tool.llmeval] must be a table")
    return table


def _underscored(raw: Mapping[str, Any], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for spelling, value in raw.items():
        key = spelling.replace("-", "_")
        if key not in Config.__struct_fields__:
            hint = nearest(key, Config.__struct_fields__)
            raise ConfigError(f"{where}: no option is called {spelling!r}.{hint}")
        if key in found:
            raise ConfigError(f"{where}: {key!r} is given twice, with a dash and an underscore")
        found[key] = [value] if key in ("model", "judge") and isinstance(value, str) else value
    return found


def _convert(raw: Mapping[str, Any], where: str) -> Config:
    try:
        return msgspec.convert(raw, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}") from None


def _check(config: Config) -> None:
    at_least_one = ("samples", "concurrency", "max_attempts")
    for name in at_least_one:
        value = getattr(config, name)
        if value is not None and value < 1:
            raise ConfigError(f"--{name.replace('_', '-')}={value}: at least 1 is needed")
    not_negative = ("budget", "max_calls", "retry_for", "cache_ttl")
    for name in not_negative:
        value = getattr(config, name)
        if value is not None and not value >= 0:
            raise ConfigError(f"--{name.replace('_', '-')}={value}: must not be negative")
    if not config.timeout > 0:
        raise ConfigError(f"--timeout={config.timeout}: must be more than 0 seconds")
    if config.staging is not None and not re.fullmatch(r"gs://[^/\s]+(/\S*)?", config.staging):
        raise ConfigError(
            f"--staging={config.staging}: an address like gs://BUCKET/FOLDER is needed"
        )
    for name, price in config.prices.items():
        _check_price(f"[tool.llmeval.prices] {name!r}", price)
    for name, endpoint in config.endpoints.items():
        for many in ("instances", "candidates"):
            if getattr(endpoint, many) < 1:
                raise ConfigError(f"[tool.llmeval.endpoints] {name!r}: {many} is at least 1")
    repeated = {m for m in config.model if config.model.count(m) > 1}
    if repeated:
        raise ConfigError(f"--model={sorted(repeated)[0]} is given twice")
    config.shard_of()
    checked_by(config.by)


def _check_price(where: str, price: Price) -> None:
    given = (price.input, price.output, price.input_long, price.output_long, price.long_from)
    if not all(figure >= 0 for figure in given if figure is not None):
        raise ConfigError(f"{where}: a price must not be negative")
    is_long = price.input_long is not None or price.output_long is not None
    if is_long != (price.long_from is not None):
        raise ConfigError(
            f"{where}: input_long and output_long need long_from, the number of prompt tokens "
            f"above which they hold, and long_from needs them"
        )
    if price.batch_discount is not None and not 0 <= price.batch_discount <= 1:
        raise ConfigError(f"{where}: batch_discount is a share, 0.5 for half, not percent")


def checked_by(text: str | None) -> str | None:
    """Return ``text`` where columns can be made by it; raises ``ConfigError`` otherwise."""
    if text is None or text in BY:
        return text
    raise ConfigError(f"--by={text}: give one of {', '.join(BY)}.{nearest(text, BY)}")
