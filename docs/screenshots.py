"""Take the pictures of docs/images from a running demo: `python docs/screenshots.py http://127.0.0.1:8000`.

Every role of the demo, at 1280 and 360 px, signed in by its card; the pictures are what the README shows.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

OUT = Path(__file__).with_name("images")
SIZES = {1280: 800, 360: 740}
COLOURS = 128

# role -> (picture, address) pairs; {first:…} opens the first link that matches the selector.
PAGES: dict[str, list[tuple[str, str]]] = {
    "demo-city": [
        ("workbench-home", "/workbench/"),
        ("workbench-unions", "/workbench/unions/"),
        ("workbench-members", "/workbench/members/"),
        ("workbench-person", "{first:a[href*='/workbench/members/0']}"),
        ("workbench-search", "/workbench/search/?q=张"),
        ("workbench-employers", "/workbench/employers/"),
        ("workbench-posts", "/workbench/posts/"),
        ("workbench-dashboard", "/workbench/dashboard/"),
        ("workbench-cases", "/workbench/cases/"),
        ("workbench-publicity", "/workbench/publicity/"),
    ],
    "demo-district": [
        ("workbench-home-district", "/workbench/"),
        ("workbench-todos", "/workbench/cases/mine/"),
        ("workbench-case", "{first:.zg-desk-link}"),
    ],
    "demo-street": [("workbench-home-street", "/workbench/")],
    "demo-grassroots": [("workbench-home-grassroots", "/workbench/"), ("workbench-imports", "/workbench/imports/")],
    "demo-data": [
        ("workbench-home-data", "/workbench/"),
        ("workbench-batch", "{imports}"),
        ("workbench-exchange", "/workbench/exchange/"),
        ("workbench-source", "/workbench/exchange/medical-settlement/"),
    ],
    "demo-finance": [
        ("workbench-home-finance", "/workbench/"),
        ("workbench-budgets", "/workbench/payouts/budgets/"),
        ("workbench-payouts", "/workbench/payouts/"),
        ("workbench-payout", "{first:table a.strong}"),
    ],
    "demo-auditor": [("workbench-audit", "/workbench/audit/")],
    "demo-member": [
        ("member-home", "/m/"),
        ("member-me", "/m/me/"),
        ("member-facts", "/m/me/facts/"),
        ("member-code", "/m/code/"),
        ("member-services", "/m/services/"),
        ("member-publicity", "/m/publicity/"),
        ("member-cases", "/m/cases/"),
        ("member-case", "{first:.zg-rows a[href^='/m/cases/']}"),
    ],
    "demo-hardship": [
        ("member-home-hardship", "/m/"),
        ("member-service", "{first:.zg-found-card a}"),
    ],
    "demo-courier": [("member-home-courier", "/m/")],
}


def main(address: str) -> None:
    """One browser, one context a role and size."""
    OUT.mkdir(exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for width, height in SIZES.items():
            _shoot(browser, address, "", [("signin-demo", "/")], (width, height))
            for role, pages in PAGES.items():
                _shoot(browser, address, role, pages, (width, height))
        browser.close()


def _shoot(browser: Browser, address: str, role: str, pages: list[tuple[str, str]], size: tuple[int, int]) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN", device_scale_factor=1)
    page = context.new_page()
    if role:
        page.goto(address + "/")
        page.locator(f"button[value='{role}']").click()
        page.wait_for_load_state("networkidle")
    for name, where in pages:
        _open(page, address, where)
        page.wait_for_load_state("networkidle")
        file = OUT / f"{name}-{size[0]}.png"
        page.screenshot(path=file, full_page=size[0] < 600)
        _shrink(file)
        print(file.name, page.url.removeprefix(address), page.title())
    context.close()


def _open(page: Page, address: str, where: str) -> None:
    if where.startswith("{first:"):
        page.locator(where.removeprefix("{first:").removesuffix("}")).first.click()
    elif where == "{imports}":
        page.goto(address + "/workbench/imports/")
        page.locator("main table a, main .list-group a").first.click()
    else:
        page.goto(address + where)


def _shrink(file: Path) -> None:
    """Few colours are enough for a screen, and the repository stays small; very long phone pages are cut."""
    with Image.open(file) as picture:
        cut = picture.crop((0, 0, picture.width, min(picture.height, 2400)))
        cut.convert("RGB").quantize(COLOURS).save(file, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
