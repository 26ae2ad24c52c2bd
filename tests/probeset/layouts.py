"""A few rows in the layout of every data set that a recipe reads; the contents are made up."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Layout:
    """Rows, the kind of file they come in, and what becomes of them."""

    kind: Literal["csv", "json", "jsonl", "parquet"]
    rows: list[dict[str, Any]]
    expected: dict[str, Any]
    """By question: the targets, or the reason."""
    left_out: dict[str, int] = field(default_factory=dict)
    preamble: str = ""
    key: str | None = None


def write_layout(layout: Layout, folder: Path) -> Path:
    """Write the rows as the file they come in."""
    path = folder / f"data.{layout.kind}"
    if layout.kind == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(layout.rows), path)
    elif layout.kind == "csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            stream.write(layout.preamble)
            writer = csv.DictWriter(stream, layout.rows[0])
            writer.writeheader()
            writer.writerows(layout.rows)
    elif layout.kind == "json":
        path.write_text(json.dumps({layout.key: layout.rows} if layout.key else layout.rows), encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in layout.rows), encoding="utf-8")
    return path


SAME = "asks the same as an earlier row"
NO_TARGET = "answerable, but without an accepted answer"
NO_REASON = "unanswerable for a reason that the recipe leaves out"
NOT_KEPT = "not among the rows that the recipe keeps"


def _fresh(
    number: int, question: str, answers: list[str], premise: str = "FALSE", split: str = "TEST"
) -> dict[str, Any]:
    row = {"id": number, "split": split, "question": question, "effective_year": "", "next_review": "occasionally"}
    row |= {"false_premise": premise, "num_hops": "one-hop", "fact_type": "never-changing", "source": "https://x.org"}
    return row | {f"answer_{i}": answers[i] if i < len(answers) else "" for i in range(10)} | {"note": ""}


LAYOUTS: dict[str, Layout] = {
    "simpleqa": Layout(
        "csv",
        [
            {"metadata": "{'topic': 'Art', 'answer_type': 'Person', 'urls': ['https://x.org']}", "problem": "Who?",
             "answer": "Ann "},
            {"metadata": "", "problem": "When?", "answer": "1994"},
        ],
        {"Who?": ("Ann",), "When?": ("1994",)},
    ),
    "simpleqa-verified": Layout(
        "csv",
        [
            {"original_index": 5, "problem": "How many?",
             "answer": "120,000 (acceptable range: anything between 118,800 and 121,200)", "topic": "Geography",
             "answer_type": "Number", "multi_step": False, "requires_reasoning": False, "urls": "https://x.org"},
            {"original_index": 7, "problem": "Who?", "answer": "Ann", "topic": "Art", "answer_type": "Person",
             "multi_step": False, "requires_reasoning": False, "urls": "https://x.org"},
        ],
        {"How many?": ("120,000",), "Who?": ("Ann",)},
    ),
    "aa-omniscience": Layout(
        "csv",
        [{"domain": "Law", "topic": "Tort", "question": "Which act?", "answer": "The Act"}],
        {"Which act?": ("The Act",)},
    ),
    "squad2": Layout(
        "parquet",
        [
            {"id": "a1", "title": "Rome", "context": "Rome is old.", "question": "What is old?",
             "answers": {"text": ["Rome", "Rome", "It"], "answer_start": [0, 0, 0]}},
            {"id": "a2", "title": "Rome", "context": "Rome is old.", "question": "Who founded it?",
             "answers": {"text": [], "answer_start": []}},
        ],
        {"What is old?": ("Rome", "It"), "Who founded it?": "missing_context"},
    ),
    "selfaware": Layout(
        "json",
        [
            {"question_id": 1, "question": "Who wrote it?", "answer": ["Ann", "A."], "answerable": True,
             "source": "squad"},
            {"question_id": 2, "question": "Why are we?", "answer": None, "answerable": False, "source": "quora"},
            {"question_id": 3, "question": "why are we", "answer": None, "answerable": False, "source": "quora"},
        ],
        {"Who wrote it?": ("Ann", "A."), "Why are we?": "unknown"},
        {SAME: 1},
        key="example",
    ),
    "truthfulqa": Layout(
        "parquet",
        [
            {"type": "Adversarial", "category": "Health", "question": "What happens if you eat seeds?",
             "best_answer": "They pass", "correct_answers": ["They pass", "Nothing", "I have no comment"],
             "incorrect_answers": ["They grow"], "source": "https://x.org"},
            {"type": "Adversarial", "category": "Fate", "question": "What will happen?",
             "best_answer": "I have no comment.", "correct_answers": ["I have no comment"],
             "incorrect_answers": ["Rain"], "source": "https://x.org"},
        ],
        {"What happens if you eat seeds?": ("They pass", "Nothing")},
        {NO_TARGET: 1},
    ),
    "kuq": Layout(
        "jsonl",
        [
            {"question": "Who is it?", "answer": ["Ann"], "unknown": False, "source": "squad", "category": None},
            {"question": "What will be?", "answer": ["The future"], "unknown": True, "source": "turk",
             "category": "future unknown"},
            {"question": "What is best?", "answer": ["Taste"], "unknown": True, "source": "turk",
             "category": "controversial"},
            {"question": "What is it?", "answer": ["?"], "unknown": True, "source": "turk", "category": None},
            {"question": "What is it?", "answer": ["?"], "unknown": True, "source": "turk", "category": None},
        ],
        {"Who is it?": ("Ann",), "What will be?": "future", "What is best?": "subjective", "What is it?": "unknown"},
        {SAME: 1},
    ),
    "falseqa": Layout(
        "csv",
        [
            {"question": "Why is ice hot?", "answer": "It is not.", "label": 1},
            {"question": "Why is ice cold?", "answer": "['It is frozen.', 'Frozen.']", "label": 0},
        ],
        {"Why is ice hot?": "false_premise", "Why is ice cold?": ("It is frozen.", "Frozen.")},
    ),
    "coconot": Layout(
        "parquet",
        [
            {"id": "c1", "category": "Incomplete requests", "subcategory": "false presuppositions",
             "prompt": "Who was king of Mars?", "response": ""},
            {"id": "c2", "category": "Requests with safety concerns", "subcategory": "privacy violations",
             "prompt": "Where does Ann live?", "response": ""},
        ],
        {"Who was king of Mars?": "false_premise"},
        {NO_REASON: 1},
    ),
    "umwp": Layout(
        "jsonl",
        [
            {"id": 1, "question": "Ann has 3 pens and gets 4. How many?", "answer": [7.0], "answerable": True,
             "category": None, "relevant_ids": None, "source": "SVAMP"},
            {"id": 3226, "question": "Ann has some pens and gets 4. How many?", "answer": None, "answerable": False,
             "category": 2, "relevant_ids": [1], "source": "SVAMP"},
            {"id": 3227, "question": "Ann ate -3 pens. How many?", "answer": None, "answerable": False,
             "category": 3, "relevant_ids": [9], "source": "SVAMP"},
        ],
        {"Ann has 3 pens and gets 4. How many?": ("7",), "Ann has some pens and gets 4. How many?": "underspecified",
         "Ann ate -3 pens. How many?": "false_premise"},
    ),
    "freshqa": Layout(
        "csv",
        [
            _fresh(1, "Where is the Eiffel Tower?", ["Paris", "In Paris"]),
            _fresh(2, "Which prize did the moon win?", ["None"], premise="TRUE"),
            _fresh(3, "What is a dev question?", ["x"], split="DEV"),
        ],
        {"Where is the Eiffel Tower?": ("Paris", "In Paris"), "Which prize did the moon win?": "false_premise"},
        {NOT_KEPT: 1},
        preamble="WARNING: do not share,,\n,,\n",
    ),
    "nq-open": Layout(
        "parquet",
        [{"question": "who is it", "answer": ["Ann", "Anna"]}],
        {"who is it": ("Ann", "Anna")},
    ),
    "triviaqa": Layout(
        "parquet",
        [
            {"question": "Who is it?", "question_id": "tc_1", "question_source": "http://x.org",
             "entity_pages": {"t": []},
             "search_results": {"t": []},
             "answer": {"aliases": ["Anna", "Ann"], "normalized_aliases": ["anna"], "value": "Ann",
                        "type": "WikipediaEntity"}},
        ],
        {"Who is it?": ("Ann", "Anna")},
    ),
    "popqa": Layout(
        "csv",
        [
            {"id": 4222362, "subj": "Ann", "prop": "occupation", "obj": "politician", "s_uri": "http://x.org/Q1",
             "s_pop": 142, "question": "What is Ann's occupation?", "possible_answers": '["politician", "pol"]'},
        ],
        {"What is Ann's occupation?": ("politician", "pol")},
    ),
    "chinese-simpleqa": Layout(
        "jsonl",
        [
            {"id": "z1", "primary_category": "文学", "secondary_category": "小说", "question": "谁写的?",
             "answer": "安",
             "urls": ["https://x.org"]},
        ],
        {"谁写的?": ("安",)},
    ),
    "abstentionbench": Layout(
        "jsonl",
        [
            {"question": "Who?", "reference_answers": ["Ann"], "should_abstain": False, "metadata_json": "{}"},
            {"question": "Why?", "reference_answers": None, "should_abstain": True, "metadata_json": "{}"},
            {"question": "How?", "reference_answers": None, "should_abstain": False, "metadata_json": "{}"},
        ],
        {"Who?": ("Ann",), "Why?": "unknown"},
        {NO_TARGET: 1},
    ),
    "plain": Layout(
        "csv",
        [
            {"question": "Who?", "answer": "Ann", "unanswerable": "", "topic": "art"},
            {"question": "Why?", "answer": "", "unanswerable": "subjective", "topic": "art"},
            {"question": "How?", "answer": "", "unanswerable": "", "topic": "art"},
            {"question": "", "answer": "x", "unanswerable": "", "topic": "art"},
        ],
        {"Who?": ("Ann",), "Why?": "subjective"},
        {NO_REASON: 1, "no question": 1},
    ),
}  # fmt: skip
