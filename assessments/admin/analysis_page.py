"""What the page of one analysed item shows: sentences, charts and tables, ready for its template."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from assessments.admin.group_names import group_names
from assessments.analysis import charts, selectors, words
from assessments.analysis.models import DifResult, ItemStatistic
from assessments.analysis.rules import CORRELATED, FACILITY_RANGE, FLAGS, METHOD, PER_GROUP, SMALLEST

_TONES = {"A": "good", "B": "warn", "C": "bad"}


def _svg(text: str) -> SafeString:
    return mark_safe(text)  # noqa: S308 (made by assessments.analysis.charts, which escapes every text)


def page_of(row: ItemStatistic) -> dict[str, Any]:
    """Return the template's context; three queries, and one more where the newest of the joined revisions is another."""
    revision = row.revision
    if row.joined and row.joined[-1] != revision.number:
        revision = revision.item.revisions.get(number=row.joined[-1])
    shares = [third["right"] for third in row.thirds]
    low, high = FACILITY_RANGE
    names = group_names()
    history = selectors.history_of(course_id=row.run.course_id, revision_id=row.revision_id, until=row.run.day)
    return {
        "row": row,
        "revision_url": reverse("admin:assessments_itemrevision_change", args=[revision.pk]),
        "prompt": _text_of(revision).get("prompt", ""),
        "facility": words.facility(row.facility, is_binary=row.is_binary),
        "facility_chart": None
        if row.facility is None
        else _svg(
            charts.bar(
                row.facility, title=f"{words.percent(row.facility)}; wanted {low:.0%} to {high:.0%}", low=low, high=high
            )
        ),
        "percent": None if row.facility is None else words.percent(row.facility),
        "discrimination": words.discrimination(row.discrimination),
        "correlation": None if row.discrimination is None else f"{row.discrimination:.2f}",
        "thirds_chart": _svg(
            charts.thirds(
                shares, title="right by third: " + ", ".join(map(words.percent, shares)), guess=revision.guess
            )
        )
        if row.thirds
        else None,
        "guess": words.percent(revision.guess),
        "seconds": words.seconds(row.median_seconds),
        "difficulty": None if row.difficulty is None else f"{row.difficulty:+.1f}",
        "findings": [
            {"title": FLAGS.get(finding["flag"], finding["flag"]), "text": words.finding(_named(finding, names))}
            for finding in row.findings
        ],
        "options": _options(row),
        "factors": _factors(row, names),
        "history": _history(history),
        "least": {"shown": SMALLEST, "correlated": CORRELATED, "per_group": PER_GROUP},
        "method": row.run.method or METHOD,
    }


def _text_of(revision: Any) -> dict[str, Any]:
    return revision.content.get("en") or next(iter(revision.content.values()), {})


def _options(row: ItemStatistic) -> list[dict[str, Any]]:
    texts = {option["id"]: option["text"] for option in _text_of(row.revision).get("options", ())}
    found = []
    for entry in row.options:
        name = entry["option"]
        label = (
            f"{name}: {words.percent(entry['share'])}"
            if name is not None
            else f"left open: {words.percent(entry['share'])}"
        )
        tone = "good" if entry["right"] else "plain"
        found.append(
            {
                "name": name,
                "text": texts.get(name, "") if name is not None else "left open",
                "right": entry["right"],
                "share": words.percent(entry["share"]),
                "bar": _svg(charts.bar(entry["share"], title=label, tone=tone)),
                "thirds": [words.percent(share) for share in entry["thirds"] or ()],
                "columns": _svg(charts.columns(entry["thirds"], title=f"{label} by third", tone=tone))
                if entry["thirds"]
                else None,
            }
        )
    return found


def _named(finding: Mapping[str, Any], names: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """A finding with the names of the groups that it is about."""
    called = {
        role: names.get((finding["factor"], finding[role]), finding[role])
        for role in ("group", "reference")
        if "factor" in finding
    }
    return {**finding, **called}


def _factors(row: ItemStatistic, names: Mapping[tuple[str, str], str]) -> list[dict[str, Any]]:
    groups = selectors.groups_of(run_id=row.run_id, revision_id=row.revision_id)
    return [
        {"name": words.FACTORS.get(factor, factor), "groups": [_group(member, names) for member in members]}
        for factor, members in groupby(groups, key=lambda group: group.factor)
    ]


def _group(dif_result: DifResult, names: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    explanation = words.difference(
        delta=dif_result.delta, ets_class=dif_result.ets_class, reference=dif_result.reference
    )
    chart = None
    if dif_result.delta is not None and dif_result.delta_error is not None:
        title = f"delta {dif_result.delta:+.2f}, 95 % interval ± {1.96 * dif_result.delta_error:.2f}"
        chart = _svg(
            charts.difference(dif_result.delta, dif_result.delta_error, title=title, tone=_TONES[dif_result.ets_class])
        )
    return {
        "name": names.get((dif_result.factor, dif_result.group), dif_result.group),
        "n": f"{dif_result.n} learners" if dif_result.facility is not None else f"{dif_result.n} learners or more",
        "share": "withheld: it would uncover a small group"
        if dif_result.facility is None
        else f"{words.percent(dif_result.facility)} right",
        "bar": ""
        if dif_result.facility is None
        else _svg(charts.bar(dif_result.facility, title=f"{words.percent(dif_result.facility)} right")),
        "correlation": words.INSUFFICIENT if dif_result.discrimination is None else f"{dif_result.discrimination:.2f}",
        "seconds": words.seconds(dif_result.median_seconds),
        "class": dif_result.ets_class,
        "tone": _TONES.get(dif_result.ets_class, "none"),
        "explanation": explanation,
        "chart": chart,
        "figures": None if dif_result.q is None else f"delta {dif_result.delta:+.2f}, corrected p {_p(dif_result.q)}",
    }


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _history(rows: Any) -> dict[str, Any] | None:
    if len(rows) < 2:
        return None
    first, last = rows[0], rows[-1]
    return {
        "from": first.run.day,
        "to": last.run.day,
        "runs": len(rows),
        "facility": _svg(
            charts.history(
                [row.facility for row in rows],
                lowest=0,
                highest=1,
                title="right, over the reports: " + ", ".join(words.percent(row.facility) for row in rows),
            )
        ),
        "discrimination": _svg(
            charts.history(
                [row.discrimination for row in rows],
                lowest=-0.5,
                highest=1,
                title="discrimination, over the reports: "
                + ", ".join("none" if row.discrimination is None else f"{row.discrimination:.2f}" for row in rows),
            )
        ),
    }
