"""Frames that say what they are: above their rows where they are shown, in their attributes to programs."""

from __future__ import annotations

import html
from typing import ClassVar

import pandas as pd


class Told(pd.DataFrame):
    """A frame with a sentence on what its rows are. Whatever is made of it is a plain frame.

    Parameters
    ----------
    told
        What stands above it.
    """

    _metadata: ClassVar[list[str]] = ["told"]
    told: str = ""

    @classmethod
    def of(cls, frame: pd.DataFrame, told: str) -> Told:
        """Let a frame say what it is."""
        made = cls(frame)
        made.told = told
        return made

    def __repr__(self) -> str:
        return f"{self.told}\n{super().__repr__()}"

    def _repr_html_(self) -> str:
        above = "".join(f"<p>{html.escape(line)}</p>" for line in self.told.splitlines())
        return f"{above}{super()._repr_html_() or ''}"  # type: ignore[misc]  # the stubs leave it out
