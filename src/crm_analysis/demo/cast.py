"""The people of the made-up company: who they are, what they are better at, which clients they are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm_analysis.demo.names import MANAGERS, REGIONS, TEAMS, person

if TYPE_CHECKING:
    from crm_analysis.demo.company import Company
    from crm_analysis.demo.draws import Bools, Floats, Ints

#: One owner in twelve is truly better and given hard clients, one is better and given ordinary ones,
#: one is no better but given easy ones, one leaves reasons out. The rest are alike.
_TURN = 12
_STAR_HARD, _STAR, _LUCKY, _CARELESS = 1, 8, 3, 6
_EASY, _HARD = 0.25, -0.30
#: Weight of clients that are hard, ordinary and easy to win, by kind of owner.
_GIVEN = {_STAR_HARD: (2.4, 0.8, 0.1), _LUCKY: (0.1, 0.8, 2.4)}


@dataclass(frozen=True, eq=False)
class Cast:
    """The owners of a company, in the order of the table.

    Parameters
    ----------
    names, teams, managers, regions
        One of each for every owner.
    skill
        Added to the log odds of winning.
    careless
        Whether reasons are often left out.
    given
        How likely an owner is given a client that is hard, ordinary, easy: three weights each.
    """

    names: tuple[str, ...]
    teams: tuple[str, ...]
    managers: tuple[str, ...]
    regions: tuple[str, ...]
    skill: Floats
    careless: Bools
    given: Floats

    @classmethod
    def of(cls, company: Company, deals: int) -> Cast:
        """Hire the owners a company of so many deals needs: 12 for 3,000, and slower than in proportion."""
        count = max(2, round(12 * (deals / 3000) ** 0.6))
        place = np.arange(count)
        role = place % _TURN
        teams = max(1, min(len(TEAMS), count // 4))
        team = place * teams // count
        return cls(
            tuple(person(n) for n in range(count)),
            tuple(TEAMS[n] for n in team),
            tuple(MANAGERS[n] for n in team),
            tuple(REGIONS[n % len(REGIONS)] for n in range(count)),
            np.where(np.isin(role, (_STAR_HARD, _STAR)), company.win_star, 0.0),
            role == _CARELESS,
            np.array([_GIVEN.get(int(kind), (1.0, 1.0, 1.0)) for kind in role]),
        )

    def with_role(self, role: str) -> list[str]:
        """Name the owners who are "star", "star with hard clients", "given easy clients" or "careless"."""
        turn = {
            "star": _STAR,
            "star with hard clients": _STAR_HARD,
            "given easy clients": _LUCKY,
            "careless": _CARELESS,
        }[role]
        return [name for n, name in enumerate(self.names) if n % _TURN == turn]

    def assign(self, ease: Floats, uniform: Floats) -> Ints:
        """Give every client an owner; ``ease`` is what size and channel add to the log odds of winning."""
        kind = np.where(ease >= _EASY, 2, np.where(ease <= _HARD, 0, 1))
        edges = np.cumsum(self.given / self.given.sum(axis=0), axis=0)
        owner = np.zeros(len(ease), dtype=np.int64)
        for group in range(3):
            chosen = kind == group
            owner[chosen] = np.searchsorted(edges[:, group], uniform[chosen], side="right")
        return np.minimum(owner, len(self.names) - 1)
