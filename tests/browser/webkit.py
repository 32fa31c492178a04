"""A real WebKitGTK (the engine of Safari), driven by the W3C protocol of Debian's ``webkit2gtk-driver``, on a screen in memory."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import hands

TIMEOUT = 300


def programs() -> tuple[str, str, str] | None:
    """Driver, browser and ``xvfb-run``; None where one of them is missing."""
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("xvfb-run")
    browser = next(iter(sorted(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"))), None)
    return None if not (driver and screen and browser) else (driver, str(browser), screen)


class Page:
    """A window. One crash ends a session, so a new one is begun for each page."""

    def __init__(self, address: str, browser: str) -> None:
        self._address, self._browser, self._session = address, browser, ""

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._address + path, data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.read().decode()[:300]}") from error

    def goto(self, url: str) -> None:
        self.close()
        options = {"binary": self._browser, "args": ["--automation"]}
        wanted = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": options}
        self._session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        timeouts = {"script": 1000 * TIMEOUT, "pageLoad": 1000 * TIMEOUT}
        self._call("POST", f"/session/{self._session}/timeouts", timeouts)
        self._call("POST", f"/session/{self._session}/url", {"url": url})

    def size(self, width: int, height: int) -> None:
        self._call("POST", f"/session/{self._session}/window/rect", {"width": width, "height": height})

    def press(self, key: str) -> None:
        self._call("POST", f"/session/{self._session}/actions", {"actions": hands.press(key)})

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self._call("POST", f"/session/{self._session}/actions", {"actions": hands.drag(start, end)})

    def evaluate(self, function: str) -> Any:
        """What a JavaScript function without arguments returns (also as a promise), through JSON."""
        script = f"const done = arguments[0]; Promise.resolve(({function})()).then(x => done(JSON.stringify(x)), e => done(JSON.stringify({{error: String(e)}})))"
        found = json.loads(
            self._call("POST", f"/session/{self._session}/execute/async", {"script": script, "args": []})
        )
        if isinstance(found, dict) and set(found) == {"error"}:
            raise RuntimeError(found["error"])
        return found

    def close(self) -> None:
        if self._session:
            with contextlib.suppress(RuntimeError, OSError):
                self._call("DELETE", f"/session/{self._session}")
            self._session = ""


@contextlib.contextmanager
def launch(driver: str, browser: str, screen: str) -> Iterator[Page]:
    """Start the driver and yield a page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "LIBGL_ALWAYS_SOFTWARE": "1"}
    process = subprocess.Popen(
        [screen, "-a", driver, f"--port={port}"], env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    page = Page(f"http://127.0.0.1:{port}", browser)
    try:
        for _ in range(120):
            with contextlib.suppress(OSError, RuntimeError):
                page._call("GET", "/status")
                break
            time.sleep(0.25)
        yield page
    finally:
        page.close()
        os.killpg(process.pid, 15)
        process.wait(timeout=20)
