"""What several files of these tests share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from drivers import SLOW, Script


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    """What the slow script prints when nothing happens."""
    code, out, err = Script(tmp_path_factory.mktemp("undisturbed"), SLOW.replace("0.15", "0")).run()
    assert code == 0, err
    return out
