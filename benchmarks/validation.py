"""Measure every scorer on the labelled data at hand, and write docs/validation.md.

    python benchmarks/validation.py [--check] [--date YYYY-MM-DD]

The data lie in ../shared/data, beside the project, and are no part of it. The same data, versions
and date give the same bytes. ``--check`` writes nothing: exit code 1 if the page is out of date
(its date and versions apart). Exit code 2: a set is absent.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "validation.md"
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests" / "validation")]

from validating import SECTIONS, measure  # noqa: E402
from validating.page import render, same_but_for_versions  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--date", type=date.fromisoformat, help="default: today (UTC)")
    arguments = parser.parse_args()
    today = arguments.date or datetime.now(UTC).date()
    try:
        text = render(measure(SECTIONS), today)
    except pytest.skip.Exception as absent:
        print(f"{absent}: the page is measured on all sets or not at all", file=sys.stderr)
        return 2
    if not arguments.check:
        PAGE.write_text(text, encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}")
        return 0
    there = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if same_but_for_versions(there, text):
        return 0
    diff = difflib.unified_diff(there.splitlines(), text.splitlines(), "docs", "measured", n=0)
    print("\n".join(diff))
    return 1


if __name__ == "__main__":
    sys.exit(main())
