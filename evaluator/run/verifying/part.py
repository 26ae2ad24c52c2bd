"""One part of a verification: what was compared, and where it disagrees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from evaluator.errors import EvaluatorError
from evaluator.verification import CheckStatus, Mismatch, VerifiedPart

MOST_SHOWN = 200
_LONGEST = 160


@dataclass(slots=True)
class Part:
    """Collects what one part of a run says."""

    name: str
    n: int = 0
    text: str = ""
    skipped: str = ""
    n_disagreements: int = 0
    shown: list[Mismatch] = field(default_factory=list)

    def differ(
        self,
        file: str,
        where: str,
        expected: object,
        found: object,
        *,
        line: int | None = None,
        explained_by: str | None = None,
    ) -> None:
        """Note a disagreement."""
        self.n_disagreements += 1
        if len(self.shown) < MOST_SHOWN:
            self.shown.append(
                Mismatch(
                    file=file,
                    line=line,
                    field=where,
                    expected=_short(expected),
                    found=_short(found),
                    explained_by=explained_by,
                )
            )

    def compare(self, file: str, where: str, expected: object, found: object, *, line: int | None = None) -> None:
        """Count a comparison, and note it when the two differ."""
        self.n += 1
        if expected != found:
            self.differ(file, where, expected, found, line=line)

    def skip(self, why: str) -> None:
        """Say why something could not be compared."""
        self.skipped = f"{self.skipped}; {why}" if self.skipped else why

    @property
    def verified(self) -> VerifiedPart:
        """The part as it is reported."""
        status: CheckStatus = "agrees" if self.n else "not_checked"
        if self.n_disagreements:
            status = "disagrees"
        return VerifiedPart(
            name=self.name,
            status=status,
            n=self.n,
            text="; ".join(filter(None, (self.text, self.skipped))),
            n_disagreements=self.n_disagreements,
        )


def guarded(part: Part, work: Callable[[Part], None]) -> Part:
    """Do the work of a part; a file that cannot be read is a disagreement of its own."""
    try:
        work(part)
    except EvaluatorError as exc:
        part.differ(_file_of(str(exc)), "content", "a file that can be read", str(exc))
    return part


def _file_of(message: str) -> str:
    """The file a message of ours begins with."""
    name = Path(message.partition(": ")[0].partition(":")[0]).name
    return name if len(name) < 60 else "run"


def _short(value: object) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
