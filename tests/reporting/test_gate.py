"""What must hold before anything is published: no secret in any file, and pages that can only be read."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING
from urllib.parse import quote

import duckdb
import pandas as pd
import pytest
from tests.reporting.conftest import LOAD, SAVE, Project, make_project

from crm_analysis.errors import ParameterError, ReportError
from crm_analysis.reporting.cleaning import make_veil, written_forms
from crm_analysis.reporting.environment import of_kernel
from crm_analysis.reporting.gate import check_page, check_secrets
from crm_analysis.reporting.parameters import Parameter
from crm_analysis.words import Words
from crm_analysis.workbook import write_workbook

if TYPE_CHECKING:
    from pathlib import Path

_PASSWORD = 'tr&s/tno1 "x"'
_ADDRESS = f"postgresql://reader:{quote(_PASSWORD, safe='')}@db.example:5432/crm"
_SECRETS = {"CRM_URL": _ADDRESS}

# -- secrets in files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "leak",
    [
        _ADDRESS,
        f"connection to {_ADDRESS} failed",
        f"password is {_PASSWORD}!",
        f"reader:{_PASSWORD}",
        quote(_PASSWORD),
        quote(_ADDRESS, safe=""),
        "tr&amp;s/tno1 &quot;x&quot;",
        'tr&s/tno1 \\"x\\"',
        *(base64.b64encode(f"{'x' * n}{_PASSWORD} and more".encode()).decode() for n in range(3)),
        *(base64.urlsafe_b64encode(f"{'x' * n}{_ADDRESS}".encode()).decode() for n in range(3)),
    ],
)
def test_a_secret_is_found_however_it_is_written(tmp_path: Path, leak: str) -> None:
    (tmp_path / "rows.csv").write_text(f"a,b\n1,{leak}\n", encoding="utf-8")
    with pytest.raises(ReportError, match=r'rows.csv holds what stands in the variable "CRM_URL"') as told:
        check_secrets(tmp_path, ["rows.csv"], _SECRETS)
    assert not any(form in str(told.value) for form in written_forms(_ADDRESS))
    assert leak not in make_veil("data", tmp_path, _SECRETS)(leak)


def test_a_secret_is_found_within_a_workbook(tmp_path: Path) -> None:
    frame = pd.DataFrame({"name": [f"a {_PASSWORD}"], "n": [1]})
    write_workbook({"rows": frame}, tmp_path / "a.xlsx", Words(), {})
    assert _PASSWORD.encode() not in (tmp_path / "a.xlsx").read_bytes()
    with pytest.raises(ReportError, match=r"a\.xlsx holds"):
        check_secrets(tmp_path, ["a.xlsx"], _SECRETS)


def test_what_is_no_secret_passes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("reader, db.example, crm, CRM_URL, test, tr&s")
    check_secrets(tmp_path, ["a.csv"], _SECRETS)
    # a password of four letters is a word like any other, but not next to its user
    short = {"CRM_URL": "postgresql://reader:test@db.example/crm"}
    check_secrets(tmp_path, ["a.csv"], short)
    (tmp_path / "a.csv").write_text("reader:test")
    with pytest.raises(ReportError):
        check_secrets(tmp_path, ["a.csv"], short)


def test_a_secret_in_the_name_of_a_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "hunter2hunter2.csv").write_text("a")
    with pytest.raises(ReportError):
        check_secrets(tmp_path, ["hunter2hunter2.csv"], {"KEY": "hunter2hunter2"})


def test_a_parameter_is_no_place_for_a_password() -> None:
    with pytest.raises(ParameterError, match="password") as told:
        Parameter("source", "str", "", "").check(_ADDRESS)
    assert "postgresql" not in str(told.value)
    Parameter("source", "str", "", "").check("https://example.org/a@b")


# -- a whole run -----------------------------------------------------------------------------------------

_LOOK = """\
import os, pathlib
from IPython import get_ipython
lines = [pathlib.Path("/proc/self/cmdline")] if os.path.exists("/proc/self") else []
lines += [p / "cmdline" for p in pathlib.Path("/proc").glob("[0-9]*")] if lines else []
texts = []
for line in lines:
    try:
        texts.append(line.read_bytes().decode(errors="replace"))
    except OSError:
        pass
