"""The providers that are asked over HTTP: one entry each."""

from __future__ import annotations

from typing import Any

import msgspec

from evaluator.providers.wires.anthropic_messages import VERSION, AnthropicMessages
from evaluator.providers.wires.chat_faults import MINIMAX_CODES, MOONSHOT_CODES, OPENROUTER_CODES
from evaluator.providers.wires.gemini_generate import GeminiGenerate
from evaluator.providers.wires.ollama_chat import OllamaChat
from evaluator.providers.wires.openai_chat import ChatDialect, OpenAIChat
from evaluator.providers.wires.openai_responses import OpenAIResponses
from evaluator.providers.wires.wire import Wire

PLAIN_NAME = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,199}"
AUTHOR_AND_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9][A-Za-z0-9._-]{0,199}(?::[A-Za-z0-9_-]{1,50})?"


class ApiProvider(msgspec.Struct, frozen=True, kw_only=True):
    """How one provider is reached, and what it speaks."""

    name: str
    """The part of a model id before the first slash."""
    base_url: str
    key_variables: tuple[str, ...]
    """Environment variables that hold its key; the first that is set wins."""
    wires: dict[str, Wire]
    """By the value of `api` in [[model]]; the first is the default."""
    price_id: str
    """As genai-prices names it."""
    is_router: bool = False
    """Whether it passes requests on to hosts that the caller can choose."""
    model_names: str = PLAIN_NAME
    """Regular expression of the names it may have; they can be part of a URL."""
    example: str
    """A model id, for messages."""
    has_batches: bool = False
    """Whether many requests can be handed in at once, to be answered within a day."""
    batch_discount: float = 0.0
    """What is taken off the price of requests in a batch, where the provider states it."""
    needs_key: bool = True
    """Whether nobody is answered there without one."""
    data_policy: str = "as its terms say; nothing can be asked of it in a request"
    """What becomes of what is sent there."""

    def wire(self, api: str | None) -> Wire:
        """Return the wire format named `api`, or the default."""
        return self.wires[api or self.default_api]

    @property
    def default_api(self) -> str:
        """The wire format when the user names none."""
        return next(iter(self.wires))


def _openrouter_effort(effort: str) -> dict[str, Any]:
    return {"reasoning": {"effort": effort}}


def _deepseek_effort(effort: str) -> dict[str, Any]:
    if effort == "none":
        return {"thinking": {"type": "disabled"}}
    return {"thinking": {"type": "enabled"}, "reasoning_effort": effort}


def _moonshot_effort(effort: str) -> dict[str, Any]:
    return _thinking_off(effort) or {"reasoning_effort": effort}


def _thinking_off(effort: str) -> dict[str, Any]:
    return {"thinking": {"type": "disabled"}} if effort == "none" else {}


API_PROVIDERS: dict[str, ApiProvider] = {
    provider.name: provider
    for provider in (
        ApiProvider(
            name="openrouter",
            base_url="https://openrouter.ai/api/v1",
            key_variables=("OPENROUTER_API_KEY",),
            wires={
                "chat": OpenAIChat(
                    ChatDialect(limit_name="max_completion_tokens", effort=_openrouter_effort, codes=OPENROUTER_CODES)
                )
            },
            price_id="openrouter",
            has_batches=True,
            is_router=True,
            model_names=AUTHOR_AND_NAME,
            example="openrouter/moonshotai/kimi-k2.6",
            data_policy="by host: [privacy] data_collection, zdr, allowed_hosts and pinned_host decide",
        ),
        ApiProvider(
            name="openai",
            base_url="https://api.openai.com/v1",
            key_variables=("OPENAI_API_KEY",),
            wires={
                "chat": OpenAIChat(ChatDialect(limit_name="max_completion_tokens")),
                "responses": OpenAIResponses(),
            },
            price_id="openai",
            has_batches=True,
            batch_discount=0.5,
            example="openai/gpt-5.5",
            data_policy='as its terms say; with api = "responses" it is asked not to store (store = false)',
        ),
        ApiProvider(
            name="anthropic",
            base_url="https://api.anthropic.com/v1",
            key_variables=("ANTHROPIC_API_KEY",),
            wires={f"messages-{VERSION}": AnthropicMessages()},
            price_id="anthropic",
            has_batches=True,
            batch_discount=0.5,
            example="anthropic/claude-opus-4-7",
        ),
        ApiProvider(
            name="gemini",
            base_url="https://generativelanguage.googleapis.com/v1beta",
            key_variables=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
            wires={"generateContent-v1beta": GeminiGenerate()},
            price_id="google",
            has_batches=True,
            batch_discount=0.5,
            example="gemini/gemini-3.1-pro-preview",
        ),
        ApiProvider(
            name="deepseek",
            base_url="https://api.deepseek.com",
            key_variables=("DEEPSEEK_API_KEY",),
            wires={"chat": OpenAIChat(ChatDialect(effort=_deepseek_effort))},
            price_id="deepseek",
            example="deepseek/deepseek-v4-pro",
        ),
        ApiProvider(
            name="moonshot",
            base_url="https://api.moonshot.ai/v1",
            key_variables=("MOONSHOT_API_KEY",),
            wires={"chat": OpenAIChat(ChatDialect(effort=_moonshot_effort, codes=MOONSHOT_CODES))},
            price_id="moonshotai",
            example="moonshot/kimi-k2.6",
        ),
        ApiProvider(
            name="minimax",
            base_url="https://api.minimax.io/v1",
            key_variables=("MINIMAX_API_KEY",),
            wires={
                "chat": OpenAIChat(
                    ChatDialect(
                        limit_name="max_completion_tokens",
                        effort=_thinking_off,
                        fixed={"reasoning_split": True},
                        codes=MINIMAX_CODES,
                        splits_thinking=True,
                    )
                )
            },
            price_id="minimax",
            example="minimax/MiniMax-M2.7",
        ),
        ApiProvider(
            name="ollama",
            base_url="http://127.0.0.1:11434/api",
            key_variables=("OLLAMA_API_KEY",),
            wires={"chat": OllamaChat()},
            price_id="ollama",
            model_names=r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}",
            example="ollama/qwen3:8b",
            needs_key=False,
            data_policy="as whoever runs the server says; models whose name ends in -cloud are answered elsewhere",
        ),
    )
}
