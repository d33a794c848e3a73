"""`python -m demo --base-url … --accounts …`: play the cohort, then show what the platform made of it."""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import httpx
from tqdm import tqdm

from demo.knowledge import Knowledge
from demo.learner import Outcome, Refused, Walk, text_versions
from demo.people import LABEL, Person, cohort
from demo.verification import verify_from_published_key

COURSE = "ai-at-work-first-steps"
THREADS = 6


class Progress:
    """A bar on a terminal, plain lines every tenth elsewhere."""

    def __init__(self, label: str, total: int) -> None:
        self.label, self.total, self.done = label, total, 0
        self._bar = tqdm(total=total, desc=label, unit="learner", leave=True) if sys.stdout.isatty() else None

    def step(self) -> None:
        self.done += 1
        if self._bar is not None:
            self._bar.update()
        elif self.total < 10 or self.done % (self.total // 10) == 0:
            print(f"  {self.label}: {self.done}/{self.total}", flush=True)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class Connections(threading.local):
    """One HTTP client for each thread, so that a learner's calls reuse a connection."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=60)


def play(label: str, work: Callable[[Any], Any], over: Sequence[Any]) -> list[Any]:
    """Run `work` over all of `over` in threads, with progress; the first failure ends the run."""
    progress = Progress(label, len(over))
    results = []
    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(work, entry) for entry in over]
        try:
            for finished in as_completed(running):
                results.append(finished.result())
                progress.step()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            progress.close()
    return results


def await_workers(http: httpx.Client, *, within_s: float = 120) -> float:
    """Wait until the workers have nothing left to do; return for how many seconds."""
    started = time.monotonic()
    monitoring = {"Authorization": f"Bearer {os.environ.get('READYZ_TOKEN', 'development')}"}
    while time.monotonic() - started < within_s:
        state = http.get("/readyz", headers=monitoring).json()
        if not state["outbox_waiting"]:
            return time.monotonic() - started
        time.sleep(0.2)
    raise Refused(f"the workers did not finish within {within_s:.0f} s: {state}")


def table(outcomes: Iterable[Outcome], names: dict[str, str]) -> str:
    """The table by member state: enrolled, completed, certificates, median mastery of each skill area.

    Mastery of an area is the mean, over the learner's skills in it, of the expected success on a reference item.
    """
    by_state: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_state[outcome.person.state].append(outcome)
    areas = sorted({skill["area"]["code"] for rows in by_state.values() for row in rows for skill in row.skills})
    lines = [
        f"  {'member state':<34}{'learners':>9}{'enrolled':>9}{'completed':>10}{'certificates':>13}"
        + "".join(f"{'mastery ' + area:>11}" for area in areas)
    ]
    lines.append("  " + "-" * (len(lines[0]) - 2))
    for code in [*sorted(by_state), "all"]:
        rows = [row for rows in by_state.values() for row in rows] if code == "all" else by_state[code]
        medians = ""
        for area in areas:
            of_area = [
                statistics.fmean(skill["expected_success"] for skill in row.skills if skill["area"]["code"] == area)
                for row in rows
                if any(skill["area"]["code"] == area for skill in row.skills)
            ]
            medians += f"{statistics.median(of_area):>11.2f}" if of_area else f"{'–':>11}"
        lines.append(
            f"  {names.get(code, 'all'):<34}{len(rows):>9}{sum(r.enrolled for r in rows):>9}"
            f"{sum(r.completed for r in rows):>10}{sum(len(r.certificates) for r in rows):>13}{medians}"
        )
    return "\n".join(lines)


def pull(http: httpx.Client, client: dict[str, str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Pull an agency's whole feed and its statistics, as its own machine would."""
    answer = http.post(
        "/agency/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(client["client_id"], client["client_secret"]),
    )
    answer.raise_for_status()
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    rows: list[dict[str, Any]] = []
    query: dict[str, str] = {"limit": "100"}
    while True:
        page = http.get("/agency/v1/progress", params=query, headers=headers)
        page.raise_for_status()
        rows += page.json()["items"]
        if not page.json()["more"]:
            break
        query["cursor"] = page.json()["next"]
    # Statistics are counted by beat every few seconds here; a first run may be ahead of it.
    for _ in range(60):
        counted = http.get("/agency/v1/statistics", headers=headers)
        counted.raise_for_status()
        if counted.json()["items"]:
            break
        time.sleep(0.5)
    return rows, counted.json()["items"]


def main() -> int:
    """Play, wait, print; exit code 1 with one line when the platform refuses something."""
    parser = argparse.ArgumentParser(prog="demo")
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--accounts", type=Path, required=True, help="the demo's sign-ins, as JSON")
    parser.add_argument("--content", type=Path, required=True, help="folder that holds assessments/content")
    parser.add_argument("--learners", type=int, default=240)
    options = parser.parse_args()
    try:
        _main(options)
    except (Refused, httpx.HTTPError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _main(options: argparse.Namespace) -> None:
    accounts = json.loads(options.accounts.read_text())
    connections = Connections(options.base_url)
    http = connections.http
    knowledge = Knowledge(options.content, COURSE)
    states = http.get("/api/v1/member-states").json()["items"]
    purposes = text_versions(http)
    card = next(item for item in http.get("/api/v1/catalogue").json()["items"] if item["course"] == COURSE)
    edition_id = card["id"]
    run = f"{int(time.time()):x}"
    people = cohort(options.learners, states, run, seed=20261123)
    print(
        f"\n{len(people)} synthetic learners {LABEL} in {len(states)} member states take “{card['title']}”, over HTTP only.\n"
    )

    started = time.monotonic()
    walks: dict[str, Walk] = {}

    def learn(person: Person) -> None:
        walk = walks[person.username] = Walk(connections.http, person, purposes, random.Random(person.username))
        walk.learn(edition_id)

    def assess(person: Person) -> None:
        walk = walks[person.username]
        walk.http = connections.http
        walk.take_assessment(edition_id, knowledge)

    def look_back(person: Person) -> Outcome:
        walk = walks[person.username]
        walk.http = connections.http
        return walk.look_back()

    play("learning  ", learn, people)
    play("assessment", assess, people)
    waited = await_workers(http)
    outcomes: list[Outcome] = play("looking back", look_back, people)
    seconds = time.monotonic() - started
    names = {str(state["code"]): str(state["name"]) for state in states}
    print(f"\nPlayed in {seconds:.0f} s; the workers were done {waited:.1f} s after the last answer.\n")
    print(table(outcomes, names))
    print("  mastery: median expected success on a reference item of the area's skills, 0 to 1\n")

    certificates = [(outcome, entry) for outcome in outcomes for entry in outcome.certificates]
    if not certificates:
        raise Refused("no certificate was issued")
    outcome, certificate = certificates[0]
    issuer, name = verify_from_published_key(http, certificate["url"])
    print(f"Verified from the published key of {issuer} alone: “{name}” of {outcome.person.legal_name}.")

    agency = accounts["agency_clients"][0]
    rows, counted = pull(http, agency)
    levels = sum(1 for row in rows for skill in row.get("skills") or [] if skill["level"] >= 1)
    shown = sum(1 for cell in counted if cell["learners"] is not None)
    print(
        f"{agency['agency']} ({agency['member_state']}) pulled {len(rows)} consenting learners of its own state with "
        f"{levels} skill levels;\n  statistics: {len(counted)} cells, {shown} shown (figures below ten learners are withheld)."
    )
    base = options.base_url
    print("\nWhere to go on")
    print(f"  verification page   {certificate['url']}")
    print(f"  API documentation   {base}/api/docs")
    print(f"  admin               {base}/admin/")
    for account in accounts["staff"]:
        print(f"      {account['role']:<34}{account['username']:<28}{account['password']}")
    print(f"  agency client       {agency['client_id']}  (its secret and others: {options.accounts})\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
