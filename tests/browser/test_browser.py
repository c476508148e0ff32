"""The page in a real browser: nothing hostile runs, nothing overflows, it prints."""

from __future__ import annotations

import re
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

import factories
from llmeval.report import collect, render_html

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="no /usr/bin/chromium: apt-get install chromium to run these"
)

Browse = Callable[..., str]


@pytest.fixture
def browse(tmp_path: Path) -> Browse:
    """Open a page, return what Chromium printed on stdout and stderr."""

    def run(page: Path, *flags: str) -> str:
        quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking"]
        quiet += ["--disable-component-update", "--disable-sync", "--hide-scrollbars"]
        done = subprocess.run(
            [
                CHROMIUM,
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
                *quiet,
                f"--user-data-dir={tmp_path / 'profile'}",
                *flags,
                page.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return done.stdout + done.stderr

    return run


def _write(path: Path, record: factories.Record) -> Path:
    html = render_html(collect(record.summary, record.observations))
    path.write_bytes(html.encode())
    return path


def _pixels(png: Path) -> tuple[int, int, bytes]:
    """Width, height and the raw rows of an 8-bit PNG, filter bytes included."""
    data = png.read_bytes()
    body = b"".join(
        data[m.end() : m.end() + int.from_bytes(data[m.start() - 4 : m.start()])]
        for m in re.finditer(b"IDAT", data)
        if int.from_bytes(data[m.start() - 4 : m.start()]) < len(data)
    )
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    return width, height, zlib.decompress(body)


def test_nothing_in_a_hostile_record_runs(tmp_path, browse):
    page = _write(tmp_path / "hostile.html", factories.hostile())
    flags = ("--enable-logging=stderr", "--v=0", "--virtual-time-budget=2000", "--dump-dom")
    printed = browse(page, *flags)
    assert "<title>owned" not in printed
    assert "FAIL: openai:" in printed
    dom = printed[printed.index("<html") :]
    assert not re.search(r"<(script|img|iframe)\b", dom)
    assert "Content Security Policy" not in printed.replace(dom, "")
    assert "CONSOLE" not in printed.replace(dom, "")


@pytest.mark.parametrize("situation", ["failing", "hostile", "two_models"])
@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_overflows(tmp_path, browse, situation, width):
    record = {**factories.SITUATIONS, "hostile": factories.hostile}[situation]()
    page = _write(tmp_path / "page.html", record)
    # The page allows no script, so a frame around it measures: same folder, no policy of its own.
    outer = tmp_path / "outer.html"
    outer.write_text(
        f"<iframe id=f src=page.html width={width} height=800 style='border:0'></iframe><script>"
        "f.onload=()=>{const d=f.contentDocument.documentElement;"
        "document.title=`${d.scrollWidth}/${d.clientWidth}`}</script>",
        "utf-8",
    )
    printed = browse(
        outer, "--allow-file-access-from-files", "--virtual-time-budget=4000", "--dump-dom"
    )
    found = re.search(r"<title>(\d+)/(\d+)</title>", printed)
    assert found, printed[:400]
    assert page.exists() and int(found[1]) <= int(found[2]) == width


def test_light_and_dark_are_both_drawn(tmp_path, browse):
    page = _write(tmp_path / "page.html", factories.failing())
    shots = {}
    for scheme, flag in (("light", 1), ("dark", 0)):
        png = tmp_path / f"{scheme}.png"
        colours = f"--blink-settings=preferredColorScheme={flag}"
        browse(page, f"--screenshot={png}", "--window-size=900,1200", colours)
        shots[scheme] = _pixels(png)
        assert shots[scheme][:2] == (900, 1200)
        assert len(set(shots[scheme][2])) > 50
    assert shots["light"][2] != shots["dark"][2]


def test_it_prints(tmp_path, browse):
    page = _write(tmp_path / "page.html", factories.failing())
    pdf = tmp_path / "page.pdf"
    browse(page, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    data = pdf.read_bytes()
    assert data.startswith(b"%PDF") and len(data) > 20_000
    assert 5 <= len(re.findall(rb"/Type\s*/Page\b", data)) <= 20
