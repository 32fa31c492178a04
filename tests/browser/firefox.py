"""A real Firefox, driven by WebDriver BiDi over a socket: no driver program and no download is needed.

https://w3c.github.io/webdriver-bidi says what can be sent; the few commands that the tests need stand here.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import websocket

from . import hands

PREFERENCES = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


def path() -> str | None:
    """The program: the one named in FIREFOX, Debian's, or any other."""
    names = [os.environ.get("FIREFOX", ""), "firefox-esr", "firefox"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


class Page:
    """One tab. ``problems`` is what its console complained about since the last ``goto``."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self._socket, self._sent = socket, 0
        self.problems: list[str] = []
        self._send("session.new", capabilities={})
        self._send("session.subscribe", events=["log.entryAdded"])
        self._tab = self._send("browsingContext.create", type="tab")["context"]

    def _send(self, method: str, **parameters: Any) -> Any:
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.problems.append(str(message["params"]["text"]))
            if message.get("id") == self._sent:
                if message["type"] == "error":
                    raise RuntimeError(f"{method}: {message['message']}")
                return message["result"]

    def size(self, width: int, height: int) -> None:
        self._send(
            "browsingContext.setViewport", context=self._tab, viewport={"width": width, "height": height}
        )

    def goto(self, url: str) -> None:
        self.problems.clear()
        self._send("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    def press(self, key: str) -> None:
        self._send("input.performActions", context=self._tab, actions=hands.press(key))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self._send("input.performActions", context=self._tab, actions=hands.drag(start, end))

    def evaluate(self, function: str) -> Any:
        """What a JavaScript function without arguments returns (also as a promise), through JSON."""
        answer = self._send(
            "script.callFunction", functionDeclaration=f"async () => JSON.stringify(await ({function})())",
            target={"context": self._tab}, awaitPromise=True,
        )  # fmt: skip
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])


@contextlib.contextmanager
def launch(program: str, folder: Path) -> Iterator[Page]:
    """Start Firefox with a new profile in ``folder`` and yield a page; all is gone at the end."""
    profile = folder / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in PREFERENCES.items()]
    (profile / "user.js").write_text("\n".join(lines) + "\n", encoding="utf-8")
    log = folder / "firefox.log"
    # A home of its own: a sandboxed or fresh machine may have none that can be written.
    environment = {**os.environ, "HOME": str(folder), "MOZ_HEADLESS": "1"}
    command = [program, "--headless", "--remote-debugging-port=0", "--profile", str(profile), "about:blank"]
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
        try:
            socket = websocket.create_connection(
                _address(log, process) + "/session", timeout=120, suppress_origin=True
            )
            yield Page(socket)
            socket.close()
        finally:
            process.terminate()
            process.wait(timeout=30)


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(240):
        found = re.search(r"WebDriver BiDi listening on (ws://\S+)", log.read_text(encoding="utf-8"))
        if found:
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.25)
    raise RuntimeError(f"Firefox did not start: {log.read_text(encoding='utf-8')[-800:]}")
