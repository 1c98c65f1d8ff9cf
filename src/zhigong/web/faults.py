"""Error pages: what happened, why, what to do; never a raw framework page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from zhigong.kernel.errors import NotAllowed, NotFound, Refused


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _fault(
        request, 400, "questionmark", "这个请求看不懂", "链接可能不完整，或页面已经过期。", "请返回上一页重试。"
    )


def no_permission(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403; a NotAllowed brings its own words."""
    if isinstance(exception, Refused):
        return refused(request, exception)
    return _fault(
        request,
        403,
        "lock",
        "您没有这项权限",
        "您的岗位不包含这项操作。",
        "需要办理时，请换用有权限的岗位，或联系上级工会。",
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404; says nothing about what lies outside one's scope."""
    return _fault(
        request,
        404,
        "search",
        "没有找到这个页面",
        "它可能已移走，或不在您的管辖范围内。",
        "请检查网址，或从首页重新查找。",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500, without anything that could fail once more: no session, no database, no context processors."""
    page = loader.get_template("errors/500.html").render({}, None)
    return HttpResponse(page, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is missing or old."""
    return _fault(
        request,
        403,
        "hourglass-bottom",
        "页面放得太久，已经过期",
        "为了安全，表单需要在登录期间提交。",
        "请返回上一页、刷新后再提交一次。",
    )


def refused(request: HttpRequest, error: Refused, *, status: int | None = None) -> HttpResponse:
    """A Refused that no page could show in place; where htmx asks for a part, as a part."""
    code = status or (404 if isinstance(error, NotFound) else 403 if isinstance(error, NotAllowed) else 409)
    if getattr(request, "htmx", False):
        return render(request, "errors/part.html", {"refused": error}, status=code)
    icon = {403: "lock", 404: "search"}.get(code, "exclamation-triangle")
    return _fault(request, code, icon, error.what, error.why, error.do, where=error.where)


def no_scope(request: HttpRequest) -> HttpResponse:
    """403 for a cadre without a post in force: there is nothing she may see."""
    return _fault(
        request,
        403,
        "person-x",
        "您目前没有在任的岗位",
        "查看和办理工会事务需要一个在任期内的岗位；没有岗位就没有管辖范围。",
        "请联系上级工会为您登记任职。",
    )


def _fault(request: HttpRequest, status: int, icon: str, title: str, why: str, do: str, **more: object) -> HttpResponse:
    actor = getattr(request, "actor", None)
    frame = "workbench/base.html" if actor is not None and actor.post_id else "base.html"
    context = {"status": status, "icon": icon, "title": title, "why": why, "do": do, "frame": frame, **more}
    return render(request, "errors/fault.html", context, status=status)
