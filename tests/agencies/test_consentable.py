"""Which agencies a learner may let see the learner's progress."""

from __future__ import annotations

import pytest

from agencies.loading import load_agencies
from agencies.models import Agency
from tests.agencies.factories import make_agency, make_explaining_agency, make_grant
from tests.factories import make_learner, make_user, signed_in

pytestmark = pytest.mark.django_db


def test_a_learner_sees_the_granted_agencies_of_the_own_state() -> None:
    mine = make_agency("PH", name="B")
    make_agency("PH", name="Aggregate only", grants=("aggregate",))
    make_agency("PH", name="Without grants", grants=())
    thai = make_agency("TH", name="Thai")
    make_grant(thai, "PH", "learner")
    make_agency(None, name="Regional")
    closed = make_agency("PH", name="Closed")
    Agency.objects.filter(pk=closed.pk).update(active=False)
    aiko = signed_in(make_learner("PH").user)
    answer = aiko.get("/api/v1/agencies")
    assert answer.status_code == 200
    assert answer.json() == {
        "items": [{"id": str(mine.pk), "name": "B", "role": "skills", "purposes": ["share_progress"]}],
        "next": None,
    }


def test_an_agency_is_listed_with_the_purposes_that_it_was_granted() -> None:
    make_explaining_agency("PH", name="Explaining")
    make_explaining_agency("TH", name="Of another state")
    [listed] = signed_in(make_learner("PH").user).get("/api/v1/agencies").json()["items"]
    assert (listed["name"], listed["purposes"]) == ("Explaining", ["share_progress", "share_explanations"])


def test_an_account_without_a_profile_sees_none() -> None:
    make_agency("PH")
    assert signed_in(make_user()).get("/api/v1/agencies").json()["items"] == []


def test_pages(query_budget) -> None:
    for name in "DBCA":
        make_agency("PH", name=name)
    aiko = signed_in(make_learner("PH").user)
    with query_budget(3):
        first = aiko.get("/api/v1/agencies", {"limit": 3}).json()
    second = aiko.get("/api/v1/agencies", {"limit": 3, "cursor": first["next"]}).json()
    assert [item["name"] for item in first["items"] + second["items"]] == list("ABCD")
    assert second["next"] is None
    assert aiko.get("/api/v1/agencies", {"cursor": "x"}).status_code == 400


def test_the_register_s_agencies_are_loaded_once_and_see_nothing() -> None:
    count = load_agencies()
    assert load_agencies() == count == Agency.objects.count() > 12
    assert Agency.objects.values("member_state").distinct().count() == 12
    kept = Agency.objects.order_by("pk").first()
    key = bytes(kept.pseudonym_key)
    Agency.objects.filter(pk=kept.pk).update(active=False, role="old")
    load_agencies()
    kept.refresh_from_db()
    assert (kept.active, bytes(kept.pseudonym_key)) == (False, key)
    assert kept.role != "old"
    assert signed_in(make_learner("PH").user).get("/api/v1/agencies").json()["items"] == []
