"""Reads of the organisation; the actor comes first and her level is a literal filter beside row-level security."""

from zhigong.orgs.queries.employers import employer_line, employer_page, employers
from zhigong.orgs.queries.posts import (
    duties_to_give,
    holds_post,
    own_posts,
    post,
    posts,
    term_counts,
    terms_ending,
    terms_of,
)
from zhigong.orgs.queries.scoping import within
from zhigong.orgs.queries.unions import (
    addressed_by_code,
    children,
    children_as_of,
    has_city,
    keys_of,
    own_union,
    scope_counts,
    search_unions,
    tree_as_of,
    union_line,
    union_page,
    unions_below,
)

__all__ = [
    "addressed_by_code",
    "children",
    "children_as_of",
    "duties_to_give",
    "employer_line",
    "employer_page",
    "employers",
    "has_city",
    "holds_post",
    "keys_of",
    "own_posts",
    "own_union",
    "post",
    "posts",
    "scope_counts",
    "search_unions",
    "term_counts",
    "terms_ending",
    "terms_of",
    "tree_as_of",
    "union_line",
    "union_page",
    "unions_below",
    "within",
]