said = [text for text in texts if os.environ["CRM_URL"] in text]
{"processes": len(said), "history": get_ipython().history_manager.hist_file,
 "token": os.environ.get("DEPLOY_TOKEN"), "hook": os.environ.get("CRM_HOOK")}"""


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str, str]:
    """A run over a database whose notebooks tell its address in every way they can."""
    folder = tmp_path_factory.mktemp("leaky")
    made = make_project(folder / "project")
    database = folder / "swordfish.duckdb"
    tables = sorted((made.folder / "data").glob("*.csv"))
    with duckdb.connect(database) as con:
        for file in tables:
            con.execute(f"CREATE TABLE {file.stem} AS FROM read_csv('{file.as_posix()}')")
            file.unlink()
    toml = '[settings]\ndatabase = "env:CRM_URL"\n[settings.notify]\nwebhook = "env:CRM_HOOK"\non = []\n'
    toml += "".join(f'[{table.stem}]\ntable = "{table.stem}"\n' for table in tables)
    (made.folder / "data" / "crm.toml").write_text(toml)
    address = f"duckdb://{database.as_posix()}"
    print_it = 'import os\nprint("at", os.environ["CRM_URL"])'
    made.write("1_sales_dynamics", LOAD, print_it, _LOOK, SAVE.format(stem="sales_dynamics"), title="Printed")
    made.write("2_customer_abc", 'import os\nraise OSError("no " + os.environ["CRM_URL"])', title="Raised")
    saved = 'import os\nnext(tables.glob("*.csv")).write_text("a\\n" + os.environ["CRM_URL"])'
    made.write("3_customer_segments", SAVE.format(stem="customer_segments"), saved, title="Saved")
    told = SAVE.replace("It was read.", '" + os.environ["CRM_URL"] + "').format(stem="deal_reasons")
    made.write("5_deal_reasons", told, title="Told")
    alt = (
        "import os\nfrom IPython.display import display\n"
        'display({"image/png": "iVBORw0KGgo="}, raw=True, '
        'metadata={"image/png": {"alt": os.environ["CRM_URL"]}})'
    )
    made.write("7_open_deals", alt, title="Shown")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRM_URL", address)
        patch.setenv("CRM_HOOK", "https://hooks.example/T0/B0/opensesame")
        patch.setenv("DEPLOY_TOKEN", "not for notebooks")
        done = made.command("report", "2026-02", "--data", "data", "--jobs", "2")
    return made, address, done.output


def test_what_tells_a_secret_is_not_published(leaky: tuple[Project, str, str]) -> None:
    project, _, output = leaky
    pages = {name for name in project.files() if name.endswith(".html")}
    # what is only printed or raised is hidden in time; what was saved or shown otherwise is refused
    assert pages == {"index.html", "2026-02/index.html", "2026-02/sales_dynamics.html"}, output
    assert "$CRM_URL" in project.files()["2026-02/sales_dynamics.html"].decode()
    for name in ("tables/customer_segments/rows.csv", "deal_reasons.json", "open_deals.html"):
        assert f"{name} holds what stands in the variable" in output.replace('\\"', '"'), output


def test_no_file_and_no_line_of_a_run_holds_the_secret(leaky: tuple[Project, str, str]) -> None:
    project, address, output = leaky
    files = project.files()
    failed = {name for name in files if "/failed/" in name}
    assert len(failed) == 4
    for form in written_forms(address) | {"opensesame"}:
        assert form not in output
        assert not [name for name, content in files.items() if form.encode() in content], form


def test_notebooks_see_no_other_secret_and_leave_no_history(leaky: tuple[Project, str, str]) -> None:
    page = leaky[0].files()["2026-02/sales_dynamics.html"].decode()
    assert "&#39;processes&#39;: 0" in page
    assert "&#39;history&#39;: &#39;:memory:&#39;" in page
    assert "&#39;token&#39;: None" in page
    assert "&#39;hook&#39;: None" in page


def test_not_even_the_title_of_a_notebook_that_failed_tells_a_secret(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_HOOK", "https://hooks.example/T0/opensesame")
    toml = '[settings.notify]\nwebhook = "env:CRM_HOOK"\non = []\n'
    toml += "".join(f'[{f.stem}]\nfile = "{f.name}"\n' for f in (project.folder / "data").glob("*.csv"))
    (project.folder / "data" / "crm.toml").write_text(toml)
    project.write("1_sales_dynamics", "1 / 0", title="About https://hooks.example/T0/opensesame")
    done = project.report("2026-02")
    assert 'manifest.json holds what stands in the variable "CRM_HOOK"' in done.output
    assert "opensesame" not in done.output
    assert [name for name, content in project.files().items() if b"opensesame" in content] == []


def test_a_kernel_sees_what_python_and_the_data_need() -> None:
    environment = dict.fromkeys(("AWS_SECRET_ACCESS_KEY", "CRM_HOOK", "PGPASSWORD", "CRM_URL", "SSH_X"), "x")
    seen = of_kernel({**environment, **os.environ}, ("CRM_URL", "PGPASSWORD"))
    assert seen.keys() >= {"PATH", "CRM_URL", "PGPASSWORD"}
    assert not seen.keys() & {"AWS_SECRET_ACCESS_KEY", "CRM_HOOK", "SSH_X"}


# -- pages -----------------------------------------------------------------------------------------------

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def _page(body: str = "", policy: str = _POLICY, head: str = "") -> str:
    said = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
    start = f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">{head}{said}<title>x</title></head>'
    return f"{start}<body><h1>Sales</h1>{body}</body></html>"


def test_a_page_of_text_and_links_within_the_reports_passes() -> None:
    check_page(_page('<a href="../index.html#top">x</a><img src="data:image/png;base64,AAAA" alt="x">'), "x")


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        (_page(policy=""), "no policy before everything else"),
        (_page(head="<style>p { color: red }</style>"), "no policy before everything else"),
        (_page(policy=_POLICY.replace("img-src data:", "img-src *")), "another policy"),
        (_page(policy=f"{_POLICY}; script-src 'unsafe-inline'"), "another policy"),
        (_page(policy="style-src 'unsafe-inline'"), "another policy"),
        (_page(head='<meta http-equiv="refresh" content="0;url=https://host.example">'), "another policy"),
        (_page("<script>alert(1)</script>"), "a script that its policy does not name"),
        (_page("<script src='x.js'></script>"), "an address in src of script"),
        (_page('<p onclick="x">x</p>'), "onclick, which would run a script"),
        (_page('<a href="https://host.example">x</a>'), "an address in href of a"),
        (_page('<a href="//host.example">x</a>'), "an address in href of a"),
        (_page('<a href=" java&#115;cript:alert(1)">x</a>'), "an address in href of a"),
        (_page('<img src="picture.png" alt="x">'), "an address in src of img"),
        (_page('<video poster="https://host.example/x"></video>'), "an address in poster of video"),
        (_page("<iframe srcdoc='x'></iframe>"), "the element iframe"),
        (_page('<link rel="stylesheet" href="x.css">'), "the element link"),
        (_page("<form></form>"), "the element form"),
        (_page("<h1>again</h1>"), "2 headings of the first level"),
    ],
)
def test_a_page_that_can_do_more_than_be_read_is_refused(page: str, fault: str) -> None:
    with pytest.raises(ReportError, match=fault):
        check_page(page, "x")
