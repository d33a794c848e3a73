"""`python -m config.local run | demo [--oneshot] [--learners N] | clean`: what the Makefile calls."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys

from config.local import processes
from config.local.processes import ROOT, LocalServiceError
from config.local.supervisor import PYTHON, Platform, interrupt_on_terminate


def _run() -> int:
    with Platform("run") as platform:
        accounts = platform.prepare()
        platform.start_web(reload=True)
        platform.start_jobs(reload=True)
        platform.await_web()
        print(f"\n  {platform.base_url}/admin/    {platform.base_url}/api/docs    Ctrl-C stops everything")
        print(f"  sign-ins: {accounts}   logs: {platform.folder}/*.log\n", flush=True)
        platform.watch()
    return 0


def _demo(*, oneshot: bool, learners: int) -> int:
    with Platform("demo") as platform:
        platform.environment["DEBUG"] = "0"
        accounts = platform.prepare()
        platform.start_web()
        platform.start_jobs()
        platform.await_web()
        cohort = subprocess.Popen(
            [
                PYTHON,
                "-m",
                "demo",
                "--base-url",
                platform.base_url,
                "--accounts",
                str(accounts),
                "--learners",
                str(learners),
                "--content",
                str(ROOT),
            ],
            env=platform.environment,
            cwd=ROOT,
        )
        try:
            played = platform.watch(cohort)
        finally:
            if cohort.poll() is None:
                cohort.terminate()
                cohort.wait()
        if played != 0 or oneshot:
            return played
        print("Everything stays up until Ctrl-C.", flush=True)
        platform.watch()
    return 0


def _clean() -> int:
    owner = processes.database_owner()
    for folder in {processes.STATE, owner.home}:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def main() -> int:
    """Parse the command line, run, and turn what went wrong into one message."""
    parser = argparse.ArgumentParser(prog="config.local")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run")
    commands.add_parser("clean", help="remove all local data of this folder")
    demo = commands.add_parser("demo")
    demo.add_argument("--oneshot", action="store_true")
    demo.add_argument("--learners", type=int, default=240)
    arguments = parser.parse_args()
    interrupt_on_terminate()
    try:
        if arguments.command == "run":
            return _run()
        if arguments.command == "clean":
            return _clean()
        return _demo(oneshot=arguments.oneshot, learners=arguments.learners)
    except LocalServiceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0 if arguments.command == "run" or not arguments.oneshot else 130


if __name__ == "__main__":
    sys.exit(main())
