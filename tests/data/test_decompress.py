"""Decompression and byte order marks, however the bytes come."""

import gzip
import io
from collections.abc import Callable

import pytest
import zstandard

from topic_stance.data.decompress import read_blocks, utf8_blocks
from topic_stance.data.records import DataError


class Trickle(io.BytesIO):
    """A pipe that gives so many bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self.size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.size)


def one_by_one(content: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in content]


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress])
def test_a_pipe_may_give_one_byte_at_a_time(compress: Callable[[bytes], bytes]) -> None:
    assert b"".join(read_blocks(Trickle(compress(b"eel"), 1))) == b"eel"


def test_zeros_may_stand_between_and_after_gzip() -> None:
    part = gzip.compress(b"eel") + bytes(9)
    assert b"".join(read_blocks(io.BytesIO(part * 2))) == b"eeleel"


def test_nothing_else_may_follow_gzip() -> None:
    blocks = read_blocks(io.BytesIO(gzip.compress(b"eel") + b"garbage"))
    assert next(blocks) == b"eel"
    with pytest.raises(DataError, match="something that is not gzip follows the data"):
        next(blocks)


def test_of_a_second_gzip_member_one_byte_may_come_first() -> None:
    part = gzip.compress(b"eel")
    assert b"".join(read_blocks(Trickle(part * 2, len(part) + 1), "gzip")) == b"eeleel"


def test_zstandard_may_have_a_long_window() -> None:
    options = zstandard.ZstdCompressionParameters(window_log=30)
    packer = zstandard.ZstdCompressor(compression_params=options).compressobj()
    assert b"".join(read_blocks(io.BytesIO(packer.compress(b"eel") + packer.flush()))) == b"eel"


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_may_come_in_pieces(code: str) -> None:
    assert b"".join(utf8_blocks(iter(one_by_one("eel".encode(code))))) == b"eel"


def test_no_block_of_utf16_is_empty() -> None:
    assert list(utf8_blocks(iter(one_by_one("eel".encode("utf-16"))))) == [b"e", b"e", b"l"]


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf32_is_refused(order: str) -> None:
    with pytest.raises(DataError, match="UTF-32 is not supported: convert it to UTF-8"):
        next(utf8_blocks(iter(["\ufeffeel".encode(f"utf-32-{order}")])))
