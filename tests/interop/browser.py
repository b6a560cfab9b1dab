"""Chromium as the client of our echo server: browser.py URL [deflate]

Serves page.html on loopback; the page reports each check by a request, and its end by another.
"""

import http.server
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading

TIMEOUT = 50
PAGE = pathlib.Path(__file__).with_name("page.html").read_bytes()
finished = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(PAGE if self.path.startswith("/?") else b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path == "/end":
            finished.set()
        else:
            print(" ".join(body.split()), flush=True)
        self.answer(b"")

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # Chromium's helpers may still write there for a moment after they were ended.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = start(profile, f"http://127.0.0.1:{server.server_address[1]}/?{'#'.join(sys.argv[1:])}")
        # run's `timeout` ends with SIGTERM: then, too, the browser goes first.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            done = finished.wait(TIMEOUT)
        finally:
            stop(browser)
    if not done:
        sys.exit(f"the page did not finish within {TIMEOUT} seconds")


def start(profile, url):
    flags = [
        "--headless",
        "--no-sandbox",
        "--ignore-certificate-errors",  # with --tls the certificate is of run's making
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={profile}",
    ]
    return subprocess.Popen(
        ["chromium", *flags, url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # a process group of its own, so that all of it can be ended
    )


def stop(browser):
    """Asks first, so that the browser ends its helpers itself, then insists."""
    browser.terminate()
    try:
        browser.wait(5)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(browser.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    browser.wait()


main()
