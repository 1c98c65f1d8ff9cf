// Measures of a page, put before an expression by test_look.py.
const TARGETS = ".btn, .zg-bar-bottom a, .zg-role, .zg-door-links a, input[type=text], .zg-nav a, .zg-burger";
const colour = (text) => {
  const v = text.match(/[\d.]+/g).map(Number);
  return [v[0], v[1], v[2], v.length > 3 ? v[3] : 1];
};
// WCAG 2 relative luminance
const luminance = ([r, g, b]) => {
  const f = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
};
// The nearest painted background; null for a picture, which is judged by eye.
const ground = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const style = getComputedStyle(e);
    if (style.backgroundImage !== "none" && !style.backgroundImage.includes("data:")) return null;
    const back = colour(style.backgroundColor);
    if (back[3] > 0.9) return back;
  }
  return [255, 255, 255, 1];
};
const skipped = "[disabled], [aria-disabled], .visually-hidden, script, option";
const poorContrast = () => {
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.data.trim();
    const element = walk.currentNode.parentElement;
    if (!text || element.closest(skipped)) continue;
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    const back = ground(element);
    if (!back) continue;
    const style = getComputedStyle(element);
    const [a, b] = [luminance(colour(style.color)), luminance(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.6 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.push([text.slice(0, 20), ratio.toFixed(2)]);
  }
  return poor;
};
const smallTargets = (selector) => [...document.querySelectorAll(selector)]
  .filter((e) => e.checkVisibility({ checkVisibilityCSS: true }))
  .map((e) => [e.textContent.trim().slice(0, 12), e.getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
  .map(([text, box]) => [text, Math.round(box.width), Math.round(box.height)]);
