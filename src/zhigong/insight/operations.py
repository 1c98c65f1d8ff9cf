"""Writes of insight: a refresh of everything, asked for or at once; the figures alone."""

from zhigong.insight.counting import refresh
from zhigong.insight.running import ask_refresh, refresh_all

__all__ = ["ask_refresh", "refresh", "refresh_all"]
