"""Reads an answer as a person would: texts without tags, and what htmx would put in place."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

VOID = {"input", "meta", "link", "br", "hr", "img"}


def text_of(answer) -> str:
    """The words of an answer, blanks folded."""
    body = re.sub(r"<(script|style).*?</\1>", " ", answer.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


class _Inside(HTMLParser):
    """Collects the source inside the element of an id."""

    def __init__(self, wanted: str) -> None:
        super().__init__(convert_charrefs=False)
        self.wanted, self.depth, self.parts = wanted, 0, []

    def handle_starttag(self, tag, attrs):
        if self.depth:
            self.parts.append(self.get_starttag_text())
        if tag not in VOID and (self.depth or dict(attrs).get("id") == self.wanted):
            self.depth += 1

    def handle_endtag(self, tag):
        if self.depth and tag not in VOID:
            self.depth -= 1
            if self.depth:
                self.parts.append(f"</{tag}>")

    def handle_data(self, data):
        if self.depth:
            self.parts.append(data)

    def handle_entityref(self, name):
        self.handle_data(f"&{name};")

    def handle_charref(self, name):
        self.handle_data(f"&#{name};")


def inside(answer, element_id: str) -> str:
    """The source inside an element, blanks and form tokens folded, as htmx would have put it there."""
    parser = _Inside(element_id)
    parser.feed(answer.content.decode())
    assert parser.parts, f"no element #{element_id}"
    return folded("".join(parser.parts))


def folded(source: str) -> str:
    source = re.sub(r'(name="csrfmiddlewaretoken" value=)"[^"]*"', r'\1""', source)
    source = re.sub(r"<!--.*?-->", "", source, flags=re.S)
    return re.sub(r"\s*\n\s*|\s+", " ", source).strip().replace("> <", "><")


def part(answer) -> str:
    """A fragment, folded alike."""
    parser = _Inside("whole")
    parser.feed(f'<div id="whole">{answer.content.decode()}</div>')
    return folded("".join(parser.parts))
