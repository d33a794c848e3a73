"""Every field of every table is declared: what it tells of whom, what for, how long, and what an erasure does to it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from django.apps import apps
from django.db import models

from accounts.models import User
from common.personal_data import Basis, Category, Erasure, Table
from config import field_register
from config.field_register import CONSENTED, PURPOSES, problems, register
from learners.models import Learner

ROOT = Path(__file__).resolve().parents[2]
TABLES = [pytest.param(table, id=table.model) for table in register().values()]
# Their values are accounts' ids, and no foreign key stands behind them.
IDS_OF_ACCOUNTS = {
    "agencies.ProgressRow": models.UUIDField,
    "assessments.Claim": models.UUIDField,
    "events.StoredAnswer": models.CharField,
}


def _way(table: Table) -> list[models.Field]:  # type: ignore[type-arg]
    """The fields that lead from a row to the account it is about."""
    model, fields = apps.get_model(table.model), []
    for name in table.subject.split("__"):
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
        assert isinstance(field, models.Field)
        fields.append(field)
        if field.remote_field is not None:
            model = field.remote_field.model
    return fields


def test_every_field_of_every_table_is_declared() -> None:
    assert problems() == []


def test_a_field_that_nobody_declared_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = dict(register())
    profile = changed["learners.Learner"]
    changed["learners.Learner"] = replace(profile, personal=profile.personal.replace("legal_name", "shoe_size"))
    del changed["learners.Ability"]
    monkeypatch.setattr(field_register, "register", lambda: MappingProxyType(changed))
    assert problems() == [
        "learners.Ability: no table is declared",
        "learners.Learner.legal_name: no category",
        "learners.Learner.shoe_size: there is no such field",
    ]


def test_a_field_of_two_categories_is_refused() -> None:
    with pytest.raises(ValueError, match="both"):
        Table("learners.Learner", personal="legal_name", none="legal_name").categories()


@pytest.mark.parametrize("table", TABLES)
def test_what_tells_of_people_is_held_for_a_reason(table: Table) -> None:
    personal = any(category is not Category.NONE for category in table.categories().values())
    assert personal == (table.use is not register()["courses.Course"].use), "a use of its own, where it tells of people"
    if personal:
        assert table.use.purpose in PURPOSES or table.use.purpose in CONSENTED
        assert (table.use.basis is Basis.CONSENT) == (table.use.purpose in CONSENTED)
    if table.use.erasure in (Erasure.DELETED, Erasure.TOMBSTONE):
        assert table.subject, "an erasure that deletes rows must find them"


@pytest.mark.parametrize("table", [entry for entry in TABLES if entry.values[0].subject])  # type: ignore[union-attr]
def test_the_person_of_a_row_is_found(table: Table) -> None:
    last = _way(table)[-1]
    if table.model in IDS_OF_ACCOUNTS:
        assert isinstance(last, IDS_OF_ACCOUNTS[table.model])
    else:
        assert last.model is User or last.remote_field.model in (User, Learner)


def _kept_by(table: Table) -> Iterator[str]:
    """The links by which a row would outlive the account, or keep it from being deleted."""
    for field in _way(table):
        if field.remote_field is not None and field.remote_field.on_delete is not models.CASCADE:
            yield f"{field.model._meta.label}.{field.name}"


@pytest.mark.parametrize("table", [entry for entry in TABLES if entry.values[0].use.erasure is Erasure.DELETED])  # type: ignore[union-attr]
def test_what_is_said_to_go_with_the_account_goes_with_it(table: Table) -> None:
    if table.model not in IDS_OF_ACCOUNTS:
        assert list(_kept_by(table)) == []


def test_a_row_that_outlives_its_account_is_found() -> None:
    assert list(_kept_by(register()["assessments.Reviewer"])) == ["assessments.Reviewer.user"]


def test_the_purposes_are_those_that_people_consent_to() -> None:
    purposes = tomllib.loads((ROOT / "platform" / "privacy" / "data" / "purposes.toml").read_text())
    assert set(CONSENTED) == set(purposes)
