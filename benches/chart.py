"""The picture of the report: processor time in multiples of a bare program's, as bars on a logarithmic scale."""

import math
from xml.sax.saxutils import escape

WIDTH, LABELS, ROW, TOP, BOTTOM = 1040, 410, 40, 64, 28
COLORS = {"ours": "#2f6f9f", "reference": "#b9b9b9", "target": "#c0392b"}
FONT = 'font-family="sans-serif" font-size="13"'


def draw(rows, target):
    """`rows`: (name, ours, reference), as multiples of the bare program's time."""
    most = max(max(ours, reference) for _, ours, reference in rows) * 1.25
    # A little less than the shortest bar, so that it is one.
    least = min(0.8, min(ours for _, ours, _ in rows)) * 0.8
    scale = (WIDTH - LABELS - 60) / (math.log(most) - math.log(least))
    height = TOP + ROW * len(rows) + BOTTOM

    def x(value):
        return LABELS + (math.log(value) - math.log(least)) * scale

    def bar(y, value, color):
        return (f'<rect x="{LABELS}" y="{y}" width="{x(value) - LABELS:.1f}" height="13" fill="{color}"/>'
                f'<text x="{x(value) + 5:.1f}" y="{y + 11}" {FONT} fill="#333">{value:.3g}</text>')

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
             f'<text x="12" y="22" {FONT} font-weight="bold">Processor time in multiples of a bare program\'s '
             f'(logarithmic; 1 is the physical limit)</text>']
    legend = [("this library", COLORS["ours"]), ("the reference", COLORS["reference"])]
    for index, (text, color) in enumerate(legend):
        left = 12 + index * 130
        parts.append(f'<rect x="{left}" y="34" width="13" height="13" fill="{color}"/>'
                     f'<text x="{left + 18}" y="45" {FONT}>{text}</text>')
    for tick in [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200) if tick < most]:
        parts.append(f'<line x1="{x(tick):.1f}" y1="{TOP - 6}" x2="{x(tick):.1f}" y2="{height - BOTTOM}" stroke="#ddd"/>'
                     f'<text x="{x(tick):.1f}" y="{height - 9}" {FONT} fill="#666" text-anchor="middle">{tick}</text>')
    for index, (name, ours, reference) in enumerate(rows):
        y = TOP + index * ROW
        parts.append(f'<text x="{LABELS - 8}" y="{y + 18}" {FONT} text-anchor="end">{escape(name)}</text>')
        parts.append(bar(y, ours, COLORS["ours"]) + bar(y + 15, reference, COLORS["reference"]))
    parts.append(f'<line x1="{x(target):.1f}" y1="{TOP - 6}" x2="{x(target):.1f}" y2="{height - BOTTOM}" '
                 f'stroke="{COLORS["target"]}" stroke-dasharray="4 3"/>'
                 f'<text x="{x(target) + 4:.1f}" y="{TOP - 10}" {FONT} fill="{COLORS["target"]}">target {target}</text>')
    return "\n".join(parts + ["</svg>"]) + "\n"
