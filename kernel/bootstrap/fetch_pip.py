"""Installs pip into the Python that runs this, with the standard library alone.

For a Python with neither ensurepip nor pip. Uses the index, proxy and certificates that pip would use: its
environment variables first, then its configuration files. The wheel must have one of the pinned hashes.

    python fetch_pip.py REQUIREMENTS FOLDER

Exits with 3 when no index is configured: which index to trust is the person's or the site's choice, not ours.
"""

import configparser
import hashlib
import html.parser
import os
import pathlib
import re
import ssl
import subprocess
import sys
import urllib.parse
import urllib.request

requirements, folder = (pathlib.Path(argument) for argument in sys.argv[1:3])
text = requirements.read_text(encoding="utf-8")
version = re.search(r"^pip==(\S+)", text, re.MULTILINE).group(1)
hashes = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", text))


def configured(name):
    """The value of one of pip's settings, or None."""
    value = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if value:
        return value
    home = pathlib.Path.home()
    base = os.environ.get("XDG_CONFIG_HOME") or home / ".config"
    files = [
        *(pathlib.Path(part, "pip", "pip.conf") for part in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")),
        "/etc/pip.conf",
        home / ".pip" / "pip.conf",
        pathlib.Path(base, "pip", "pip.conf"),
        os.environ.get("PIP_CONFIG_FILE") or "",
    ]
    parser = configparser.RawConfigParser()
    parser.read([str(file) for file in files if str(file)], encoding="utf-8")
    for section in ("install", "global"):
        if parser.has_option(section, name):
            return parser.get(section, name)
    return None


class Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.links = []

    def handle_starttag(self, tag, attributes):
        if tag == "a":
            self.links.append(dict(attributes).get("href") or "")


NO_INDEX = 3
base = configured("index-url")
if base is None:
    sys.exit(NO_INDEX)
index = base.rstrip("/") + "/pip/"
proxy = configured("proxy")
handlers = [urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=configured("cert")))]
if proxy:
    handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
opener = urllib.request.build_opener(*handlers)


def fetch(address):
    with opener.open(address, timeout=60) as response:
        return response.read()


try:
    page = Links()
    page.feed(fetch(index).decode("utf-8"))
    name = f"pip-{version}-py3-none-any.whl"
    links = [urllib.parse.urljoin(index, link) for link in page.links]
    link = next((link for link in links if urllib.parse.urlsplit(link).path.endswith("/" + name)), None)
    if link is None:
        sys.exit(f"Cannot fetch pip {version}: the index does not have it.")
    wheel = fetch(link.split("#")[0])
except OSError as error:
    sys.exit(f"Cannot fetch pip {version}: {error}")
if hashlib.sha256(wheel).hexdigest() not in hashes:
    sys.exit(f"Cannot use the fetched pip {version}: it does not have the pinned hash.")
file = folder / name
file.write_bytes(wheel)
try:
    command = [sys.executable, f"{file}/pip", "install", "--no-index", "--no-deps", "--no-warn-script-location", str(file)]
    sys.exit(subprocess.run(command, check=False).returncode)
finally:
    file.unlink()
