"""The append-only record of a run: what was paid for is on disk before anything else happens."""

from evaluator.journal.atomic import write_atomically
from evaluator.journal.entries import (
    Answered,
    BatchEnded,
    BatchIntent,
    BatchMade,
    Expense,
    FailedAttempt,
    Intent,
    Spare,
)
from evaluator.journal.gold import Gold, GoldFile, read_gold
from evaluator.journal.history import HistoryFile
from evaluator.journal.place import odd_place
from evaluator.journal.read import JournalState, OpenBatch, read_journal
from evaluator.journal.rundir import RunDirectory, check_run_id
from evaluator.journal.runs import baselines_named, choose_runs, list_runs, pin_run, remove_run
from evaluator.journal.seal import read_seal, write_seal
from evaluator.journal.spent import PER_USD, Attempts, Spent, picodollars, trusted_cost_usd
from evaluator.journal.write import JournalWriter, write_responses

__all__ = [
    "PER_USD",
    "Answered",
    "Attempts",
    "BatchEnded",
    "BatchIntent",
    "BatchMade",
    "Expense",
    "FailedAttempt",
    "Gold",
    "GoldFile",
    "HistoryFile",
    "Intent",
    "JournalState",
    "JournalWriter",
    "OpenBatch",
    "RunDirectory",
    "Spare",
    "Spent",
    "baselines_named",
    "check_run_id",
    "choose_runs",
    "list_runs",
    "odd_place",
    "picodollars",
    "pin_run",
    "read_gold",
    "read_journal",
    "read_seal",
    "remove_run",
    "trusted_cost_usd",
    "write_atomically",
    "write_responses",
    "write_seal",
]
