"""What notebooks declare and what may be given to them."""

from __future__ import annotations

import pytest

from crm_analysis.errors import ParameterError, ReportError
from crm_analysis.reporting.parameters import check_values, read_parameters, read_typed

CELL = '''period: str = "2026-10"  # a period; = is allowed in help
draws: int = 500
share: float = 0.5  # 0 to 1
exact: bool = True
compare_to: str = "previous"'''


def test_reads_name_type_default_and_help() -> None:
    declared = read_parameters(CELL, "x.ipynb")
    assert list(declared) == ["period", "draws", "share", "exact", "compare_to"]
    assert declared["period"].help == "a period; = is allowed in help"
    assert (declared["draws"].default, declared["draws"].type) == (500, "int")


@pytest.mark.parametrize(
    "line",
    [
        "period = '2026-10'",
        "period: str | None = None",
        "period: str = os.environ['P']",
        "draws: int = 'many'",
        "days: list = [1]",
        "import os",
        "period: str = ",
    ],
)
def test_refuses_what_cannot_be_checked(line: str) -> None:
    with pytest.raises(ReportError, match="cannot be read at line 1"):
        read_parameters(line, "x.ipynb")


def test_typed_text_becomes_a_value_of_the_declared_type() -> None:
    declared = read_parameters(CELL, "x.ipynb")
    pairs = [("draws", "7"), ("share", "1"), ("exact", "No"), ("compare_to", "007")]
    values = read_typed(pairs, [declared])
    assert values == {"draws": 7, "share": 1.0, "exact": False, "compare_to": "007"}
    assert [type(v) for v in values.values()] == [int, float, bool, str]


@pytest.mark.parametrize(("name", "text"), [("draws", "7.5"), ("exact", "maybe"), ("share", "half")])
def test_a_wrong_type_names_the_type_and_the_default(name: str, text: str) -> None:
    with pytest.raises(ParameterError, match=f'"{name}" cannot be "{text}"') as caught:
        read_typed([(name, text)], [read_parameters(CELL, "x.ipynb")])
    assert "default" in caught.value.next_step


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(ParameterError, match='Did you mean "compare_to"') as caught:
        read_typed([("compareto", "previous")], [read_parameters(CELL, "x.ipynb")])
    assert 'no parameter "compareto"' in caught.value.what


def test_code_in_a_name_is_an_unknown_name() -> None:
    with pytest.raises(ParameterError, match="There is no parameter"):
        read_typed([("x; import os", "1")], [read_parameters(CELL, "x.ipynb")])


@pytest.mark.parametrize("name", ["period", "data", "lang", "out"])
def test_what_the_command_sets_cannot_be_given_twice(name: str) -> None:
    with pytest.raises(ParameterError, match="is set by the command"):
        read_typed([(name, "x")], [read_parameters(CELL, "x.ipynb")])


def test_each_notebook_gets_the_values_it_declares() -> None:
    declared = read_parameters(CELL, "x.ipynb")
    values = {"period": "2026", "event_on": "2025-03-01"}
    assert check_values(values, declared, must=["period"], name="x.ipynb") == {"period": "2026"}


def test_a_notebook_without_a_parameter_it_must_have_is_refused() -> None:
    with pytest.raises(ParameterError, match=r'x\.ipynb has no parameter "lang"'):
        check_values({}, read_parameters(CELL, "x.ipynb"), must=["lang"], name="x.ipynb")


@pytest.mark.parametrize(
    ("name", "value"), [("draws", True), ("draws", "7"), ("period", "2026\n10"), ("exact", 1)]
)
def test_values_of_another_type_or_with_control_characters_are_refused(name: str, value: object) -> None:
    with pytest.raises(ParameterError, match=f'"{name}" cannot be'):
        check_values({name: value}, read_parameters(CELL, "x.ipynb"), must=[], name="x.ipynb")  # type: ignore[dict-item]
