"""evaluation.toml: a file of settings, every one of which a flag can replace.

    probes = ["probes/core"]
    prompts = ["none", "permit"]
    repeats = 1
    out = "reports"
    max_usd = 5.0                   # the run ends before it would spend more

    [sampling]                      # for all models
    max_tokens = 1024

    [[model]]
    id = "server/qwen3-8b"
    base_url = "http://127.0.0.1:8000/v1"
    temperature = 0.2               # this model only
    price.prompt = 0.1              # USD per million tokens, where no list knows the model
    price.completion = 0.4

    [[model]]
    id = "openrouter/moonshotai/kimi-k2.6"
    privacy.pinned_host = "moonshotai"

    [privacy]                       # for all models and judges that are routed to hosts
    data_collection = "deny"
    zdr = true

    [[judge]]                       # same keys, and structured_output
    id = "server/phi-4"
    base_url = "http://127.0.0.1:8001/v1"
    structured_output = true

    [gate]                          # what `evaluator gate` asks of the run
    baseline = "baseline/summary.json"

    [[gate.check]]
    metric = "hallucination_rate"
    margin = 0.03

    [calibration]                   # when a calibrated number is refused or warned about
    min_cell_labels = 5

Unknown keys are errors that name the nearest right one. Paths are relative to the file.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import msgspec

from evaluator.calibration_limits import Thresholds
from evaluator.errors import ConfigError
from evaluator.jsonl import describe
from evaluator.policy import GateCheck, GatePolicy
from evaluator.records import ModelSettings, Price, Privacy, Record, Sampling
from evaluator.toml_lines import place_of, syntax_error

_UNKNOWN = re.compile(r"object contains unknown field `(?P<key>[^`]*)`")
_WRONG_WORD = re.compile(r"(?P<key>\w+)(?P<place>(?:\[[^\]]*\])?): invalid enum value (?P<word>'.*')$")
MAX_CONFIG_BYTES = 1_000_000
FAMILY_PREFIX = "family:"
"""Begins a probe set that is generated; anything else is a path."""


class SamplingTable(Record, frozen=True):
    """Generation settings; None is not set here."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    reasoning_effort: str | None = None
    logprobs: bool | None = None


class ModelTable(SamplingTable, frozen=True, kw_only=True):
    """One [[model]]: how to reach it, and its own generation settings."""

    id: str
    base_url: str | None = None
    api_key_env: str | None = None
    answers: str | None = None
    concurrency: int | None = None
    timeout_s: float | None = None
    max_attempts: int | None = None
    api: str | None = None
    """Which wire format of the provider, as `responses` of OpenAI."""
    privacy: Privacy = Privacy()
    """What is set here replaces what the general [privacy] says."""
    price: Price | None = None
    """USD per million tokens, where no list knows the model: price.prompt, price.completion."""


class JudgeTable(ModelTable, frozen=True, kw_only=True):
    """One [[judge]]: a model, and whether its replies are bound to a JSON schema."""

    structured_output: bool = False


class Settings(Record, frozen=True):
    """The settings of a run, as a file or flags give them."""

    probes: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ("none",)
    repeats: int = 1
    sample: int | None = None
    """Ask so many probes only, drawn at random by `seed`; twins stay together."""
    seed: int = 0
    out: str = "reports"
    concurrency: int | None = None
    """Requests in flight at once per model, where [[model]] does not say."""
    timeout_s: float = 600.0
    max_attempts: int = 5
    max_usd: float | None = None
    """Never spend more than this on the run, over all its sessions."""
    allow_unknown_price: bool = False
    """Under a cap, ask also what has no known price, uncounted."""
    batch: bool = False
    """Hand requests in as batches where the provider takes them: within a day, usually at half the price."""
    batch_poll_s: float | None = None
    """Seconds before the first look at a batch; default 30, growing to ten minutes."""
    sampling: SamplingTable = SamplingTable()
    privacy: Privacy = Privacy()
    """Who may see the questions and answers: for models and judges."""
    model: tuple[ModelTable, ...] = ()
    judge: tuple[JudgeTable, ...] = ()
    judge_all: bool = False
    """Judge every answer, not only those on which the rules are unsure."""
    judge_repeats: int = 1
    judge_rubric: str = "judge-1"
    """What judges are told: judge-1, or one from the entry-point group evaluator.rubrics."""
    gate: GatePolicy | None = None
    """What `evaluator gate` asks of the run; None: its default."""
    calibration: Thresholds = Thresholds()
    """When a rate corrected with labels is refused or carries a warning."""


def read_settings(path: Path) -> Settings:
    """Read evaluation.toml; paths in it become relative to where the file lies.

    Raises:
        ConfigError: Naming the file, the key, what was wanted and what came.
    """
    try:
        data = path.read_bytes()
        if len(data) > MAX_CONFIG_BYTES:
            raise ConfigError(f"{path}: need at most {MAX_CONFIG_BYTES:,} bytes, got {len(data):,}")
        text = data.decode("utf-8-sig")
        table = tomllib.loads(text)
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}: need UTF-8, got byte 0x{data[exc.start]:02x} at position {exc.start}") from exc
    except (ValueError, RecursionError) as exc:
        raise ConfigError(syntax_error(exc, str(path))) from exc
    try:
        settings = msgspec.convert(table, Settings)
    except msgspec.ValidationError as exc:
        message = describe(exc)
        raise ConfigError(f"{place_of(message, text, str(path))}: {suggest(message)}") from exc
    return _relative_to(settings, path.parent)


