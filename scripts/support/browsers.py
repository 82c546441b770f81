"""Chromium and Firefox, as scripts drive them."""

import json
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import urllib.request
from pathlib import Path

from support.programs import Running


class Driver(Running):
    """A program that drives a browser, once it has named its port."""

    def __init__(self, *command, ready):
        super().__init__(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            if found := re.search(ready, line):
                self.port = int(found[1])
                # The rest of its output is read, or the pipe would fill.
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return
        raise SystemExit(f"{command[0]} did not start")


class Chromium:
    """Chromium behind its driver: WebDriver over HTTP."""

    def __init__(self):
        self.driver = Driver("chromedriver", "--port=0", ready=r"started successfully on port (\d+)")
        self.root = f"http://127.0.0.1:{self.driver.port}/session"
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"]}
        wish = {"browserName": "chrome", "goog:chromeOptions": options, "timeouts": {"script": 60000}}
        self.root += "/" + self.call("", {"capabilities": {"alwaysMatch": wish}})["sessionId"]

    def call(self, path, parameters):
        """An order to the browser (W3C WebDriver)."""
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
        self.driver.end()


class Firefox:
    """Firefox behind Marionette: WebDriver's commands over TCP, each with its length in front."""

    def __init__(self):
        self.profile = tempfile.mkdtemp()
        preferences = 'user_pref("marionette.port", 0);\nuser_pref("fission.bfcacheInParent", false);\n'
        Path(self.profile, "user.js").write_text(preferences)
        command = ["firefox-esr", "--headless", "--no-remote", "--marionette", "--remote-allow-system-access"]
        ready = r"Marionette\tINFO\tListening on port (\d+)"
        self.program = Driver(*command, "--profile", self.profile, ready=ready)
        self.stream = socket.create_connection(("127.0.0.1", self.program.port)).makefile("rwb")
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
        self.program.end(signal.SIGKILL)
        shutil.rmtree(self.profile, ignore_errors=True)
