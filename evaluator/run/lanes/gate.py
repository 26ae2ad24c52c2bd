"""Whether a lane may send at all: freely, not before a time, or one attempt first to see."""

from __future__ import annotations


class Gate:
    """Open, or closed until a time; then one probe decides.

    A signal from an attempt that was sent before the gate closed is old news: it neither closes it
    again nor makes the next wait longer, so that a hundred refusals at once count as one.
    """

    def __init__(self) -> None:
        self.reason = ""
        self.opens_at: float | None = None
        """None while open."""
        self.closings = 0
        """In a row, without a good answer in between."""
        self._closed_at = float("-inf")
        self._is_probing = False

    @property
    def is_open(self) -> bool:
        """Whether anything may be sent without asking."""
        return self.opens_at is None

    def may_send(self, now: float) -> bool:
        """Whether one more attempt may leave now."""
        return self.opens_at is None or (now >= self.opens_at and not self._is_probing)

    def wait_s(self, now: float) -> float | None:
        """Seconds until a probe may be sent; None while open, or while a probe is out."""
        if self.opens_at is None or self._is_probing:
            return None
        return max(self.opens_at - now, 0.0)

    def on_send(self) -> bool:
        """Note that an attempt leaves; return whether it is the probe."""
        self._is_probing = self._is_probing or not self.is_open
        return not self.is_open

    def is_stale(self, sent_at: float) -> bool:
        """Whether what an attempt sent at that time tells was known when the gate last closed."""
        return sent_at < self._closed_at

    def close(self, until: float, reason: str, *, now: float, sent_at: float) -> bool:
        """Close; return whether that was news."""
        if self.is_stale(sent_at):
            if self.opens_at is not None:
                self.opens_at = max(self.opens_at, until)
            return False
        self.opens_at, self.reason = until, reason
        self._closed_at, self._is_probing = now, False
        self.closings += 1
        return True

    def on_probe_lost(self) -> None:
        """The probe ended without telling anything; another may be sent."""
        self._is_probing = False

    def on_answer(self, sent_at: float) -> bool:
        """Open after a good answer to what was sent since the closing; return whether it was closed."""
        if self.is_stale(sent_at):
            return False
        was_closed = not self.is_open
        self.opens_at, self._is_probing, self.closings = None, False, 0
        return was_closed
