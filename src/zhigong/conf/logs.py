"""Logs: one line of JSON per event, without identity, phone and card numbers."""

from __future__ import annotations

import re
from typing import Any

import structlog

_NUMBERS = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15,19}|1[3-9]\d{9})(?!\d)")
_SECRET_KEYS = {"password", "token", "code", "key", "cookie", "authorization", "csrfmiddlewaretoken"}


def scrub_text(text: str) -> str:
    """The text with every identity, phone and card number replaced."""
    return _NUMBERS.sub("[已隐去]", text)


def scrub(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401  structlog's processor signature
    """A structlog processor: no secret and no personal number passes."""
    return {
        name: "[已隐去]" if name.lower() in _SECRET_KEYS else scrub_text(value) if isinstance(value, str) else value
        for name, value in event.items()
    }


def configuration(level: str = "INFO") -> dict[str, Any]:
    """Django's LOGGING."""
    before = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
    ]
    after = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        scrub,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": structlog.stdlib.ProcessorFormatter, "processors": after, "foreign_pre_chain": before}
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "procrastinate": {"level": "WARNING"},
        },
    }
