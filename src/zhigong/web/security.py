"""What we tell every browser: run only our own files, keep nothing of a signed-in page, send no addresses elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# No inline script or style anywhere, so no nonce is needed. data: serves icons inside Tabler's css and the TOTP code.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    )
)
PERMISSIONS = (
    "camera=(self), geolocation=(self), publickey-credentials-get=(self), publickey-credentials-create=(self), "
    "microphone=(), payment=(), usb=(), midi=(), interest-cohort=()"
)


class BrowserPolicyMiddleware:
    """Sets the headers of security.md, section 2 (3.4.x, 14.3.2) on every answer, error pages included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then add what is not yet set."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if _is_page(response):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _is_page(response: HttpResponse) -> bool:
    """Anything but our static files, which WhiteNoise serves before this middleware is asked, and marks itself."""
    return "Cache-Control" not in response.headers
