"""Pictures of customers: the artists hold the figures of the result, and empty ones say why."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from tests.demo_company import demo_result
from tests.plots.artists import title_of

import crm_analysis as crm

PICTURES = ["pareto", "matrix", "migration", "cohorts", "retention", "due"]


@pytest.fixture(scope="module")
def result() -> Any:
    return demo_result("customer_abc", "2026-Q3")


@pytest.fixture(autouse=True)
def _closed() -> Any:
    yield
    plt.close("all")


def made(rows: list[tuple[str | None, str, float]], period: str) -> Any:
    sales = pd.DataFrame(rows, columns=["customer_id", "sold_at", "amount"])
    sales = sales.assign(
        sale_id=[f"S{at}" for at in range(len(rows))], sold_at=pd.to_datetime(sales["sold_at"])
    )
    return crm.customer_abc.analyze(crm.load({"sales": sales.astype({"customer_id": object})}).view(period))


def light(colour: Any) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return float(np.dot(parts, [0.2126, 0.7152, 0.0722]))


def texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("name", PICTURES)
class TestEveryPicture:
    def test_has_title_and_description(self, result: Any, name: str) -> None:
        axes = getattr(crm.plots.customer_abc, name)(result)
        assert title_of(axes)
        assert len(axes.get_label()) > 40
        assert "nan" not in axes.get_label()
        assert axes.get_label() in repr(crm.figure(axes))

    def test_draws_on_given_axes(self, result: Any, name: str) -> None:
        _, axes = plt.subplots()
        assert getattr(crm.plots.customer_abc, name)(result, ax=axes) is axes

    def test_says_why_it_is_empty(self, name: str) -> None:
        empty = made([(None, "2025-01-05", 5.0), (None, "2025-01-30", 5.0)], "2025-01")
        axes = getattr(crm.plots.customer_abc, name)(empty)
        assert axes.get_label() in texts(axes)

    def test_one_customer_with_a_long_cyrillic_name(self, name: str) -> None:
        long = "Общество с ограниченной ответственностью $1 и $2 " * 4
        days = ["2024-01-09", "2024-02-09", "2024-03-09", "2025-01-05", "2025-01-28"]
        axes = getattr(crm.plots.customer_abc, name)(made([(long, day, 5.0) for day in days], "2025-01"))
        assert axes.get_label() in repr(crm.figure(axes))

    def test_returns_only(self, name: str) -> None:
        axes = getattr(crm.plots.customer_abc, name)(
            made([("a", "2025-01-05", -5.0), ("b", "2025-01-30", -1.0)], "2025-01")
        )
        assert axes.get_label() in repr(crm.figure(axes))


class TestFigures:
    def test_pareto_ends_at_the_whole(self, result: Any) -> None:
        lines = crm.plots.customer_abc.pareto(result).get_lines()[1:]
        assert lines[-1].get_ydata()[-1] == pytest.approx(1.0)
        points = sum(len(line.get_xdata()) - 1 for line in lines)
        assert points == (result.customers["revenue"] > 0).sum()

    def test_matrix_shades_the_shares(self, result: Any) -> None:
        shade = np.asarray(crm.plots.customer_abc.matrix(result).get_images()[0].get_array())
        rows = result.matrix[result.matrix["abc"].isin(list("ABC"))]
        assert shade.shape == (3, 4)
        assert shade.ravel() == pytest.approx(rows["share"].to_numpy())

    def test_moves_are_shaded_by_the_number_of_customers(self, result: Any) -> None:
        shade = np.asarray(crm.plots.customer_abc.migration(result).get_images()[0].get_array())
        moves = result.migration.query("from_class != 'none' or to_class != 'none'")
        assert sorted(shade[shade > 0]) == sorted(moves["customers"])

    @pytest.mark.parametrize("name", ["matrix", "migration", "cohorts"])
    def test_figures_are_read_on_every_shade(self, result: Any, name: str) -> None:
        axes = getattr(crm.plots.customer_abc, name)(result)
        image = axes.get_images()[0]
        colours = image.to_rgba(np.ma.filled(image.get_array(), 0.0))
        for text in axes.texts:
            x, y = (round(place) for place in text.get_position())
            lights = sorted(light(colour) for colour in (colours[y, x], to_rgb(text.get_color())))
            assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 4.5

    def test_migration_names_the_change(self, result: Any) -> None:
        axes = crm.plots.customer_abc.migration(result)
        change = result.context.words.money(result.migration["revenue"].sum(), signed=True)
        assert change in title_of(axes)
        moves = result.migration[
            (result.migration["from_class"] != "none") | (result.migration["to_class"] != "none")
        ]
        assert sum(bool(text) for text in texts(axes)) == len(moves)

    def test_cohorts_draw_no_cell_after_the_end(self, result: Any) -> None:
        shade = crm.plots.customer_abc.cohorts(result).get_images()[0].get_array()
        drawn = np.isfinite(np.ma.filled(shade.astype(float), np.nan)).sum()
        assert drawn == (result.cohorts["month_number"] > 0).sum()

    def test_retention_ends_at_the_last_share(self, result: Any) -> None:
        lines = crm.plots.customer_abc.retention(result).get_lines()
        ends = result.retention.groupby("abc")["retained"].last()
        assert [line.get_ydata()[-1] for line in lines] == pytest.approx(ends.tolist())

    def test_due_bars_are_the_money(self, result: Any) -> None:
        bars = crm.plots.customer_abc.due(result).patches
        assert [bar.get_width() for bar in bars] == pytest.approx(
            result.due["money_at_stake"].head(12).tolist()
        )
