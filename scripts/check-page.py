"""Runs axe over the page in its states, in Chromium and in Firefox: see check-page."""

import itertools
import socket
import sys
from contextlib import closing
from pathlib import Path

import axe_playwright_python

from support.browsers import Chromium, Firefox
from support.programs import Program

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()


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
                with Program("--port", 0, *flags, letterbox=path, ready="The gateway") as gateway:
                    browser.look(width, scheme)
                    for state in states(browser, f"http://{gateway.address}"):
                        count += 1
                        keep(browser, Path(folder, f"{kind_of_browser.__name__}-{count}.html"))
                        where = f"{kind_of_browser.__name__}, {kind}, {width} pixels, {scheme}, {state}"
                        found += messages(browser, where)
        print(f"{kind_of_browser.__name__}: axe looked at {count} states.")
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
