"""A folder of data from somebody else: it reads no file that it does not name, and writes nowhere."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from crm_analysis import load
from crm_analysis.cli import main
from crm_analysis.errors import CrmAnalysisError, MappingError, SourceError
from crm_analysis.sources import open_source

if TYPE_CHECKING:
    from pathlib import Path

_DEALS = "deal_id,status,amount,created_at,closed_at\nD1,won,5,2026-02-02,2026-02-09\n"
_SECRET = "a line that nobody may see"
_POSIX = pytest.mark.skipif(os.name == "nt", reason="links need rights there")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Return a folder beside that of the data, with a file that is none of its business."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.csv").write_text(f"deal_id,status,loss_reason\nD9,open,{_SECRET}\n")
    (folder / "secret.txt").write_text(_SECRET)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of data."""
    made = tmp_path / "data"
    made.mkdir()
    (made / "deals.csv").write_text(_DEALS)
    return made


def _toml(folder: Path, text: str) -> None:
    (folder / "crm.toml").write_text(text, encoding="utf-8")


# -- reading ---------------------------------------------------------------------------------------------


@_POSIX
@pytest.mark.parametrize("toml", ["", '[deals]\nfile = "deals.csv"', '[deals]\nfile = "in/../deals.csv"'])
def test_a_link_out_of_the_folder_is_not_followed(folder: Path, outside: Path, toml: str) -> None:
    (folder / "deals.csv").unlink()
    (folder / "deals.csv").symlink_to(outside / "secret.csv")
    if toml:
        _toml(folder, toml)
    with pytest.raises(SourceError, match="link that leads out of") as told:
        open_source(folder)
    assert _SECRET not in str(told.value)


@_POSIX
@pytest.mark.parametrize("settings", ["", '[settings]\nroot = "in"\n'])
def test_a_linked_folder_is_not_followed_either(folder: Path, outside: Path, settings: str) -> None:
    (folder / "in").symlink_to(outside, target_is_directory=True)
    _toml(folder, f'{settings}[deals]\nfile = "{"" if settings else "in/"}secret.csv"')
    with pytest.raises(SourceError, match="link that leads out of"):
        open_source(folder)


@_POSIX
def test_a_link_within_the_folder_is_a_file_of_it(folder: Path) -> None:
    (folder / "deals.csv").rename(folder / "of today.csv")
    (folder / "deals.csv").symlink_to("of today.csv")
    assert int(open_source(folder, cache=None).tables["deals"].count().execute()) == 1


@pytest.mark.parametrize("name", ["../outside/secret.csv", "{outside}/secret.csv"])
def test_a_file_that_is_named_by_its_own_place_is_read(folder: Path, outside: Path, name: str) -> None:
    _toml(folder, f'[deals]\nfile = "{name.format(outside=outside.as_posix())}"')
    assert int(open_source(folder, cache=None).tables["deals"].count().execute()) == 1


