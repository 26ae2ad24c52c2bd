"""Costs that a provider reports and that nobody believes: each model's first one is told."""

from __future__ import annotations

from collections.abc import Callable

from evaluator.money import COST_ODD
from evaluator.records import Response


class OddCosts:
    """Looks at every response and says once of each model that its costs are odd."""

    def __init__(self, on_notice: Callable[[str], None] | None = None) -> None:
        self._on_notice = on_notice or (lambda _: None)
        self._named: set[str] = set()

    def see(self, response: Response) -> None:
        """Say what is odd about the cost of a response, if it is the first of its model."""
        if COST_ODD in response.flags and response.model not in self._named:
            self._named.add(response.model)
            self._on_notice(f"{response.model}: {self.told(response)}; {_instead(response)}")

    @staticmethod
    def told(response: Response) -> str:
        """Return what is odd about the cost of a response."""
        if response.reported_usd is None:
            return "it reports a cost that cannot be one"
        than = "its list price" if response.cost_usd is not None else "any model costs"
        return f"it reports {response.reported_usd:,.4f} USD for one answer, far above {than}"


def _instead(response: Response) -> str:
    if response.cost_usd is None:
        return "it is not believed and, as no price is known, nothing is counted for it"
    return "it is not believed, its price counts"
