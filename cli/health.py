"""`health`: check whether the running service answers, for the health check of a container.

Contract: one request to `/health/live` or `/health/ready`, without a proxy, and the standard library alone, because a
container starts it every half minute. It prints nothing when the service is healthy.
"""

from __future__ import annotations

import argparse
import sys
import urllib.error
import urllib.request

from settings import load_caller

TIMEOUT = 4.0  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ready", action="store_true", help="also check that an account can draw")
    parser.add_argument("--url", default="", help="the address of the service; default: from the settings")


def run(given: argparse.Namespace) -> int:
    """The exit code: 0 healthy, 1 not."""
    url = f"{(given.url or load_caller().address).rstrip('/')}/health/{'ready' if given.ready else 'live'}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT):
            return 0
    except (OSError, ValueError) as error:  # a status other than 2xx is an OSError, too
        sys.stderr.write(f"{url}: {error}\n")
        return 1
