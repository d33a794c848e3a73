"""What a simulated person answers: the course's own keys, seen through an ability (three-parameter logistic model)."""

from __future__ import annotations

import math
import random
import tomllib
from pathlib import Path
from typing import Any

_DIFFICULTY = {"easy": -1.0, "medium": 0.0, "hard": 1.0}


class Knowledge:
    """The items of a course by their prompt in any language."""

    def __init__(self, content: Path, course: str) -> None:
        document = tomllib.loads((content / "assessments" / "content" / course / "items.toml").read_text("utf-8"))
        self._by_prompt: dict[str, dict[str, Any]] = {}
        for item in document["items"]:
            for text in item["content"].values():
                self._by_prompt[text["prompt"].strip()] = item

    def right_answers(self) -> dict[str, Any]:
        """Return the right response to each item, by its prompt in each language."""
        return {prompt: _right(item) for prompt, item in self._by_prompt.items()}

    def answer(self, shown: dict[str, Any], ability: float, rng: random.Random) -> Any:
        """Return a response to a shown item: right with the model's probability, else wrong in a plausible way."""
        item = self._by_prompt[shown["prompt"].strip()]
        guess = float(item["guess"])
        logit = ability - _DIFFICULTY[item["difficulty"]]
        knows = rng.random() < guess + (1 - guess) / (1 + math.exp(-logit))
        if knows:
            return _right(item)
        key = item["key"]
        options = [option["id"] for option in shown.get("options", [])]
        match item["kind"]:
            case "single":
                return rng.choice([option for option in options if option != key["correct"]])
            case "multiple":
                flipped = set(key["correct"]) ^ {rng.choice(options)}
                return sorted(flipped) or [rng.choice(options)]
            case "numeric":
                return key["value"] + 10 * (float(key.get("tolerance", 0)) + 1)
            case "ordering":
                return [*key["order"][1:], key["order"][0]]
            case kind:
                raise ValueError(f"an item of unknown kind {kind!r}")


def _right(item: dict[str, Any]) -> Any:
    key = item["key"]
    match item["kind"]:
        case "single" | "multiple":
            return key["correct"]
        case "numeric":
            return key["value"]
        case "ordering":
            return key["order"]
        case kind:
            raise ValueError(f"an item of unknown kind {kind!r}")
