"""The append-only record of a run: what was paid for is on disk before anything else happens."""

from evaluator.journal.atomic import write_atomically
from evaluator.journal.entries import Answered, FailedAttempt, Intent, Spare
from evaluator.journal.gold import Gold, GoldFile, read_gold
from evaluator.journal.read import Attempts, JournalState, read_journal
from evaluator.journal.rundir import RunDirectory, check_run_id
from evaluator.journal.write import JournalWriter, write_responses

__all__ = [
    "Answered",
    "Attempts",
    "FailedAttempt",
    "Gold",
    "GoldFile",
    "Intent",
    "JournalState",
    "JournalWriter",
    "RunDirectory",
    "Spare",
    "check_run_id",
    "read_gold",
    "read_journal",
    "write_atomically",
    "write_responses",
]
