"""Statistics: rounded to 5, nothing below 10, of granted states only."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from agencies.models import StatisticCell
from agencies.statistics import rules, services
from common import clock
from learners.models import Learner
from privacy.models import Disclosure, Pull
from tests.agencies.factories import SKILL, give_skill, make_agency, make_grant, signed_in_machine
from tests.factories import make_learner

CELLS = st.tuples(st.sampled_from(["JP", "PH"]), st.sampled_from(["A", "B"]), st.integers(1, 3))


@given(st.integers(0, 10**7))
def test_a_figure_is_a_multiple_of_5_near_the_count_or_nothing(count: int) -> None:
    figure = rules.published(count)
    if count < 10:
        assert figure is None
    else:
        assert figure is not None
        assert figure >= 10
        assert figure % 5 == 0
        assert abs(figure - count) <= 2


@given(st.dictionaries(CELLS, st.integers(0, 60)), CELLS, st.integers(0, 9), st.integers(0, 9))
def test_nothing_published_depends_on_a_suppressed_count(counts: dict, cell: tuple, some: int, others: int) -> None:
    """Whatever a small count is, zero or nine, everything published is the same: nothing to subtract it from."""

    def published(small: int) -> dict:
        rows = [(*key, value) for key, value in {**counts, cell: small}.items()]
        return rules.cells(rows, states=["JP", "PH"], skills=["A", "B"], levels=[1, 2, 3])

    assert published(some) == published(others)
    assert published(some)[cell] is None


@given(st.dictionaries(CELLS, st.integers(1, 60)))
def test_a_skill_outside_the_framework_shows_only_where_it_is_large(counts: dict) -> None:
    figures = rules.cells(
        [(*key, value) for key, value in counts.items()], states=["JP"], skills=["A"], levels=[1, 2, 3]
    )
    for key, figure in figures.items():
        assert figure == rules.published(counts.get(key, 0))
        assert figure is not None or (key[0] == "JP" and key[1] == "A")


def test_permitted_states() -> None:
    assert rules.permitted(None, ["PH", "TH"]) == {"PH", "TH"}
    assert rules.permitted("TH", ["PH", "TH"]) == {"TH"}
    assert rules.permitted("JP", ["PH", "TH"]) is None
    assert rules.permitted(None, []) is None


def _learners(state: str, count: int, level: int = 1) -> None:
    for _ in range(count):
        give_skill(make_learner(state), level=level)


def _figure(state: str, level: int = 1) -> int | None:
    return StatisticCell.objects.get(member_state=state, skill_code=SKILL, level=level).learners


@pytest.mark.django_db
def test_the_rollup_stores_what_may_be_published_and_nothing_else() -> None:
    _learners("PH", 13)
    _learners("PH", 9, level=2)
    services.refresh_statistics(now=clock.now())
    assert (_figure("PH"), _figure("PH", 2), _figure("PH", 3), _figure("TH")) == (15, None, None, None)
    assert services.refresh_statistics(now=clock.now()) == 0
    Learner.objects.filter(pk__in=Learner.objects.values("pk")[:4]).delete()
    assert services.refresh_statistics(now=clock.now()) >= 1
    assert _figure("PH") is None


@pytest.mark.django_db
def test_cells_that_vanish_are_removed() -> None:
    StatisticCell.objects.create(member_state_id="PH", skill_code="OLD-1", level=1, learners=20)
    services.refresh_statistics(now=clock.now())
    assert not StatisticCell.objects.filter(skill_code="OLD-1").exists()


@pytest.mark.django_db
def test_the_database_stores_no_small_count() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StatisticCell.objects.create(member_state_id="PH", skill_code="X", level=1, learners=9)


@pytest.mark.django_db(transaction=True)
def test_two_refreshes_do_not_collide() -> None:
    other = connections.create_connection("default")
    try:
        other.connect()
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [services.REFRESH_LOCK])
        assert services.refresh_statistics(now=clock.now()) == 0
        assert not StatisticCell.objects.exists()
        other.rollback()
    finally:
        other.close()
    assert services.refresh_statistics(now=clock.now()) > 0


@pytest.mark.django_db
def test_an_agency_reads_the_figures_of_granted_states() -> None:
    agency = make_agency("PH")
    make_grant(agency, "TH", "aggregate")
    machine = signed_in_machine(agency)
    _learners("PH", 12)
    services.refresh_statistics(now=clock.now())
    everything = machine.read("/agency/v1/statistics").json()
    assert {item["state"] for item in everything["items"]} == {"PH", "TH"}
    assert everything["next"] is None
    entry = machine.read("/agency/v1/statistics", {"state": "PH", "skill": SKILL}).json()["items"]
    assert entry == [
        {"state": "PH", "skill": SKILL, "level": level, "learners": 10 if level == 1 else None} for level in (1, 2, 3)
    ]
    pull = Pull.objects.order_by("-at").first()
    assert (pull.operation, pull.purpose_id, pull.row_count, pull.agency_id) == ("statistics", None, 3, agency.pk)
    assert not Disclosure.objects.exists()


@pytest.mark.django_db
def test_an_outsider_reads_no_figures() -> None:
    services.refresh_statistics(now=clock.now())
    for agency, query in (
        (make_agency("PH"), {"state": "JP"}),
        (make_agency("PH", grants=("learner",)), {}),
        (make_agency(None), {}),
    ):
        refused = signed_in_machine(agency).read("/agency/v1/statistics", query)
        assert refused.status_code == 403, query
        assert refused.json()["code"] == "no_grant"
    assert not Pull.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"state": "XX"}, "/state"),
        ({"state": "ph"}, "/state"),
        ({"state": "\x00"}, "/state"),
        ({"skill": "\x00"}, "/skill"),
        ({"skill": "x" * 21}, "/skill"),
        ({"limit": "0"}, "/limit"),
    ],
)
def test_parameters_are_checked(query: dict[str, str], pointer: str) -> None:
    refused = signed_in_machine(make_agency("PH")).read("/agency/v1/statistics", query)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == pointer


@pytest.mark.django_db
def test_who_has_the_present_figures_is_told_so() -> None:
    machine = signed_in_machine(make_agency("PH"))
    services.refresh_statistics(now=clock.now())
    first = machine.read("/agency/v1/statistics")
    again = machine.read("/agency/v1/statistics", **{"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Pull.objects.count() == 1
    _learners("PH", 10)
    services.refresh_statistics(now=clock.now())
    assert machine.read("/agency/v1/statistics", **{"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.django_db
def test_pages_of_figures(query_budget) -> None:
    machine = signed_in_machine(make_agency("PH"))
    services.refresh_statistics(now=clock.now())
    whole = machine.read("/agency/v1/statistics").json()["items"]
    seen, cursor = [], None
    while True:
        with query_budget(9):
            page = machine.read("/agency/v1/statistics", {"limit": 40, **({"cursor": cursor} if cursor else {})}).json()
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == whole
