"""What several files of these tests share."""

import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from drivers import SLOW, Script


@pytest.fixture(autouse=True, scope="session")
def signals_arrive():
    """Whoever starts the tests in the background may have them ignore Ctrl-C and a lost connection, and every process started here too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """What the slow script prints when nothing happens."""
    code, out, err = Script(tmp_path_factory.mktemp("undisturbed"), SLOW.replace("0.15", "0")).run()
    assert code == 0, err
    return out
