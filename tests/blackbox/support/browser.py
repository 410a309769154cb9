"""A real browser: Debian's Chromium, without a window, as phone or as desktop."""

import base64
import contextlib
import pathlib
import time

from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
SCREENSHOTS = pathlib.Path(__file__).resolve().parents[3] / "build" / "screenshots"


class Browser:
    """preferences: of Chromium's profile. log_network: get_log("performance") tells of what was loaded. plays: also what nobody has
    touched, which a browser as people have it does not let play."""

    def __init__(self, size="desktop", dark=False, viewport=None, language="en-GB", preferences=None, log_network=False, plays=True):
        self.size = size
        self.taps = 0
        self.viewport = width, height = viewport or SIZES[size]
        self.device = None
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                         f"--autoplay-policy={'no' if plays else 'document'}-user-{'gesture' if plays else 'activation'}-required", "--mute-audio", f"--lang={language}"):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"intl.accept_languages": language, **(preferences or {})})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", **({"performance": "ALL"} if log_network else {})})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone"})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}, {"name": "prefers-reduced-motion", "value": "reduce"}]})

    def become(self, viewport, dark, language):
        """Another device with another reader, in the same browser: the page hears of it, as of a window's size or the evening's scheme."""
        if self.device == (viewport, dark, language):
            return
        self.device = viewport, dark, language
        self.viewport = width, height = viewport
        is_phone = width < 500
        for command, values in (
                ("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone}),
                ("Emulation.setTouchEmulationEnabled", {"enabled": is_phone}),
                ("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
                                                             {"name": "prefers-reduced-motion", "value": "reduce"}]}),
                ("Emulation.setUserAgentOverride", {"userAgent": self.driver.execute_script("return navigator.userAgent"), "acceptLanguage": language})):
            self.driver.execute_cdp_cmd(command, values)
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def forget(self):
        """Whoever used it before: cookies and what pages have kept."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        if self.driver.current_url.startswith("http"):
            self.driver.execute_script("localStorage.clear(); sessionStorage.clear();")

    def go(self, url):
        self.driver.get(url)
        return self

    def find(self, css):
        return self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, css), f"{css} is there")[0]

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def text(self, css="main"):
        """As it stands on the page; elements come and go meanwhile."""
        return self.until(lambda: self._visible_text(css), f"{css} says something")

    def _visible_text(self, css):
        return self.driver.execute_script("return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText).join('\\n')", css)

    def button(self, text):
        find = """
            return [...document.querySelectorAll("button, a")].find((each) => each.innerText.includes(arguments[0]) && each.offsetParent)"""
        return self.until(lambda: self.driver.execute_script(find, text), f"“{text}” is there")

    def press(self, text):
        """One that the page has made anew meanwhile is looked for again."""
        self.until(lambda: self._pressed(self.button(text)), f"“{text}” is pressed")

    def _pressed(self, button):
        try:
            self.touch(button)
        except StaleElementReferenceException:
            return False
        return True

    def touch(self, element):
        """Where it is to be seen: beside what stays in view."""
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def tap(self, find, button="left"):
        """As a finger does it on a phone and a mouse on a desktop, where it is and nowhere else. find() → the element."""
        where = """
            const element = arguments[0];
            if (!element?.isConnected) return null;
            const { left, top, width, height } = element.getBoundingClientRect();
            const [x, y] = [left + width / 2, top + height / 2];
            const hit = document.elementFromPoint(x, y);
            if (hit && (element.contains(hit) || hit.contains(element))) return [x, y];
            element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
            return null;"""
        x, y = self.until(lambda: self.driver.execute_script(where, find()), "it can be tapped")
        self.taps += 1
        if self.size == "phone":
            self.driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
            for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
                self.driver.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        else:
            for kind in ("mousePressed", "mouseReleased"):
                self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, "button": button, "clickCount": 1})

    def open(self, url):
        """From the mailed URL to the shortlist; who is in goes on without Start."""
        self.go(url)
        if self.driver.execute_script("return document.body.dataset.session") == "none":
            self.press("Start")
        self.until(lambda: self.all(".cards"), "the shortlist")
        return self

    def until(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while True:
            found = condition()
            if found:
                return found
            assert time.monotonic() < end, f"{what}: not within {seconds} s. The page says:\n{self.all('body')[0].text[:1500]}"
            time.sleep(0.05)

    def until_text(self, words, css="main"):
        self.until(lambda: words in self._visible_text(css), f"“{words}” in {css}")

    def asks(self):
        """The dialog that waits for an answer, or None."""
        try:
            return self.driver.switch_to.alert
        except NoAlertPresentException:
            return None

    def online(self, is_online):
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions",
                                    {"offline": not is_online, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})

    def screenshot(self, name):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        height = self.driver.execute_script("return document.documentElement.scrollHeight")
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "optimizeForSpeed": True, "clip": {
            "x": 0, "y": 0, "width": self.viewport[0], "height": min(height, 4000), "scale": 1}})
        (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))

    def complaints(self):
        """What the console has of errors; breaches of the content security policy are among them."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def close(self):
        with contextlib.suppress(Exception):
            self.driver.quit()
