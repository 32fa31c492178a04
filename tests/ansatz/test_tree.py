"""A tree of overlaps refuses what is none."""

from __future__ import annotations

import pickle

import pytest

from learnscape.ansatz import Tree


def test_fields_and_what_follows_from_them():
    tree = Tree(q=[0.2, 0.5, 0.75], m=[0.3, 0.6])
    assert tree.q == (0.2, 0.5, 0.75)
    assert tree.steps == 2
    assert tree.gaps == pytest.approx((0.3, 0.25))
    assert tree.variance == 0.25
    assert Tree((2.0,), self_overlap=3.0).variance == 1.0
    assert pickle.loads(pickle.dumps(tree)) == tree
    assert hash(tree) == hash(Tree((0.2, 0.5, 0.75), (0.3, 0.6)))


@pytest.mark.parametrize(
    ("q", "m", "self_overlap", "named"),
    [
        ((), (), 1.0, "q = ()"),
        ((0.5,), (0.3,), 1.0, "one overlap more than the 1 block"),
        ((0.5, 0.4), (0.3,), 1.0, "not decreasing"),
        ((-0.1,), (), 1.0, "not decreasing"),
        ((1.1,), (), 1.0, "not decreasing, in"),
        ((0.1, float("nan")), (0.3,), 1.0, "finite"),
        ((0.1, 0.2), (0.0,), 1.0, "numbers > 0"),
        ((0.1, 0.2), ("a",), 1.0, "finite numbers"),
        ((0.1,), (), 0.0, "self_overlap = 0.0"),
        ((0.1,), (), True, "self_overlap = True"),
    ],
)
def test_refused(q, m, self_overlap, named):
    with pytest.raises(ValueError) as caught:
        Tree(q, m, self_overlap)
    assert named in str(caught.value)
