"""Options that several commands share, so that they mean the same everywhere."""

from __future__ import annotations

from pathlib import Path
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
        help="Minutes to wait for a model that gives no answers, asks to wait, or whose server is still starting; "
        "then its rest is left to `resume`. "
        "Default: 90.",
    ),
]
RunIdOption = Annotated[
    str | None, typer.Option("--run-id", metavar="ID", help="Name of the run. Default: date, time and a random part.")
]
ConfigArgument = Annotated[
    Path | None, typer.Argument(metavar="CONFIG", help="evaluation.toml; flags replace what it says.")
]
ModelOption = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="ID",
        help="openrouter/AUTHOR/NAME, openai/NAME, server/NAME, ...: see `evaluator models list`. Repeatable.",
    ),
]
BaseUrlOption = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="API to ask, e.g. http://127.0.0.1:8000/v1.")
]
AnswersOption = Annotated[
    str | None, typer.Option("--answers", metavar="FILE", help="Recorded answers for recorded/NAME.")
]
PromptOption = Annotated[
    list[str] | None,
    typer.Option("--prompt", metavar="NAME", help="none, permit, target:T; each also NAME+confidence. Repeatable."),
]
SampleOption = Annotated[
    int | None,
    typer.Option("--sample", metavar="N", help="Ask N probes only, drawn at random; twins stay together."),
]
RepeatsOption = Annotated[int | None, typer.Option("--repeats", metavar="K", help="Ask every probe K times.")]
MaxTokensOption = Annotated[int | None, typer.Option("--max-tokens", metavar="N", help="Longest answer.")]
TemperatureOption = Annotated[float | None, typer.Option("--temperature", metavar="T")]
ConcurrencyOption = Annotated[
    int | None, typer.Option("--concurrency", metavar="N", help="Requests in flight at once per model.")
]
RunsOption = Annotated[str | None, typer.Option("--out", metavar="DIR", help="Where runs lie. Default: reports.")]
ReuseOption = Annotated[
    str | None,
    typer.Option("--reuse", metavar="RUN", help="Take finished answers to equal requests from this run."),
]
DetectOption = Annotated[
    float | None,
    typer.Option("--detect", metavar="D", help="Difference of a rate to find, as 0.03: says what that takes."),
]
LikeOption = Annotated[
    str | None,
    typer.Option("--like", metavar="RUN", help="An earlier run whose spread, clusters, labels and tokens hold here."),
]
MetricOption = Annotated[
    str, typer.Option("--metric", metavar="NAME", help="The rate to compare. Default: hallucination_rate.")
]
SliceOption = Annotated[str | None, typer.Option("--slice", metavar="S", help="all, answerable, topic=history, ...")]
LabelsOption = Annotated[
    int, typer.Option("--labels", metavar="N", help="Labels of each model that the corrected rates will have.")
]
MaxUsdOption = Annotated[
    float | None,
    typer.Option(
        "--max-usd", metavar="X", help="Never spend more than X US dollars on the run; the rest can be resumed."
    ),
]
AllowUnknownPriceOption = Annotated[
    bool,
    typer.Option(
        "--allow-unknown-price",
        help="With --max-usd: ask also what has no known price; what it reports counts.",
    ),
]
NoPreflightOption = Annotated[
    bool, typer.Option("--no-preflight", help="Do not ask every model one small question first.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask before spending, and spend up to --max-usd.")]
BatchOption = Annotated[
    bool,
    typer.Option(
        "--batch", help="Hand requests in as batches: within a day, usually at half the price. `resume` waits on."
    ),
]
