"""What goes between slamon and the process that renders a site's templates: frames of a length and that many bytes.

Values go out pickled, for slamon made them. What comes back is JSON: that process is not believed.
"""

from __future__ import annotations

import os
import select
import struct
import time
from typing import BinaryIO

_LENGTH = struct.Struct(">I")


class BrokenWireError(Exception):
    """The other end is gone, too slow, or says more than it may."""


def send(file: BinaryIO, content: bytes) -> None:
    file.write(_LENGTH.pack(len(content)) + content)
    file.flush()


def receive(file: BinaryIO) -> bytes | None:
    """Return the next frame, None at the end."""
    head = file.read(_LENGTH.size)
    return file.read(*_LENGTH.unpack(head)) if len(head) == _LENGTH.size else None


def send_within(descriptor: int, content: bytes, seconds: float) -> None:
    """Write a frame to a pipe that does not block.

    Raises:
        BrokenWireError: It was not taken within so many *seconds*.
        OSError: Nobody reads there.
    """
    deadline = time.monotonic() + seconds
    rest = memoryview(_LENGTH.pack(len(content)) + content)
    while rest:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([], [descriptor], [], left)[1]:
            raise BrokenWireError("it takes too long")
        rest = rest[os.write(descriptor, rest) :]


def receive_within(descriptor: int, seconds: float, limit: int) -> bytes:
    """Return the next frame from a pipe.

    Raises:
        BrokenWireError: It ended, was longer than *limit*, or was not there after so many *seconds*.
    """
    deadline = time.monotonic() + seconds
    (length,) = _LENGTH.unpack(_read(descriptor, _LENGTH.size, deadline))
    if length > limit:
        raise BrokenWireError("it is longer than it may be")
    return _read(descriptor, length, deadline)


def _read(descriptor: int, length: int, deadline: float) -> bytes:
    found = bytearray()
    while len(found) < length:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise BrokenWireError("it takes too long")
        piece = os.read(descriptor, length - len(found))
        if not piece:
            raise BrokenWireError("its process ended, most likely for want of memory")
        found += piece
    return bytes(found)
