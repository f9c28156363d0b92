"""What may stand in a crm.toml, and what is said where something else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crm_analysis.errors import MappingError, SourceError
from crm_analysis.sources.config import MISSING, Settings
from crm_analysis.sources.places import locate, read_config

if TYPE_CHECKING:
    from pathlib import Path

    from crm_analysis.sources.config import Config


def config(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "crm.toml"
    path.write_text(text, encoding="utf-8")
    return read_config(path)


DEALS = '\n[deals]\nfile = "deals.csv"\n'


class TestSettings:
    def test_defaults(self, tmp_path: Path) -> None:
        settings = config(tmp_path, DEALS).settings
        assert settings == Settings()
        assert (settings.language, settings.timezone, settings.fiscal_year_starts) == ("en", "UTC", 1)
        assert (settings.abc_limits, settings.reject_limit) == ((0.80, 0.95), 0.05)

    def test_all_of_them(self, tmp_path: Path) -> None:
        text = """
            [settings]
            currency = "USD"
            language = "ru"
            timezone = "Europe/Berlin"
            fiscal_year_starts = 4
            abc_limits = [0.7, 0.9]
            stages = ["Prospecting", "Engaging"]
            reject_limit = 0.1
            missing = ["", "leer"]
            database = "env:CRM_DATABASE_URL"
            root = "exports"
        """
        found = config(tmp_path, text + DEALS)
        assert found.settings.stages == ("Prospecting", "Engaging")
        assert found.settings.missing == ("", "leer")
        assert found.path("deals.csv") == tmp_path / "exports" / "deals.csv"

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            ('currncy = "USD"', 'Did you mean "currency"'),
            ('timezone = "Europe/Berlinn"', 'Did you mean "Europe/Berlin"'),
            ('language = "fr"', "'en' or 'ru'"),
            ("fiscal_year_starts = 13", "12"),
            ("abc_limits = [0.95, 0.8]", "the smaller first"),
            ("reject_limit = 5", "reject_limit"),
        ],
    )
    def test_wrong_ones(self, tmp_path: Path, line: str, says: str) -> None:
        with pytest.raises(MappingError, match=says):
            config(tmp_path, f"[settings]\n{line}\n{DEALS}")

    @pytest.mark.parametrize("value", ["postgresql://me:secret@host/db", "env:", "env:secret@host", "secret"])
    def test_an_address_in_place_of_a_variable_is_refused_and_not_repeated(
        self, tmp_path: Path, value: str
    ) -> None:
        with pytest.raises(MappingError, match="env:NAME") as caught:
            config(tmp_path, f'[settings]\ndatabase = "{value}"\n{DEALS}')
        assert "secret" not in str(caught.value)

    def test_na_is_no_missing_mark(self) -> None:
        assert "na" not in MISSING
        assert {"", "-", "select", "unknown", "n/a", "null", "none", "#n/a"} <= set(MISSING)


class TestSections:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ('[deal]\nfile = "d.csv"', 'Did you mean "deals"'),
            ('[deals]\nfile = "d.csv"\ncolums = {}', 'Did you mean "columns"'),
            ('[deals]\nwhere = "x"', "0 are given"),
            ('[deals]\nfile = "d.csv"\ntable = "t"', "2 are given"),
            ('[deals]\nfile = "d.csv"\ndelimiter = ";;"', "delimiter"),
            ('[sources]\na = { sql = "select 1" }\n[deals]\nfile = "d.csv"', "sources"),
            (
                '[deals]\nfile = "d.csv"\n[deals.columns]\namount = "a"\n[deals.expressions]\namount = "b"',
                '"amount" is given twice',
            ),
            ("[deals\n", "line 1"),
            ("", "maps no table"),
            ("[deals]\nfile = 3", "file"),
        ],
    )
    def test_wrong_ones(self, tmp_path: Path, text: str, says: str) -> None:
        with pytest.raises(MappingError, match=says):
            config(tmp_path, text)

    def test_a_tab_is_a_delimiter(self, tmp_path: Path) -> None:
        assert (
            config(tmp_path, '[deals]\nfile = "d.csv"\ndelimiter = "\\t"').tables["deals"].delimiter == "\t"
        )

    def test_sources_are_names_of_files_with_options(self, tmp_path: Path) -> None:
        text = '[sources]\na = "a.csv"\nd = { file = "d.csv", delimiter = ";" }\n[deals]\nsql = "select 1"'
        sources = config(tmp_path, text).sources
        assert (sources["a"].file, sources["d"].delimiter) == ("a.csv", ";")

    def test_not_utf8(self, tmp_path: Path) -> None:
        (tmp_path / "crm.toml").write_bytes("# Компания".encode("cp1251"))
        with pytest.raises(MappingError, match="UTF-8"):
            read_config(tmp_path / "crm.toml")


class TestPlaces:
    def test_a_single_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "deals.csv").write_text("deal_id")
        with pytest.raises(SourceError, match="single file"):
            read_config(tmp_path / "deals.csv")

    def test_a_crm_toml_goes_before_canonical_names(self, tmp_path: Path) -> None:
        (tmp_path / "deals.csv").write_text("deal_id")
        assert config(tmp_path, '[sales]\nfile = "x.csv"').tables.keys() == {"sales"}
        assert read_config(tmp_path).tables.keys() == {"sales"}

    def test_label_is_the_folder(self, tmp_path: Path) -> None:
        assert config(tmp_path, DEALS).label == tmp_path.name
        other = tmp_path / "ours.toml"
        other.write_text(DEALS)
        assert read_config(other).label == "ours"

    def test_home_is_written_with_a_tilde(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        (tmp_path / "crm").mkdir()
        assert locate("~/crm") == (tmp_path / "crm").resolve()
