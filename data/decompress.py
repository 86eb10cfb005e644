"""Bytes in blocks out of a file or a pipe: plain, gzip or Zstandard, always as UTF-8 where the file has a mark.

Both kinds of compression go through one loop that never holds more than a few blocks, takes several members (or
frames) one after the other, and notices a file that ends too early, which most wrappers pass over in silence.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Literal

from .records import DataError

Codec = Literal["gzip", "zstd"]

CODECS: dict[str, Codec] = {".gz": "gzip", ".zst": "zstd"}
"""Codec by file suffix."""

_BLOCK = 1 << 20
_MAGIC: dict[bytes, Codec] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
# How much compressed data is expanded at once. It bounds the memory that a hostile file can take: deflate expands at
# most about 1,000 times, a Zstandard block at most 32,000 times.
_STEP: dict[Codec, int] = {"gzip": 1 << 16, "zstd": 1 << 12}


def read_blocks(
    stream: BinaryIO, codec: Codec | None = None, on_bytes: Callable[[int], None] | None = None
) -> Iterator[bytes]:
    """The decompressed content of `stream`, block by block.

    Without `codec` the first bytes decide. `on_bytes` is told how many bytes were read, before decompression.
    Raises `DataError` where the data breaks off or is damaged, after everything before that was given.
    """
    blocks = _raw_blocks(stream, on_bytes)
    first = _start(blocks)
    chosen = codec or next((name for magic, name in _MAGIC.items() if first.startswith(magic)), None)
    yield from _decompressed(first, blocks, chosen) if chosen else _chain(first, blocks)


def utf8_blocks(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """`blocks` without a byte order mark; UTF-16 with a mark is turned into UTF-8.

    Lone surrogates of UTF-16 become bytes that are not UTF-8, so that they are noticed where every other bad byte is.
    Raises `DataError` where UTF-16 ends in the middle of a character, and for UTF-32.
    """
    first = _start(blocks)
    if first.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise DataError("UTF-32 is not supported: convert it to UTF-8")
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield from _from_utf16(first, blocks)
    else:
        yield from _chain(first.removeprefix(codecs.BOM_UTF8), blocks)


def _raw_blocks(stream: BinaryIO, on_bytes: Callable[[int], None] | None) -> Iterator[bytes]:
    while block := _read(stream):
        if on_bytes is not None:
            on_bytes(len(block))
        yield block


def _read(stream: BinaryIO) -> bytes:
    try:
        # One system call: what a slow pipe has ready is used at once.
        return stream.read1(_BLOCK) if isinstance(stream, io.BufferedReader) else stream.read(_BLOCK)
    except OSError as error:
        raise DataError(f"cannot be read any further: {error.strerror or error}") from error


def _start(blocks: Iterator[bytes]) -> bytes:
    """The first bytes, enough of them to know what they are: a pipe may give one at a time."""
    first = next(blocks, b"")
    while len(first) < 4 and (more := next(blocks, b"")):
        first += more
    return first


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _from_utf16(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")("surrogatepass")
    for block in _chain(first, rest):
        if text := decoder.decode(block):  # an empty block would be taken for the end
            yield text.encode("utf-8", "surrogatepass")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise DataError("UTF-16 ends in the middle of a character (truncated file?)") from error


def _decompressed(first: bytes, rest: Iterator[bytes], codec: Codec) -> Iterator[bytes]:
    """Expand member after member; between members only zero padding (as tape tools leave it) may stand."""
    if codec == "gzip" and first and not first.startswith(b"\x1f\x8b"):
        raise DataError("is not gzip data, though its name says so")
    new, failure = _decompressor(codec)
    member: Any = new()
    for piece in _pieces(first, rest, _STEP[codec]):
        data = piece
        while data := data if member else data.lstrip(b"\0"):
            if not member and codec == "gzip" and not data.startswith(b"\x1f\x8b"[: len(data)]):
                raise DataError("something that is not gzip follows the data")
            member = member or new()
            try:
                expanded = member.decompress(data)
            except failure as error:
                raise DataError(f"{codec} data is damaged: {error}") from error
            if expanded:
                yield expanded
            if not member.eof:
                break
            data, member = member.unused_data, None
    if member:
        raise DataError(f"{codec} data ends too early (truncated file?)")


def _pieces(first: bytes, rest: Iterator[bytes], size: int) -> Iterator[bytes]:
    for block in _chain(first, rest):
        for start in range(0, len(block), size):
            yield block[start : start + size]


def _decompressor(codec: Codec) -> tuple[Callable[[], Any], type[Exception]]:
    """What makes a decompressor for one member, and the error that it raises."""
    if codec == "zstd":
        import zstandard

        return zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj, zstandard.ZstdError
    import zlib

    try:
        from isal import isal_zlib  # several times the speed of zlib

        # The library's stub calls the class an instance.
        return lambda: isal_zlib.decompressobj(wbits=31), isal_zlib.error  # type: ignore[return-value]
    except ImportError:
        return lambda: zlib.decompressobj(wbits=31), zlib.error
