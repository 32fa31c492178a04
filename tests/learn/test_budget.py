"""The loop within a budget: Ctrl-C is noted and never meets a kernel, a second one is raised, and whoever listened before hears of it."""

from __future__ import annotations

import signal
import threading

import pytest

from learnscape.learn._budget import Budget


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def test_the_first_press_ends_the_loop_after_what_runs():
    done = []
    with Budget(10, "sweep") as budget:
        while budget.left:
            if budget.made == 3:
                press()
            done.append(budget.made)  # still made
            budget.spend()
    assert done == [0, 1, 2, 3]
    assert budget.interrupted
    assert budget.made == 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_press_breaks_off():
    with Budget(10, "sweep") as budget:
        press()
        press()
        budget.spend()
    assert budget.interrupted
    assert budget.made == 0


def test_who_listened_before_hears_of_it_afterwards():
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        with Budget(10, "sweep") as budget:
            press()
            assert heard == []
        assert heard == [signal.SIGINT]
        assert budget.interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_error_goes_on_and_the_handler_comes_back():
    with pytest.raises(ZeroDivisionError), Budget(10, "sweep") as budget:
        budget.spend(1 // 0)
    assert not budget.interrupted
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_in_a_thread_no_handler_is_set():
    made = []

    def work() -> None:
        with Budget(2, "sweep") as budget:
            while budget.left:
                budget.spend()
        made.append(budget.made)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert made == [2]


def test_one_budget_within_another():
    with Budget(3, "round") as outer:
        while outer.left:
            with Budget(5, "sweep") as inner:
                while inner.left:
                    press()
                    inner.spend()
            outer.spend()
    assert (inner.made, outer.made) == (1, 1)
    assert inner.interrupted
    assert outer.interrupted
