"""Checks of `doctor` for the network: is the port free, is Discord reachable, is the clock right?

Contract: no token leaves the machine; the API secret is sent only to a program that answers as the service does.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx

from cli.doctor.diagnostics import CheckResult, failure, passed, warning
from settings import DiscordSettings, HttpSettings

TIMEOUT = 10.0  # seconds
SKEW, MUCH_SKEW = 5.0, 60.0  # seconds between this clock and Discord's


def port(http: HttpSettings, secret: str) -> Iterator[CheckResult]:
    where = f"{http.host}:{http.port}"
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((http.host, http.port))
        except OSError as error:
            problem = error
        else:
            yield passed(f"Port: {where} is free; the service does not run here.")
            return
    if problem.errno == errno.EADDRINUSE:
        yield from _identify_listener(http, secret, where)
    elif problem.errno == errno.EACCES:
        yield failure(f"This user may not listen on {where}.", "Set PORT to a number above 1023.")
    else:
        yield failure(f"{where} cannot be opened: {problem.strerror}.", "Set HOST to an address of this machine.")


def _identify_listener(http: HttpSettings, secret: str, where: str) -> Iterator[CheckResult]:
    headers = {"mj-api-secret": secret} if secret else {}
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(http.host, http.host)  # noqa: S104 - requested, not bound
    base = f"http://{f'[{host}]' if ':' in host else host}:{http.port}"
    try:
        with httpx.Client(trust_env=False, timeout=TIMEOUT) as client:
            # The secret is sent only after the listener has identified itself as the service.
            live = client.get(f"{base}/health/live").json()
            health = client.get(f"{base}/health", headers=headers).json() if live.get("status") else {}
    except (httpx.HTTPError, ValueError, AttributeError):
        health = {}
    if "status" not in health:
        yield failure(f"Another program holds {where}.", "Stop it, or set PORT.")
        return
    yield passed(f"The service runs on {where}.")
    for reason in health.get("reasons") or ():
        what, _, fix = str(reason).partition("; ")
        yield failure(what, fix or "docs/troubleshooting.md")


def discord(given: DiscordSettings) -> Iterator[CheckResult]:
    """One request that needs no account. The password of the proxy is never shown."""
    route = "through PROXY_URL" if given.proxy_url else "directly"
    host = httpx.URL(given.api_base).host
    try:
        with httpx.Client(trust_env=False, timeout=TIMEOUT, proxy=given.proxy_url or None) as client:
            started = time.monotonic()
            answer = client.get(f"{given.api_base}/gateway")
            elapsed = time.monotonic() - started
    except httpx.HTTPError as error:
        yield failure(f"{host} cannot be reached {route}: {_reason(error)}.", _fix(error, bool(given.proxy_url)))
        return
    if answer.status_code == 407:
        yield failure("The proxy requires a password.", "Write it into PROXY_URL: http://name:password@host:port")
        return
    if answer.status_code != 200:
        yield warning(
            f"{host} answers HTTP {answer.status_code} {route}.",
            "Discord may have blocked this address, or another server answers in its place. Try another PROXY_URL.",
        )
        return
    yield passed(f"Discord: {host} answers {route} within {elapsed * 1000:.0f} ms.")
    yield from _clock(answer.headers.get("Date", ""), elapsed)


def _clock(date: str, elapsed: float) -> Iterator[CheckResult]:
    try:
        server_time = parsedate_to_datetime(date).timestamp()
    except ValueError:
        yield warning("Discord's response has no date.", "Check the clock of this machine.")
        return
    skew = time.time() - elapsed / 2 - server_time
    fix = "Synchronise the clock over the network (NTP): timedatectl set-ntp true"
    if abs(skew) > MUCH_SKEW:
        yield failure(f"This machine's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}.", fix)
    elif abs(skew) > SKEW:
        yield warning(f"This machine's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}.", fix)
    else:
        yield passed("Clock: agrees with Discord.")


def _reason(error: httpx.HTTPError) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "the name does not resolve: no DNS or no network"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {TIMEOUT:.0f} s"
    if isinstance(error, httpx.ProxyError):
        return "the proxy refused the connection"
    return "the certificate is not trusted" if "CERTIFICATE" in str(error).upper() else "no connection"


def _fix(error: httpx.HTTPError, has_proxy: bool) -> str:
    if "CERTIFICATE" in str(error).upper():
        return "A device between this machine and Discord replaces the certificate. Avoid it, or set PROXY_URL."
    if has_proxy:
        return "Check PROXY_URL, and that the proxy runs."
    return "Check the network of this machine. Where Discord is blocked, set PROXY_URL."
