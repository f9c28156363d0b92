"""The Russian of the reports: whole, and in step with the source."""

from __future__ import annotations

import ast
import html
import re
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from matplotlib.text import Text

import crm_analysis as crm
from crm_analysis.analyses._summary_records import TITLES
from crm_analysis.columns.heading import plain
from crm_analysis.language import LANGUAGES, speaking, tr
from crm_analysis.locale import make
from crm_analysis.reporting.notebooks import discover
from crm_analysis.schema import TABLES
from tests.demo_company import demo_data, demo_result
from tests.plots.artists import pictures

if TYPE_CHECKING:
    from collections.abc import Callable

    from babel.messages.catalog import Catalog, Message

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src" / "crm_analysis").rglob("*.py"))
PERIOD = "2026-10"
#: The seven analyses.
WHOLE = (
    *("sales_dynamics", "customer_abc", "customer_segments"),
    *("marketing_impact", "deal_reasons", "process_kpis", "open_deals"),
)
#: Columns whose values are codes of the package; every other text of the demo company is a name.
CODES = {"status", "kind", "currency", "outcome", "department"}
#: Terms, names of programs and files, and methods of statistics, that Russian texts write so too.
TERMS = set(
    "ABC XYZ A B C X Y Z AX AY AZ BX BY BZ CX CY CZ RFM CRM CSV Excel JupyterLab EUR ROMI p n R XmR".split()  # noqa: SIM905
)
FILES = re.compile(r"[\w./-]+\.(?:csv|xlsx|toml|json|html|ipynb)")
#: A name that a picture had no room for.
CUT = re.compile(r"[A-Z][^\n….:;(]{0,60}…")
WORDS = re.compile(r"(?<![\w-])[A-Za-z]+(?:-[A-Za-z]+)*(?!\w)")  # a fingerprint is no word


@pytest.fixture(scope="module")
def template() -> Catalog:
    """The messages that the source has now."""
    return make.gathered()


def messages(catalogue: Catalog | None = None) -> dict[Any, Message]:
    """Return the messages of a catalogue, else of the Russian one."""
    return {message.id: message for message in catalogue or make.read() if message.id}


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def test_the_catalogue_has_the_messages_of_the_source_and_no_others(template: Catalog) -> None:
    wanted, there = set(messages(template)), set(messages())
    assert wanted - there == set()
    assert there - wanted == set()


def test_every_message_has_a_translation() -> None:
    empty = [message.id for message in messages().values() if not all(forms(message))]
    assert empty == []


def test_counts_have_the_three_forms_of_russian() -> None:
    counted = [message for message in messages().values() if message.pluralizable]
    assert counted
    assert [message.id for message in counted if len(forms(message)) != 3] == []


def test_translations_have_the_placeholders_of_their_messages() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    wrong = []
    for message in messages().values():
        first = message.id if isinstance(message.id, str) else message.id[0]
        if first.startswith("#") or not re.search(r"\{\w+[^}]*\}", first):
            continue  # prose is not filled in
        wrong += [first for form in forms(message) if form and fields(form) != fields(first)]
    assert wrong == []


def test_making_the_messages_again_changes_nothing(template: Catalog) -> None:
    again = make.in_step(make.read(), template)
    assert make.po_of(again).decode() == make.PO.read_text(encoding="utf-8")
    assert make.mo_of(again) == make.PO.with_suffix(".mo").read_bytes()


def test_no_text_is_put_together_before_it_is_translated() -> None:
    together = [
        f"{path.name}:{call.lineno}"
        for path in SOURCES
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", getattr(call.func, "attr", "")) in ("tr", "msg", "plural", "sentence")
        and any(isinstance(argument, ast.JoinedStr) for argument in call.args[:1])
    ]
    assert together == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_calls_the_pages_as_they_call_themselves(language: str) -> None:
    own = {n.stem: n.title(language) for n in discover(ROOT / "notebooks") if n.stem != "summary"}
    assert {stem: tr(title, language) for stem, title in TITLES.items()} == own


# -- what readers see ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reports(demo_reports: Callable[[str], Path]) -> Path:
    """The Russian reports of the demo company."""
    return demo_reports("ru")


