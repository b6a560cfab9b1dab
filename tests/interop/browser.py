"""A browser as the client of our server: browser.py chromium|firefox URL [FRAGMENT] [AUTHORITY]

To test the echo at a ws:// or wss:// URL, the browser gets page.html from here, on loopback. The server
of an https:// URL has a page itself. The page gets FRAGMENT, and reports each check by a request, and
its end by another. AUTHORITY is a certificate that the browser is to trust, and that of nobody else.
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
CHROMIUM = [
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FIREFOX = ["firefox-esr", "--headless", "--no-remote"]
# Nothing of the kind that Firefox does at its first start.
FIREFOX_PREFERENCES = """\
user_pref("app.normandy.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "http://127.0.0.1:9");
user_pref("toolkit.telemetry.server", "");
"""
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
    name, url, fragment, authority = (sys.argv[1:] + [""] * 2)[:4]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_address[1]}/"
    page = f"{url}/?reports={here}" if url.startswith("https:") else f"{here}?{url}"
    # A browser's helpers may still write there for a moment after they were ended.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        prepare = {"chromium": chromium, "firefox": firefox}[name]
        browser = start([*prepare(profile, authority), f"{page}#{fragment}"], profile)
        # run's `timeout` ends with SIGTERM: then, too, the browser goes first.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            done = finished.wait(TIMEOUT)
        finally:
            stop(browser)
    if not done:
        sys.exit(f"the page did not finish within {TIMEOUT} seconds")


def chromium(profile, authority):
    # Without an authority, a certificate here is of run's making and its own.
    trust = [] if authority else ["--ignore-certificate-errors"]
    if authority:
        trust_authority(pathlib.Path(profile, ".pki/nssdb"), authority)
    return [*CHROMIUM, *trust, f"--user-data-dir={profile}"]


def firefox(profile, authority):
    pathlib.Path(profile, "user.js").write_text(FIREFOX_PREFERENCES)
    trust_authority(pathlib.Path(profile), authority)
    return [*FIREFOX, "--profile", profile]


def trust_authority(directory, authority):
    directory.mkdir(parents=True, exist_ok=True)
    database = ["certutil", "-d", f"sql:{directory}"]
    subprocess.run([*database, "-N", "--empty-password"], check=True)
    subprocess.run([*database, "-A", "-n", "interop", "-t", "C,,", "-i", authority], check=True)


def start(command, home):
    return subprocess.Popen(
        command,
        env={**os.environ, "HOME": home},  # where Chromium looks for authorities
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
