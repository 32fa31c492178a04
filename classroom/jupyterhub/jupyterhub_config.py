"""A hub for a class on one machine: ``jupyterhub -f classroom/jupyterhub/jupyterhub_config.py``.

This is the configuration that was tried (README.md beside it says how). Before strangers can reach the hub, change what is marked.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821 (JupyterHub defines it)
HERE = Path(__file__).resolve().parent
PLACE = Path(os.environ.get("LEARNSCAPE_HUB", "/srv/learnscape-hub"))  # homes, cookies, the hub's database

c.JupyterHub.bind_url = os.environ.get(
    "LEARNSCAPE_HUB_URL", "http://127.0.0.1:8000"
)  # CHANGE: https, behind a proxy
c.JupyterHub.cookie_secret_file = str(PLACE / "cookie_secret")
c.JupyterHub.db_url = f"sqlite:///{PLACE / 'jupyterhub.sqlite'}"

# CHANGE: anybody who knows the password is anybody. A university has LTI, OAuth or PAM.
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = os.environ["LEARNSCAPE_HUB_PASSWORD"]
c.Authenticator.allow_all = True

# CHANGE: every server runs as the hub's own user, so that students can read each other's files. Containers of the Dockerfile keep
# them apart (README.md).
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(PLACE / "homes" / "{username}")

c.Spawner.cmd = [str(HERE / "start"), "jupyterhub-singleuser"]
c.Spawner.notebook_dir = "~/learnscape"
c.Spawner.default_url = "/lab/tree/index.ipynb"
# The first start writes the notebooks, and a class arrives at once: the default of 30 seconds was too short on two busy cores.
c.Spawner.start_timeout = c.Spawner.http_timeout = 180
c.Spawner.environment = {
    "OPENBLAS_NUM_THREADS": "1",
    "LEARNSCAPE_ASSIGNMENTS": os.environ.get("LEARNSCAPE_ASSIGNMENTS", ""),
}
