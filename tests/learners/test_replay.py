"""Anyone can run the filter over an answer log and see how good it is."""

from __future__ import annotations

import csv
import hashlib
import math
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from learners.mastery import replay, simulation
from learners.mastery.metrics import quality
from learners.mastery.replay import Logged, Replay
from tests.learners import observer

HEADER = "learner,item,skills,correct,seconds"


def log(tmp_path: Path, *lines: str, header: str = HEADER, name: str = "log.csv") -> Path:
    path = tmp_path / name
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def output(*arguments: object) -> str:
    out = StringIO()
    call_command(*(str(argument) for argument in arguments), stdout=out)
    return out.getvalue()


def predicted_in(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def logged(simulated: list[simulation.Simulated]) -> list[Logged]:
    return [
        Logged(line, a.learner, a.item, a.skills, float(a.correct), a.seconds, a.guess, a.difficulty, a.probability)
        for line, a in enumerate(simulated, start=2)
    ]


def test_on_simulated_learners_it_predicts_as_well_as_the_model_that_made_them_could() -> None:
    """After other learners have answered the items, against the model's Bayesian prediction from the same answers.

    What only the model knows, the abilities themselves, no predictor has: that column stands in the log for comparison.
    """
    bank = 32
    trained = Replay()
    for answer in logged(list(simulation.answers(learners=80, items_count=bank, sittings=20, seed=2, group=1))):
        trained.answered(answer)
    trained.forget_learners()
    answers = list(simulation.answers(learners=40, items_count=bank, sittings=20, seed=2))
    scores = [float(answer.correct) for answer in answers]
    ours = quality(scores, [prediction for _, prediction in replay.predictions(trained, logged(answers))])
    best = quality(scores, observer.predictions(answers, simulation.items(bank, seed=2)))
    knowing = quality(scores, [answer.probability for answer in answers])
    assert ours.auc is not None
    assert best.auc is not None
    assert knowing.auc is not None
    assert best.auc < knowing.auc
    assert ours.auc >= best.auc - 0.005
    assert ours.calibration_error <= 0.02
    assert ours.log_loss <= best.log_loss + 0.01


def textbook(answers: list[Logged]) -> list[float]:
    """The filter of the docstrings for c = 0, one answer after the other, with items and skills moving after each.

    By the gradient of the logit with respect to every parameter, as an extended Kalman filter has it.
    """
    g: dict[str, list[float]] = {}
    k: dict[tuple[str, str], list[float]] = {}
    b: dict[str, list[float]] = {}
    log_a: dict[str, list[float]] = {}
    d: dict[str, list[float]] = {}
    slopes: dict[str, list[float]] = {}
    predicted = []
    for a in answers:
        w = 1 / len(a.skills)
        general, item = g.setdefault(a.learner, [0.0, 0.93]), b.setdefault(a.item, [a.difficulty, 1.15])
        spread = log_a.setdefault(a.item, [0.0, 0.06])
        own, offsets = [], [d.setdefault(code, [math.log(0.7 / 0.3), 0.37]) for code in a.skills]
        of_practice = [slopes.setdefault(code, [0.0, 0.3]) for code in a.skills]
        for code in a.skills:
            state = k.setdefault((a.learner, code), [0.0, 0.66, 0, a.seconds])
            if state[2]:
                lag = math.log(1 + max(0.0, a.seconds - state[3]) / 86400)
                state[0] *= math.exp(-0.16 * lag)
                state[1] = min(state[1] + 0.04 * lag, 0.66)
            own.append(state)
        x = [w * math.log(1 + state[2]) for state in own]
        inner = general[0] + w * sum(s[0] + o[0] for s, o in zip(own, offsets, strict=True)) - item[0]
        inner += sum(each * slope[0] for each, slope in zip(x, of_practice, strict=True))
        disc = math.exp(spread[0])
        m = disc * inner
        moving = [(general, disc), (item, -disc), (spread, m)]
        moving += [(entry, disc * w) for entry in (*own, *offsets)]
        moving += [(slope, disc * each) for slope, each in zip(of_practice, x, strict=True)]
        v = sum(gradient**2 * entry[1] for entry, gradient in moving)
        s = 1 / (1 + math.exp(-m))
        p = 1 / (1 + math.exp(-m / math.sqrt(1 + math.pi * v / 8)))
        predicted.append(p)
        h = s * (1 - s)
        r, weight = (a.score - p) / (1 + h * v), h / (1 + h * v)
        for entry, gradient in moving:
            entry[0] += gradient * entry[1] * r
            entry[1] -= (gradient * entry[1]) ** 2 * weight
        general[1] = min(general[1] + 0.0023, 0.93)
        for state in own:
            state[1] += 0.014
            state[2] += 1
            state[3] = a.seconds
    return predicted


def test_published_after_every_answer_it_is_the_textbook_filter() -> None:
    answers = [
        Logged(a.line, a.learner, a.item, a.skills, a.score, a.seconds, 0.0, a.difficulty, None)
        for a in logged(list(simulation.answers(learners=20, items_count=40, sittings=6, seed=3)))
    ]
    ours = [prediction for _, prediction in replay.predictions(Replay(), answers)]
    assert np.allclose(ours, textbook(answers), atol=1e-9)


def test_publishing_more_rarely_costs_little() -> None:
    answers = logged(list(simulation.answers(learners=50, items_count=40, sittings=8, seed=4)))
    scores = [answer.score for answer in answers]
    losses = [
        quality(scores, [p for _, p in replay.predictions(Replay(refresh=refresh, nightly=nightly), answers)]).log_loss
        for refresh, nightly in ((1, 1), (100, 1000))
    ]
    assert abs(losses[1] - losses[0]) < 0.01


def test_a_prediction_does_not_know_its_answer(tmp_path: Path) -> None:
    lines = [f"l{n % 3},i{n % 5},s,{n % 2},{n}" for n in range(30)]
    other = [*lines[:-1], lines[-1].replace(f",{29 % 2},", ",0,")]
    got = []
    for place, content in enumerate((lines, other)):
        out = tmp_path / f"out{place}.csv"
        output("replay_mastery", log(tmp_path, *content), "--predictions", out)
        got.append([row["predicted"] for row in predicted_in(out)])
    assert got[0] == got[1]


def test_the_command_reports_and_writes_predictions_in_the_order_of_time(tmp_path: Path) -> None:
    path = log(tmp_path, "dao,i1,a~~b,1,30", "aiko,i1,a,0,10", "budi,i2,b,0.5,20", "aiko,i2,b,1,10")
    out = tmp_path / "predictions.csv"
    said = output("replay_mastery", path, "--train", path, "--predictions", out, "--guess", "0.25", "--refresh", "2")
    assert said.startswith("4 answers, 3 learners, 2 items, 2 skills\nfilter: AUC ")
    assert "expected calibration error" in said
    assert "probability:" not in said
    rows = predicted_in(out)
    assert [(row["line"], row["learner"], row["item"]) for row in rows] == [
        ("3", "aiko", "i1"),
        ("5", "aiko", "i2"),
        ("4", "budi", "i2"),
        ("2", "dao", "i1"),
    ]
    assert all(0.25 < float(row["predicted"]) < 1 for row in rows)


def test_training_warms_items_and_not_learners(tmp_path: Path) -> None:
    hard = log(tmp_path, *(f"t{n},hard,s,0,{n}" for n in range(50)), name="train.csv")
    easy = log(tmp_path, *(f"t{n},other,s,0,{n}" for n in range(50)), name="other.csv")
    asked = log(tmp_path, "t1,hard,s,1,100")
    got = {}
    for name, train in (("hard", hard), ("easy", easy)):
        out = tmp_path / "out.csv"
        output("replay_mastery", asked, "--train", train, "--predictions", out)
        (row,) = predicted_in(out)
        got[name] = float(row["predicted"])
    assert got["hard"] < got["easy"]
    fresh = Replay()
    for answer in replay.read(hard):
        fresh.answered(answer)
    fresh.forget_learners()
    (known,) = replay.read(asked)
    stranger = Logged(2, "nobody", *[getattr(known, name) for name in Logged.__slots__[2:]])
    assert fresh.answered(stranger) == pytest.approx(got["hard"], abs=1e-6)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["a,i,s,2,1"], "line 2: correct is '2', not a number from 0 to 1"),
        (["a,i,s,1,1", "a,i,s,right,2"], "line 3: correct is 'right'"),
        (["a,i,s,1,-1"], "line 2: seconds is '-1'"),
        (["a,i,s,1,nan"], "line 2: seconds is 'nan'"),
        (["a,i,s,1"], "line 2: seconds is ''"),
        ([",i,s,1,1"], "line 2: learner is empty"),
        (["a,i,~~,1,1"], "line 2: skills is empty"),
        ([], "no answers"),
    ],
)
def test_what_is_wrong_in_a_log_is_told_with_its_line(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(CommandError) as error:
        output("replay_mastery", log(tmp_path, *lines))
    assert said in str(error.value)


def test_a_missing_column_or_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="line 1: no column skills, seconds"):
        output("replay_mastery", log(tmp_path, "a,i,1", header="learner,item,correct"))
    with pytest.raises(CommandError, match="No such file"):
        output("replay_mastery", tmp_path / "none.csv")
    latin = tmp_path / "latin.csv"
    latin.write_bytes(HEADER.encode() + b"\nJos\xe9,i,s,1,1\n")
    with pytest.raises(CommandError, match="not UTF-8"):
        output("replay_mastery", latin)


@pytest.mark.parametrize("option", [("--guess", "1"), ("--guess", "x"), ("--refresh", "0"), ("--nightly", "-1")])
def test_options_that_cannot_be_are_refused(tmp_path: Path, option: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="is not a"):
        output("replay_mastery", log(tmp_path, "a,i,s,1,1"), *option)


def test_a_simulated_log_is_the_same_each_time_and_measured_beside_its_model(tmp_path: Path) -> None:
    digests = set()
    for name in ("one.csv", "two.csv"):
        arguments = ("--learners", "10", "--items", "20", "--sittings", "2", "--seed", "7")
        assert output("simulate_answers", tmp_path / name, *arguments).startswith("200 answers")
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1
    assert "\nprobability: AUC " in output("replay_mastery", tmp_path / "one.csv")
    output("simulate_answers", tmp_path / "other.csv", *arguments[:-1], "8")
    assert (tmp_path / "other.csv").read_bytes() != (tmp_path / "one.csv").read_bytes()


def test_a_simulation_needs_items_enough_for_a_sitting(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="at least 10 items"):
        output("simulate_answers", tmp_path / "log.csv", "--items", "9")
