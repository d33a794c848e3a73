"""Synthetic people of twelve states. Every legal name carries its label, so that no certificate passes for a real one."""

from __future__ import annotations

import random
from dataclasses import dataclass

LABEL = "(synthetic)"

# Common given and family names by state, in the order and script people write them: (first part, second part, joiner).
NAMES: dict[str, tuple[list[str], list[str], str]] = {
    "BN": (["Hafiz", "Nurul", "Aziz", "Siti"], ["bin Ahmad", "binti Yusof", "bin Salleh", "binti Omar"], " "),
    "KH": (["សុខ", "ចាន់", "គឹម", "លី"], ["សុភា", "ដារ៉ា", "ស្រីនាង", "វិចិត្រ"], " "),
    "ID": (["Budi", "Sri", "Agus", "Dewi"], ["Santoso", "Wahyuni", "", "Lestari"], " "),
    "LA": (["ສົມພອນ", "ບຸນມີ", "ແກ້ວ", "ຄຳ"], ["ວົງສາ", "ສີສຸກ", "ພົມມະຈັນ", "ແສງອາລຸນ"], " "),
    "MY": (["Aisyah", "Muhammad", "Mei Ling", "Kavitha"], ["binti Rahman", "bin Ismail", "Tan", "a/p Raju"], " "),
    "MM": (["မောင်", "မ", "ကို", "ဒေါ်"], ["အောင်", "သီတာ", "မင်းသူ", "ခင်မျိုး"], ""),
    "PH": (["Maria", "Jose", "Angelica", "Mark"], ["Santos", "Reyes", "Dela Cruz", "Bautista"], " "),
    "SG": (["Wei Ming", "Priya", "Nur", "Li Ting"], ["Lim", "d/o Kumar", "binte Hassan", "Ng"], " "),
    "TH": (["สมชาย", "มาลี", "ธนา", "พิมพ์ชนก"], ["ใจดี", "ศรีสุข", "วัฒนกุล", "แสงทอง"], " "),
    "TL": (["Domingos", "Maria", "João", "Filomena"], ["Soares", "da Costa", "Ximenes", "Guterres"], " "),
    "VN": (["Nguyễn Văn", "Trần Thị", "Lê Minh", "Phạm Thu"], ["An", "Hương", "Đức", "Hà"], " "),
    "JP": (["山田", "佐藤", "鈴木", "高橋"], ["愛子", "健太", "さくら", "大輔"], " "),
}


@dataclass(frozen=True)
class Person:
    """One synthetic learner. `ability` is in logits; `plan` is how far they mean to go."""

    username: str
    legal_name: str
    state: str
    languages: tuple[str, ...]
    birth_year: int
    ability: float
    shares: bool
    plan: str  # "browse" | "half" | "all"


def cohort(size: int, states: list[dict[str, object]], run: str, seed: int) -> list[Person]:
    """Return `size` people spread evenly over `states` (as the API lists them), the same for the same seed."""
    rng = random.Random(seed)
    people = []
    for number in range(size):
        state = states[number % len(states)]
        code = str(state["code"])
        first, second, joiner = NAMES[code]
        name = joiner.join(part for part in (rng.choice(first), rng.choice(second)) if part)
        tags = [str(language["tag"]) for language in state["languages"]]  # type: ignore[attr-defined,index]
        people.append(
            Person(
                username=f"synthetic-{run}-{number:04d}",
                legal_name=f"{name} {LABEL}",
                state=code,
                languages=tuple(tags[:3]),
                birth_year=rng.randint(1965, 2004),
                ability=rng.gauss(0.9, 1.1),
                shares=rng.random() < 0.8,
                plan=rng.choices(["browse", "half", "all"], [0.05, 0.10, 0.85])[0],
            )
        )
    return people
