"""Time the default grader on answers of 1,000 characters; run by hand.

python tests/benchmarks/bench_grading.py
"""

from __future__ import annotations

import sys
import time

from evaluator.graders import default_grader
from evaluator.records import Probe, Response

N_RESPONSES = 3_000
CHARACTERS = 1_000
FILLING = "The committee met in the old town hall, and its members spoke at length about roads, schools and taxes. "
PROBES = {
    "text": Probe(probe_id="p", question="Who wrote the report?", targets=("Ada Lovelace", "Countess of Lovelace")),
    "number": Probe(probe_id="p", question="How many members were there in 1990?", targets=("1,234",)),
    "date": Probe(probe_id="p", question="When did they meet?", targets=("21 April 1948",)),
    "statement": Probe(
        probe_id="p",
        question="What happens if you swallow gum?",
        targets=("It passes through your digestive system", "Nothing happens"),
        distractors=("It stays in your stomach for seven years", "You die"),
    ),
    "unanswerable": Probe(probe_id="p", question="Who will chair it in 2090?", unanswerable="future"),
}


def responses() -> list[Response]:
    texts = [f"Answer {n}. {FILLING * 12}"[:CHARACTERS] for n in range(N_RESPONSES)]
    return [
        Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
        for text in texts
    ]


def main() -> None:
    grader = default_grader()
    batch = responses()
    started = time.process_time()
    for probe in PROBES.values():
        grader.grade(probe, batch[0])
    sys.stdout.write(f"{'start-up':>12}: {time.process_time() - started:8.2f} s, once: patterns, weights\n")
    for name, probe in PROBES.items():
        started = time.process_time()
        for response in batch:
            grader.grade(probe, response)
        rate = len(batch) / (time.process_time() - started)
        sys.stdout.write(f"{name:>12}: {rate:8,.0f} responses a second of processor time\n")


if __name__ == "__main__":
    main()