@pytest.fixture(scope="module")
def of_the_data() -> re.Pattern[str]:
    """What the demo company calls its clients, goods, people, channels and reasons."""
    names: set[str] = set()
    for path in sorted((ROOT / "data" / "demo").glob("*.csv")):
        frame = pd.read_csv(path, dtype=str)
        # a letter and a number, as ids are, is no word
        for column in {c for c in frame.columns if not c.endswith("_id")} - CODES:
            names |= {name for name in frame[column].dropna().unique() if re.search("[A-Za-z]", name)}
        # a column of the company's own is called what the company calls it
        own = {plain(column) for column in set(frame.columns) - set(TABLES[path.stem].names)}
        names |= own | {name[:1].lower() + name[1:] for name in own}
    whole = sorted(names, key=lambda name: (-len(name), name))
    # a title may break within a name
    forms = "|".join(re.escape(name).replace(r"\ ", r"\s") for name in whole)
    return re.compile(rf"(?<!\w)(?:{forms})(?!\w)")


def latin(text: str, of_the_data: re.Pattern[str]) -> set[str]:
    """Return the words in Latin letters that are neither names of the data, nor terms, nor files."""
    rest = FILES.sub(" ", CUT.sub(" ", of_the_data.sub(" ", text)))
    return {word for word in WORDS.findall(rest) if word not in TERMS}


def seen(page: str) -> str:
    """Return all that a reader of a page sees or hears."""
    made = BeautifulSoup(page, "html.parser")
    for unseen in made(["script", "style", "code"]):  # what to type stays as it is
        unseen.decompose()
    said = [
        str(tag[name]) for tag in made(True) for name in ("alt", "aria-label", "title") if tag.has_attr(name)
    ]
    return html.unescape(" \n ".join([made.get_text(" \n "), *said]))


def test_pages_hold_no_english(reports: Path, of_the_data: re.Pattern[str]) -> None:
    pages = sorted(reports.rglob("*.html"))
    assert len(pages) == 9  # seven analyses, the summary, the list of all periods
    found: dict[str, list[str]] = {}
    for path in pages:
        page = path.read_text(encoding="utf-8")
        assert BeautifulSoup(page, "html.parser").html["lang"] == "ru"
        if words := latin(seen(page), of_the_data):
            found[path.relative_to(reports).as_posix()] = sorted(words)
    assert found == {}


def test_english_would_be_found(of_the_data: re.Pattern[str]) -> None:
    text = "<p>Выручка: Website, Kraft box, p = 0,02; все строки в файле tables/x/y.csv</p>"
    assert latin(seen(text), of_the_data) == set()
    assert latin(seen(text + '<img alt="Revenue of Website">'), of_the_data) == {"Revenue", "of"}


@pytest.fixture(scope="module")
def view() -> Any:
    return demo_data().view(PERIOD, language="ru")


@pytest.mark.parametrize("stem", WHOLE)
def test_pictures_hold_no_english(stem: str, view: Any, of_the_data: re.Pattern[str]) -> None:
    result = getattr(crm, stem).analyze(view)
    found: dict[str, list[str]] = {}
    for name in (name for home, name in pictures() if home == stem):
        axes = getattr(getattr(crm.plots, stem), name)(result)
        drawn = axes.get_figure(root=True)
        drawn.draw_without_rendering()  # only now the ticks have their labels
        said = [text.get_text() for text in drawn.findobj(Text) if text.get_visible()]
        if words := latin("\n".join([*said, str(axes.get_label())]), of_the_data):
            found[name] = sorted(words)
        plt.close(drawn)
    assert found == {}


def test_in_a_notebook_all_that_shows_itself_is_russian(view: Any, of_the_data: re.Pattern[str]) -> None:
    result = crm.sales_dynamics.analyze(view)
    picture = crm.figure(crm.plots.sales_dynamics.monthly(result))
    shown = [
        view._repr_html_(),
        result.findings._repr_html_(),
        result._repr_html_(),
        result.left_out._repr_html_(),
        crm.table(result, "monthly", "Months in numbers", rows=3)._repr_html_(),
        f'<img alt="{html.escape(picture.alt)}">',
    ]
    for markup in shown:
        assert re.search("[а-я]", seen(markup))
        assert latin(seen(markup).replace("Months in numbers", ""), of_the_data) == set()


def test_two_languages_live_side_by_side(view: Any) -> None:
    one, other = demo_result("sales_dynamics", PERIOD), crm.sales_dynamics.analyze(view)
    assert one.tiles[0].label == "Revenue"
    assert other.tiles[0].label == "Выручка"
    with speaking("ru"):  # what shows itself later still speaks the language it was made in
        assert "Revenue" in crm.table(one, "monthly", "x")._repr_html_()
