"""The report in a real browser: everything has a size, nothing sticks out, it prints."""

import json
import re
import shutil
import subprocess
from html import unescape
from types import SimpleNamespace

import pytest

from solidair.cli.report.build import report_html
from solidair.pool import Study, simulate
from solidair.pool.results import TABLES

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on this machine: apt install chromium"),
    # One worker builds the page once.
    pytest.mark.xdist_group("browser"),
]

# Opens all that folds, then writes into the page how large everything turned out.
PROBE = """<script>
addEventListener("load", function () {
  var folded = 0;
  document.querySelectorAll("details").forEach(function (d) { if (!d.open) { folded += 1; } d.open = true; });
  function box(e) { var b = e.getBoundingClientRect(); return [b.left, b.right, b.width, b.height].map(Math.round); }
  function all(query) { return Array.prototype.map.call(document.querySelectorAll(query), box); }
  var root = document.documentElement;
  var blocks = document.querySelectorAll("p, h1, h2, h3, li, dd, svg, summary");
  var wide = Array.prototype.filter.call(blocks, function (e) {
    return !e.closest(".scroll") && e.getBoundingClientRect().right > root.clientWidth + 1;
  }).map(function (e) { return e.tagName + ": " + e.textContent.slice(0, 40); });
  var cut = Array.prototype.filter.call(document.querySelectorAll("svg text"), function (t) {
    var b = t.getBoundingClientRect(), s = t.closest("svg").getBoundingClientRect();
    return b.left < s.left - 1 || b.right > s.right + 1 || b.top < s.top - 1 || b.bottom > s.bottom + 1;
  }).map(function (t) { return t.textContent; });
  var over = [];
  document.querySelectorAll("svg").forEach(function (s) {
    var boxes = Array.prototype.map.call(s.querySelectorAll("text"), function (t) {
      return [t.getBoundingClientRect(), t.textContent];
    });
    boxes.forEach(function (a, i) { boxes.slice(i + 1).forEach(function (b) {
      var x = Math.min(a[0].right, b[0].right) - Math.max(a[0].left, b[0].left);
      var y = Math.min(a[0].bottom, b[0].bottom) - Math.max(a[0].top, b[0].top);
      if (x > 1 && y > 3) { over.push(a[1] + " / " + b[1]); }
    }); });
  });
  var choice = document.getElementById("keuze"), chosen = null;
  if (choice) {
    choice.value = choice.options[1].value;
    choice.dispatchEvent(new Event("change"));
    chosen = Array.prototype.filter.call(document.querySelectorAll("[data-m]"), function (e) { return !e.hidden; })
      .map(function (e) { return e.dataset.m; });
    choice.value = "";
    choice.dispatchEvent(new Event("change"));
  }
  document.querySelectorAll("details").forEach(function (d) { d.open = true; });
  var found = document.createElement("pre");
  found.id = "probe";
  found.textContent = JSON.stringify({
    tables: all("table"), plots: all("svg"), folded: folded, wide: wide, cut: cut, over: over, chosen: chosen,
    page: [root.scrollWidth, root.clientWidth]
  });
  document.body.appendChild(found);
});
</script></body>"""


@pytest.fixture(scope="module", params=["nl", "en"])
def report(request, tmp_path_factory):
    results = simulate(Study.load("haaglanden"), 512, 3)
    html = report_html(results, {name: results.table(name) for name in TABLES}, request.param)
    folder = tmp_path_factory.mktemp("report")
    (folder / "report.html").write_text(html, encoding="utf-8")
    (folder / "probed.html").write_text(html.replace("</body>", PROBE), encoding="utf-8")
    return SimpleNamespace(folder=folder, html=html)


def browse(folder, page, *options):
    """Run the browser on a page, with a profile of its own and without going outside."""
    profile = folder / "profile"
    shutil.rmtree(profile, ignore_errors=True)
    profile.mkdir()
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += ["--disable-dev-shm-usage", f"--user-data-dir={profile}", *options, (folder / page).as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.fixture(scope="module", params=[1280, 390])
def probed(request, report):
    # A headless window is never narrower than 500 pixels, so a telephone is a frame within one.
    frame = f"""<!doctype html><body style="margin:0"><iframe src="probed.html" style="border:0;width:{request.param}px;
    height:2000px"></iframe><script>addEventListener("load", function () {{
    document.body.append(frames[0].document.getElementById("probe"));}});</script>"""
    (report.folder / "frame.html").write_text(frame, encoding="utf-8")
    dom = browse(
        report.folder,
        "frame.html",
        "--allow-file-access-from-files",
        "--hide-scrollbars",
        "--window-size=1400,2100",
        "--virtual-time-budget=10000",
        "--dump-dom",
    )
    found = re.search(r'<pre id="probe">(.*?)</pre>', dom, flags=re.DOTALL)
    assert found, "the page did not load"
    return SimpleNamespace(**json.loads(unescape(found[1])), html=report.html, asked=request.param)


def test_everything_is_drawn(probed):
    assert len(probed.tables) == probed.html.count("<table")
    assert len(probed.plots) == probed.html.count("<svg ") == 50
    for _, _, width, height in probed.tables + probed.plots:
        assert width > 150 and height > 80


def test_page_does_not_scroll_sideways(probed):
    assert probed.page[1] == probed.asked
    assert probed.page[0] <= probed.page[1]
    assert probed.wide == []


def test_no_label_is_cut_or_overlaps(probed):
    assert probed.cut == []
    assert probed.over == []


def test_script_folds_and_picks_out(probed):
    assert probed.folded == probed.html.count("<details")
    # Five figures have a plot of this member, and one table is about it.
    assert probed.chosen == ["GM0518"] * 6


def test_prints(report):
    target = report.folder / "report.pdf"
    browse(report.folder, "report.html", "--no-pdf-header-footer", f"--print-to-pdf={target}")
    pdf = target.read_bytes()
    assert pdf.startswith(b"%PDF-")
    # All tables are open on paper: nine members take at least a page each.
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 12
