"""JupyterLab's settings for the course: ``python _ext/lab_settings.py``.

Lab asks nobody for news and updates. A chapter's source (.md) opens as text, as everywhere: opened as a notebook, saving one answer
would rewrite it, and the next ``git pull`` would stop. Students work in ``my/`` (see ``my_notebooks.py``); authors choose *Open With,
Jupytext Notebook*. Lab reads ``overrides.json`` below its environment's prefix, so nothing outside the virtual environment changes.
Binder's ``postBuild`` calls the same script.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


def main() -> None:
    folder = Path(sys.prefix) / "share" / "jupyter" / "lab" / "settings"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overrides.json").write_text(json.dumps(OVERRIDES, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
