"""Rates corrected for the grader's errors with labels by people: estimates, refusals, budgets."""
