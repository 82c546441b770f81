"""Draws CPU per request against how many there are of something, as an SVG of 560 by 320."""

from math import log10

COLOURS = ["#0a6", "#06c", "#c33"]
LEFT, BOTTOM, WIDTH, HEIGHT = 50, 270, 480, 220
MOST = 20_000


def x(count):
    return LEFT + log10(count) / log10(MOST) * WIDTH


def plot(series):
    """`series`: {name: [(how many, microseconds)]}, on a logarithmic and a linear scale."""
    top = max(5, 5 * -(-max(us for points in series.values() for _, us in points) // 5))

    def y(us):
        return BOTTOM - us / top * HEIGHT

    lines, names = [], []
    for colour, (name, points) in zip(COLOURS, series.items()):
        places = " ".join(f"{x(count):.1f},{y(us):.1f}" for count, us in points)
        lines.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>')
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
<text x="{LEFT + 10}" y="28">CPU microseconds per request: {", ".join(names)}</text>
<text x="{LEFT + WIDTH / 2}" y="{BOTTOM + 38}" text-anchor="middle">how many</text>
</svg>
"""
