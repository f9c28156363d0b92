"""JupyterLab opens on a page of the notebooks, or on the notebook that a failed run left."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from tornado.websocket import websocket_connect

import crm_analysis as crm
from crm_analysis import lab, start_page
from crm_analysis.cli import main
from crm_analysis.reporting.notebooks import discover
from tests.small_company import frames


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the commands that would have been run; reports of two periods have failed."""
    for name in ("2026-02/failed/customer_abc", "2026-02/failed/summary", "2025-12/failed/a b"):
        path = tmp_path / "reports" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    commands: list[list[str]] = []

    def open_nothing(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab.subprocess, "run", open_nothing)
    return commands


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["open-failed", *map(str, arguments)])


def test_a_failed_notebook_opens_with_the_project_in_reach(opened: list[list[str]]) -> None:
    assert run("2026-02", "customer_abc").exit_code == 3
    assert opened[0][1:] == [
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={Path.cwd()}",
        "--LabApp.default_url=/lab/tree/reports/2026-02/failed/customer_abc.ipynb",
    ]


def test_reports_elsewhere_are_opened_there(
    opened: list[list[str]], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Path.cwd() / "reports"
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert run("2025-12", "a b", "--out", out).exit_code == 3
    assert opened[0][3:] == [
        f"--ServerApp.root_dir={out}",
        "--LabApp.default_url=/lab/tree/2025-12/failed/a%20b.ipynb",
    ]


@pytest.mark.parametrize(
    ("period", "stem", "said"),
    [
        ("2026-02", "customers_abc", '"customer_abc", "summary".\nDid you mean "customer_abc"?'),
        ("2026-03", "summary", 'There are failed ones in "2025-12", "2026-02".\nDid you mean "2026-02"?'),
        ("2026-02/failed/../../2026-02", "summary", "There are failed ones in"),
        ("2026-02", "../failed/summary", "Failed in 2026-02"),
        ("last-fortnight", "summary", '"last-fortnight" is not a period'),
    ],
)  # fmt: skip
def test_what_has_not_failed_is_wrong_usage_with_choices(
    opened: list[list[str]], period: str, stem: str, said: str
) -> None:
    refused = run(period, stem)
    assert refused.exit_code == 2
    assert said in refused.output
    assert opened == []


def test_where_nothing_has_failed_it_says_so(opened: list[list[str]], tmp_path: Path) -> None:
    refused = run("2026-02", "summary", "--out", tmp_path / "none")
    assert refused.exit_code == 2
    assert "None has failed." in refused.output


# -- the page to begin with --------------------------------------------------------------------------------


def test_the_page_tells_of_every_notebook_and_of_the_data(root: Path) -> None:
    notebooks = discover(root / "notebooks")
    page = start_page.render(root / "notebooks", "data/x", crm.load(frames()))
    for notebook in notebooks:
        assert f"[{notebook.title('en')}]({notebook.path.name}) | {notebook.question('en')} |" in page
        assert notebook.question("en").endswith(".")
    assert "The data in `data/x` reach from December 1, 2025 to March 10, 2026." in page
    assert "crm-analysis report 2026-03" in page


def test_it_is_written_in_the_language_of_the_data(root: Path, tmp_path: Path) -> None:
    frames()["sales"].to_csv(tmp_path / "sales.csv", index=False)
    (tmp_path / "crm.toml").write_text('[settings]\nlanguage = "ru"\n[sales]\nfile = "sales.csv"\n')
    page = start_page.render(root / "notebooks", "mine", crm.load(tmp_path))
    told = re.sub(r"```.*?```|`[^`]*`|\([^)]*\)", "", page, flags=re.S)
    assert "Динамика продаж" in told
    assert "г.." not in told  # a date ends with a full stop of its own
    kept = {"JupyterLab", "Tab", "Run", "All", "Cells", "File", "New", "Terminal", "ABC"}
    assert set(re.findall(r"[A-Za-z]{3,}", told)) <= kept


def start(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["lab", *map(str, arguments)])


def test_it_is_opened_and_the_data_that_nobody_asked_for_may_be_absent(
    opened: list[list[str]], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("notebooks").mkdir()
    source = (root / "notebooks/5_deal_reasons.ipynb").read_text("utf-8")
    Path("notebooks/5_deal_reasons.ipynb").write_text(source, "utf-8")
    assert start().exit_code == 3
    assert opened[0][4] == "--LabApp.default_url=/lab/tree/notebooks/start.md"
    page = Path("notebooks/start.md").read_text("utf-8")
    assert "There are no data in `data/demo` yet. `crm-analysis demo data/demo`" in page
    refused = start("--data", "data/mine")
    assert refused.exit_code != 0
    assert "data/mine" in refused.output
    assert len(opened) == 1


async def run_in_kernel(address: str, code: str) -> str:
    """Run a cell as the page of JupyterLab does, over a socket of the server; return what it shows."""
    socket = await websocket_connect(address)
    header = {"msg_id": "1", "msg_type": "execute_request", "username": "", "session": "1", "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    message = {"header": header, "content": content, "channel": "shell", "metadata": {}, "parent_header": {}}
    await socket.write_message(json.dumps(message))
    while True:
        told = json.loads(await asyncio.wait_for(socket.read_message(), 60))
        assert told["msg_type"] != "error", told
        if told["msg_type"] == "execute_result":
            return str(told["content"]["data"]["text/plain"])


def test_a_running_jupyterlab_has_page_kernel_and_settings(root: Path, tmp_path: Path) -> None:
    """Asked over its own interface: what command lines alone promise has been wrong before."""
    (tmp_path / "notebooks").mkdir()
    page = tmp_path / "notebooks/start.md"
    page.write_text("# Here\n")
    log = tmp_path / "log"
    arguments = ["--no-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--allow-root"]
    environment = {**lab.environment(), "JUPYTER_TOKEN": "token", "HOME": str(tmp_path)}
    with log.open("w") as out:
        server = subprocess.Popen(
            [*lab.command(page, tmp_path), *arguments], env=environment, stdout=out, stderr=out
        )
    try:
        end = time.monotonic() + 60
        while not (found := re.search(r"(http://127.0.0.1:\d+)(/\S*)\?token", log.read_text())):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        assert found[2] == "/lab/tree/notebooks/start.md"

        def ask(path: str, **sent: str) -> Any:
            content = json.dumps(sent).encode() if sent else None
            request = urllib.request.Request(
                f"{found[1]}{path}", content, headers={"Authorization": "token token"}
            )
            while True:
                try:
                    with urllib.request.urlopen(request, timeout=30) as answer:
                        return json.loads(answer.read())
                except urllib.error.URLError as refused:  # it tells its address before it listens
                    if isinstance(refused, urllib.error.HTTPError) or time.monotonic() > end:
                        raise
                    time.sleep(0.1)

        viewer = ask("/lab/api/settings/@jupyterlab/docmanager-extension:plugin")
        assert viewer["schema"]["properties"]["defaultViewers"]["default"] == {"markdown": "Markdown Preview"}
        spec = ask("/api/kernelspecs")["kernelspecs"]
        assert "python3" in spec  # that of the notebooks: nobody is asked to choose one
        assert spec["crm-analysis"]["spec"]["display_name"] == "Python (CRM analysis)"
        for name in ("python3", "crm-analysis"):
            kernel = ask("/api/kernels", name=name)["id"]
            address = found[1].replace("http", "ws") + f"/api/kernels/{kernel}/channels?token=token"
            assert asyncio.run(run_in_kernel(address, "import crm_analysis as crm; crm.__version__")) == repr(
                crm.__version__
            )
    finally:
        server.terminate()
        server.wait(30)


def test_the_kernel_has_a_picture_for_its_card(root: Path) -> None:
    folder = root / "src/crm_analysis/reporting/kernel"
    assert Image.open(folder / "logo-64x64.png").size == (64, 64)
    assert (folder / "logo-svg.svg").read_text().startswith("<svg ")


def test_settings_that_others_name_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/theirs")
    first, second = lab.environment()["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert first == "/theirs"
    assert (Path(second) / "labconfig/default_setting_overrides.json").is_file()
