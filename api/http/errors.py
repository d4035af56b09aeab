"""Errors as callers see them: one shape, one table of HTTP statuses.

Contract: a caller learns what is wrong and what to do, never how we are built. What we did not foresee is told as
"internal error"; its traceback goes to the log alone.
"""

from __future__ import annotations

import errno
import os
import socket
from math import ceil
from typing import Self

from aiohttp import web

from api.http.responses import json_value
from tasks.domain.errors import (
    ArchiveFailed,
    BadRequest,
    CuttingBusy,
    KeyReused,
    NoAccount,
    QueueFull,
    RecordRefused,
    SendError,
    ServiceError,
    StoreFailed,
    Unauthorized,
)

RETRY_SECONDS = 30  # Retry-After when the queue or the database is full
BODY_RETRY_SECONDS = 2  # a body is read and used within a second or two, on most connections
CODE_HEADER = "Error-Code"  # the stable code; a header, because the contract's body has two keys


class Malformed(BadRequest):
    """The request cannot be read."""

    code = "malformed"


class Forbidden(ServiceError):
    """The request comes from somewhere that may not ask."""

    code = "forbidden"


class UnknownRoute(ServiceError):
    """There is nothing at this address."""

    code = "unknown_route"


class NoSuchPicture(UnknownRoute):
    """There is no picture of this name."""

    code = "no_such_picture"


class WrongMethod(ServiceError):
    """This address does not take this method."""

    code = "wrong_method"


class TooSlow(ServiceError):
    """The body of the request did not arrive in time."""

    code = "too_slow"


class BodyTooLarge(ServiceError):
    """The body of the request is too large."""

    code = "body_too_large"


class UnknownContentType(ServiceError):
    """The body's Content-Type is not one that is read here."""

    code = "unknown_content_type"


class UnknownEncoding(UnknownContentType):
    """Compressed bodies are not taken."""

    code = "unknown_encoding"


class TooFast(ServiceError):
    """Too many submits with this secret within a minute."""

    code = "too_fast"

    def __init__(self, message: str = "", *, hint: str = "", retry_after: float = 1.0) -> None:
        """`retry_after`: seconds after which it is worth another try."""
        super().__init__(message, hint=hint or "Come back after Retry-After.")
        self.retry_after = max(1, ceil(retry_after))


class TooManyWrongSecrets(TooFast):
    """Too many wrong secrets came from this address."""

    code = "too_many_wrong_secrets"


class TooManyBodies(ServiceError):
    """Too many bytes of request bodies are being read or used, in all or with your secret."""

    code = "too_many_bodies"


class TooManyConnections(ServiceError):
    """Too many connections are open."""

    code = "too_many_connections"


class DeliveryNotFound(BadRequest):
    """There is no such delivery."""

    code = "delivery_not_found"


class DeliveryDone(ServiceError):
    """The delivery has arrived: there is nothing to try again."""

    code = "delivery_done"


class CannotListen(ServiceError):
    """The address cannot be listened on."""

    code = "cannot_listen"

    @classmethod
    def at(cls, host: str, port: int, error: OSError, *, setting: str = "PORT") -> Self:
        """As the system said it; `setting` is that of the port."""
        is_name = isinstance(error, socket.gaierror)
        words = error.strerror if is_name or error.errno is None else os.strerror(error.errno)
        hint = "Set HOST to an address of this machine."
        if not is_name and error.errno == errno.EADDRINUSE:
            hint = f"Stop the program that holds it, or set {setting}."
        elif not is_name and error.errno == errno.EACCES:
            hint = f"Set {setting} to one above 1023."
        return cls(f"{host}:{port} cannot be listened on: {words or error}.", hint=hint)


class BadTicket(Unauthorized):
    """The ticket is unknown, used or too old."""

    code = "bad_ticket"


class TooManyStreams(ServiceError):
    """You have as many streams and waits open as one caller may."""

    code = "too_many_streams"


class StreamsFull(ServiceError):
    """As many streams and waits are open as may be."""

    code = "streams_full"


class InternalError(ServiceError):
    """internal error"""

    code = "internal_error"


_STATUS: dict[type[ServiceError], int] = {
    BadRequest: 400,
    Unauthorized: 401,
    Forbidden: 403,
    UnknownRoute: 404,
    WrongMethod: 405,
    TooSlow: 408,
    BodyTooLarge: 413,
    UnknownContentType: 415,
    KeyReused: 409,
    DeliveryDone: 409,
    QueueFull: 429,
    TooFast: 429,
    TooManyStreams: 429,
    StreamsFull: 503,
    NoAccount: 503,
    TooManyBodies: 503,
    TooManyConnections: 503,
    StoreFailed: 503,
    RecordRefused: 500,  # coming again does not help
    SendError: 503,  # what Discord is asked at once
    ArchiveFailed: 503,
    CuttingBusy: 503,
    ServiceError: 500,
}


def status_of(error: ServiceError) -> int:
    """The HTTP status of an error: that of its nearest class in the table."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def retry_seconds(error: ServiceError) -> int:
    """How long a caller is to wait before it tries again."""
    if isinstance(error, TooManyBodies):
        return BODY_RETRY_SECONDS
    return error.retry_after if isinstance(error, TooFast) else RETRY_SECONDS


def store_failed(error: StoreFailed) -> StoreFailed:
    """The error as a caller sees it: the problem, without SQLite's message and the path of the file."""
    later = "" if isinstance(error, RecordRefused) else "Come back later; "
    return type(error)(error.message.split(" (")[0], hint=f"{later}the operator's log says more.".capitalize())


def refusal(error: ServiceError) -> web.Response:
    """The answer to a request that was refused."""
    status = status_of(error)
    if isinstance(error, StoreFailed):
        error = store_failed(error)
    elif status == 500:
        error = InternalError()
    text = str(error)
    body: dict[str, object] = {"code": 0, "description": text}
    headers = {CODE_HEADER: error.code}
    if status == 401:
        body |= {"message": text, "error": text}
        headers["WWW-Authenticate"] = "Bearer"
    if status in (429, 503):
        headers["Retry-After"] = str(retry_seconds(error))
    return json_value(body, status, headers)


def from_library(error: web.HTTPException, request: web.Request, max_body: int) -> ServiceError:
    """The library's own refusals in our words."""
    match error:
        case web.HTTPNotFound():
            return UnknownRoute(hint="GET /openapi.json names the routes.")
        case web.HTTPMethodNotAllowed():
            return WrongMethod(hint=f"Use {' or '.join(sorted(error.allowed_methods))}.")
        case web.HTTPRequestEntityTooLarge():
            return BodyTooLarge(hint=f"At most {max_body} bytes are read.")
        case _:
            return Malformed(f"{request.method}: {error.reason}.") if error.status < 500 else InternalError()
