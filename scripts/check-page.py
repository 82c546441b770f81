"""Runs axe over the page in its states, in Chromium and in Firefox: see check-page."""

import itertools
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import closing
from pathlib import Path

import axe_playwright_python

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()


class Program:
    """A program that runs meanwhile, once it has said that it is ready."""

    def __init__(self, command, ready):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            if found := re.search(ready, line):
                self.fact = found[1]
                return
        raise SystemExit(f"{command[0]} did not start")

    def close(self):
        self.process.kill()
        self.process.wait()


class Chromium:
    """Chromium behind its driver: WebDriver over HTTP."""

    def __init__(self):
        self.driver = Program(["chromedriver", "--port=0"], r"started successfully on port (\d+)")
        self.root = f"http://127.0.0.1:{self.driver.fact}/session"
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"]}
        wish = {"browserName": "chrome", "goog:chromeOptions": options, "timeouts": {"script": 60000}}
        self.root += "/" + self.call("", {"capabilities": {"alwaysMatch": wish}})["sessionId"]

    def call(self, path, parameters):
        request = urllib.request.Request(self.root + path, json.dumps(parameters).encode())
        with urllib.request.urlopen(request) as response:
            return json.load(response)["value"]

    def order(self, name, **parameters):
        self.call("/goog/cdp/execute", {"cmd": name, "params": parameters})

    def look(self, width, scheme):
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        self.order("Emulation.setDeviceMetricsOverride", **size)
        self.order("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url):
        self.call("/url", {"url": url})

    def run(self, script):
        return self.call("/execute/async", {"script": script, "args": []})

    def close(self):
        urllib.request.urlopen(urllib.request.Request(self.root, method="DELETE"))
        self.driver.close()


class Firefox:
    """Firefox behind Marionette: WebDriver's commands over TCP, each with its length in front."""

    def __init__(self):
        self.profile = tempfile.mkdtemp()
        preferences = 'user_pref("marionette.port", 0);\nuser_pref("fission.bfcacheInParent", false);\n'
        Path(self.profile, "user.js").write_text(preferences)
        command = ["firefox-esr", "--headless", "--no-remote", "--marionette", "--remote-allow-system-access"]
        ready = r"Marionette\tINFO\tListening on port (\d+)"
        self.program = Program([*command, "--profile", self.profile], ready)
        self.stream = socket.create_connection(("127.0.0.1", int(self.program.fact))).makefile("rwb")
        self.receive()
        self.call("WebDriver:NewSession", timeouts={"script": 60000})

    def receive(self):
        length = b""
        while (digit := self.stream.read(1)) != b":":
            length += digit
        return json.loads(self.stream.read(int(length)))

    def call(self, name, **parameters):
        message = json.dumps([0, 1, name, parameters]).encode()
        self.stream.write(b"%d:%s" % (len(message), message))
        self.stream.flush()
        _, _, error, result = self.receive()
        if error:
            raise SystemExit(f"{name}: {error['message']}")
        return result

    def look(self, width, scheme):
        self.call("Marionette:SetContext", value="chrome")
        script = f"""
            const tab = gBrowser.selectedBrowser;
            tab.browsingContext.prefersColorSchemeOverride = "{scheme}";
            tab.style.minWidth = tab.style.maxWidth = "{width}px";"""
        self.call("WebDriver:ExecuteScript", script=script, args=[])
        self.call("Marionette:SetContext", value="content")

    def open(self, url):
        self.call("WebDriver:Navigate", url=url)

    def run(self, script):
        return self.call("WebDriver:ExecuteAsyncScript", script=script, args=[])["value"]

    def close(self):
        self.program.close()
        shutil.rmtree(self.profile, ignore_errors=True)


def wait(browser, expression):
    browser.run(f"(function look() {{ if ({expression}) arguments[0](); else setTimeout(look, 10, arguments[0]) }})(arguments[0])")


def messages(browser, state):
    """What axe says of the page as it is now, a line for each element."""
    result = browser.run(AXE + "\naxe.run(document).then(arguments[0])")
    if len(result["passes"]) < 20:
        raise SystemExit(f"{state}: axe found hardly anything to look at")
    for violation in result["violations"]:
        for node in violation["nodes"]:
            yield f"{state}: {violation['id']}: {violation['help']}: {node['target']}"


def keep(browser, path):
    """Keeps the page as it is now."""
    path.write_text("<!doctype html>\n" + browser.run("arguments[0](document.documentElement.outerHTML)"))


def states(browser, url):
    """Brings the page into its states, one after the other."""
    do = lambda script: browser.run(f"{script}; arguments[0]()")
    browser.open(url)
    wait(browser, "document.querySelector('#steps li')")
    yield "first view"
    do("for (const each of document.querySelectorAll('details')) each.open = true")
    do("document.querySelector('#text').value = 'hello'; document.querySelector('.post').click()")
    wait(browser, "document.querySelector('#visit li')")
    yield "reply"
    wait(browser, "!document.querySelector('#send-many').disabled")
    do("document.querySelector('[value=\"10\"]').click(); document.querySelector('#send-many').click()")
    wait(browser, "document.querySelector('#histogram').textContent.includes(' ms') || document.querySelector('#many-failures').textContent !== '–'")
    yield "many letters"
    do("document.querySelector('#as-hex').click()")
    do("document.querySelector('#text').value = 'ff 00'; document.querySelector('.post').click()")
    wait(browser, "document.querySelectorAll('#visit li').length === 2")
    yield "hexadecimal"


def main(path, folder):
    found = []
    silence = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silence.bind(("127.0.0.1", 0))
    kinds = {
        "embedded": ["--server-port", "0"],
        "lab": ["--server-port", "0", "--lab"],
        "refused": ["--upstream", "127.0.0.1:9", "--service", "/elsewhere 127.0.0.1:9"],
        "silent": ["--upstream", f"127.0.0.1:{silence.getsockname()[1]}", "--timeout", "50ms"],
    }
    for kind_of_browser in (Chromium, Firefox):
        count = 0
        with closing(kind_of_browser()) as browser:
            for (kind, flags), width, scheme in itertools.product(kinds.items(), (1280, 320), ("light", "dark")):
                with closing(Program([path, "--port", "0", *flags], r"ready: (http://\S+)")) as gateway:
                    browser.look(width, scheme)
                    for state in states(browser, gateway.fact):
                        count += 1
                        keep(browser, Path(folder, f"{kind_of_browser.__name__}-{count}.html"))
                        where = f"{kind_of_browser.__name__}, {kind}, {width} pixels, {scheme}, {state}"
                        found += messages(browser, where)
        print(f"{kind_of_browser.__name__}: axe looked at {count} states.")
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
