"""Results beside the summary: what one asks of a run after it is done."""

from __future__ import annotations
