"""Draws lines as SVG: CPU against how many there are of something, and figures as time goes by."""

from math import ceil, log10

COLOURS = ["#0a6", "#888", "#06c", "#c33", "#a5a"]
LEFT, BOTTOM, WIDTH, HEIGHT = 50, 270, 480, 220
MOST = 20_000


def x(count):
    return LEFT + log10(count) / log10(MOST) * WIDTH


def line(places, colour):
    points = " ".join(f"{across:.1f},{up:.1f}" for across, up in places)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'


def plot(series):
    """`series`: {name: [(how many, microseconds)]}, on a logarithmic and a linear scale, 560 by 320."""
    series = {name: points for name, points in series.items() if points}
    top = max(5, 5 * ceil(max((us for points in series.values() for _, us in points), default=5) / 5))

    def y(us):
        return BOTTOM - us / top * HEIGHT

    lines, names = [], []
    for colour, (name, points) in zip(COLOURS, series.items()):
        lines.append(line([(x(count), y(us)) for count, us in points], colour))
        lines += [f'<circle cx="{x(count):.1f}" cy="{y(us):.1f}" r="3" fill="{colour}"/>' for count, us in points]
        names.append(f'<tspan fill="{colour}">{name}</tspan>')
    for count in (1, 10, 100, 1000, 10000):
        lines.append(f'<text x="{x(count):.1f}" y="{BOTTOM + 18}" text-anchor="middle">{count:,}</text>')
    for us in (0, top / 2, top):
        lines.append(f'<text x="{LEFT - 8}" y="{y(us) + 4:.1f}" text-anchor="end">{us:g}</text>')
    drawing = "\n".join(lines)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 320" font-family="sans-serif" font-size="12">
<title>CPU per request as there is more of everything</title>
<rect width="560" height="320" fill="#fff"/>
<path d="M{LEFT} {BOTTOM - HEIGHT}V{BOTTOM}H{LEFT + WIDTH}" fill="none" stroke="#444"/>
{drawing}
<text x="{LEFT + 10}" y="18">CPU microseconds per request, as there is more of</text>
<text x="{LEFT + 10}" y="36">{", ".join(names)}</text>
<text x="{LEFT + WIDTH / 2}" y="{BOTTOM + 38}" text-anchor="middle">how many</text>
</svg>
"""


PANEL, GAP = 80, 34


def scale(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def panels(title, figures, end):
    """`figures`: {name: [(minute, value)]}, each in a panel of its own from 0 up, over `end` minutes, 560 wide."""
    lines = []
    for number, (colour, (name, points)) in enumerate(zip(COLOURS[:1] + COLOURS[2:], figures.items())):
        bottom = 20 + (number + 1) * PANEL + number * GAP
        top = 1.15 * max((value for _, value in points), default=1) or 1
        lines.append(f'<path d="M{LEFT} {bottom - PANEL}V{bottom}H{LEFT + WIDTH}" fill="none" stroke="#444"/>')
        lines.append(line([(LEFT + minute / end * WIDTH, bottom - value / top * PANEL) for minute, value in points], colour))
        lines.append(f'<text x="{LEFT + 10}" y="{bottom - PANEL + 4}" fill="{colour}">{name}</text>')
        for value in (0, top / 1.15):
            lines.append(f'<text x="{LEFT - 8}" y="{bottom - value / top * PANEL + 4:.1f}" text-anchor="end">{scale(value)}</text>')
    height = 20 + len(figures) * (PANEL + GAP) + 20
    for quarter in range(5):
        lines.append(f'<text x="{LEFT + quarter / 4 * WIDTH:.1f}" y="{height - 36}" text-anchor="middle">{quarter * end / 4:g}</text>')
    drawing = "\n".join(lines)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 {height}" font-family="sans-serif" font-size="12">
<title>{title}</title>
<rect width="560" height="{height}" fill="#fff"/>
{drawing}
<text x="{LEFT + WIDTH / 2}" y="{height - 14}" text-anchor="middle">minutes</text>
</svg>
"""
