"""Cards of main figures: what is written on them, and the small picture of the course."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from matplotlib.colors import to_rgb
from PIL import Image

from crm_analysis.cards import LINE, Card, Cards, card, read_tile, sparkline, verdict_chip, written
from crm_analysis.findings import VERDICTS
from crm_analysis.plots import theme
from crm_analysis.tiles import Tile
from crm_analysis.words import Words

WORDS = Words("en", "EUR")


def ink(values: tuple[float | None, ...]) -> list[tuple[int, int]]:
    """The pixels that are drawn, as (column, row)."""
    picture = Image.open(io.BytesIO(sparkline(values))).convert("RGBA")
    opacity = picture.getchannel("A")
    width, height = picture.size
    return [(x, y) for x in range(width) for y in range(height) if opacity.getpixel((x, y)) > 100]


def row_at(pixels: list[tuple[int, int]], left: float, right: float) -> float:
    rows = [y for x, y in pixels if left <= x / 320 <= right]
    return sum(rows) / len(rows)


@pytest.mark.parametrize(
    ("tile", "value", "change"),
    [
        (Tile("r", "Revenue", 1_234_567.0, "money", change=0.052), "€1.23M", "+5.2%"),
        (Tile("r", "Revenue", -12.5, "money", change=-0.3), "−€12.50", "−30.0%"),
        (Tile("n", "Orders", 1234.0, "count", change=None), "1,234", ""),
        # 0.52 is 0.5 and 4 %; the difference is 2 points, not 4 %
        (Tile("w", "Win rate", 0.52, "share", change=0.04), "52.0%", "+2.0 pp"),
        (Tile("d", "Interval", 23.4, "days", change=math.nan), "23 days", ""),
        (Tile("w", "Win rate", math.nan, "share"), "–", ""),
    ],
)
def test_value_and_change_are_written_with_their_unit(tile: Tile, value: str, change: str) -> None:
    made = card(tile, WORDS)
    assert (made.value, made.change) == (value, change)


def test_the_interval_is_said_in_the_unit_of_the_value() -> None:
    assert card(Tile("w", "Win rate", 0.5, "share", low=0.4, high=0.6), WORDS).span == "likely 40% to 60%"


def test_a_remark_stands_below_the_figure() -> None:
    tile = Tile("cost", "Cost", 100.0, "money", note="1 client: too few to judge")
    shown = card(tile, Words("en", "EUR"))._repr_html_()
    assert "1 client: too few to judge</p>" in shown


def test_the_course_is_told_in_words() -> None:
    made = card(Tile("r", "Revenue", 300.0, "money", series=(100.0, None, 400.0, 300.0)), WORDS)
    assert (
        made.course_text == "Course of Revenue over 4 months: from €100 to €300, lowest €100, highest €400."
    )


def test_the_course_begins_with_the_first_value() -> None:
    made = card(Tile("r", "Revenue", 3.0, "count", series=(None, None, 2.0, None, 3.0)), WORDS)
    assert made.course == (2.0, None, 3.0)
    assert "over 3 months" in made.course_text


@pytest.mark.parametrize("verdict", list(VERDICTS))
def test_a_verdict_is_word_and_sign_not_colour_alone(verdict: str) -> None:
    word, sign = VERDICTS[verdict]
    text = BeautifulSoup(verdict_chip(verdict), "html.parser").get_text()
    assert text == f"{sign} {word}"


def test_eight_cards_stand_open_where_fewer_are_main() -> None:
    def shown(main: int, others: int) -> tuple[int, int]:
        cards = Cards(Card(f"c{i}", "1", main=i < main) for i in range(main + others))
        page = BeautifulSoup(cards._repr_html_(), "html.parser")
        return len(page.select("ul.cards > li")), len(page.select("details li"))

    assert shown(12, 10) == (22, 10)
    assert shown(5, 7) == (12, 4)
    assert shown(3, 5) == (8, 0)


def test_a_tile_survives_its_record() -> None:
    tile = Tile("w", "Win rate", 0.5, "share", 0.1, "improved", 0.4, 0.6, (0.4, None, 0.5))
    assert read_tile(tile.record()) == tile
    assert math.isnan(read_tile(Tile("w", "Win rate", math.nan, "share").record()).value)


def test_text_is_escaped() -> None:
    hostile = '"><script>alert(1)</script>'
    markup = Cards(
        [Card(hostile, hostile, hostile, hostile, course=(1, 3, 2), course_text=hostile, href=hostile)]
    )
    soup = BeautifulSoup(markup._repr_html_(), "html.parser")
    assert soup.find("script") is None
    assert soup.select_one(".card-value").get_text() == hostile
    assert soup.select_one("img")["alt"] == hostile
    assert soup.select_one("a")["href"] == hostile


def test_the_verdict_stands_below_the_course_it_judges() -> None:
    course = (1.0, 3.0, 2.0)
    made = Card("x", "1", "−5.0%", "September 2026", verdict="improved", course=course, course_text="x")
    soup = BeautifulSoup(made._repr_html_(), "html.parser")
    assert soup.select_one(".card-change").get_text() == "−5.0% vs September 2026"
    assert soup.img.find_next(class_="verdict").get_text() == "▲ improved"
    assert not Card("x", "1")._repr_html_().count("verdict")


def test_one_point_makes_no_picture() -> None:
    assert "<img" not in Card("x", "1", course=(1.0, None))._repr_html_()
    assert "No main figures" in Cards()._repr_html_()


def test_higher_values_stand_higher() -> None:
    rising = ink((1.0, 2.0, 3.0, 4.0))
    assert row_at(rising, 0, 0.2) > row_at(rising, 0.4, 0.6) > row_at(rising, 0.8, 1)


def test_equal_values_make_a_level_line() -> None:
    level = ink((5.0, 5.0, 5.0))
    assert row_at(level, 0, 0.2) == pytest.approx(row_at(level, 0.4, 0.6), abs=0.5)


def test_a_gap_stays_a_gap_and_a_lone_point_is_drawn() -> None:
    assert not [x for x, _ in ink((1.0, 2.0, None, None, 3.0, 4.0)) if 0.32 < x / 320 < 0.68]
    assert [x for x, _ in ink((1.0, None, 2.0, None, 3.0)) if 0.45 < x / 320 < 0.55]


def test_equal_courses_give_equal_bytes() -> None:
    assert sparkline((1.0, 3.0, 2.0)) == sparkline((1.0, 3.0, 2.0))


def test_the_colour_is_that_of_the_plots() -> None:
    assert tuple(round(255 * part) for part in to_rgb(theme.MAIN)) == LINE


def test_a_missing_value_is_a_dash() -> None:
    assert written(None, Tile("r", "Revenue", 1.0, "money"), WORDS) == "–"


def test_a_verdict_on_the_change_is_not_told_as_the_long_run() -> None:
    tile = Tile("x", "X", 0.5, "share", 0.1, "improved", judges="change", against="the 12 months before")
    text = BeautifulSoup(card(tile, Words(), against="May 2026")._repr_html_(), "html.parser").get_text(" ")
    assert "vs the 12 months before" in text
    assert "May" not in text
    assert "long run" not in text
    course = BeautifulSoup(card(replace(tile, judges="course"), Words())._repr_html_(), "html.parser")
    assert "long run" in course.get_text()
