"""A place in a picture, pointed at or chosen by keyboard."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Annotated, Any, TypedDict

from assessments.items.kinds.base import (
    NO_CONTENT,
    NO_TEXT,
    Content,
    Issue,
    ItemKind,
    ResponseRefused,
    Text,
    half_width,
    id_issues,
    is_words,
    lines,
    only_members,
    option_list,
    spread,
    words,
)
from common.schemas import Keywords, schema_of

MAX_REGIONS, MAX_LABEL_LENGTH, MAX_ADDRESS_LENGTH, DIGITS = 24, 200, 500, 4
# A picture is named, never embedded: an https address, or a path on the platform's own host.
_ADDRESS = re.compile(r"(?:https://[^\s/]+)?/[^\s\"'<>\\]*")
_REGION = re.compile(r"(?P<id>[^:]*):\s*(?P<box>[0-9.]+(?:\s+[0-9.]+){3})\s+(?P<label>.*)")


class ShownRegion(TypedDict):
    id: str
    label: str
    box: Annotated[list[float], Keywords("Left, top, width and height in shares of the picture.")]


class ShownImage(TypedDict):
    address: str
    alt: Annotated[str, Keywords("The picture in words.")]
    regions: list[ShownRegion]


class ShownPicture(TypedDict):
    """What a learner sees of a hotspot besides its prompt."""

    picture: ShownImage


class Hotspot(ItemKind):
    """The text's picture, and the regions that a keyboard or a screen reader goes through by their labels:

    picture {"address": "https://…/mail.png", "alt": "An e-mail", "regions": [
        {"id": "a", "label": "The sender", "box": [0.1, 0.05, 0.4, 0.1]}, …]}
    box: left, top, width and height as shares of the picture; boxes do not overlap. A picture may differ by language.

    key {"correct": ["a"]}: any of them is right. Response "a", or a point [0.2, 0.07] in shares of the picture, which is
    kept as the id of the region it is in, or as the point where it is in none.
    """

    name, label, has_options = "hotspot", "place in a picture", False
    fewest_options = 0
    part = "picture"
    part_example = (
        "the picture's https address, its description for those who do not see it, then “a: 0.10 0.05 0.40 0.10 The "
        "sender” for each region (left, top, width, height as shares of the picture), one a line."
    )
    key_example = "a"
    shown_schema = schema_of(ShownPicture)
    response_schema = {
        "oneOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, "minItems": 2, "maxItems": 2},
        ],
        "description": "hotspot: a region's id, or a point [x, y] in shares of the picture",
    }

    def key_issues(
        self, key: Mapping[str, Any], options: Sequence[str], content: Content = NO_CONTENT
    ) -> Iterator[Issue]:
        yield from only_members(key, "correct")
        regions = list(_boxes(next(iter(content.values()), NO_TEXT)))
        correct = key.get("correct")
        yield from option_list(correct, regions if content else correct or (), "/key/correct")
        if content and isinstance(correct, list) and len(correct) >= len(regions):
            yield Issue("/key/correct", "leaves no region that is wrong")

    def guess_range(self, key: Mapping[str, Any], options: int, text: Text = NO_TEXT) -> tuple[float, float]:
        boxes = _boxes(text)
        right = len(key["correct"])
        area = math.fsum(boxes[region][2] * boxes[region][3] for region in key["correct"] if region in boxes)
        # Blind: a region by keyboard, or a point anywhere. At best: half of the wrong regions are plainly wrong.
        of_regions = right / len(boxes) if boxes else 0.5
        return spread(min(area, of_regions), 2 * of_regions)

    def read(
        self, raw: Any, options: Sequence[str], text: Text = NO_TEXT, *, language: str | None = None
    ) -> str | list[float]:
        boxes = _boxes(text)
        if isinstance(raw, str):
            if raw not in boxes:
                raise ResponseRefused("unknown_region")
            return raw
        if not isinstance(raw, list) or len(raw) != 2:
            raise ResponseRefused("not_a_point")
        for index, share in enumerate(raw):
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
                raise ResponseRefused("not_a_point", f"/{index}")
        # Rounded first, so that the point that is kept is in no region either.
        x, y = (round(float(share), DIGITS) + 0.0 for share in raw)
        for region, (left, top, width, height) in boxes.items():
            if left <= x <= left + width and top <= y <= top + height:
                return region
        return [x, y]

    def score(self, key: Mapping[str, Any], response: Any, *, language: str | None = None) -> float:
        return 1.0 if isinstance(response, str) and response in key["correct"] else 0.0

    def key_text(self, key: Mapping[str, Any], *, language: str | None = None) -> str:
        return ", ".join(map(str, key.get("correct", [])))

    def key_from_text(self, text: str, *, language: str | None = None) -> dict[str, Any]:
        return {"correct": words(text)}

    def part_issues(self, text: Text, at: str) -> Iterator[Issue]:
        picture, here = text.get("picture"), f"{at}/picture"
        if not isinstance(picture, Mapping) or set(picture) != {"address", "alt", "regions"}:
            yield Issue(here, "must have an address, a description (alt) and regions")
            return
        address = picture["address"]
        if not isinstance(address, str) or len(address) > MAX_ADDRESS_LENGTH or not _ADDRESS.fullmatch(address):
            yield Issue(here, "the address must begin with https:// or /")
        if not is_words(picture["alt"]):
            yield Issue(here, "the description (alt) is missing or too long")
        yield from _region_issues(picture["regions"], f"{here}/regions")

    def part_shape(self, text: Text) -> Any:
        return sorted(_boxes(text))

    def part_text(self, text: Text) -> str:
        picture = text.get("picture")
        if not isinstance(picture, Mapping):
            return ""
        regions = [
            f"{region['id']}: {' '.join(f'{share:g}' for share in region['box'])} {region['label']}"
            for region in picture["regions"]
        ]
        return "\n".join([picture["address"], picture["alt"], *regions])

    def part_from_text(self, written: str) -> Any:
        said = lines(written)
        if not said:
            return None
        return {
            "address": said[0],
            "alt": said[1] if len(said) > 1 else "",
            "regions": [_region(entry) for entry in said[2:]],
        }

    def shown(self, text: Text, order: Sequence[str]) -> ShownPicture:
        picture = text["picture"]
        regions: list[ShownRegion] = [
            {"id": region["id"], "label": region["label"], "box": region["box"]} for region in picture["regions"]
        ]
        return {"picture": {"address": picture["address"], "alt": picture["alt"], "regions": regions}}


def _region(line: str) -> Any:
    # Character for character as long as the line: the label is taken from the line as it was written.
    read = _REGION.fullmatch(half_width(line))
    if read is None:
        return line
    try:
        box = [float(share) for share in read["box"].split()]
    except ValueError:
        return line
    return {"id": read["id"].strip(), "label": line[read.start("label") :].strip(), "box": box}


def _region_issues(regions: Any, at: str) -> Iterator[Issue]:
    if not isinstance(regions, list) or not 2 <= len(regions) <= MAX_REGIONS:
        yield Issue(at, f"must be a list of 2 to {MAX_REGIONS} regions")
        return
    seen: set[str] = set()
    valid = []
    for index, region in enumerate(regions):
        here = f"{at}/{index}"
        if not isinstance(region, Mapping) or set(region) != {"id", "label", "box"}:
            yield Issue(here, "must have an id, four numbers and a label")
            continue
        yield from id_issues(region["id"], f"{here}/id", seen)
        if not is_words(region["label"], MAX_LABEL_LENGTH):
            yield Issue(f"{here}/label", f"must be text of at most {MAX_LABEL_LENGTH} characters")
        if _is_box(region["box"]):
            valid.append((region["id"], region["box"]))
        else:
            yield Issue(f"{here}/box", "must be left, top, width, height within the picture, from 0 to 1")
    for (entry, a), (other, b) in combinations(valid, 2):
        if a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]:
            yield Issue(at, f"{entry} and {other} overlap")


def _is_box(box: Any) -> bool:
    if not isinstance(box, list) or len(box) != 4:
        return False
    if any(isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1 for share in box):
        return False
    left, top, width, height = box
    return bool(width > 0 and height > 0 and left + width <= 1 + 1e-9 and top + height <= 1 + 1e-9)


def _boxes(text: Text) -> dict[str, list[float]]:
    """Return the boxes of a text's regions by id; what is no region is missing."""
    picture = text.get("picture")
    regions = picture.get("regions") if isinstance(picture, Mapping) else None
    return (
        {
            str(region["id"]): region["box"]
            for region in regions
            if isinstance(region, Mapping) and "id" in region and _is_box(region.get("box"))
        }
        if isinstance(regions, list)
        else {}
    )
