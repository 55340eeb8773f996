"""The vectorised map against a dictionary."""

import numpy as np
import pytest

from pullproof.explore.fold import Fold
from pullproof.explore.idmap import IdMap
from pullproof.explore.layout import Layout


@pytest.mark.parametrize("stride", [1, 1 << 20, 1 << 40])
def test_keys_are_numbered_as_a_dictionary_would(stride: int) -> None:
    draw = np.random.default_rng(7)
    found, expected = IdMap(), dict[int, int]()
    for size in range(1, 4000, 171):
        keys = draw.integers(0, size * 2, size).astype(np.uint64) * np.uint64(stride)
        ids, fresh = found.add(keys)
        first = list[int]()
        for position, key in enumerate(keys.tolist()):
            if key not in expected:
                expected[key] = len(expected)
                first.append(position)
        assert ids.tolist() == [expected[key] for key in keys.tolist()]
        assert fresh.tolist() == first
    assert found.keys().tolist() == list(expected)


def test_colliding_keys_stay_apart() -> None:
    # With 2**10 slots and a multiplicative hash, many of these share a slot.
    keys = np.arange(5000, dtype=np.uint64) << np.uint64(33)
    found = IdMap()
    assert found.fresh(keys).size == 5000
    assert found.fresh(keys).size == 0
    assert found.add(keys[::-1])[0].tolist() == list(range(5000))[::-1]


@pytest.mark.parametrize("count", [1, 40, 90, 200])
def test_states_survive_folding_and_packing(count: int) -> None:
    draw = np.random.default_rng(count)
    columns = [draw.integers(0, 4, 500) for _ in range(count)]
    layout = Layout([4] * count, 0)
    words = layout.pack(columns)
    fold = Fold(layout.words)
    keys = fold.keys(words)
    assert np.unique(keys).size == len(set(zip(*(c.tolist() for c in columns), strict=True)))
    back = fold.unfold(keys)
    wider = Layout([9] * count, 1)
    moved = wider.repack(back, layout)
    for i, column in enumerate(columns):
        assert layout.column(back, i).tolist() == column.tolist()
        assert wider.column(moved, i).tolist() == column.tolist()


def test_a_layout_compares_states_in_the_order_of_their_numbers() -> None:
    draw = np.random.default_rng(3)
    columns = [draw.integers(0, 8, 300) for _ in range(40)]
    states = list(zip(*(column.tolist() for column in columns), strict=True))
    packed = [tuple(word.tolist()) for word in Layout([8] * 40, 1).pack(columns)]
    words = list(zip(*packed, strict=True))
    assert sorted(range(300), key=states.__getitem__) == sorted(range(300), key=words.__getitem__)
