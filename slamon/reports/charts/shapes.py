"""The four drawings. Each says with numbers what it says with colours."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator

from slamon.reporting.words import business_time
from slamon.reports.charts.style import BROKEN, DARK, DASHED, HATCH, HEAT, INK, KEPT, LIGHT, LINE, SOFT, grid, short
from slamon.reports.document import Heat, Holders, Share, Spread, Trend
from slamon.reports.sheets import WEEKDAYS
from slamon.reports.written import NOT_APPLICABLE, percent_number, tenths

MOST_HOLDERS = 10
MOST_LEVEL = 7  # names of periods side by side


def draw_trend(axes: Axes, trend: Trend) -> None:
    """Draw a line that breaks where a period had nothing, with the percent at each point."""
    heights = [_height(share) for _, share in trend.points]
    floor = _floor([height for height in heights if height is not None], trend.goal_percent)
    if trend.goal_percent is not None:
        _draw_goal(axes, trend.goal_percent)
    line = [float("nan") if height is None else height for height in heights]
    axes.plot(range(len(line)), line, color=KEPT, linewidth=2, marker="o", markersize=5, zorder=3)
    for place, (_, share) in enumerate(trend.points):
        _mark(axes, place, heights, share, floor)
    axes.set_xticks(range(len(heights)), [short(name, 12) for name, _ in trend.points])
    if len(heights) > MOST_LEVEL:
        for label in axes.get_xticklabels():
            label.set(rotation=40, ha="right")
    axes.set_xlim(-0.5, max(len(heights), 1) - 0.5)
    ticks = MaxNLocator(nbins=5, integer=True, steps=[1, 2, 5, 10]).tick_values(floor, 100)
    axes.set_yticks([tick for tick in ticks if floor <= tick <= 100])
    axes.set_ylim(floor, 100 + (100 - floor) * 0.12)
    axes.yaxis.set_major_formatter("{x:g} %")
    grid(axes, "y")


def _floor(heights: list[float], goal: int | None) -> float:
    """Return where the axis begins: below all that is drawn, and never so high that a tenth looks like a fall."""
    low = min([*heights, 100.0 if goal is None else float(goal)])
    return max(0.0, low - max(4.0, (100 - low) * 0.35))


def _draw_goal(axes: Axes, goal: int) -> None:
    axes.axhline(goal, color=BROKEN, linewidth=1.4, linestyle=DASHED, zorder=2)
    axes.annotate(
        f"promised {goal} %",
        (1, goal),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        color=BROKEN,
        va="center",
        annotation_clip=False,
    )


def _mark(axes: Axes, place: int, heights: list[float | None], share: Share, floor: float) -> None:
    """Write the percent at its point, below it where the line comes down and goes up again."""
    height = heights[place]
    around = [heights[beside] for beside in (place - 1, place + 1) if 0 <= beside < len(heights)]
    valley = height is not None and any(around) and all(other is None or other > height for other in around)
    axes.annotate(
        percent_number(share) or NOT_APPLICABLE,
        (place, floor if height is None else height),
        xytext=(0, -7 if valley else 7),
        textcoords="offset points",
        ha="center",
        va="top" if valley else "bottom",
        fontsize=8,
        color=SOFT if height is None else INK,
    )


def _height(share: Share) -> float | None:
    cut = tenths(share)
    return None if cut is None else cut / 10


def draw_spread(axes: Axes, spread: Spread) -> None:
    """Draw a bar for each share of the goal; those over the goal are of another colour and hatched."""
    ends = spread.up_to_percent
    for place, count in enumerate(spread.goals):
        kept = place < len(ends) and ends[place] <= 100
        axes.bar(place, count, width=0.78, color=KEPT if kept else BROKEN, hatch=None if kept else HATCH, linewidth=0)
        axes.annotate(f"{count:,}", (place, count), xytext=(0, 3), textcoords="offset points", ha="center", fontsize=8)
    if 100 in ends:
        at = ends.index(100) + 0.5
        axes.axvline(at, color=INK, linewidth=1.2, linestyle=DASHED)
        top = ("data", "axes fraction")
        axes.annotate("the goal", (at, 1), xycoords=top, xytext=(4, 2), textcoords="offset points")
    labels = [f"{begin}–{end}" for begin, end in zip((0, *ends), ends, strict=False)]
    labels.append(f"over {ends[-1]}" if ends else "all")
    axes.set_xticks(range(len(labels)), labels, fontsize=8)
    axes.set_ylim(0, max([*spread.goals, 1]) * 1.12)
    axes.set_xlabel("% of the goal")
    axes.set_ylabel("goals")
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    grid(axes, "y")


def draw_heat(axes: Axes, heat: Heat) -> None:
    """Draw a square for each hour of the week: the darker, the more; the number stands in it."""
    most = max((count for row in heat.counts for count in row), default=0)
    squares = [[count or float("nan") for count in row] for row in heat.counts]
    colours = ListedColormap(HEAT)
    axes.pcolormesh(squares, cmap=colours, vmin=0.5, vmax=max(most, 1) + 0.5, edgecolors=LINE, linewidth=0.6)
    for day, row in enumerate(heat.counts):
        for hour, count in enumerate(row):
            if count:
                ink = LIGHT if count > most * 0.55 else DARK
                axes.text(hour + 0.5, day + 0.5, f"{count}", ha="center", va="center", fontsize=7, color=ink)
    axes.set_xlim(0, 24)
    axes.set_ylim(7, 0)
    axes.set_xticks([hour + 0.5 for hour in range(0, 24, 2)], [f"{hour:02d}" for hour in range(0, 24, 2)])
    axes.set_yticks([day + 0.5 for day in range(7)], [day[:3] for day in WEEKDAYS])
    axes.set_xlabel("hour of the day")
    axes.tick_params(pad=4)


def draw_holders(axes: Axes, holders: Holders) -> None:
    """Draw a bar for each holder, the first on top, with its time and its share; the last ones together."""
    named = [*holders.seconds[:MOST_HOLDERS]]
    if rest := holders.seconds[MOST_HOLDERS:]:
        named.append((f"{len(rest)} others", sum(seconds for _, seconds in rest)))
    whole = sum(seconds for _, seconds in named)
    for place, (_, seconds) in enumerate(named):
        axes.barh(place, seconds / 3600, height=0.66, color=KEPT)
        words = f"{business_time(seconds)} · {seconds * 100 // whole} %" if whole else business_time(seconds)
        axes.annotate(words, (seconds / 3600, place), xytext=(5, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(named)), [short(name) for name, _ in named])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(max(len(named), 1) - 0.4, -0.6)
    axes.set_xlim(0, max((seconds for _, seconds in named), default=0) / 3600 * 1.28 or 1)
    axes.set_xlabel("hours of business time")
    grid(axes, "x")
