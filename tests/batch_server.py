"""A scripted server of batches on loopback, for the APIs of four providers, with a ledger of its own."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.chat_server import question_of

Item = tuple[str, dict[str, Any]]
"""custom_id and the body of its request."""


@dataclass
class Batch:
    batch_id: str
    items: list[Item]
    tag: str | None = None
    model: str = ""
    looks: int = 0
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Plan:
    """What goes wrong; each hook may look at the server."""

    looks_until_done: int = 1
    outcome: Callable[[str, int], str] = lambda question, n: "ok"
    """By question and how often it was processed: ok, error (a 500), rate (a 429), expired, missing or twice."""
    refuse: Callable[[Batch], str | None] = lambda batch: None
    """Why a batch is refused as a whole."""
    on_create: Callable[[int], str] = lambda n: "ok"
    """By the number of the call: ok, 500 (nothing is made), lost (made, and the connection is closed)."""
    on_look: Callable[[int], int] = lambda n: 200
    on_download: Callable[[int], str] = lambda n: "ok"
    """ok or cut: half of the file, and the connection is closed."""
    expires: bool = False
    cost_usd: float | None = None


class BatchServer:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.batches: dict[str, Batch] = {}
        self.files: dict[str, bytes] = {}
        self.processed: Counter[str] = Counter()
        """How often each question was processed, that is, billed."""
        self.calls: Counter[str] = Counter()
        self.last_create: dict[str, Any] = {}
        self.lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments: Any) -> None:
                pass

            def do_GET(self) -> None:
                with server.lock:
                    server.get(self)

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers.get("content-length", 0)))
                with server.lock:
                    server.post(self, data)

            def send(self, body: Any, status: int = 200, *, cut: bool = False) -> None:
                whole = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(whole)))
                self.end_headers()
                self.wfile.write(whole[: len(whole) // 2] if cut else whole)
                self.close_connection = self.close_connection or cut

        return Handler

    def start(self) -> None:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    # What is asked of it.

    def get(self, http: Any) -> None:
        path = http.path.removeprefix("/v1")
        if path.startswith("/models"):
            listed = {"data": {"endpoints": [{"provider_name": "Host", "tag": "host"}]}}
            http.send(listed if "endpoints" in path else {"data": []})
        elif match := re.fullmatch(r"/files/([^/]+)/content", path):
            self.download(http, self.files[match[1]])
        elif match := re.fullmatch(r"/messages/batches/([^/]+)/results", path):
            self.download(http, self.anthropic_results(self.batches[match[1]]))
        elif match := re.fullmatch(r"/(?:messages/)?batches/([^/?]+)", path):
            self.look(http, match[1])
        else:
            self.calls["list"] += 1
            self.list(http, path)

    def post(self, http: Any, data: bytes) -> None:
        path = http.path.removeprefix("/v1")
        if path == "/files":
            found = re.search(rb"jsonl\r\n\r\n(.*)\r\n--", data, re.DOTALL)
            assert found is not None
            self.files[f"file-{len(self.files)}"] = found[1]
            http.send({"id": f"file-{len(self.files) - 1}"})
        elif "batch" in path:
            self.create(http, path, json.loads(data))
        else:
            self.calls["chat"] += 1
            http.send(self.answer(json.loads(data), path))

    def create(self, http: Any, path: str, document: dict[str, Any]) -> None:
        self.calls["create"] += 1
        how = self.plan.on_create(self.calls["create"])
        if how.isdigit():
            http.send({"error": {"message": "no"}}, int(how))
            return
        self.last_create = document
        batch = self.read_batch(path, document)
        self.batches[batch.batch_id] = batch
        if self.plan.refuse(batch) is None:
            for _, body in batch.items:
                self.processed[question_of(body)] += 1
        if how == "lost":
            http.close_connection = True
            return
        http.send(self.describe(batch))

    def read_batch(self, path: str, document: dict[str, Any]) -> Batch:
        batch_id = f"batch-{len(self.batches)}"
        if path == "/messages/batches":
            return Batch(batch_id, [(each["custom_id"], each["params"]) for each in document["requests"]])
        if path == "/batches" and "input_file_id" in document:
            lines = [json.loads(line) for line in self.files[document["input_file_id"]].splitlines()]
            tag = document["metadata"]["evaluator_batch"]
            return Batch(batch_id, [(line["custom_id"], line["body"]) for line in lines], tag)
        if path == "/batches":
            assert next(iter(document)) == "endpoint", "endpoint and model come first"
            assert list(document).index("model") < list(document).index("requests")
            items = [(each["custom_id"], each["body"]) for each in document["requests"]]
            return Batch(batch_id, items, model=document["model"])
        requests = document["batch"]["inputConfig"]["requests"]["requests"]
        items = [(each["metadata"]["key"], each["request"]) for each in requests]
        return Batch(batch_id, items, document["batch"]["displayName"], "gemini")

    # What it says.

    @property
    def kind(self) -> str:
        document = self.last_create
        if "batch" in document:
            return "gemini"
        if "input_file_id" in document:
            return "openai"
        return "openrouter" if "endpoint" in document else "anthropic"

    def look(self, http: Any, batch_id: str) -> None:
        self.calls["look"] += 1
        status = self.plan.on_look(self.calls["look"])
        if status != 200:
            http.send({"error": {"message": "no"}}, status)
            return
        batch = self.batches[batch_id]
        batch.looks += 1
        http.send(self.describe(batch))

    def list(self, http: Any, path: str) -> None:
        found = [self.describe(batch, is_listed=True) for batch in reversed(self.batches.values())]
        if self.kind == "gemini":
            http.send({"operations": found})
        else:
            http.send({"data": found, "has_more": False, "last_id": found[-1]["id"] if found else None})

    def describe(self, batch: Batch, *, is_listed: bool = False) -> dict[str, Any]:
        refused = self.plan.refuse(batch)
        is_done = batch.looks >= self.plan.looks_until_done
        return getattr(self, f"describe_{self.kind}")(batch, refused, is_done, is_listed)  # type: ignore[no-any-return]

    def describe_openai(self, batch: Batch, refused: str | None, is_done: bool, is_listed: bool) -> dict[str, Any]:
        tagged = {"evaluator_batch": batch.tag}
        if refused is not None:
            errors = {"data": [{"code": "invalid", "message": refused, "line": 1}]}
            return {"id": batch.batch_id, "status": "failed", "errors": errors, "metadata": tagged}
        told: dict[str, Any] = {"id": batch.batch_id, "metadata": tagged, "status": "in_progress"}
        if is_done:
            good, bad = self.openai_results(batch)
            told["status"] = "expired" if self.plan.expires else "completed"
            told["request_counts"] = {"total": len(batch.items), "completed": len(good), "failed": len(bad)}
            for name, lines in (("output_file_id", good), ("error_file_id", bad)):
                if lines:
                    data = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
                    self.files[f"{batch.batch_id}-{name}"] = data
                    told[name] = f"{batch.batch_id}-{name}"
        return told

    def describe_anthropic(self, batch: Batch, refused: str | None, is_done: bool, is_listed: bool) -> dict[str, Any]:
        n = len(batch.items)
        counts = {"processing": 0, "succeeded": n} if is_done else {"processing": n, "succeeded": 0}
        created_at = batch.created.isoformat()
        status = "ended" if is_done else "in_progress"
        return {"id": batch.batch_id, "processing_status": status, "request_counts": counts, "created_at": created_at}

    def describe_gemini(self, batch: Batch, refused: str | None, is_done: bool, is_listed: bool) -> dict[str, Any]:
        about: dict[str, Any] = {"displayName": batch.tag, "state": "BATCH_STATE_RUNNING"}
        if refused is not None:
            about["state"] = "BATCH_STATE_FAILED"
        elif is_done:
            about["state"] = "BATCH_STATE_EXPIRED" if self.plan.expires else "BATCH_STATE_SUCCEEDED"
            if not is_listed:
                replies = [self.gemini_item(*each) for each in self.outcomes(batch)]
                about["output"] = {"inlinedResponses": {"inlinedResponses": replies}}
        return {"name": f"batches/{batch.batch_id}", "metadata": about, "error": {"message": refused}}

    def describe_openrouter(self, batch: Batch, refused: str | None, is_done: bool, is_listed: bool) -> dict[str, Any]:
        told: dict[str, Any] = {"id": batch.batch_id, "model": batch.model, "provider": "Host"}
        told["status"] = "in_progress"
        told["created_at"] = int(batch.created.timestamp())
        told["request_counts"] = {"total": len(batch.items), "completed": 0, "failed": 0}
        if refused is not None:
            told |= {"status": "failed", "error": {"message": refused}}
        elif is_done:
            told["status"] = "expired" if self.plan.expires else "completed"
            results = [self.openrouter_item(*each) for each in self.outcomes(batch)]
            n = sum(each["error"] is None for each in results)
            told["request_counts"] = {"total": len(batch.items), "completed": n, "failed": len(results) - n}
            told["usage"] = {"cost": self.plan.cost_usd}
            told |= {} if is_listed else {"results": results}
        return told

    def outcomes(self, batch: Batch) -> Iterator[tuple[str, dict[str, Any], str]]:
        for custom_id, body in batch.items:
            question = question_of(body)
            outcome = self.plan.outcome(question, self.processed[question])
            if outcome != "missing":
                yield custom_id, body, outcome

    def openai_results(self, batch: Batch) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        good, bad = [], []
        for custom_id, body, outcome in self.outcomes(batch):
            line: dict[str, Any] = {"id": "x", "custom_id": custom_id, "error": None, "response": None}
            if outcome in {"error", "rate"}:
                error = {"status_code": 500 if outcome == "error" else 429, "body": {"error": {"message": "no"}}}
                bad.append(line | {"response": error})
            if outcome in {"expired", "twice"}:
                bad.append(line | {"error": {"code": "batch_expired", "message": "not in time"}})
            if outcome in {"ok", "twice"}:
                path = "/responses" if "input" in body else "/chat/completions"
                good.append(line | {"response": {"status_code": 200, "body": self.answer(body, path)}})
        return good, bad

    def anthropic_results(self, batch: Batch) -> bytes:
        lines = []
        for custom_id, body, outcome in self.outcomes(batch):
            result: dict[str, Any] = {"type": "succeeded", "message": self.answer(body, "/messages")}
            if outcome in {"error", "rate"}:
                kind = "api_error" if outcome == "error" else "rate_limit_error"
                error = {"type": "error", "error": {"type": kind, "message": "no"}}
                result = {"type": "errored", "error": error}
            elif outcome == "expired":
                result = {"type": "expired"}
            lines.append(json.dumps({"custom_id": custom_id, "result": result}).encode() + b"\n")
        return b"".join(lines)

    def gemini_item(self, custom_id: str, body: dict[str, Any], outcome: str) -> dict[str, Any]:
        told: dict[str, Any] = {"metadata": {"key": custom_id}}
        if outcome == "ok":
            return told | {"response": self.answer(body, ":generateContent")}
        return told | {"error": {"code": 8 if outcome == "rate" else 13, "message": "no"}}

    def openrouter_item(self, custom_id: str, body: dict[str, Any], outcome: str) -> dict[str, Any]:
        told: dict[str, Any] = {"id": "x", "custom_id": custom_id, "response": None, "error": None}
        if outcome == "ok":
            return told | {"response": {"status_code": 200, "body": self.answer(body, "/chat/completions")}}
        kind = "rate_limit_exceeded" if outcome == "rate" else "provider_unavailable"
        return told | {"error": {"message": "no", "type": kind, "error_type": kind, "param": None}}

    def answer(self, body: dict[str, Any], path: str) -> dict[str, Any]:
        text, model = f"Answer to {question_of(body)}", body.get("model")
        if path.endswith("/messages"):
            usage = {"input_tokens": 1000, "output_tokens": 100}
            content = [{"type": "text", "text": text}]
            return {"id": "x", "model": model, "content": content, "stop_reason": "end_turn", "usage": usage}
        if path.endswith("generateContent"):
            usage = {"promptTokenCount": 1000, "candidatesTokenCount": 100}
            candidate = {"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}
            served = "gemini-3.1-pro-preview"
            return {"responseId": "x", "modelVersion": served, "candidates": [candidate], "usageMetadata": usage}
        if path.endswith("/responses"):
            usage = {"input_tokens": 1000, "output_tokens": 100}
            item = {"type": "message", "content": [{"type": "output_text", "text": text}]}
            return {"id": "x", "model": model, "status": "completed", "output": [item], "usage": usage}
        usage = {"prompt_tokens": 1000, "completion_tokens": 100}
        choice = {"finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        return {"id": "x", "model": model, "choices": [choice], "usage": usage}

    def download(self, http: Any, data: bytes) -> None:
        self.calls["download"] += 1
        http.send(data, cut=self.plan.on_download(self.calls["download"]) == "cut")

    def age(self, days: float) -> None:
        """Make every batch older."""
        for batch in self.batches.values():
            batch.created = datetime.fromtimestamp(time.time() - days * 86400, UTC)


@contextmanager
def batch_server(plan: Plan | None = None) -> Iterator[BatchServer]:
    """Start a server of batches and stop it at the end."""
    server = BatchServer(plan or Plan())
    server.start()
    try:
        yield server
    finally:
        server.stop()
