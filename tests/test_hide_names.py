"""With ``hide_names`` no name of a client or of a person who sells leaves the reading of the data."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from click.testing import CliRunner

from crm_analysis.analyses import customer_abc
from crm_analysis.cli import main
from crm_analysis.dataset import load
from crm_analysis.demo import write_demo
from crm_analysis.errors import MappingError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

_PERIOD = "2026-10"


def _map(folder: Path, settings: str) -> Path:
    tables = [f'[{file.stem}]\nfile = "{file.name}"\n' for file in sorted(folder.glob("*.csv"))]
    (folder / "crm.toml").write_text(f"[settings]\n{settings}\n" + "".join(tables), encoding="utf-8")
    return folder


def _small(folder: Path, settings: str = "hide_names = true") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "customers.csv").write_text(
        "customer_id,name,region,contact,phone,staff,tier,note\n"
        "C1,Nord & Söhne GmbH,north,ann@nord.example,+49 30 1234567,12,gold,of Jörg Wicker\n"
        "C2,Süd AG,south,bob@sued.example,+49 30 7654321,1500,silver,none yet\n"
    )
    (folder / "owners.csv").write_text("owner,manager\nJörg Wicker,Ada Quill\nAda Quill,\n")
    (folder / "deals.csv").write_text(
        "deal_id,customer_id,owner,status,created_at,closed_at,loss_reason,agent\n"
        "D1,C1,Jörg Wicker,lost,2026-01-02,2026-02-02,Asked NORD  Söhne GmbH: too dear,Jörg Wicker\n"
        "D2,C2,Ada Quill,lost,2026-01-02,2026-02-02,call +49 30 1234567 or ann@nord.example,\n"
        "D3,C3,Ada Quill,lost,2026-01-02,2026-02-02,price,\n"
    )
    return _map(folder, settings)


def test_the_same_name_has_the_same_pseudonym_everywhere(tmp_path: Path) -> None:
    data = load(_small(tmp_path / "data"))
    customers, owners, deals = (data.table(name).execute() for name in ("customers", "owners", "deals"))
    assert customers["customer_id"].str.fullmatch(r"Client [0-9A-F]{16}").all()
    assert customers["name"].tolist() == [name[: len("Client ") + 8] for name in customers["customer_id"]]
    assert deals["customer_id"].tolist()[:2] == customers["customer_id"].tolist()
    assert deals["customer_id"].nunique() == 3
    assert owners["owner"].tolist() == deals["owner"].tolist()[:2]
    assert owners["manager"][0] == owners["owner"][1]  # who leads sells, too
    assert pd.isna(owners["manager"][1])


def test_names_within_reasons_and_columns_that_tell_who_it_is(tmp_path: Path) -> None:
    data = load(_small(tmp_path / "data"))
    customers, deals = data.table("customers").execute(), data.table("deals").execute()
    reasons = deals["loss_reason"].tolist()
    assert reasons == [f"Asked {customers['name'][0]}: too dear", "call (number) or (address)", "price"]
    # what only groups clients stays; a name, a number to call, an address go
    assert {"region", "staff", "tier"} <= set(customers.columns)
    assert not {"contact", "phone", "note", "agent"} & {*customers.columns, *deals.columns}


def test_an_extra_column_of_many_values_goes_one_of_few_stays(tmp_path: Path) -> None:
    def kept(values: int) -> bool:
        folder = _small(tmp_path / f"{values}")
        rows = [f"C{n},town {chr(65 + n % values)}{'x' * (n % values)}" for n in range(100)]
        (folder / "customers.csv").write_text("customer_id,town\n" + "\n".join(rows) + "\n")
        return "town" in load(folder).table("customers").columns

    assert (kept(30), kept(31)) == (True, False)


def test_another_key_gives_other_pseudonyms_and_the_same_key_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _small(tmp_path / "data", 'hide_names = true\nhide_names_key = "env:CRM_NAMES"')

    def ids(key: str) -> list[str]:
        monkeypatch.setenv("CRM_NAMES", key)
        return load(folder).table("deals").execute()["customer_id"].tolist()

    first = ids("one")
    assert ids("two") != first  # also where the tables were kept from the run before
    assert ids("one") == first
    monkeypatch.delenv("CRM_NAMES")
    with pytest.raises(SourceError, match="CRM_NAMES with the key of the pseudonyms is not set"):
        load(folder)


def test_a_key_does_not_stand_in_crm_toml(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="env:NAME") as told:
        load(_small(tmp_path / "data", 'hide_names = true\nhide_names_key = "open sesame"'))
    assert "sesame" not in str(told.value)


def test_names_change_no_figure(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    write_demo(folder, deals=300)
    plain = customer_abc.analyze(load(folder).view(_PERIOD))
    hidden = customer_abc.analyze(load(_map(folder, "hide_names = true")).view(_PERIOD))
    for name, frame in plain.tables().items():
        other = hidden.tables()[name]
        # what is drawn by chance is drawn from clients in the order of their ids, and differs as draws do
        drawn = ("low", "high", "p_value", "p_adjusted")
        figures = [key for key in frame.select_dtypes("number") if not key.endswith(drawn)]
        assert len(other) == len(frame), name
        for column in figures:  # rows of equal figures stand in the order of their names
            left, right = frame[column].sort_values(), other[column].sort_values()
            pd.testing.assert_series_equal(left, right, check_index=False, obj=f"{name}.{column}")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, root: Path) -> tuple[Path, set[str]]:
    """Reports of a made-up company with pseudonyms, and all the names it has."""
    home = tmp_path_factory.mktemp("hidden")
    write_demo(home / "data", deals=300)
    names: set[str] = set()
    for file, columns in {"customers": ["name"], "owners": ["owner", "manager"]}.items():
        frame = pd.read_csv(home / "data" / f"{file}.csv", dtype=str)
        names |= {name for column in columns for name in frame[column].dropna()}
    _map(home / "data", "hide_names = true")
    only = "sales_dynamics,customer_abc,deal_reasons,open_deals"
    command = ["report", _PERIOD, "--data", str(home / "data"), "--out", str(home / "out"), "--only", only]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        done = CliRunner().invoke(main, [*command, "--jobs", "2"])
    assert done.exit_code == 0, done.output
    return home / "out", names


def test_no_name_stands_in_any_file(published: tuple[Path, set[str]]) -> None:
    out, names = published
    assert len(names) > 50
    any_name = re.compile("|".join(sorted(map(re.escape, names), key=len, reverse=True)))
    seen = 0
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        contents = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                contents = [archive.read(member) for member in archive.namelist()]
        for content in contents:
            text = content.decode("utf-8", "replace")
            for written in (text, text.replace("&amp;", "&").replace("&#x27;", "'").replace("&#39;", "'")):
                assert not (found := any_name.search(written)), f"{path.name}: {found and found[0]}"
            assert not re.search(r"[>,\n]C\d{1,3}[<,\n]", text), path.name  # nor an id
            seen += len(re.findall(r"Client [0-9A-F]{8}|Owner [0-9A-F]{8}", text))
    assert seen > 50, "hardly a pseudonym anywhere: the test tests nothing"
