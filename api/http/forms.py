"""The parts of a multipart form (RFC 7578), taken as the body comes in.

Contract: linear in the body's length, and no more of it is kept than its route can use: texts, and whatever does not
begin as a picture does, have a bound together; a picture has as many bytes as a picture may have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from api.http.bodies import MOST_TEXT, charset_of, parsed_type, too_large
from api.http.errors import Malformed
from tasks.prompts.images import MOST_BYTES, BadPicture, begins_as_picture

MAX_FIELDS = 100
_MAX_HEADERS = 16  # of one part, each of the parser's own 4 kB at most
LONGEST_PADDING = 100  # blanks after a boundary
_HEAD = 16  # bytes by which a picture is known


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    name: str
    value: bytes
    is_file: bool
    charset: str  # of a text


class Form:
    """One form. `takes_files`: else a file is refused as soon as it is seen."""

    def __init__(self, content_type: str, *, takes_files: bool, most_text: int = MOST_TEXT) -> None:
        """Raises Malformed, UnknownContentType."""
        kind = parsed_type(content_type)
        boundary = kind.get_boundary("")
        if not boundary:
            raise Malformed("The multipart body's Content-Type names no boundary.")
        self._charset = charset_of(kind)
        self._takes_files = takes_files
        self._most_text = self._left = most_text
        self._padding = _Padding(str(boundary).encode(errors="surrogateescape"))
        # A file's name may be in any encoding: latin-1 reads each, and the names that are known here are ASCII.
        self._parser = PushMultipartParser(
            str(boundary).encode(errors="surrogateescape"),
            max_header_count=_MAX_HEADERS,
            max_segment_count=MAX_FIELDS,
            header_charset="latin-1",
        )
        self._name, self._is_file, self._part_charset = "", False, self._charset  # of the part that is open
        self._value = bytearray()

    def feed(self, chunk: bytes) -> Iterator[Part]:
        """The parts that end in this chunk. Raises Malformed, BodyTooLarge, BadPicture."""
        self._left -= len(chunk)
        yield from self._parts(self._padding.without(chunk))
        if self._left < 0:
            raise too_large(self._most_text)

    def close(self) -> None:
        """The body has ended. Raises Malformed where the form has not."""
        for _ in self._parts(self._padding.rest()):  # no part ends in what was held back
            pass
        try:
            self._parser.close()
        except MultipartError:
            raise _cut_off() from None

    def _parts(self, data: bytes) -> Iterator[Part]:
        try:
            for event in self._parser.parse(data) if data else ():
                if isinstance(event, MultipartSegment):
                    self._begin(event)
                elif event is None:
                    yield self._end()
                else:
                    self._take(event)
        except ParserLimitReached:
            raise Malformed(f"More than {MAX_FIELDS} parameters are given, or one with too long a head.") from None
        except MultipartError:
            raise _cut_off() from None

    def _begin(self, segment: MultipartSegment) -> None:
        if not segment.name:
            raise Malformed("A part of the multipart body has no name.")
        self._name = segment.name
        self._is_file = segment.filename is not None or _has_coded_filename(segment)
        if self._is_file and not self._takes_files:
            raise Malformed("Files are not taken here: send each parameter as text.")
        own = None if self._is_file else segment.header("Content-Type")
        self._part_charset = charset_of(parsed_type(own), self._charset) if own else self._charset

    def _end(self) -> Part:
        value, self._value = bytes(self._value), bytearray()
        return Part(name=self._name, value=value, is_file=self._is_file, charset=self._part_charset)

    def _take(self, piece: bytearray) -> None:
        """A picture's bytes do not count as text."""
        self._value += piece
        if not self._is_file or not begins_as_picture(self._value[:_HEAD]):
            return
        self._left += len(piece)
        if len(self._value) > MOST_BYTES:
            raise BadPicture(f"A picture has more than {MOST_BYTES // 1024**2} MB.")


class _Padding:
    """Blanks may follow a boundary (RFC 2046, 5.1.1), and the parser takes none: they are left out as they come in."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._blanks = re.compile(rb"(?<=\r\n)(--" + re.escape(boundary) + rb")[ \t]+(?=\r\n|\Z)")
        self._held = b"\r\n"  # what may become a delimiter with blanks; a body begins as if after a line

    def without(self, chunk: bytes) -> bytes:
        data = self._held + chunk
        line = data.rfind(b"\r\n", max(0, len(data) - len(self._delimiter) - LONGEST_PADDING))
        if line < 0 or not self._may_become_one(data[line:]):
            line = len(data) - data.endswith(b"\r")
        self._held = data[line:]
        return self._blanks.sub(rb"\1", data[:line])

    def rest(self) -> bytes:
        return self._held

    def _may_become_one(self, line: bytes) -> bool:
        if line.startswith(self._delimiter):
            return not line[len(self._delimiter) :].strip(b" \t\r")
        return self._delimiter.startswith(line)


def parts_of(body: bytes | bytearray, content_type: str) -> Iterator[Part]:
    """The parts of a whole form without files."""
    form = Form(content_type, takes_files=False)
    yield from form.feed(bytes(body))
    form.close()


def _has_coded_filename(segment: MultipartSegment) -> bool:
    return "filename*" in segment.header("Content-Disposition", "").lower()


def _cut_off() -> Malformed:
    return Malformed("The multipart body is cut off or does not use its boundary.")
