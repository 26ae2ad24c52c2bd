"""Numbers do not depend on how many threads the linear algebra uses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import hashlib, numpy as np
from evaluator.stats.comparison.bootstrap import bootstrap_ratios
from evaluator.stats.calibration.influence import RATES
from evaluator.stats.calibration.items import UNLABELLED, GradedItems
from evaluator.stats.calibration.poststratified import poststratify
from evaluator.stats.confidence.calibration_error import chance_smooth_ece, smooth_ece_interval
random = np.random.default_rng(1)
n = 4000
wrong = random.random((20, n))
drawn = bootstrap_ratios(wrong, wrong + random.random((20, n)), n_replicates=300)
verdicts = random.integers(0, 3, n)
truths = np.where(random.random(n) < 0.1, verdicts, UNLABELLED)
items = GradedItems(verdicts, truths, np.arange(n) // 3, np.arange(n))
found = [poststratify(items, r).interval for r in RATES.values() if not r.needs_both_kinds and r.cells[0]]
stated = random.random(n)
ece = smooth_ece_interval(stated, (random.random(n) < stated) * 1.0, np.arange(n) // 2, n_replicates=20)
parts = (drawn.tobytes(), repr(found), repr(ece), repr(chance_smooth_ece(stated, n_replicates=20)))
print(hashlib.sha256(repr(parts).encode()).hexdigest())
"""
LIMITS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def test_any_number_of_threads_gives_the_same_bytes() -> None:
    found = set()
    for threads in ("1", "4"):
        environment = {**os.environ, **dict.fromkeys(LIMITS, threads)}
        root = Path(__file__).resolve().parent.parent.parent
        command = [sys.executable, "-c", CODE]
        done = subprocess.run(
            command, env=environment, cwd=root, capture_output=True, text=True, check=True, timeout=120
        )
        found.add(done.stdout)
    assert len(found) == 1
