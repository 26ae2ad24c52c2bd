"""Where the dialects of the chat wire put their errors, inside an HTTP 200 as well."""

from __future__ import annotations

from typing import Any

from evaluator.providers.reply import HttpReply, is_success
from evaluator.providers.wires.faults import CODES, Fault, Meaning
from evaluator.providers.wires.reading import first, record, string

OPENROUTER_CODES: dict[str, Meaning] = CODES | {
    **dict.fromkeys(("max_tokens_exceeded", "token_limit_exceeded", "string_too_long"), "context"),
    **dict.fromkeys(("authentication", "permission_denied", "not_found"), "halted"),
    "capacity_exhausted": "rate_limited",
    **dict.fromkeys(
        ("provider_overloaded", "provider_unavailable", "timeout", "server", "unmapped", "temporarily_unavailable"),
        "transient",
    ),
    **dict.fromkeys(
        ("invalid_request", "invalid_prompt", "precondition_failed", "payload_too_large", "unprocessable"), "permanent"
    ),
    **dict.fromkeys(
        (
            "model_not_found",
            "wrong_endpoint",
            "no_endpoints",
            "model_deprecated",
            "model_unavailable_upstream",
            "region_restricted",
            "privacy_restricted",
            "constraint_filtered",
            "free_variant_ended",
        ),
        "halted",
    ),
}
MOONSHOT_CODES: dict[str, Meaning] = CODES | {
    **dict.fromkeys(
        (
            "exceeded_current_quota_error",
            "invalid_authentication_error",
            "incorrect_api_key_error",
            "resource_not_found_error",
        ),
        "halted",
    ),
    **dict.fromkeys(("rate_limit_reached_error", "engine_overloaded_error"), "rate_limited"),
}
MINIMAX_CODES: dict[str, Meaning] = CODES | {
    **dict.fromkeys(("1000", "1001", "1024", "1033"), "transient"),
    **dict.fromkeys(("1002", "1039", "1041"), "rate_limited"),
    **dict.fromkeys(("1004", "1008", "2049", "2056"), "halted"),
    **dict.fromkeys(("1026", "1027"), "blocked"),
    **dict.fromkeys(("1042", "2013"), "permanent"),
}


IN_FLIGHT_BUDGET = "openrouter_in_flight_budget"


def fault_of(body: Any, reply: HttpReply) -> Fault | None:
    """Return the error that a reply carries, in whichever of its places; None when it carries none."""
    if isinstance(body, dict):
        for find in (_minimax_fault, _named_fault):
            fault = find(body, reply)
            if fault is not None:
                return fault
    return None if is_success(reply.status) else Fault()


def _minimax_fault(body: dict[str, Any], reply: HttpReply) -> Fault | None:  # noqa: ARG001
    told = record(body.get("base_resp"))
    code = str(told.get("status_code") or 0).strip()[:20]
    if code != "0":
        return Fault(message=f"{code} {string(told.get('status_msg')) or ''}".strip(), codes=(code,))
    for side in ("input_sensitive", "output_sensitive"):
        if body.get(side) is True:
            return Fault(message=side, meaning="blocked")
    return None


def _named_fault(body: dict[str, Any], reply: HttpReply) -> Fault | None:
    error = body.get("error")
    if error is None and body.get("object") == "error":
        error = body
    if error is None:
        error = record(first(body.get("choices"))).get("error")
    if error is None:
        return None
    if isinstance(error, list):
        error = first(error)
    return _fault(error, reply) if isinstance(error, dict) else Fault(message=str(error)[:2000])


def _fault(error: dict[str, Any], reply: HttpReply) -> Fault:
    metadata, availability = record(error.get("metadata")), record(error.get("availability"))
    told = (
        metadata.get("error_type"),
        error.get("error_type"),
        availability.get("code"),
        error.get("code"),
        error.get("type"),
    )
    wait_s = availability.get("retry_after")
    return Fault(
        message=(string(error.get("message")) or "") + _suggestion(metadata, availability),
        codes=tuple(str(code)[:100] for code in told if code is not None),
        status=_status_of(error.get("code")) if is_success(reply.status) else None,
        wait_s=float(wait_s) if isinstance(wait_s, int | float) and 0 < wait_s < 1e9 else None,
        meaning=_meaning_of_fields(metadata, availability, reply),
    )


def _suggestion(metadata: dict[str, Any], availability: dict[str, Any]) -> str:
    """Return what the provider would ask in place of a model that is gone, as it says; nobody asks it for us."""
    named = availability.get("fallback_models") or metadata.get("fallback_models")
    models = [each[:100] for each in named if isinstance(each, str)][:5] if isinstance(named, list) else []
    return f" (it suggests {', '.join(models)}: another model is another run)" if models else ""


def _status_of(code: Any) -> int | None:
    text = str(code)
    return int(text) if text.isascii() and text.isdigit() and len(text) == 3 and text >= "400" else None


def _meaning_of_fields(metadata: dict[str, Any], availability: dict[str, Any], reply: HttpReply) -> Meaning | None:
    """Return what OpenRouter's structured fields say: they are surer than its codes."""
    if reply.status == 403 and (metadata.get("reasons") or metadata.get("flagged_input")):
        return "blocked"
    if reply.status == 403 and (metadata.get("patterns") or metadata.get("limit_source")):
        # The account's own guardrail or budget: nothing the model decided.
        return "halted"
    if reply.status == 402 and metadata.get("error_type"):
        return _meaning_of_402(metadata, reply)
    match availability.get("retryable"):
        case True:
            return "rate_limited" if reply.status == 429 else "transient"
        case False:
            return "halted"
    return None


def _meaning_of_402(metadata: dict[str, Any], reply: HttpReply) -> Meaning:
    reason = f"{metadata.get('limit_source')} {metadata.get('provider_code')} {metadata.get('reason')}"
    if "weight_exceeds_budget" in reason:
        return "permanent"
    is_passing = IN_FLIGHT_BUDGET in reason or "retry-after" in reply.headers
    return "rate_limited" if is_passing else "halted"
