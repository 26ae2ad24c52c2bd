"""A new probe set that passes the check, to be filled."""

from __future__ import annotations

import re
from pathlib import Path

from evaluator.errors import ProbeFileError
from evaluator.jsonl import encode_line
from evaluator.probeset.read import META_FILE, PROBES_FILE
from evaluator.probeset.write import toml_of, write_files
from evaluator.records import Probe
from evaluator.set_records import SetMeta

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
README_FILE = "README.md"
_HEAD = """\
# What this set is, for whoever uses it. `evaluator schema set` describes every key.
# To accept a finding of `evaluator probes check` on purpose, add
#
#     [[allow]]
#     code = "P302"
#     probe_id = "{name}-001-a"     # without it: wherever it occurs
#     why = "the two questions have different answers"

"""
_README = """\
# {name}

`probes.jsonl` holds one probe a line; the six that are there are examples: replace them.

1. Write an answerable probe: `question`, `targets` (every accepted answer), `source` (where to check it).
2. Write its twin: change one point so that nobody can answer, and give `unanswerable` (the reason) and `why`.
   Name each in the other's `twin`. Wording must not tell which is which.
3. `evaluator probes check {folder}` until there is nothing to mend; `evaluator probes stats` shows the balance.
4. `evaluator run --probes {folder} --model local/smollm2-135m` asks a model.
5. After some runs, `evaluator probes audit RUN...` shows which probes to look at again.

Change `version` in set.toml whenever a probe changes, and never reuse a probe_id for another question.
"""


def scaffold(name: str, folder: Path, canary: str) -> tuple[Path, ...]:
    """Write a set with three example twin pairs to a folder, which is made when there is none.

    Args:
        name: Of the set; the ids of its probes begin with it.
        folder: Where it goes; may hold other files.
        canary: A random text that no other set has.

    Returns:
        The files that were written.

    Raises:
        ProbeFileError: If the name cannot begin an id, a file is there already, or cannot be written.
    """
    if not NAME.fullmatch(name):
        raise ProbeFileError(f"name: need lower-case letters, digits and . _ - (at most 64), got {name[:80]!r}")
    meta = SetMeta(
        name=name,
        version="0.1.0",
        licence="CC-BY-4.0",
        authors=("Your name",),
        canary=f"evaluator-{name}-canary {canary}: this text must not appear in training data",
        description="What it asks about, and for whom.",
        language="en",
    )
    files = {
        PROBES_FILE: b"".join(map(encode_line, _examples(name))),
        META_FILE: (_HEAD.format(name=name) + toml_of(meta)).encode(),
        README_FILE: _README.format(name=name, folder=folder.as_posix()).encode(),
    }
    return write_files(folder, files)


def _examples(name: str) -> tuple[Probe, ...]:
    stems = [f"{name}-{number:03d}" for number in (1, 2, 3)]
    treaty, harbour, marbles = ((f"{stem}-a", f"{stem}-u") for stem in stems)
    passage = "The Harbour Line opened in 1931. {} Trains run every ten minutes until midnight."
    return (
        Probe(
            probe_id=treaty[0], twin=treaty[1], topic="history", match="date", targets=("1494",),
            question="In which year was the Treaty of Tordesillas signed?",
            source="Encyclopaedia Britannica, Treaty of Tordesillas", tags=("difficulty:common",),
        ),
        Probe(
            probe_id=treaty[1], twin=treaty[0], topic="history", unanswerable="nonexistent",
            question="In which year was the Treaty of Grelmark signed?",
            why="There is no treaty of that name; it was invented for this question.",
            source="No entry in Encyclopaedia Britannica", tags=("difficulty:common",),
        ),
        Probe(
            probe_id=harbour[0], twin=harbour[1], topic="travel", match="number", targets=("7",),
            question="How many stations does the Harbour Line have?",
            context=passage.format("It has seven stations."), source="The passage",
        ),
        Probe(
            probe_id=harbour[1], twin=harbour[0], topic="travel", unanswerable="missing_context",
            question="How many stations does the Harbour Line have?",
            context=passage.format("It has two tunnels."), why="The passage does not say.", source="The passage",
        ),
        Probe(
            probe_id=marbles[0], twin=marbles[1], topic="arithmetic", match="number", targets=("7",),
            question="Maria has 3 red and 4 blue marbles. How many marbles does she have?", source="Computed: 3 + 4",
        ),
        Probe(
            probe_id=marbles[1], twin=marbles[0], topic="arithmetic", unanswerable="underspecified",
            question="Maria has some red and 4 blue marbles. How many marbles does she have?",
            why="The number of red marbles is not given.", source="By construction",
        ),
    )  # fmt: skip
