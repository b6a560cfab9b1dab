"""A browser as a client: browser.py chromium|firefox|webkit URL CELL...

Serves a page with the client of `matrix_client.cjs` over the browser's own WebSocket, opens it without
a window, and prints what the page says.
"""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

SHARED = Path(__file__).resolve().parent
MODULES = ("matrix_connection.cjs", "matrix_client.cjs")
PAGE = """<!doctype html>
<meta charset="utf-8">
<title>A client</title>
<script>
const modules = {};
const require = (name) => modules[name];
%(modules)s
const { OverWebSocket } = require('./matrix_connection.cjs');
const { tryCells } = require('./matrix_client.cjs');
const print = (body) => fetch('/line', { method: 'POST', body });
const open = (url, offered) => new OverWebSocket(new WebSocket(url, offered)).opened();
tryCells(open, ...%(arguments)s, print).then(() => print(''));
</script>
"""
MODULE = "((module) => { %s\nmodules['./%s'] = module.exports; })({});"


def page(url: str, cells: list[str]) -> str:
    modules = [MODULE % ((SHARED / name).read_text(), name) for name in MODULES]
    return PAGE % {"modules": "\n".join(modules), "arguments": json.dumps([url, cells])}


class Server(ThreadingHTTPServer):
    """Serves the page, and takes the lines that it sends."""

    def __init__(self, text: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.text = text
        self.lines: Queue[str] = Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """One request of the browser."""

    server: Server

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/" else 404, self.server.text.encode())

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.lines.put(self.rfile.read(length).decode())
        self._answer(204, b"")

    def log_message(self, *arguments: object) -> None:
        pass

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def trust(database: Path) -> None:
    """Lets the browser trust the authority, as a user would."""
    authority = os.environ.get("INTEROP_CA")
    if authority:
        database.mkdir(parents=True, exist_ok=True)
        where = ["-d", f"sql:{database}"]
        subprocess.run(["certutil", *where, "-N", "--empty-password"], check=True)
        subprocess.run(
            ["certutil", *where, "-A", "-n", "authority", "-t", "C,,", "-i", authority], check=True
        )


def chromium(home: Path) -> list[str]:
    trust(home / ".pki" / "nssdb")
    switches = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    # /dev/shm is small in containers, and a message of 16 MiB is not.
    return [
        "chromium",
        *switches,
        *quiet,
        "--disable-dev-shm-usage",
        f"--user-data-dir={home}/data",
    ]


def firefox(home: Path) -> list[str]:
    profile = home / "profile"
    profile.mkdir()
    trust(profile)
    return ["firefox-esr", "--headless", "--no-remote", "--profile", str(profile)]


def webkit(home: Path) -> list[str]:
    # It takes no authority besides the system's.
    return ["cog", "--platform=headless", "--ignore-tls-errors"]


def main() -> None:
    name, url, *cells = sys.argv[1:]
    home = Path.cwd() / "home"
    home.mkdir(exist_ok=True)
    server = Server(page(url, cells))
    command = {"chromium": chromium, "firefox": firefox, "webkit": webkit}[name](home)
    address = f"http://127.0.0.1:{server.server_port}/"
    subprocess.Popen(
        [*command, address], env={**os.environ, "HOME": str(home)}, stdout=subprocess.DEVNULL
    )
    while line := server.lines.get():
        print(line, flush=True)


main()
