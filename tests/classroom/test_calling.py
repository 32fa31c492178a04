"""Functions that students write, at their worst: `check` answers, and the notebook goes on."""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

from learnscape.classroom import Feedback, Function
from learnscape.classroom.calling import call, within

# Alone and without coverage: its tracer can swallow the exception that ends a function in another thread, which then never ends.
pytestmark = pytest.mark.timing

SQUARE = Function(
    name="square",
    parameters=("x",),
    reference=lambda x: x * x,
    inputs=((1.0,), (2.0,)),
    matters="m",
    seconds=0.3,
)


def _endless(x: float) -> float:
    while True:
        x += 1


def _endless_that_catches(x: float) -> float:
    while True:
        try:  # noqa: SIM105
            x += 1
        except Exception:
            pass


def _endless_that_catches_everything(x: float) -> float:
    while True:
        try:
            for _ in range(1000):
                x += 1
        except:  # noqa: E722
            pass


def _judge_here(function: Any) -> Feedback:
    return SQUARE.judge(function)


def _judge_in_a_thread(function: Any) -> Feedback:
    answers: list[Feedback] = []
    thread = threading.Thread(target=lambda: answers.append(SQUARE.judge(function)))
    thread.start()
    thread.join(timeout=30)
    assert not thread.is_alive()
    return answers[0]


@pytest.mark.parametrize(
    ("judge", "function"),
    [
        (_judge_here, _endless),
        (_judge_here, _endless_that_catches),
        (_judge_here, _endless_that_catches_everything),
    ],
)
def test_an_endless_function_is_ended(judge: Any, function: Any) -> None:
    start = time.monotonic()
    verdict = judge(function)
    assert verdict.status == "wrong"
    assert verdict.text.startswith("square(x=1) did not return within 0.3 s and was stopped")
    assert time.monotonic() - start < 10
    time.sleep(0.05)  # nothing rings afterwards


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarms on this system")
def test_a_long_sleep_is_ended_in_the_main_thread() -> None:
    start = time.monotonic()
    assert "did not return" in SQUARE.judge(lambda x: time.sleep(60)).text
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("judge", [_judge_here, _judge_in_a_thread])
def test_a_quick_function_is_not_disturbed(judge: Any) -> None:
    for _ in range(50):
        assert judge(lambda x: x * x)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarms on this system")
def test_the_alarm_of_somebody_else_is_given_back() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        assert within(5.0, lambda: 1) == 1
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
        time.sleep(0.6)
        assert rung == [1]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_racing_with_the_end_of_the_time_never_leaks() -> None:
    """The function returns at about the moment at which the time is over, in both kinds of thread."""

    def until(x: float) -> float:
        end = time.perf_counter() + 0.003
        while time.perf_counter() < end:
            x += 1
        return x

    def many() -> None:
        for k in range(60):
            call(until, [(1.0,)], 0.0027 + 0.00001 * k)
        for _ in range(1000):
            pass

    many()
    failed: list[BaseException] = []

    def guarded() -> None:
        try:
            many()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert failed == []


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: sys.exit(1), "called sys.exit"),
        (lambda x: exit(), "called sys.exit"),
        (lambda x: SQUARE.recurse(x), "raised AttributeError"),
        (lambda x: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda x: float(10**400), "too large for a float"),
        (lambda x: np.array([1.0, 2.0]), "returned [1., 2.], expected is 1"),
        (lambda x: np.zeros((50, 50)), "an array of shape (50, 50)"),
        (lambda x: [[1], [2, 3]], "expected is 1"),
        (lambda x: str(x * x), "returned '1.0', expected is 1"),
        (lambda x: {}, "returned {}"),
        (lambda x: x * x + 1j, "returned (1+1j)"),
        (lambda x: np.complex128(x * x + 1j), "returned"),
    ],
)
def test_what_goes_wrong_is_said(function: Any, words: str) -> None:
    verdict = SQUARE.judge(function)
    assert verdict.status == "wrong"
    assert words in verdict.text


def test_recursion_without_end() -> None:
    def square(x: float) -> float:
        return square(x)

    assert "calls itself again and again" in SQUARE.judge(square).text


def test_the_readers_own_interrupt_goes_through() -> None:
    def square(x: float) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SQUARE.judge(square)


def test_changing_the_arguments_does_not_change_the_question() -> None:
    doubled = Function(
        name="f", parameters=("x",), reference=lambda x: 2 * x, inputs=((np.array([1.0, 2.0]),),), matters="m"
    )

    def in_place(x: np.ndarray) -> np.ndarray:
        x *= 2
        return x

    for _ in range(2):
        assert doubled.judge(in_place)
    assert doubled.inputs[0][0].tolist() == [1.0, 2.0]


POWER = Function(
    name="power",
    parameters=("n",),
    reference=lambda n: 2.0**n,
    inputs=((3,), (70,)),
    matters="m",
    relative=1e-9,
)


def test_overflow_is_named() -> None:
    assert POWER.judge(lambda n: 2**n), "Python's own integers don't overflow"
    verdict = POWER.judge(lambda n: np.multiply.reduce(np.full(n, 2, dtype=np.int64)))
    assert "integer has overflowed" in verdict.text
    assert "int64" in verdict.text
    verdict = POWER.judge(lambda n: np.exp(np.float64(n) * 1000))
    assert "A number has overflowed" in verdict.text or "returned inf" in verdict.text
    assert "1.8e308" in verdict.text


def test_an_overflow_on_the_way_is_named_also_when_the_result_fits() -> None:
    ratio = Function(
        name="ratio", parameters=("n",), reference=lambda n: 1.0, inputs=((3,), (200,)), matters="m"
    )

    def square(n: int) -> Any:
        factorial = np.multiply.reduce(np.arange(1.0, n + 1))
        return np.float64(0.0) if np.isinf(factorial) else 1.0

    with np.errstate(over="warn"):
        assert "overflow" in ratio.judge(square).text
