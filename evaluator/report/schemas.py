"""JSON Schemas of the records, for people who read our files with other tools."""

from __future__ import annotations

import ast
import inspect
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from evaluator.audit import AuditDesign, ProbeFinding
from evaluator.comparison import Comparison
from evaluator.errors import ConfigError
from evaluator.gating import GateResult
from evaluator.history import HistoryEntry, Trend
from evaluator.item_analysis import ItemAnalysis
from evaluator.label_design import LabelDesign
from evaluator.money import Forecast
from evaluator.policy import GatePolicy
from evaluator.records import GoldLabel, Manifest, Probe, RecordedAnswer, Request, Response, Summary, Verdict
from evaluator.results import Agreement, LabelStatus
from evaluator.retention import RunList
from evaluator.set_records import ImportReport, SetCheck, SetMeta, SetReport
from evaluator.verification import Bundle, Seal, Verification

RECORDS: dict[str, type[msgspec.Struct]] = {
    "probe": Probe,
    "set": SetMeta,
    "check": SetCheck,
    "set-stats": SetReport,
    "items": ItemAnalysis,
    "import": ImportReport,
    "answers": RecordedAnswer,
    "request": Request,
    "response": Response,
    "verdict": Verdict,
    "gold": GoldLabel,
    "design": LabelDesign,
    "manifest": Manifest,
    "summary": Summary,
    "agreement": Agreement,
    "labels": LabelStatus,
    "comparison": Comparison,
    "policy": GatePolicy,
    "gate": GateResult,
    "history": HistoryEntry,
    "trend": Trend,
    "runs": RunList,
    "verification": Verification,
    "seal": Seal,
    "bundle": Bundle,
    "forecast": Forecast,
    "audit": ProbeFinding,
    "audit-design": AuditDesign,
}
_NEEDS_TARGETS = {"required": ["targets"], "properties": {"targets": {"minItems": 1}}}
_NEEDS_REASON = {"required": ["unanswerable"], "properties": {"unanswerable": {"type": "string"}}}
COMMITTED_SUMMARY = Path(__file__).parent / "schemas" / "summary-1.json"
"""The published schema; `pytest tests/report/test_schemas.py --update-golden` renews it."""


def json_schema(name: str) -> bytes:
    """Write the JSON Schema (draft 2020-12) of the records called `name`.

    Args:
        name: One of `RECORDS`.

    Raises:
        ConfigError: For another name.
    """
    if name not in RECORDS:
        raise ConfigError(f"need one of {', '.join(RECORDS)}, got {name[:80]!a}")
    record = RECORDS[name]
    schema = msgspec.json.schema(record)
    types = _types_near(record)
    for type_name, definition in schema["$defs"].items():
        _describe_fields(definition, types[type_name])
    own = schema["$defs"][record.__name__]
    if record is Probe:
        own["oneOf"] = [_NEEDS_TARGETS, _NEEDS_REASON]
    _pin_schema_name(own, is_always_written=not record.__struct_config__.omit_defaults)
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(named, indent=2, ensure_ascii=True).encode("ascii") + b"\n"


def _types_near(record: type[msgspec.Struct]) -> dict[str, type[msgspec.Struct]]:
    """Records by name: those that the module of `record` knows, then those that their modules know."""
    found: dict[str, type[msgspec.Struct]] = {}
    modules = [record.__module__]
    for module in modules:
        for name, value in vars(sys.modules[module]).items():
            if isinstance(value, type) and issubclass(value, msgspec.Struct):
                found.setdefault(name, value)
                if value.__module__ not in modules and value is not msgspec.Struct:
                    modules.append(value.__module__)
    return found


def _pin_schema_name(definition: dict[str, Any], *, is_always_written: bool) -> None:
    # A file that names its schema names exactly this one, so other majors do not validate.
    named = definition["properties"].get("schema")
    if named is None:
        return
    definition["properties"]["schema"] = {"const": named["default"]}
    if is_always_written:
        definition["required"].append("schema")


def _describe_fields(definition: dict[str, Any], record: type[msgspec.Struct]) -> None:
    for name, description in field_descriptions(record).items():
        definition["properties"][name]["description"] = description


def field_descriptions(record: type[msgspec.Struct]) -> dict[str, str]:
    """Return what the source of `record` says below each field.

    >>> field_descriptions(Response)["latency_s"]
    'Wall time of the attempt that gave this response.'
    """
    (definition,) = ast.parse(inspect.getsource(record)).body
    found = {}
    for field, below in pairwise(getattr(definition, "body", ())):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = inspect.cleandoc(text)
            case _:
                pass
    return found
