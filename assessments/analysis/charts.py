"""Small charts as inline SVG: no script, nothing fetched, colours by the page's classes. Pure.

A chart is as wide as its container and its words are in `<title>` and beside it, so nothing is shown by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def _svg(width: float, height: float, title: str, body: str, *, kind: str) -> str:
    # Not `chart`: the admin's theme takes what is called so for a canvas of its own.
    return (
        f'<svg class="figure {kind}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{body}</svg>"
    )


def bar(share: float, *, title: str, tone: str = "plain", low: float | None = None, high: float | None = None) -> str:
    """A bar of a share, 0 to 1; `low` and `high` mark the range in which it should lie."""
    body = '<rect class="track" x="0" y="3" width="100" height="6" rx="3"/>'
    if low is not None and high is not None:
        body += f'<rect class="wanted" x="{100 * low:.1f}" y="0" width="{100 * (high - low):.1f}" height="12" rx="2"/>'
    body += f'<rect class="{tone}" x="0" y="3" width="{100 * min(max(share, 0), 1):.1f}" height="6" rx="3"/>'
    return _svg(100, 12, title, body, kind="bar")


def columns(shares: Sequence[float], *, title: str, tone: str = "plain") -> str:
    """Small columns side by side, 0 to 1: how the lowest, middle and highest third did."""
    body = "".join(
        f'<rect class="track" x="{12 * index}" y="0" width="10" height="24" rx="1"/>'
        f'<rect class="{tone}" x="{12 * index}" y="{24 - 24 * share:.1f}" width="10" height="{24 * share:.1f}" rx="1"/>'
        for index, share in enumerate(shares)
    )
    return _svg(12 * len(shares) - 2, 24, title, body, kind="columns")


def thirds(shares: Sequence[float], *, title: str, guess: float) -> str:
    """Large columns for the thirds of the learners, with the rate that guessing alone reaches."""
    names = ("lowest third", "middle third", "highest third")
    height, left = 120, 34
    body = "".join(
        f'<line class="grid" x1="{left}" x2="340" y1="{_y(tick, height)}" y2="{_y(tick, height)}"/>'
        f'<text class="tick" x="{left - 6}" y="{_y(tick, height) + 4}" text-anchor="end">{round(100 * tick)}</text>'
        for tick in (0, 0.5, 1)
    )
    for index, (share, name) in enumerate(zip(shares, names, strict=True)):
        x = left + 20 + 100 * index
        body += (
            f'<rect class="plain" x="{x}" y="{_y(share, height):.1f}" width="66" height="{height * share:.1f}" rx="3"/>'
            f'<text class="value" x="{x + 33}" y="{_y(share, height) - 5:.1f}" text-anchor="middle">'
            f"{round(100 * share)} %</text>"
            f'<text class="tick" x="{x + 33}" y="{height + 36}" text-anchor="middle">{name}</text>'
        )
    if guess > 0:
        y = _y(guess, height)
        body += f'<line class="guess" x1="{left}" x2="340" y1="{y:.1f}" y2="{y:.1f}"/>'
    return _svg(344, height + 44, title, body, kind="thirds")


def _y(share: float, height: float) -> float:
    return 20 + height - height * share


def difference(delta: float, error: float, *, title: str, tone: str) -> str:
    """Where a difference lies between -4 and 4 on ETS's scale, with its 95 % interval; the middle is "no difference"."""

    def x(value: float) -> float:
        return 60 + 13.5 * min(max(value, -4), 4)

    return _svg(
        120,
        16,
        title,
        f'<rect class="wanted" x="{x(-1):g}" y="0" width="{x(1) - x(-1):g}" height="16"/>'
        '<line class="grid" x1="6" x2="114" y1="8" y2="8"/>'
        '<line class="zero" x1="60" x2="60" y1="0" y2="16"/>'
        f'<line class="interval" x1="{x(delta - 1.96 * error):.1f}" x2="{x(delta + 1.96 * error):.1f}" y1="8" y2="8"/>'
        f'<circle class="{tone}" cx="{x(delta):.1f}" cy="8" r="4"/>',
        kind="difference",
    )


def history(values: Sequence[float | None], *, title: str, lowest: float, highest: float) -> str:
    """A line over the runs, oldest first; a gap where there was no figure. Nothing to draw of a single run."""
    step = 320 / max(len(values) - 1, 1)
    pieces: list[list[str]] = [[]]
    dots = ""
    for index, value in enumerate(values):
        if value is None:
            pieces.append([])
            continue
        x = 10 + step * index
        y = 50 - 44 * (min(max(value, lowest), highest) - lowest) / (highest - lowest)
        pieces[-1].append(f"{x:.1f},{y:.1f}")
        dots += f'<circle class="plain" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
    lines = "".join(f'<polyline class="line" points="{" ".join(piece)}"/>' for piece in pieces if len(piece) > 1)
    frame = '<line class="grid" x1="4" x2="336" y1="50" y2="50"/><line class="grid" x1="4" x2="336" y1="6" y2="6"/>'
    if lowest < 0 < highest:
        zero = 50 + 44 * lowest / (highest - lowest)
        frame += f'<line class="zero" x1="4" x2="336" y1="{zero:.1f}" y2="{zero:.1f}"/>'
    return _svg(340, 56, title, frame + lines + dots, kind="history")
