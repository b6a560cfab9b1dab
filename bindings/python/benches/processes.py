"""Processes and the cores that they run on.

What is measured runs on the last core, and so does its other side if there is nothing to be gained
from two cores: to wake another core can take longer than all that is measured, above all on a
virtual machine. The other side is scheduled as a batch then. So it waits until what is measured has
nothing to do, and does not interrupt it whenever a message has been written."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent
MEASURED = ["taskset", "-c", str(max(os.sched_getaffinity(0)))]
SAME_CORE = [*MEASURED, "chrt", "--batch", "0"]
OTHER_CORE = ["taskset", "-c", str(min(os.sched_getaffinity(0)))]


class Failure(Exception):
    """Something that was measured did not work."""


class Stalled(Exception):
    """A client waits for a message that does not come."""


class Process:
    """A process that is ended with the block."""

    def __init__(self, *command: str | Path, **environment: str) -> None:
        self.name = " ".join(str(word) for word in command)
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, env={**os.environ, **environment}
        )
        # They are there, as both are pipes.
        assert self.process.stdin and self.process.stdout
        self.input, self.output = self.process.stdin, self.process.stdout

    def say(self, line: str) -> None:
        print(line, file=self.input, flush=True)

    def hear(self) -> str:
        line = self.output.readline()
        if not line:
            raise Failure(f"{self.name}: ended with {self.process.wait()}")
        return line

    def processor_time(self) -> int:
        """Nanoseconds for which all threads have run, by the kernel's scheduler."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)

    def memory(self) -> int:
        """Bytes of memory that no file lies under."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        (anonymous,) = (line for line in lines if line.startswith("RssAnon"))
        return int(anonymous.split()[1]) << 10

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.input.close()
        self.end()
        self.process.wait()
        self.output.close()

    def end(self) -> None:
        self.process.terminate()


class Worker(Process):
    """A program of this directory that is measured. It answers commands with results."""

    def __init__(self, program: str, *arguments: str) -> None:
        super().__init__(*MEASURED, sys.executable, HERE / program, *arguments)

    def ask(self, **command: Any) -> Any:
        """Raises `Stalled` if the worker gave up waiting."""
        self.say(json.dumps(command))
        answer = json.loads(self.hear())
        if answer == "stalled":
            raise Stalled
        return answer


class PythonServer(Process):
    """A program of this directory that is measured, which listens at a free port."""

    def __init__(self, program: str, *arguments: str) -> None:
        self.port = free_port()
        super().__init__(*MEASURED, sys.executable, HERE / program, *arguments, str(self.port))


class EchoServer(Process):
    """The echo server in Rust, with one thread for all connections and without pings."""

    def __init__(self, directory: Path, core: list[str], *options: str | Path) -> None:
        command: list[str | Path] = [*core, directory / "echo", "--io", "tokio"]
        command += ["--listen", "127.0.0.1:0"]
        super().__init__(*command, "--no-keepalive", *options, TOKIO_WORKER_THREADS="1")
        self.url = self.hear().split()[-1]


class Load(Process):
    """Clients without a library, which are fast and check every byte."""

    def __init__(self, directory: Path, port: int, connections: int) -> None:
        super().__init__(*SAME_CORE, directory / "load", f"127.0.0.1:{port}", str(connections))

    def wait_until_connected(self) -> None:
        self.hear()

    def turns(self, traffic: str, count: int) -> tuple[int, int]:
        """Takes turns. Returns how many messages came back and how many nanoseconds it took."""
        self.say(f"{traffic} {count}")
        messages, nanoseconds = self.hear().split()
        return int(messages), int(nanoseconds)

    def end(self) -> None:
        """It closes all connections when its input ends."""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
