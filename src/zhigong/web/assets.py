"""Static files: the few library files we use, without source maps, under names that change with their content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

# name under /static/ -> file of node_modules (a built wheel carries the same tree in web/vendor)
FILES = {
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/bootstrap-icons.min.css": "bootstrap-icons/font/bootstrap-icons.min.css",
    "vendor/fonts/bootstrap-icons.woff2": "bootstrap-icons/font/fonts/bootstrap-icons.woff2",
    "vendor/fonts/bootstrap-icons.woff": "bootstrap-icons/font/fonts/bootstrap-icons.woff",
}
_SOURCE_MAP = re.compile(rb"(/\*# sourceMappingURL=[^*]*\*/|//\s*#\s*sourceMappingURL=\S*)")


def library_folder() -> Path:
    """Where the browser libraries lie: inside the package in a wheel, node_modules in the source tree."""
    packed = Path(__file__).with_name("vendor")
    return packed if packed.is_dir() else Path(settings.NODE_MODULES)


class StrippedStorage(FileSystemStorage):
    """Reads our chosen files. Maps are not shipped, and a reference to a missing file would stop collectstatic."""

    def path(self, name: str) -> str:
        """The library file behind a static name."""
        return str(library_folder() / FILES[name])

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        content = Path(self.path(name)).read_bytes()
        if name.endswith((".css", ".js")):
            content = strip_source_map(content)
        return ContentFile(content, name=name)


def strip_source_map(content: bytes) -> bytes:
    """The same text without its pointers to source maps."""
    return _SOURCE_MAP.sub(b"", content)


class LibraryFinder(BaseFinder):
    """Offers FILES to collectstatic, nothing else of node_modules."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.storage = StrippedStorage()

    def check(self, **kwargs: object) -> list[Any]:
        """Nothing to check: a missing file shows at collectstatic with what to run."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: object) -> Any:  # noqa: ANN401, FBT001, FBT002
        """The file behind a static name; an empty list when it is none of ours."""
        if path not in FILES or not Path(self.storage.path(path)).is_file():
            return []
        return [self.storage.path(path)] if find_all else self.storage.path(path)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, StrippedStorage]]:
        """Every file with its storage."""
        for name in FILES:
            if not Path(self.storage.path(name)).is_file():
                raise FileNotFoundError(f"缺少 {FILES[name]}：请先执行 make assets（npm ci）。")
            yield name, self.storage


class ManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names after collectstatic; plain names before it, so that tools and tests need no collected files."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """The hashed name when there is a manifest."""
        return super().stored_name(name) if self.hashed_files else name


class StaticMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Serves what collectstatic gathered; before that there is an empty folder, and nothing to serve."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they come
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        super().__init__(*args, **kwargs)
