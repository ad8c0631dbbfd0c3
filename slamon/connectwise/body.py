"""The body of an answer: unpacked in bounded steps, capped, and proved to be whole JSON."""

from __future__ import annotations

import json
import zlib

import msgspec

from slamon.errors import PayloadError, SourceUnavailableError

STEP_BYTES = 1_048_576
GZIP = 31  # zlib's code for a gzip header with the largest window


class BodyReader:
    """Collect an answer's raw chunks; never holds more than *limit* decoded bytes and one step.

    httpx decodes a whole chunk at a time, and 64 KiB of gzip can mean 64 MiB
    of text. So it is asked for raw bytes and they are unpacked here.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._parts: list[bytes] = []
        self._raw = 0
        self._decoded = 0
        self._limit = limit
        coding = encoding.strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip"):
            raise PayloadError(
                f"answered in the encoding {coding[:20]!r}; slamon asked for gzip or none", reason="encoding"
            )
        self._gzip = zlib.decompressobj(GZIP) if "gzip" in coding else None

    def feed(self, chunk: bytes) -> None:
        """Take the next raw *chunk*.

        Raises:
            PayloadError: The body is larger than the limit.
            SourceUnavailableError: The compressed body is damaged.
        """
        self._raw += len(chunk)
        if self._gzip is None:
            self._keep(chunk)
            return
        if self._raw > self._limit:
            self._refuse()
        try:
            self._unpack(chunk)
        except zlib.error as error:
            raise SourceUnavailableError("the compressed answer is damaged") from error

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            SourceUnavailableError: The compressed body ends too early.
        """
        if self._gzip is not None and self._raw and not self._gzip.eof:
            raise SourceUnavailableError("the compressed answer was cut short")
        return b"".join(self._parts)

    def _unpack(self, data: bytes) -> None:
        assert self._gzip is not None
        # Output that zlib still holds when the input is used up comes with the next: a trailer always follows.
        while data:
            if self._gzip.eof:
                self._gzip = zlib.decompressobj(GZIP)
            self._keep(self._gzip.decompress(data, STEP_BYTES))
            data = self._gzip.unused_data if self._gzip.eof else self._gzip.unconsumed_tail

    def _keep(self, piece: bytes) -> None:
        self._decoded += len(piece)
        if self._decoded > self._limit:
            self._refuse()
        self._parts.append(piece)

    def _refuse(self) -> None:
        raise PayloadError(f"answered with more than {self._limit} bytes", reason="too_big")


def is_web_page(content_type: str, body: bytes) -> bool:
    """Tell a web page (a login form, a proxy's notice) from JSON, even from JSON that calls itself a page."""
    start = body[:256].lstrip()[:1]
    return start == b"<" or ("html" in content_type.lower() and start not in (b"{", b"["))


def whole_json(body: bytes) -> bytes:
    """Return *body* as whole, well-formed JSON in clean UTF-8.

    Raises:
        SourceUnavailableError: It stops in the middle: the connection was cut.
        PayloadError: It is not JSON, or nested beyond reason.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        body.decode()
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _mended(body, error)
    return body


def _mended(body: bytes, error: Exception) -> bytes:
    """Return JSON that only has bad characters (lone surrogates, broken UTF-8) without them, else raise."""
    try:
        document = json.loads(body.decode("utf-8", "replace"), parse_constant=_refuse_constant)
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "ignore")
    except (ValueError, RecursionError):
        if "truncated" in str(error):
            raise SourceUnavailableError("the JSON answer was cut short") from error
        raise PayloadError(f"answered with something that is not JSON: {error}", reason="not_json") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
