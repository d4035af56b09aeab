"""`health`: does the running service answer? For a container's health check, which has no other program to ask with.

Contract: one request to `/health/live`, or `/health/ready`, without a proxy; the standard library alone, as it is
started every half minute. Nothing is printed when all is well.
"""

from __future__ import annotations

import argparse
import sys
import urllib.error
import urllib.request

from settings import load_caller

TIMEOUT = 4.0  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ready", action="store_true", help="can an account draw, too?")
    parser.add_argument("--url", default="", help="where the service is; as the settings say when missing")


def run(given: argparse.Namespace) -> int:
    """0 yes, 1 no."""
    url = f"{(given.url or load_caller().address).rstrip('/')}/health/{'ready' if given.ready else 'live'}"
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with ask.open(url, timeout=TIMEOUT):
            return 0
    except (OSError, ValueError) as error:  # an answer that is no 2xx is an OSError, too
        sys.stderr.write(f"{url}: {error}\n")
        return 1
