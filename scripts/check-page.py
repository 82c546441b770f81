"""Runs axe over the page in its states: see check-page."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import axe_playwright_python
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()


class Gateway:
    """A gateway that runs meanwhile."""

    def __init__(self, path, *flags):
        command = [path, "--port", "0", *flags]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if found := re.search(r"ready: (http://\S+)", line):
                self.url = found[1]
                return
        raise SystemExit("the gateway did not start")

    def __enter__(self):
        return self.url

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def browser(width, scheme):
    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--window-size={width},1000"):
        options.add_argument(word)
    driver = webdriver.Chrome(options, Service("/usr/bin/chromedriver"))
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    return driver


def wait(driver, expression):
    WebDriverWait(driver, 30).until(lambda each: each.execute_script(f"return {expression}"))


def messages(driver, state):
    """What axe says of the page as it is now, a line for each element."""
    driver.execute_script(AXE)
    result = driver.execute_async_script("axe.run(document).then(arguments[0])")
    for violation in result["violations"]:
        for node in violation["nodes"]:
            yield f"{state}: {violation['id']}: {violation['help']}: {node['target']}"


def states(driver, url):
    """Brings the page into its states, one after the other."""
    driver.get(url)
    wait(driver, "document.querySelector('#steps li')")
    yield "first view"
    driver.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
    driver.find_element(By.ID, "text").send_keys("hello")
    driver.find_element(By.CSS_SELECTOR, ".post").click()
    wait(driver, "document.querySelector('#visit li')")
    yield "reply"
    wait(driver, "!document.querySelector('#send-many').disabled")
    driver.find_element(By.CSS_SELECTOR, "[value='10']").click()
    driver.find_element(By.ID, "send-many").click()
    wait(driver, "document.querySelector('#histogram').textContent.includes(' ms') || document.querySelector('#many-failures').textContent !== '–'")
    yield "many letters"


def main(path):
    found = []
    kinds = {
        "embedded": ["--server-port", "0"],
        "lab": ["--server-port", "0", "--lab"],
        "refused": ["--upstream", "127.0.0.1:9"],
    }
    for (kind, flags), width, scheme in itertools.product(kinds.items(), (1280, 320), ("light", "dark")):
        with Gateway(path, *flags) as url:
            driver = browser(width, scheme)
            for state in states(driver, url):
                found += messages(driver, f"{kind}, {width} pixels, {scheme}, {state}")
            driver.quit()
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
