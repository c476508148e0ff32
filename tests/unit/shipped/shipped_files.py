"""The shipped files as a test reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
SUITES = ("bias", "format", "hallucination", "latency", "toxicity")
FILES = sorted(path for suite in SUITES for path in (ROOT / "suites" / suite / "cases").iterdir())


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
