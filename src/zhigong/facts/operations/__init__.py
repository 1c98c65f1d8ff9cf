"""Writes of facts: what members declare, what a refresh publishes."""

from zhigong.facts.operations.declaring import declare
from zhigong.facts.operations.publishing import publish

__all__ = ["declare", "publish"]
