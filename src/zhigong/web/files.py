"""Files on their way in and out: never in the clear on disk, never larger than stated, gone afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers, StopUpload
from django.http import FileResponse

MEMORY = Path("/dev/shm")  # noqa: S108 — memory, not disk; the files made there are private and unnamed


def private_folder(size: int) -> Path | None:
    """A folder in memory with room for this many bytes, else None: then the system's temporary folder."""
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    return MEMORY if usable and shutil.disk_usage(MEMORY).free > 2 * size else None


class PrivateUpload(FileUploadHandler):
    """Takes one upload of at most `limit` bytes into a private file; `too_large` tells when more came.

    Identity data must not touch the disk in the clear, not even on its way to the lake.
    """

    def __init__(self, *, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.too_large = False
        self._file: Any = None
        self._seen = 0

    def handle_raw_input(  # noqa: D102 — refuses by the announced size before anything is read
        self,
        input_data: Any,  # noqa: ANN401 — as Django declares it
        META: Any,  # noqa: ANN401
        content_length: int,
        boundary: Any,  # noqa: ANN401
        encoding: Any = None,  # noqa: ANN401
    ) -> None:
        self._announced = content_length
        self.too_large = content_length > self.limit + 2**20

    def new_file(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Begin a file."""
        super().new_file(*args, **kwargs)
        if self.too_large:
            raise StopUpload(connection_reset=False)
        self._file = tempfile.TemporaryFile(dir=private_folder(self._announced))  # noqa: SIM115 — closed with the request
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep one piece."""
        self._seen += len(raw_data)
        if self._seen > self.limit:
            self.too_large = True
            self.upload_interrupted()
            raise StopUpload(connection_reset=False)
        self._file.write(raw_data)

    def upload_interrupted(self) -> None:
        """Let go of what came so far."""
        if self._file is not None:
            self._file.close()

    def file_complete(self, file_size: int) -> UploadedFile[bytes] | None:
        """The whole file."""
        if self._file is None or self.too_large:
            return None
        self._file.seek(0)
        return UploadedFile(
            file=self._file, name=self.file_name, content_type=self.content_type, size=file_size, charset=self.charset
        )


@contextmanager
def private_path(suffix: str) -> Iterator[Path]:
    """A path in a private folder, in memory where possible; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=f"zhigong-{os.getpid()}-", dir=private_folder(256 * 2**20)) as folder:
        yield Path(folder) / f"file{suffix}"


def unnamed(path: Path) -> BinaryIO:
    """Open a file and take its name away: it vanishes when the answer is sent, or the process dies."""
    opened = path.open("rb")
    path.unlink()
    return opened


def download(file: BinaryIO, *, name: str, kind: str) -> FileResponse:
    """Stream an open file as a download that no cache keeps."""
    response = FileResponse(file, as_attachment=True, filename=name, content_type=kind)
    response["Cache-Control"] = "no-store"
    return response
