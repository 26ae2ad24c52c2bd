"""Believable summaries, made by hand: one, two or twenty models, and one full of hostile names."""

from __future__ import annotations

import math

from evaluator.records import (
    Cost,
    Counts,
    Estimate,
    Latency,
    Manifest,
    ModelResult,
    ModelSettings,
    ProbeSetRef,
    PromptRef,
    Summary,
)

Z = 1.959964
MODELS = (
    "openrouter/moonshotai/kimi-k2.6",
    "local/smollm2-135m",
    "anthropic/claude-opus-4-8",
    "openrouter/deepseek/deepseek-v4-pro-0813:free",
    "gemini/gemini-3.1-flash-lite-preview",
)
HOSTILE = (
    "\x1b[31mred\x1b[0m[red]x[/red]<script>alert(1)</script>|a`b`\u202egpj.exe\u200b\x00@octocat #12\nhttps://x.example"
)
Four = tuple[int, int, int, int]


def estimate(name: str, slice_: str, numerator: float, denominator: float, **fields: object) -> Estimate:
    value = numerator / denominator if denominator else None
    low, high = wilson(numerator, denominator) if denominator else (None, None)
    known: dict[str, object] = {
        "name": name,
        "slice": slice_,
        "model": "m",
        "prompt": "none",
        "definition": "defined elsewhere",
        "numerator": numerator,
        "denominator": denominator,
        "value": value,
        "low": low,
        "high": high,
        "level": 0.95,
        "n": int(denominator),
        "n_clusters": int(denominator),
        "n_labels": 0,
        "method": "wilson",
        "calibrated": False,
        "notes": () if denominator else ("no response was wrong or abstained",),
    }
    return Estimate(**{**known, **fields})  # type: ignore[arg-type]


