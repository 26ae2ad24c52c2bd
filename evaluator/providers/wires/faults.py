"""What an error means and what to do about it: its typed code first, then its words, then the HTTP status.

The codes are those that the providers document in their clients and reference pages. A code of one
provider that means another thing elsewhere is given by that provider's own table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from evaluator.providers.reply import HttpReply, is_success, redacted
from evaluator.providers.wait_hints import wait_hint_s
from evaluator.providers.wires.reading import Reading, blocked, context_exceeded
from evaluator.records import Failure, FailureKind

Meaning = Literal[
    "context", "blocked", "refused", "halted", "rate_limited", "loading", "transient", "malformed", "permanent"
]
"""What became of the request, or what kind of failure it is."""

CODES: dict[str, Meaning] = {
    **dict.fromkeys(("context_length_exceeded", "exceed_context_size_error"), "context"),
    **dict.fromkeys(
        (
            "content_filter",
            "content_policy_violation",
            "invalid_prompt",
            "bio_policy",
            "misalignment_policy_violation",
            "image_content_policy_violation",
        ),
        "blocked",
    ),
    "refusal": "refused",
    **dict.fromkeys(
        (
            "insufficient_quota",
            "credit_balance_exhausted",
            "organization_spend_limit_exceeded",
            "project_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
            "billing_not_active",
            "invalid_api_key",
            "model_not_found",
        ),
        "halted",
    ),
    **dict.fromkeys(("rate_limit_exceeded", "rate_limit_error", "slow_down"), "rate_limited"),
    **dict.fromkeys(("server_error", "server_is_overloaded", "vector_store_timeout"), "transient"),
    **dict.fromkeys(("unsupported_parameter", "unsupported_value"), "permanent"),
}
CONTEXT_PHRASES = (
    "maximum context length",
    "exceed context limit",
    "prompt is too long",
    "input is too long",
    "input token length too long",
    "maximum input length is",
    "is longer than the model's context length",
    "exceeds the available context size",
    "exceeds the maximum number of tokens allowed",
    "exceeded model token limit",
)
BLOCK_PHRASES = ("content filtering policy", "content exists risk")
BILLING_PHRASES = ("credit balance is too low", "specified api usage limits", "insufficient balance")
LOADING_PHRASES = ("loading model", "model is loading", "is currently loading")
NO_QUOTA = re.compile(r"\blimit: 0\b")
CUT_UPLOAD = re.compile(r"not valid json.*unexpected end", re.DOTALL)
TRANSIENT_STATUSES = frozenset({408, 409, 425, 499, *range(500, 600)} - {501})
HALTING_STATUSES = frozenset({401, 402, 403, 404, 410})
LATE_STATUSES = frozenset({504, 524})
"""A gateway gave up waiting; what stands behind it may have gone on, and be paid for."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What an error body says."""

    message: str = ""
    codes: tuple[str, ...] = ()
    """Typed codes, the most telling first."""
    status: int | None = None
    """Where the body names another status than HTTP did: an error inside a 200."""
    wait_s: float | None = None
    meaning: Meaning | None = None
    """When its fields say it beyond codes, words and status."""


def read_fault(
    reply: HttpReply, fault: Fault, reading: Reading | None = None, *, codes: Mapping[str, Meaning] = CODES
) -> Reading:
    """Return what became of a request that was answered by an error.

    Args:
        reply: The reply that carried it.
        fault: What its body says.
        reading: What else the reply told, such as its id.
        codes: What the provider's typed codes mean.
    """
    told = msgspec.structs.replace(reading, text="") if reading else Reading(outcome="failed")
    message = fault.message or reply.body[:200].decode("utf-8", "replace")
    where = redacted(f"HTTP {reply.status}: {' '.join(message[:2000].split())[:300]}{_ray(reply)}")
    meaning = fault.meaning or meaning_of(reply, fault, codes)
    match meaning:
        case "context":
            return context_exceeded(told, where)
        case "blocked":
            return blocked(told, where)
        case "refused":
            return msgspec.structs.replace(told, outcome="refused", detail=where)
    failure = Failure(
        kind=meaning,
        message=where,
        status=reply.status,
        wait_s=_wait_s(reply, fault, meaning),
        maybe_paid=reply.status in LATE_STATUSES or (is_success(reply.status) and meaning == "transient"),
    )
    return msgspec.structs.replace(told, outcome="failed", detail=where, failure=failure)


def meaning_of(reply: HttpReply, fault: Fault, codes: Mapping[str, Meaning]) -> Meaning:
    """Return what an error means: by code, by words, by `x-should-retry`, by status."""
    for code in fault.codes:
        if code in codes:
            return codes[code]
        if code.endswith("_content_policy_violation"):
            return "blocked"
    status = reply.status if fault.status is None else fault.status
    said = _meaning_of_words(f"{fault.message} {' '.join(fault.codes)}".lower(), status)
    if said is not None:
        return said
    kind = kind_of_status(status, is_html=reply.body.lstrip()[:1] == b"<")
    match reply.headers.get("x-should-retry"), kind:
        case "true", "permanent":
            return "transient"
        case "false", "transient":
            return "permanent"
    return kind


def _meaning_of_words(text: str, status: int) -> Meaning | None:
    if status == 503 and any(phrase in text for phrase in LOADING_PHRASES):
        return "loading"
    if not 200 <= status < 500:
        return None
    if any(phrase in text for phrase in CONTEXT_PHRASES):
        return "context"
    if any(phrase in text for phrase in BLOCK_PHRASES):
        return "blocked"
    if any(phrase in text for phrase in BILLING_PHRASES) or (status == 429 and NO_QUOTA.search(text)):
        return "halted"
    return "transient" if status == 400 and CUT_UPLOAD.search(text) else None


def kind_of_status(status: int, *, is_html: bool = False) -> FailureKind:
    """Return what an HTTP status alone says.

    >>> kind_of_status(429), kind_of_status(503), kind_of_status(401), kind_of_status(400)
    ('rate_limited', 'transient', 'halted', 'permanent')
    """
    if status == 403 and is_html:
        # A challenge page of the network in front of the API; a refusal of ours would be JSON.
        return "transient"
    if status in HALTING_STATUSES:
        return "halted"
    if status == 429:
        return "rate_limited"
    # A generation error inside a 200 comes from the host behind the server and may pass.
    return "transient" if status in TRANSIENT_STATUSES or is_success(status) else "permanent"


def _ray(reply: HttpReply) -> str:
    """What Cloudflare's support asks for first."""
    ray = reply.headers.get("cf-ray", "")[:40]
    return f" (cf-ray {ray})" if ray and reply.status >= 400 else ""


def _wait_s(reply: HttpReply, fault: Fault, kind: FailureKind) -> float | None:
    if kind not in {"rate_limited", "transient"}:
        return None
    is_error = not is_success(reply.status)
    return wait_hint_s(reply.headers, body_hint_s=fault.wait_s, message=fault.message, is_error=is_error)
