"""A page in a real Chromium: what it shows, what it draws, and everything it complains about."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--window-size=1400,1000",
)  # fmt: skip
MISSING = (
    "this test opens a page in Chromium, which is not here: apt-get install chromium chromium-driver, or put chromium "
    "and chromedriver on the PATH"
)


@dataclass(frozen=True)
class Browser:
    """One Chromium. `run` evaluates a script's `return` value in the page."""

    driver: Any

    def open(self, page: Path) -> None:
        self.driver.get_log("browser")
        self.driver.get(page.as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def complaints(self) -> list[str]:
        """Everything in the console since the page was opened or asked last."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def scroll_through(self) -> None:
        """Show every part of the page for long enough to be drawn."""
        self.run("document.documentElement.style.scrollBehavior = 'auto'")
        for place in range(0, int(self.run("return document.documentElement.scrollHeight")), 800):
            self.run("scrollTo(0, arguments[0])", place)
            time.sleep(0.05)

    def until(self, script: str, seconds: float = 60.0) -> None:
        """Wait until a script returns something true."""
        ends = time.monotonic() + seconds
        while not self.run(script):
            assert time.monotonic() < ends, f"never true: {script}"
            time.sleep(0.05)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with an empty profile of its own; AssertionError says what to install where there is none."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    program = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    server = shutil.which("chromedriver")
    assert program is not None, MISSING
    assert server is not None, MISSING
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = program
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(server))
        try:
            yield Browser(driver)
        finally:
            driver.quit()