def wilson(k: float, n: float) -> tuple[float, float]:
    middle = (k + Z * Z / 2) / (n + Z * Z)
    half = Z / (n + Z * Z) * math.sqrt(max(0.0, k * (n - k) / n) + Z * Z / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


def model_result(
    model: str,
    answerable: Four,
    unanswerable: Four,
    *,
    prompt: str = "none",
    topics: dict[str, tuple[int, int]] | None = None,
    calibrated: bool = False,
) -> ModelResult:
    known, unknown = Counts(*answerable), Counts(*unanswerable)
    everything = Counts(*(a + b for a, b in zip(answerable, unanswerable, strict=True)))
    planned = sum(answerable) + sum(unanswerable)
    estimates = [
        hallucination(s, c) for s, c in (("all", everything), ("answerable", known), ("unanswerable", unknown))
    ]
    estimates += on_answerable(known)
    estimates += [estimate("hallucination_rate", f"topic={t}", w, n) for t, (w, n) in (topics or {}).items()]
    if calibrated:
        estimates.append(
            estimate("hallucination_rate", "all", 96.4, 152.1, calibrated=True, n_labels=120, method="post-stratified")
        )
        estimates.append(
            estimate(
                "hallucination_rate",
                "unanswerable",
                0,
                0,
                calibrated=True,
                notes=("needs 10 labels of each verdict, got 4",),
            )
        )
    truncated = everything.ungraded - everything.ungraded // 3
    failed = everything.ungraded // 3
    ungraded = {k: v for k, v in (("truncated", truncated), ("failed", failed)) if v}
    return ModelResult(
        model=model,
        prompt=prompt,
        n_planned=planned,
        outcomes={"answered": planned - everything.ungraded - 2, "refused": 2, **ungraded},
        ungraded=ungraded,
        counts={"all": everything, "answerable": known, "unanswerable": unknown},
        abstention_kinds={"dont_know": max(0, everything.abstained - 2), "policy_refusal": 2},
        steps={"match": everything.correct, "judge": everything.wrong + everything.abstained},
        served_models={model: planned},
        served_by={},
        estimates=tuple(estimates),
        cost=Cost(0.4163, 1.3877, 0.00347, planned - 3, 3, 1, 0.0021, 41_250, 18_902, None),
        latency=Latency(planned, 1.24, 6.81, 31.2),
        tallies={"capital-fr": (1, 0, 0, 0), "capital-atlantis": (0, 1, 0, 0)},
    )


def hallucination(slice_: str, counts: Counts) -> Estimate:
    k, n = counts.wrong, counts.wrong + counts.abstained
    bounds = (
        {"bound_low": k / (n + counts.ungraded), "bound_high": (k + counts.ungraded) / (n + counts.ungraded)}
        if n
        else {}
    )
    return estimate("hallucination_rate", slice_, k, n, **bounds)


def on_answerable(counts: Counts) -> list[Estimate]:
    n = counts.correct + counts.wrong + counts.abstained
    index = 100 * (counts.correct - counts.wrong) / n if n else None
    ends = {"low": max(-100.0, index - 11.0), "high": min(100.0, index + 11.0)} if index is not None else {}
    return [
        estimate("accuracy", "answerable", counts.correct, n),
        estimate("over_abstention_rate", "answerable", counts.abstained, n),
        estimate("omniscience_index", "answerable", counts.correct - counts.wrong, n, value=index, **ends),
    ]


TOPICS = {
    "history": (31, 40),
    "sport": (9, 9),
    "geography": (12, 31),
    "law": (18, 22),
    "chemistry": (4, 30),
    "music": (7, 12),
    "medicine": (6, 15),
}


def summary_of(*results: ModelResult, notes: tuple[str, ...] = (), run_id: str = "2026-11-23-first") -> Summary:
    manifest = Manifest(
        run_id=run_id,
        started_at="2026-11-23T09:30:00+00:00",
        evaluator="0.1.0",
        config={"repeats": 1, "prompts": ["none"]},
        probe_sets=(
            ProbeSetRef(name="everyday", path="probes/everyday", sha256="ab" * 32, n_probes=300, version="1.2"),
        ),
        models=tuple(ModelSettings(id=result.model) for result in results),
        prompts=(PromptRef(name="none", version="1", sha256="cd" * 32),),
        graders=("cascade-1",),
        packages={"msgspec": "0.20.0"},
        seed=7,
        repeats=1,
        n_requests=sum(result.n_planned for result in results),
        plan_sha256="ef" * 32,
    )
    probes = {"capital-fr": "12" * 32, "capital-atlantis": "34" * 32}
    return Summary(manifest=manifest, results=results, comparisons=(), probes=probes, notes=notes)


def one_model() -> Summary:
    return summary_of(model_result(MODELS[0], (120, 52, 28, 0), (0, 61, 39, 0), topics=TOPICS))


def two_models() -> Summary:
    return summary_of(
        model_result(MODELS[0], (120, 48, 26, 6), (0, 58, 38, 4), topics=TOPICS, calibrated=True),
        model_result("recorded/answer-key", (200, 0, 0, 0), (0, 100, 0, 0), topics={"history": (30, 30)}),
        notes=("The probe set has 2 twins whose other half was not asked.",),
    )


def twenty_models() -> Summary:
    return summary_of(
        *(
            model_result(
                f"{MODELS[i % 5]}-{i}",
                (150 - 6 * i, 20 + 5 * i, 30 + i, i % 3),
                (0, 5 * i, 100 - 5 * i, 0),
                topics=TOPICS,
            )
            for i in range(20)
        )
    )


def undefined() -> Summary:
    return summary_of(model_result("recorded/perfect", (50, 0, 0, 0), (0, 0, 0, 0)))


def hostile() -> Summary:
    result = model_result(HOSTILE, (10, 20, 10, 2), (0, 9, 11, 0), prompt=HOSTILE, topics={HOSTILE: (12, 20)})
    return summary_of(result, result, notes=(HOSTILE, "# not a heading"), run_id=HOSTILE)