def suggest(message: str) -> str:
    """Add the nearest known key to a message about an unknown one, and the known words to one about a wrong word.

    >>> suggest("object contains unknown field `temprature`")
    "unknown key 'temprature'; did you mean 'temperature'?"
    >>> suggest("gate.instrument: invalid enum value 'maybe'")
    "gate.instrument: need one of undecided, fail, got 'maybe'"
    """
    found = _UNKNOWN.search(message)
    if not found:
        return _WRONG_WORD.sub(_with_words, message)
    known = {name for table in _TABLES for name in table.__struct_fields__}
    near = difflib.get_close_matches(found["key"], known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
    where = message[: found.start()]
    return f"{where}unknown key {found['key']!r}; {hint}"


def _with_words(found: re.Match[str]) -> str:
    words = [
        str(word)
        for table in _TABLES
        if found["key"] in table.__struct_fields__
        for word in _words(get_type_hints(table)[found["key"]])
    ]
    return f"{found['key']}{found['place']}: need one of {', '.join(words)}, got {found['word']}" if words else found[0]


def _words(hint: object) -> list[object]:
    """The words that a field may hold, however deep in its type they are named."""
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    return [word for inner in get_args(hint) for word in _words(inner)]


_TABLES: tuple[type[Record], ...] = (Settings, JudgeTable, Privacy, Price, Thresholds, GatePolicy, GateCheck)


def _relative_to(settings: Settings, folder: Path) -> Settings:
    models = tuple(
        msgspec.structs.replace(model, answers=(folder / model.answers).as_posix()) if model.answers else model
        for model in settings.model
    )
    gate = settings.gate
    if gate is not None and gate.baseline is not None:
        gate = msgspec.structs.replace(gate, baseline=(folder / gate.baseline).as_posix())
    return msgspec.structs.replace(
        settings,
        gate=gate,
        probes=tuple(
            path if path.startswith(FAMILY_PREFIX) else (folder / path).as_posix() for path in settings.probes
        ),
        out=(folder / settings.out).as_posix(),
        model=models,
    )


def model_settings(settings: Settings) -> tuple[ModelSettings, ...]:
    """Join the general settings with each model's own.

    Raises:
        ConfigError: If nothing is to be asked, a model is named twice or a number is out of range.
    """
    if not settings.model:
        raise ConfigError("need at least one model: --model ID or [[model]] in the config file")
    if not settings.prompts:
        raise ConfigError("prompts: need at least one, e.g. none or permit, got an empty list")
    _require_once("model", settings.model)
    _require("repeats", settings.repeats, 1, 1000)
    _require("sample", settings.sample, 1, 10_000_000)
    return tuple(_join(settings, settings.sampling, table) for table in settings.model)


def judge_settings(settings: Settings) -> tuple[ModelSettings, ...]:
    """Return the judges; the general [sampling] is for the models only.

    Raises:
        ConfigError: If a judge is named twice, cannot judge, or a number is out of range.
    """
    _require_once("judge", settings.judge)
    _require("judge_repeats", settings.judge_repeats, 1, 100)
    for table in settings.judge:
        if table.id.startswith("recorded/"):
            raise ConfigError(f"judge {table.id!r}: need a model that can be asked, got recorded answers")
    return tuple(
        msgspec.structs.replace(_join(settings, SamplingTable(), table), structured_output=table.structured_output)
        for table in settings.judge
    )


def _require_once(what: str, tables: Sequence[ModelTable]) -> None:
    ids = [table.id for table in tables]
    for model_id in ids:
        if ids.count(model_id) > 1:
            raise ConfigError(f"{what} {model_id!r} is named {ids.count(model_id)} times; need each {what} once")


def _join(settings: Settings, sampling_table: SamplingTable, table: ModelTable) -> ModelSettings:
    own, general = msgspec.structs.asdict(table), msgspec.structs.asdict(sampling_table)
    sampling = {name: general[name] if own[name] is None else own[name] for name in SamplingTable.__struct_fields__}
    joined = Sampling(**{name: value for name, value in sampling.items() if value is not None})
    concurrency = settings.concurrency if table.concurrency is None else table.concurrency
    timeout_s = settings.timeout_s if table.timeout_s is None else table.timeout_s
    max_attempts = settings.max_attempts if table.max_attempts is None else table.max_attempts
    _require("concurrency", concurrency, 1, 1000)
    _require("timeout_s", timeout_s, 0.1, 86_400)
    _require("max_attempts", max_attempts, 1, 100)
    _require("max_tokens", joined.max_tokens, 1, 10_000_000)
    _require("temperature", joined.temperature, 0, 5)
    _require("top_p", joined.top_p, 0, 1)
    return ModelSettings(
        id=table.id,
        base_url=table.base_url,
        api_key_env=table.api_key_env,
        answers=table.answers,
        sampling=joined,
        concurrency=concurrency,
        timeout_s=timeout_s,
        max_attempts=max_attempts,
        api=table.api,
        privacy=_join_privacy(settings.privacy, table.privacy),
        price=table.price,
    )


def _join_privacy(general: Privacy, own: Privacy) -> Privacy:
    unset = Privacy()
    chosen = {name: value for name, value in msgspec.structs.asdict(own).items() if value != getattr(unset, name)}
    return msgspec.structs.replace(general, **chosen)


def _require(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise ConfigError(f"{name}: need a number from {low:g} to {high:g}, got {value:g}")


def calibration_limits(config: Mapping[str, object]) -> Thresholds:
    """Return the limits that the settings of a run state; the defaults where they state none.

    Args:
        config: As the manifest of the run holds it.

    Raises:
        ConfigError: If the manifest was changed by hand so that they cannot be read.
    """
    try:
        return msgspec.convert(config.get("calibration", {}), Thresholds)
    except msgspec.ValidationError as exc:
        raise ConfigError(f"[calibration]: {suggest(describe(exc))}") from exc
