"""Request ids as keys: whatever the text, equal ids and only they have equal keys."""

from __future__ import annotations

import hashlib

import numpy as np

from evaluator.request_keys import KeyIndex, are_ordered, request_keys

IDS = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(2000)]


def test_keys_of_hashes_have_the_order_of_the_ids() -> None:
    assert are_ordered(IDS)
    order = np.argsort(request_keys(IDS), kind="stable").tolist()
    assert [IDS[n] for n in order] == sorted(IDS)


def test_a_key_does_not_depend_on_the_company_it_is_made_in() -> None:
    odd = ["r1", "", "né", "\ud800", IDS[0].upper(), " " + IDS[1][1:], IDS[2][:-1], IDS[0] + IDS[1]]
    together = request_keys([*IDS[:5], *odd])
    assert not are_ordered(odd)
    assert [request_keys([name])[0] for name in (*IDS[:5], *odd)] == together.tolist()
    assert len(set(together.tolist())) == 5 + len(odd)


def test_the_last_place_of_a_key_is_found() -> None:
    index = KeyIndex(request_keys(["a", "b", "a", *IDS]))
    assert index.find(request_keys(["a", "b", "c", IDS[-1]])).tolist() == [2, 1, -1, 2 + len(IDS)]
    assert len(index.keys) == 2 + len(IDS)
    assert KeyIndex(request_keys([])).find(request_keys(["a"])).tolist() == [-1]
    assert len(request_keys([])) == 0
