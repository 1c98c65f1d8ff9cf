"""Files on their way in and out: sizes kept, nothing with a name left behind."""

from __future__ import annotations

import pytest
from django.core.files.uploadhandler import StopFutureHandlers, StopUpload

from zhigong.web.files import MEMORY, PrivateUpload, private_folder, private_path, unnamed


def begin(limit: int, announced: int) -> PrivateUpload:
    handler = PrivateUpload(limit=limit)
    handler.handle_raw_input(None, {}, announced, b"")
    return handler


def open_file(handler: PrivateUpload) -> None:
    with pytest.raises(StopFutureHandlers):
        handler.new_file("file", "名册.xlsx", "application/x", None)


def test_an_upload_comes_through_whole_and_has_no_name():
    handler = begin(100, 60)
    open_file(handler)
    handler.receive_data_chunk(b"ab", 0)
    handler.receive_data_chunk(b"cd", 2)
    file = handler.file_complete(4)
    assert file.read() == b"abcd" and file.name == "名册.xlsx" and not handler.too_large
    assert isinstance(file.file.name, int), "an unnamed file is a number to the system"
    file.close()


def test_an_announced_giant_is_refused_before_a_byte_is_kept():
    handler = begin(100, 100 + 2**20 + 1)
    with pytest.raises(StopUpload):
        handler.new_file("file", "x.csv", "text/csv", None)
    assert handler.too_large


def test_a_liar_is_stopped_while_sending():
    handler = begin(10, 5)
    open_file(handler)
    handler.receive_data_chunk(b"12345", 0)
    with pytest.raises(StopUpload):
        handler.receive_data_chunk(b"678901", 5)
    assert handler.too_large and handler.file_complete(11) is None


def test_passing_files_lie_in_memory_where_there_is_room():
    if not MEMORY.is_dir():
        pytest.skip("no memory file system here")
    assert private_folder(1) == MEMORY and private_folder(2**60) is None


def test_a_private_path_is_gone_and_an_unnamed_file_reads_on():
    with private_path(".csv") as path:
        path.write_bytes(b"secret")
        assert oct(path.parent.stat().st_mode)[-3:] == "700"
        opened = unnamed(path)
        assert not path.exists()
    assert opened.read() == b"secret" and not path.parent.exists()
    opened.close()
