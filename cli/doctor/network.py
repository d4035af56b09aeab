"""What `doctor` looks at on the network: is the port ours to take, is Discord within reach, is the clock right."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx

from cli.doctor.diagnostics import Finding, failure, passed, warning
from settings import DiscordSettings, HttpSettings

TIMEOUT = 10.0  # seconds
SKEW, MUCH_SKEW = 5.0, 60.0  # seconds between this clock and Discord's


def port(http: HttpSettings, secret: str) -> Iterator[Finding]:
    where = f"{http.host}:{http.port}"
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((http.host, http.port))
        except OSError as error:
            problem = error
        else:
            yield passed(f"Port: {where} is free. The service does not run here.")
            return
    if problem.errno == errno.EADDRINUSE:
        yield from _who_is_there(http, secret, where)
    elif problem.errno == errno.EACCES:
        yield failure(f"This user may not listen on {where}.", "Set PORT to one above 1023.")
    else:
        yield failure(f"{where} cannot be listened on: {problem.strerror}.", "Set HOST to an address of this machine.")


def _who_is_there(http: HttpSettings, secret: str, where: str) -> Iterator[Finding]:
    headers = {"mj-api-secret": secret} if secret else {}
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(http.host, http.host)  # noqa: S104 - asked, not bound
    base = f"http://{f'[{host}]' if ':' in host else host}:{http.port}"
    try:
        with httpx.Client(trust_env=False, timeout=TIMEOUT) as client:
            # Whoever is there gets the secret only after it has shown that it is the service.
            live = client.get(f"{base}/health/live").json()
            health = client.get(f"{base}/health", headers=headers).json() if live.get("status") else {}
    except (httpx.HTTPError, ValueError, AttributeError):
        health = {}
    if "status" not in health:
        yield failure(f"Another program holds {where}.", "Stop it, or set PORT.")
        return
    yield passed(f"The service runs on {where}.")
    for reason in health.get("reasons") or ():
        what, _, mend = str(reason).partition("; ")
        yield failure(what, mend or "docs/troubleshooting.md")


def discord(given: DiscordSettings) -> Iterator[Finding]:
    """One question that needs no account. The proxy's password is never shown."""
    way = "through PROXY_URL" if given.proxy_url else "directly"
    host = httpx.URL(given.api_base).host
    try:
        with httpx.Client(trust_env=False, timeout=TIMEOUT, proxy=given.proxy_url or None) as client:
            begun = time.monotonic()
            answer = client.get(f"{given.api_base}/gateway")
            took = time.monotonic() - begun
    except httpx.HTTPError as error:
        yield failure(f"{host} cannot be reached {way}: {_words(error)}.", _mend(error, bool(given.proxy_url)))
        return
    if answer.status_code == 407:
        yield failure("The proxy wants a password.", "Write it into PROXY_URL: http://name:password@host:port")
        return
    if answer.status_code != 200:
        yield warning(
            f"{host} answers HTTP {answer.status_code} {way}.",
            "Discord may have locked out this address, or something else answers in its place; try another PROXY_URL.",
        )
        return
    yield passed(f"Discord: {host} answers {way} within {took * 1000:.0f} ms.")
    yield from _clock(answer.headers.get("Date", ""), took)


def _clock(date: str, took: float) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(date).timestamp()
    except ValueError:
        yield warning("Discord's answer does not tell the time.", "Look whether this machine's clock is right.")
        return
    skew = time.time() - took / 2 - theirs
    mend = "Let this machine set its clock by the network (NTP): timedatectl set-ntp true"
    if abs(skew) > MUCH_SKEW:
        yield failure(f"This machine's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}.", mend)
    elif abs(skew) > SKEW:
        yield warning(f"This machine's clock is {abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}.", mend)
    else:
        yield passed("Clock: as Discord's.")


def _words(error: httpx.HTTPError) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "the name is not known; this machine has no DNS, or no network"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {TIMEOUT:.0f} s"
    if isinstance(error, httpx.ProxyError):
        return "the proxy refuses"
    return "the certificate is not trusted" if "CERTIFICATE" in str(error).upper() else "no connection"


def _mend(error: httpx.HTTPError, has_proxy: bool) -> str:
    if "CERTIFICATE" in str(error).upper():
        return "Something between here and Discord shows a certificate of its own; go round it, or through PROXY_URL."
    if has_proxy:
        return "Look whether PROXY_URL is right and the proxy runs."
    return "Look whether this machine has a network. Where Discord is blocked, set PROXY_URL."
