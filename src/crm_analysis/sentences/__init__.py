"""The sentences of all findings: one module an analysis, one template a key and verdict.

A template names its figures; they come already written by :class:`crm_analysis.words.Words`. Keeping the
templates together lets them be read as one text, and be put into another language.
"""

from __future__ import annotations

from importlib import import_module

from crm_analysis.errors import CrmAnalysisError
from crm_analysis.language import tr

#: How sure a test is, by its strength: of ten that are moderate about one is chance. All pages use one scale.
SURE = {"strong": "very likely", "moderate": "probably", "preliminary": "probably"}
#: The same as a clause of its own.
NOT_CHANCE = {
    "strong": "this is very unlikely to be chance",
    "moderate": "this is unlikely to be chance",
    "preliminary": "this is a first sign, from a short history",
}


def sentence(analysis: str, name: str, /, **figures: str) -> str:
    """Fill the template ``name`` of an analysis with written figures, in the language that is spoken.

    Raises
    ------
    CrmAnalysisError
        There is no such template; names those that exist.
    """
    templates: dict[str, str] = import_module(f"{__name__}.{analysis}").TEMPLATES
    if name not in templates:
        raise CrmAnalysisError(
            f'There is no sentence "{name}" for {analysis}.', f"There are: {', '.join(sorted(templates))}."
        )
    return tr(templates[name]).format(**figures)