@pytest.mark.parametrize(
    "name", ["*.csv", "[d]eals.csv", "deals?csv", "/etc/passwd", "../../../../etc/passwd"]
)
def test_a_pattern_is_no_name_and_a_list_of_users_no_table(folder: Path, name: str) -> None:
    _toml(folder, f'[deals]\nfile = "{name}"')
    with pytest.raises(SourceError) as told:
        open_source(folder)
    assert "root:" not in str(told.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name there")
def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    (folder / "deals.csv").unlink()
    os.mkfifo(folder / "deals.csv")
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        open_source(folder)


_READERS = (
    "select content from read_text('{secret}')",
    "select loss_reason from read_csv('{secret}')",
    "select content from read_blob('{secret}')",
    "select file from glob('{outside}/*')",
    "select delimiter from sniff_csv('{secret}')",
    "select loss_reason from '{secret}'",
    "select value from query('select content as value from read_text(''{secret}'')')",
    "select content from read_text('http://127.0.0.1:1/x')",
)


@pytest.mark.parametrize("query", _READERS)
@pytest.mark.parametrize("place", ["sql", "expression", "where"])
def test_sql_reads_nothing_but_its_tables(folder: Path, outside: Path, query: str, place: str) -> None:
    (outside / "deals.csv").write_text(_DEALS)
    asked = query.format(secret=(outside / "secret.csv").as_posix(), outside=outside.as_posix())
    texts = {
        "sql": f'[sources]\nd = "deals.csv"\n[deals]\nsql = """select *, ({asked}) as loss_reason from d"""',
        "expression": f'[deals]\nfile = "deals.csv"\n[deals.expressions]\nloss_reason = """({asked})"""',
        "where": f'[deals]\nfile = "deals.csv"\nwhere = """({asked}) is not null"""',
    }
    _toml(folder, texts[place])
    with pytest.raises(MappingError) as told:
        open_source(folder)
    assert _SECRET not in str(told.value)


# -- writing ---------------------------------------------------------------------------------------------

_WRITERS = (
    "copy (select 1) to '{out}'",
    "attach '{out}' as other",
    "install httpfs",
    "load '{out}'",
    "export database '{out}'",
    "set enable_external_access = true",
    "pragma enable_profiling = 'json'",
    "call enable_logging(storage = 'file', storage_config = {{'path': '{out}'}})",
)


@pytest.mark.parametrize("statement", _WRITERS)
def test_sql_writes_nothing_and_sets_nothing(folder: Path, outside: Path, statement: str) -> None:
    said = statement.format(out=(outside / "written").as_posix())
    tables = '[sources]\nd = "deals.csv"\n[deals]\n'
    kept = sorted(outside.rglob("*"))
    for text in (
        f'{tables}sql = """{said}"""',
        f'{tables}sql = """select * from d; {said}"""',
        # closes the brackets that stand around it, and opens them again
        f'{tables}sql = """select * from d) order by all); {said}; select * from (select * from (select 1"""',
        f'[deals]\nfile = "deals.csv"\nwhere = """1 = 1); {said}; select (1"""',
        f'[deals]\nfile = "deals.csv"\n[deals.expressions]\nloss_reason = """1); {said}; select (1"""',
        f'[deals]\nfile = "deals.csv"\n[deals.expressions]\nloss_reason = """1) from d; {said}; --"""',
    ):
        _toml(folder, text)
        with pytest.raises(MappingError):
            open_source(folder)
    assert sorted(outside.rglob("*")) == kept


@_POSIX
def test_a_linked_cache_is_neither_written_nor_swept(folder: Path, outside: Path, monkeypatch) -> None:
    monkeypatch.delenv("CRM_ANALYSIS_CACHE", raising=False)
    for number in range(8):  # more folders than a cache keeps, long untouched
        (outside / f"work {number}").mkdir()
        os.utime(outside / f"work {number}", (number, number))
    kept = sorted(outside.rglob("*"))
    (folder / ".crm_cache").symlink_to(outside, target_is_directory=True)
    open_source(folder)
    assert sorted(outside.rglob("*")) == kept


@_POSIX
def test_links_within_a_cache_lead_nowhere(folder: Path, outside: Path, monkeypatch) -> None:
    monkeypatch.delenv("CRM_ANALYSIS_CACHE", raising=False)
    cache = folder / ".crm_cache"
    cache.mkdir()
    (cache / ".gitignore").symlink_to(outside / "made.txt")
    (cache / f".hashes.json.{os.getpid()}").symlink_to(outside / "hashes.txt")
    (cache / "hashes.json").symlink_to(outside / "secret.txt")
    kept = {path: path.read_bytes() for path in outside.iterdir()}
    open_source(folder)
    assert {path: path.read_bytes() for path in outside.iterdir()} == kept


def test_a_cache_only_sweeps_what_it_made(folder: Path, monkeypatch) -> None:
    monkeypatch.delenv("CRM_ANALYSIS_CACHE", raising=False)
    for number in range(8):
        (folder / ".crm_cache" / f"work {number}").mkdir(parents=True)
        os.utime(folder / ".crm_cache" / f"work {number}", (number, number))
    open_source(folder)
    assert len(list((folder / ".crm_cache").glob("work *"))) == 8


@pytest.mark.parametrize("kind", ["a table that is none", "a linked file", "a linked entry"])
def test_a_cache_that_leads_elsewhere_is_not_read(
    folder: Path, outside: Path, kind: str, monkeypatch
) -> None:
    monkeypatch.delenv("CRM_ANALYSIS_CACHE", raising=False)
    open_source(folder)
    (told,) = (folder / ".crm_cache").glob("*/entry.json")
    other = outside / "deals.parquet"
    other.write_bytes((told.parent / "deals.parquet").read_bytes())
    if kind == "a table that is none":
        entry = json.loads(told.read_text())
        name = "../../../outside/deals"
        entry["tables"] = [name]
        entry["sizes"] = {n: s for n, s in entry["sizes"].items() if n != "deals.parquet"}
        entry["sizes"][f"{name}.parquet"] = other.stat().st_size
        told.write_text(json.dumps(entry))
    elif kind == "a linked file":
        (told.parent / "deals.parquet").unlink()
        (told.parent / "deals.parquet").symlink_to(other)
    else:
        told.parent.rename(outside / "entry")
        told.parent.symlink_to(outside / "entry", target_is_directory=True)
    other.chmod(0)
    source = open_source(folder)
    assert source.tables["deals"].execute()["deal_id"].tolist() == ["D1"]
    assert not told.parent.is_symlink()
    assert not any(file.is_symlink() for file in told.parent.iterdir())
    assert json.loads(told.read_text())["tables"] == ["deals"]


# -- names that the command is given ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../sales_dynamics", "/etc/passwd", "sales_dynamics/../../x", ".."])
def test_a_report_is_chosen_by_its_name_not_by_a_path(folder: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "reports"
    command = ["report", "2026-02", "--data", str(folder), "--out", str(out), "--only", name]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2, done.output
    assert f'There is no report "{name}"' in done.output
    assert not out.exists()


def test_a_period_is_no_path(folder: Path) -> None:
    view = load(folder)
    for period in ("../../x", "2026-02/../..", "2026-02\x00", "/etc"):
        with pytest.raises(CrmAnalysisError):
            view.view(period)
