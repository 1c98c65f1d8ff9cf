"""Logs: one line of JSON per event, without identity, phone and card numbers, and without secrets.

Standard library only: every process starts with this, and a logging library would be a third of a command's start.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

HIDDEN = "[已隐去]"
_NUMBERS = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15,19}|1[3-9]\d{9})(?!\d)")
_SECRET_KEYS = {"password", "token", "code", "key", "cookie", "authorization", "csrfmiddlewaretoken"}
_PLAIN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {
    "message",
    "asctime",
    "taskName",
    "request",
}
_CHINA = ZoneInfo("Asia/Shanghai")


def scrub_text(text: str) -> str:
    """The text with every identity, phone and card number replaced."""
    return _NUMBERS.sub(HIDDEN, text)


def scrub(value: Any) -> Any:  # noqa: ANN401  whatever a log call passes
    """The same structure without personal numbers and secrets; what JSON does not know becomes text."""
    if isinstance(value, Mapping):
        return {str(k): HIDDEN if str(k).lower() in _SECRET_KEYS else scrub(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value if not isinstance(value, int) or len(str(value)) < 11 else scrub_text(str(value))
    return scrub_text(str(value))


class JsonLines(logging.Formatter):
    """A record as one line: time, level, logger, event, whatever the caller added, and the exception."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, however many the message had."""
        at = datetime.fromtimestamp(record.created, _CHINA).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "logger": record.name, "event": record.getMessage()}
        line |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(scrub(line), ensure_ascii=False)


def configuration(level: str = "INFO") -> dict[str, Any]:
    """Django's LOGGING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "procrastinate": {"level": "WARNING"},
        },
    }
