"""A page full of attacks in a real browser: no script of theirs runs, no request leaves."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from evaluator.report.html import render_html
from tests.report import example
from tests.report.html.answers import table_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: Debian package chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
FLAGS += ["--virtual-time-budget=5000", "--dump-dom"]


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server and the paths it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", paths
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def attacks(host: str) -> list[str]:
    mark = "document.documentElement.dataset.attacked=1"
    return [
        f"<script>{mark};fetch('{host}/fetch')</script>",
        f"</script><script>{mark}</script>",
        f'<img src={host}/img onerror="{mark}">',
        f"<svg onload='{mark}'><image href='{host}/svg'/></svg>",
        f'<iframe srcdoc="<script>parent.{mark}</script>"></iframe>',
        f"\"><style>@import '{host}/css';body{{background:url({host}/bg)}}</style>",
        f"<link rel=stylesheet href={host}/link><meta http-equiv=refresh content='0;url={host}/refresh'>",
        f'<a href="javascript:{mark}">click</a><base href={host}/>',
        "{{ 7*7 }}{% for x in range(9) %}${7*7}<%= 7*7 %>",
        "\u202egpj.exe\u200b\x1b[31mred\x00\u2028",
        f"<form action={host}/form><input autofocus onfocus={mark}>",
        "]]>--><!-- \\u003cscript>",
        "x" * 200_000,
    ]


def shown(html: bytes, folder: Path, fragment: str = "") -> str:
    page = folder / "index.html"
    page.write_bytes(html)
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", f"{page.as_uri()}{fragment}"],
        capture_output=True,
        timeout=120,
        check=True,
    )
    return done.stdout.decode()


def test_attacks_stay_text_and_nothing_leaves(tmp_path: Path, asked: tuple[str, list[str]]) -> None:
    host, paths = asked
    texts = attacks(host)
    bad = example.model_result(
        texts[1], (10, 20, 10, 2), (0, 9, 11, 0), prompt=texts[2], topics=dict.fromkeys(texts, (1, 9))
    )
    good = example.model_result("good", (10, 20, 10, 2), (0, 9, 11, 0))
    summary = example.summary_of(bad, good, notes=tuple(texts[:12]), run_id=texts[0])
    dom = shown(render_html(summary, table_of(*texts)), tmp_path, "#answer=m-p0")
    assert "data-attacked" not in dom
    assert paths == []
    # The page itself works: charts are drawn, answers are listed, the linked answer is open.
    assert "<svg" in dom.split('data-chart="0"')[1][:2_000]
    assert '<p id="found" class="soft" role="status">26 answers</p>' in dom
    assert "link to this answer" in dom


def test_a_page_that_runs_scripts_would_be_noticed(tmp_path: Path, asked: tuple[str, list[str]]) -> None:
    host, paths = asked
    body = "".join(attacks(host)[:3]).encode()
    dom = shown(b"<!doctype html><body>" + body, tmp_path)
    assert "data-attacked" in dom
    assert paths != []


def test_every_kind_of_chart_is_drawn(tmp_path: Path) -> None:
    from tests.report.html.test_page import confident

    first = confident()
    result = example.model_result("m", (10, 80, 10, 0), (0, 15, 35, 0), calibrated=True)
    other = msgspec.structs.replace(result, model="n")
    summary = msgspec.structs.replace(example.summary_of(result, other), confidence=first.confidence)
    dom = shown(render_html(summary), tmp_path)
    n_charts = dom.count('class="chart')
    assert n_charts == 5
    assert dom.count('class="marks"') == n_charts
    assert ">This chart could not be drawn" not in dom
