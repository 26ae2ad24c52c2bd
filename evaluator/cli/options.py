"""Options that several commands share, so that they mean the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run directory, or the id of a run under --out.")]
OutOption = Annotated[str, typer.Option("--out", metavar="DIR", help="Where runs lie.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
ProbesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--probes",
        metavar="PATH",
        help="A probe set: a folder with probes.jsonl, a .jsonl file, or family:NAME?seed=S&n=N. Repeatable.",
    ),
]
JudgeOption = Annotated[
    list[str] | None,
    typer.Option("--judge", metavar="ID", help="A model that reads what the rules are unsure of. Repeatable: a panel."),
]
JudgeBaseUrlOption = Annotated[
    str | None, typer.Option("--judge-base-url", metavar="URL", help="API of a judge server/NAME.")
]
JudgeAllOption = Annotated[bool, typer.Option("--judge-all", help="Judge every answer, not only the unsure ones.")]
JudgeRepeatsOption = Annotated[
    int | None, typer.Option("--judge-repeats", metavar="K", help="Ask each judge K times; its agreement is reported.")
]
SelfGradingOption = Annotated[
    bool, typer.Option("--allow-self-grading", help="Accept a judge that is a model under test or of its family.")
]
MaxMinutesOption = Annotated[
    float | None,
    typer.Option(
        "--max-minutes",
        metavar="M",
        help="Send nothing more after M minutes; what is in flight may finish, the rest waits for `resume`.",
    ),
]
MaxWaitOption = Annotated[
    float | None,
    typer.Option(
        "--max-wait",
        metavar="M",
        help="Minutes to wait for a model that gives no answers or asks to wait; then its rest is left to `resume`. "
        "Default: 90.",
    ),
]
RunIdOption = Annotated[
    str | None, typer.Option("--run-id", metavar="ID", help="Name of the run. Default: date, time and a random part.")
]
