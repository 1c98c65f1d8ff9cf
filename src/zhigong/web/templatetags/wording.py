"""Numbers and times as our users read them: {% load wording %}."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django import template
from django.utils.timezone import localtime

from zhigong.kernel.clock import today
from zhigong.kernel.money import format_yuan

register = template.Library()


@register.filter
def thousands(value: object) -> str:
    """12,345; Django's own filter groups by four in Chinese. Anything but a number comes back as it is."""
    return f"{value:,}" if isinstance(value, int | float) else str(value)


@register.filter
def yuan(fen: int | None) -> str:
    """1,200 元 or 1,234.50 元 from fen; empty for nothing known."""
    return format_yuan(fen) if isinstance(fen, int) else ""


@register.filter
def day(value: date | datetime | None) -> str:
    """今天, 昨天 or 2026-11-22."""
    if value is None:
        return ""
    shown = localtime(value).date() if isinstance(value, datetime) else value
    return {today(): "今天", today() - timedelta(days=1): "昨天"}.get(shown, shown.isoformat())


@register.filter
def moment(value: datetime | None) -> str:
    """今天 09:12 or 2026-11-22 09:12."""
    return f"{day(value)} {localtime(value):%H:%M}" if value else ""


@register.filter
def acted(on: date | None, at: datetime | None) -> str:
    """The day of an act, with the time only when it was written down on that same day."""
    return moment(at) if on and at and localtime(at).date() == on else day(on)


@register.filter
def span(seconds: int | float | None) -> str:
    """How long something takes: 不到 1 分钟, 约 3 分钟, 约 2 小时."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"约 {max(int(seconds), 1)} 秒"
    return f"约 {round(seconds / 60)} 分钟" if seconds < 5400 else f"约 {round(seconds / 3600)} 小时"


@register.filter
def left(days: int | None) -> str:
    """How much time is left until a day: 超期 3 天, 今天到期, 明天到期, 还剩 12 天."""
    if days is None:
        return ""
    if days < 0:
        return f"超期 {-days:,} 天"
    return {0: "今天到期", 1: "明天到期"}.get(days, f"还剩 {days:,} 天")


@register.filter
def tone_of(days: int | None) -> str:
    """The tone of a badge for time left: bad when over, warn within thirty days."""
    if days is None:
        return ""
    return "bad" if days < 0 else "warn" if days <= 30 else ""
