"""Starts what serves until it is stopped, and stops it by Ctrl+C as soon as it says that it is there.

    python -m tests.docs.serving run.py --simulator

Contract: a program of its own, which stands where a page says `python`. The exit code is the server's.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile

IS_THERE = ("serving on", "The service", "MCP at", "Nothing here is real.")


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def main(arguments: list[str]) -> int:
    if "--port" in arguments:
        arguments[arguments.index("--port") + 1] = free_port()
    elif "simulator" in arguments:
        arguments += ["--port", "0"]
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "PORT": free_port(), "SIMULATOR_PORT": free_port()}
        if "mcp" not in arguments:
            environ |= {"DATA_DIR": folder, "DATABASE_PATH": f"{folder}/tasks.db", "ACCOUNTS_FILE": ""}
        with subprocess.Popen(
            [sys.executable, *arguments], env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as server:
            assert server.stdout is not None
            for line in server.stdout:
                sys.stdout.write(line)
                if any(words in line for words in IS_THERE):
                    server.send_signal(signal.SIGINT)
                    server.communicate(timeout=15)
                    return server.returncode
        return server.returncode or 1  # it ended without having been there


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
