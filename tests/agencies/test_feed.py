"""Citra's agency pulls the progress of Philippine learners who consent to it; nobody else's, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import Client

from accounts.models import User
from agencies import services, tasks
from agencies.feed import rules
from agencies.feed import services as feed
from agencies.feed.documents import for_agency
from agencies.models import Agency, FeedHorizon, Grant, ProgressRow
from agencies.scope import publisher_scope
from common import clock
from common.ids import new_id
from events import public as events
from learners.events import EditionCompleted, ProfileChanged, ProgressRecorded
from learners.models import Enrolment, Learner
from privacy.models import AuditEntry, Disclosure, Pull
from privacy.public import erasing
from tests.agencies.factories import (
    Machine,
    consent,
    consent_to_records,
    drain,
    give_skill,
    make_agency,
    make_edition,
    make_grant,
    make_sharing_learner,
    signed_in_machine,
    tell,
    today,
)
from tests.factories import make_learner, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency() -> Agency:
    return make_agency("PH", name="Citra's agency")


@pytest.fixture
def machine(agency: Agency) -> Machine:
    return signed_in_machine(agency)


def _known(agency: Agency, learner: Learner) -> str:
    return rules.pseudonym(bytes(agency.pseudonym_key), learner.pk)


def _items(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def _tombstone(item: dict[str, Any]) -> bool:
    parts = {item[name] is None for name in ("enrolments", "skills", "certificates", "explanations")}
    assert parts == {item["withdrawn"]}
    return item["withdrawn"]


def test_the_agency_pulls_and_goes_on_from_where_it_was(agency: Agency, machine: Machine) -> None:
    first = make_sharing_learner(agency)
    drain()
    answer = machine.pull()
    [item] = _items(answer)
    assert item["learner"] == _known(agency, first)
    assert item["state"] == "PH"
    assert not _tombstone(item)
    assert item["enrolments"][0]["lessons"] == 1
    assert item["skills"][0]["level"] == 1
    assert answer.json()["more"] is False
    assert answer["Cache-Control"] == "no-store"
    # Whoever follows `Link` must come to an end; the cursor to go on from another day is `next`.
    assert "Link" not in answer

    cursor = answer.json()["next"]
    nothing = machine.pull(cursor)
    assert _items(nothing) == []
    assert nothing.json()["next"], "a cursor to go on from is always there"

    second = make_sharing_learner(agency)
    give_skill(first, level=2)
    tell(first)
    drain()
    later = _items(machine.pull(nothing.json()["next"]))
    assert {item["learner"] for item in later} == {_known(agency, first), _known(agency, second)}
    assert len(_items(machine.pull())) == 2, "from the start each learner is published once"


def test_the_answer_names_nobody(agency: Agency, machine: Machine) -> None:
    learner = make_sharing_learner(agency)
    Learner.objects.filter(pk=learner.pk).update(legal_name="Maria Santos")
    drain()
    text = machine.pull().content.decode()
    assert "Santos" not in text
    assert str(learner.pk) not in text
    assert learner.user.username not in text


def test_two_agencies_know_a_learner_by_different_names(agency: Agency) -> None:
    other = make_agency("PH")
    learner = make_sharing_learner(agency)
    consent(learner, other)
    drain()
    names = {_items(signed_in_machine(value).pull())[0]["learner"] for value in (agency, other)}
    assert len(names) == 2


def test_pages_follow_each_other(agency: Agency, machine: Machine) -> None:
    edition = make_edition()
    for _ in range(5):
        make_sharing_learner(agency, edition=edition)
    drain()
    seen: list[str] = []
    cursor, more = None, True
    while more:
        answer = machine.pull(cursor, limit=2)
        seen += [item["learner"] for item in _items(answer)]
        cursor, more = answer.json()["next"], answer.json()["more"]
    assert len(seen) == len(set(seen)) == 5


def test_an_outsider_gets_nothing_and_leaves_no_trace(agency: Agency) -> None:
    """Dao's learner data are in no feed: no consent, and other states' agencies have no claim whatever they consent to."""
    citras = signed_in_machine(agency)
    thai = make_agency("TH")
    make_grant(thai, "PH", "learner")  # written past the service, which refuses it
    dao = make_learner("PH", name="Dao")
    tell(dao)
    somebody = make_sharing_learner(agency)
    consent(somebody, thai)
    drain()
    assert len(_items(citras.pull())) == 1
    machine = signed_in_machine(thai)
    assert _items(machine.pull()) == []
    refused = machine.read("/agency/v1/progress", {"state": "PH"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "unknown_parameter")
    assert Disclosure.objects.count() == 1
    assert not Disclosure.objects.filter(user_id=dao.pk).exists()


def test_withdrawal_is_a_tombstone_and_a_return_brings_the_learner_back(agency: Agency, machine: Machine) -> None:
    learner = make_sharing_learner(agency)
    drain()
    cursor = machine.pull().json()["next"]
    consent(learner, agency, given=False)
    drain()
    answer = machine.pull(cursor)
    [item] = _items(answer)
    assert item["learner"] == _known(agency, learner)
    assert _tombstone(item)
    with publisher_scope():
        assert ProgressRow.objects.get().document is None, "nothing of the learner is kept"
    consent(learner, agency)
    drain()
    [item] = _items(machine.pull(answer.json()["next"]))
    assert item["learner"] == _known(agency, learner)
    assert not _tombstone(item)


def test_a_withdrawal_counts_before_the_feed_has_it_and_so_does_the_return(agency: Agency, machine: Machine) -> None:
    learner = make_sharing_learner(agency)
    drain()
    consent(learner, agency, given=False)
    answer = machine.pull()
    [item] = _items(answer)
    assert _tombstone(item), "the feed has not caught up, the answer has"
    assert not Disclosure.objects.exists()
    # Back again before the feed saw either: it must not think that the agency knows.
    consent(learner, agency)
    drain()
    [item] = _items(machine.pull(answer.json()["next"]))
    assert not _tombstone(item)


def test_who_moves_to_another_state_is_withdrawn(agency: Agency, machine: Machine) -> None:
    learner = make_sharing_learner(agency)
    drain()
    cursor = machine.pull().json()["next"]
    Learner.objects.filter(pk=learner.pk).update(member_state_id="TH")
    assert _tombstone(_items(machine.pull())[0])
    events.record(ProfileChanged(learner_id=learner.pk, member_state="TH"))
    drain()
    assert _tombstone(_items(machine.pull(cursor))[0])


def test_what_did_not_change_is_not_published_again(agency: Agency, machine: Machine) -> None:
    learner = make_sharing_learner(agency)
    drain()
    cursor = machine.pull().json()["next"]
    tell(learner)
    events.record(ProgressRecorded(learner_id=learner.pk, edition_id=new_id(), course_id=new_id()))
    events.record(EditionCompleted(learner_id=learner.pk, edition_id=new_id(), course_id=new_id()))
    drain()
    assert _items(machine.pull(cursor)) == []
    assert feed.publish(learner_ids=[learner.pk], now=clock.now()) == 0


def test_a_cursor_belongs_to_one_agency(agency: Agency, machine: Machine) -> None:
    make_sharing_learner(agency)
    drain()
    cursor = machine.pull().json()["next"]
    other = signed_in_machine(make_agency("PH"))
    for bad in (cursor, "nonsense", "", "\x00", "é", cursor + "x"):
        refused = other.pull(bad)
        assert refused.status_code == 400, bad
        assert refused.json()["code"] == "bad_cursor"


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "1.5", "٣", ""])
def test_a_limit_is_a_number_in_range(machine: Machine, limit: str) -> None:
    refused = machine.read("/agency/v1/progress", {"limit": limit})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/limit"
    assert not Pull.objects.exists()


def test_who_stayed_away_too_long_starts_anew(agency: Agency, machine: Machine) -> None:
    make_sharing_learner(agency)
    gone = make_sharing_learner(agency)
    drain()
    cursor = machine.pull().json()["next"]
    consent(gone, agency, given=False)
    drain()
    following = machine.pull(cursor).json()["next"]
    assert feed.purge_tombstones(now=clock.now()) == 0
    assert feed.purge_tombstones(now=clock.now() + timedelta(days=91)) == 1
    assert feed.purge_tombstones(now=clock.now() + timedelta(days=91)) == 0
    refused = machine.pull(cursor)
    assert refused.status_code == 410
    assert refused.json()["code"] == "gone"
    assert _items(machine.pull(following)) == [], "who had the tombstone goes on"
    assert len(_items(machine.pull())) == 1, "starting anew tells all there is"
    assert FeedHorizon.objects.get().purged_to > 0


def test_the_ledger_shows_learners_who_looked(agency: Agency, machine: Machine) -> None:
    edition = make_edition()
    learners = [make_sharing_learner(agency, edition=edition) for _ in range(3)]
    drain()
    consent(learners[2], agency, given=False)
    drain()
    machine.pull()
    pull = Pull.objects.get()
    assert (pull.agency_id, pull.client_id) == (agency.pk, machine.credentials.client_id)
    assert (pull.operation, pull.purpose_id, pull.row_count) == ("progress", "share_progress", 3)
    assert set(pull.disclosures.values_list("user_id", flat=True)) == {learner.pk for learner in learners[:2]}


def test_without_the_ledger_there_is_no_answer(agency: Agency, machine: Machine) -> None:
    make_sharing_learner(agency)
    drain()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION break_ledger() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no space left'; END $$;"
            "CREATE TRIGGER broken BEFORE INSERT ON privacy_disclosure EXECUTE FUNCTION break_ledger()"
        )
    machine.raise_request_exception = False
    answer = machine.pull()
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "enrolments" not in answer.content.decode()
    assert not Pull.objects.exists()


def test_without_a_grant_there_is_no_answer() -> None:
    ungranted = make_agency("PH", grants=("aggregate",))
    make_sharing_learner(ungranted)
    drain()
    refused = signed_in_machine(ungranted).pull()
    assert refused.status_code == 403
    assert refused.json()["code"] == "no_grant"
    assert not Pull.objects.exists()


def test_the_feed_follows_the_grants(agency: Agency, machine: Machine) -> None:
    learner = make_sharing_learner(agency)
    drain()
    cursor = machine.pull().json()["next"]
    grant = Grant.objects.get(agency=agency, scope="learner")
    services.end_grant(grant_id=grant.pk, valid_to=today(), actor="test")
    assert feed.rebuild_due_feeds(now=clock.now()) == 1
    assert feed.rebuild_due_feeds(now=clock.now()) == 0
    with publisher_scope():
        assert ProgressRow.objects.get().withdrawn
    services.give_grant(
        agency_id=agency.pk,
        member_state="PH",
        purpose="share_progress",
        scope="learner",
        legal_basis="Act 2",
        valid_from=today(),
        valid_to=None,
        actor="test",
    )
    assert feed.rebuild_due_feeds(now=clock.now()) == 1
    [item] = _items(machine.pull(cursor))
    assert item["learner"] == _known(agency, learner)
    assert not _tombstone(item)
    assert set(AuditEntry.objects.filter(subject_kind="grant").values_list("action", flat=True)) == {
        "grant.given",
        "grant.ended",
    }


def test_the_feed_follows_the_calendar(agency: Agency) -> None:
    """A grant that ends, and one that begins, by its date alone."""
    make_sharing_learner(agency)
    drain()
    now = clock.now()
    feed.rebuild_due_feeds(now=now)
    Grant.objects.filter(agency=agency, scope="learner").update(valid_to=today() + timedelta(days=3))
    make_grant(agency, "PH", "learner", valid_from=today() + timedelta(days=10))

    def withdrawn_after(days: int) -> bool:
        feed.rebuild_due_feeds(now=now + timedelta(days=days))
        with publisher_scope():
            return ProgressRow.objects.get().withdrawn

    assert [withdrawn_after(days) for days in (1, 3, 9, 12)] == [False, True, True, False]
    assert feed.rebuild_due_feeds(now=now + timedelta(days=12)) == 0


def test_consent_from_before_the_grant_counts_from_its_first_day() -> None:
    agency = make_agency("PH", grants=())
    make_sharing_learner(agency)
    drain()
    make_grant(agency, "PH", "learner")
    feed.rebuild_due_feeds(now=clock.now())
    assert len(_items(signed_in_machine(agency).pull())) == 1


def test_a_pull_costs_the_same_for_one_and_for_fifty(agency: Agency, machine: Machine, query_budget) -> None:
    edition = make_edition()
    make_sharing_learner(agency, edition=edition)
    drain()
    with query_budget(20):
        assert len(_items(machine.pull())) == 1
    for _ in range(49):
        make_sharing_learner(agency, edition=edition)
    drain()
    with query_budget(20):
        assert len(_items(machine.pull())) == 50


def test_publishing_costs_the_same_for_one_and_for_fifty(agency: Agency) -> None:
    from django.test.utils import CaptureQueriesContext

    edition = make_edition()
    ids = [make_sharing_learner(agency, edition=edition).pk for _ in range(50)]
    feed.publish(learner_ids=ids[:1], now=clock.now())
    costs = []
    for some in (ids[:1], ids):
        with CaptureQueriesContext(connection) as captured:
            feed.publish(learner_ids=some, now=clock.now(), republish=some)
        costs.append(len(captured))
    assert costs[0] == costs[1] <= 26, costs


def test_two_agencies_of_one_state_cannot_match_their_learners(agency: Agency, machine: Machine) -> None:
    other = make_agency("PH")
    learner = make_sharing_learner(agency)
    consent(learner, other)
    drain()
    [mine], [theirs] = _items(machine.pull()), _items(signed_in_machine(other).pull())
    stored = str(Enrolment.objects.get(learner=learner).pk)
    ids = [item["learner"] for item in (mine, theirs)] + [item["enrolments"][0]["id"] for item in (mine, theirs)]
    assert len({*ids, stored, stored.replace("-", "")}) == 6, (
        "each agency knows ids of its own, and none that is stored"
    )

    give_skill(learner, level=2)
    tell(learner)
    drain()
    [later] = _items(machine.pull())
    assert later["enrolments"][0]["id"] == mine["enrolments"][0]["id"], "and always the same"


def test_certificates_are_published_without_an_id_that_others_know() -> None:
    stored = {"enrolments": [], "skills": [], "certificates": [{"id": str(uuid4()), "status": "active"}]}
    first, second = (for_agency(key, stored, explanations=False)["certificates"][0] for key in (b"1" * 32, b"2" * 32))
    assert len({first["id"], second["id"], stored["certificates"][0]["id"]}) == 3
    assert first["status"] == "active"


def _set_active(learner: Learner, is_active: bool) -> None:
    user = User.objects.get(pk=learner.pk)
    user.is_active = is_active
    user.save()


def _withdraw_records(learner: Learner) -> None:
    consent_to_records(learner, given=False)


def _deactivate(learner: Learner) -> None:
    _set_active(learner, False)


def _erase(learner: Learner) -> None:
    with erasing(learner.pk):
        User.objects.get(pk=learner.pk).delete()


@pytest.mark.parametrize("leave", [_withdraw_records, _deactivate, _erase])
def test_who_may_not_be_known_of_any_more_is_withdrawn_and_nothing_is_kept(
    agency: Agency, machine: Machine, leave: Callable[[Learner], None]
) -> None:
    learner = make_sharing_learner(agency)
    drain()
    cursor = machine.pull().json()["next"]
    leave(learner)
    disclosed = Disclosure.objects.count()
    assert _tombstone(_items(machine.pull())[0]), "before the feed has heard of it"
    assert Disclosure.objects.count() == disclosed
    drain()
    [item] = _items(machine.pull(cursor))
    assert item["learner"] == _known(agency, learner)
    assert _tombstone(item)
    with publisher_scope():
        assert ProgressRow.objects.get().document is None


def test_who_comes_back_is_told_of_again(agency: Agency, machine: Machine) -> None:
    learner = make_sharing_learner(agency)
    drain()
    for leave, come_back in (
        (_withdraw_records, lambda: consent_to_records(learner)),
        (_deactivate, lambda: _set_active(learner, True)),
    ):
        leave(learner)
        cursor = machine.pull().json()["next"]
        # Before the feed saw either, as after.
        come_back()
        drain()
        [item] = _items(machine.pull(cursor))
        assert not _tombstone(item)


def test_the_admin_makes_an_account_inactive_and_the_agency_hears_of_it(agency: Agency, machine: Machine) -> None:
    learner = make_sharing_learner(agency)
    drain()
    cursor = machine.pull().json()["next"]
    staff = Client()
    staff.force_login(make_user(is_staff=True, is_superuser=True))
    form = {"username": learner.user.username, "email": ""}  # without is_active
    assert staff.post(f"/admin/accounts/user/{learner.pk}/change/", form).status_code == 302
    assert not User.objects.get(pk=learner.pk).is_active
    drain()
    assert _tombstone(_items(machine.pull(cursor))[0])


def test_what_no_event_told_of_is_found_at_night(agency: Agency, machine: Machine) -> None:
    stays, leaves = make_sharing_learner(agency), make_sharing_learner(agency)
    drain()
    cursor = machine.pull().json()["next"]
    User.objects.filter(pk=leaves.pk).update(is_active=False)
    drain()
    assert _items(machine.pull(cursor)) == []
    tasks.apply_retention()
    [item] = _items(machine.pull(cursor))
    assert item["learner"] == _known(agency, leaves)
    assert _tombstone(item)
    assert feed.withdraw_invisible(now=clock.now()) == 0
    assert not _tombstone(next(row for row in _items(machine.pull()) if row["learner"] == _known(agency, stays)))


def test_the_database_keeps_no_document_of_a_tombstone(agency: Agency) -> None:
    make_sharing_learner(agency)
    drain()
    with pytest.raises(IntegrityError), publisher_scope():
        ProgressRow.objects.update(withdrawn=True)


def _grant_ends(agency: Agency, *, days_ago: int = 0) -> None:
    grant = Grant.objects.get(agency=agency, scope="learner")
    services.end_grant(grant_id=grant.pk, valid_to=today() - timedelta(days=days_ago), actor="test")


def test_after_its_grant_an_agency_pulls_tombstones_and_nothing_else(agency: Agency, machine: Machine) -> None:
    edition = make_edition()
    learners = [make_sharing_learner(agency, edition=edition) for _ in range(3)]
    drain()
    cursor = machine.pull().json()["next"]
    pulls = Pull.objects.count()
    _grant_ends(agency)
    # The feed follows within moments; until then nothing is told and nothing is passed.
    for given in (cursor, None):
        answer = machine.pull(given)
        assert (_items(answer), answer.json()["more"]) == ([], False)
    feed.rebuild_due_feeds(now=clock.now())
    for given in (cursor, None):
        answer = machine.pull(given)
        assert {item["learner"] for item in _items(answer)} == {_known(agency, learner) for learner in learners}
        assert all(_tombstone(item) for item in _items(answer))
        assert answer.json()["tombstones_until"] == (today() + timedelta(days=29)).isoformat()
    assert (
        list(Pull.objects.order_by("at")[pulls:].values_list("fields", "row_count")) == [(["learner", "state"], 3)] * 2
    )
    assert Disclosure.objects.count() == 3, "those of the first pull: a tombstone discloses nothing"


def test_the_last_pull_ends_and_a_grant_given_back_brings_all_back(agency: Agency, machine: Machine) -> None:
    make_sharing_learner(agency)
    drain()
    cursor = machine.pull().json()["next"]
    _grant_ends(agency, days_ago=29)
    feed.rebuild_due_feeds(now=clock.now())
    answer = machine.pull(cursor)
    assert answer.json()["tombstones_until"] == today().isoformat()
    cursor = answer.json()["next"]
    _grant_ends(agency, days_ago=30)
    refused = machine.pull(cursor)
    assert (refused.status_code, refused.json()["code"]) == (403, "no_grant")
    grant = Grant.objects.get(agency=agency, scope="learner")
    services.end_grant(grant_id=grant.pk, valid_to=None, actor="test")
    feed.rebuild_due_feeds(now=clock.now())
    answer = machine.pull(cursor)
    assert not _tombstone(_items(answer)[0])
    assert answer.json()["tombstones_until"] is None


def test_no_outsider_gets_a_last_pull(agency: Agency) -> None:
    """Neither an agency that never had a grant, nor one whose grant was on another state, nor one that is shut out."""
    make_sharing_learner(agency)
    never, thai = make_agency("PH", grants=()), make_agency("TH", grants=())
    make_grant(thai, "PH", "learner", valid_to=today())  # written past the service, which refuses it
    for outsider in (never, thai):
        assert signed_in_machine(outsider).pull().status_code == 403
    machine = signed_in_machine(agency)
    _grant_ends(agency)
    services.set_agency_active(agency_id=agency.pk, active=False, actor="test")
    assert machine.pull().status_code == 401


def test_a_cursor_from_before_a_restore_is_gone(agency: Agency, machine: Machine) -> None:
    make_sharing_learner(agency)
    drain()
    cursors = [machine.pull().json()["next"], machine.pull(limit=1).json()["next"]]
    call_command("begin_feed_epoch", stdout=(told := StringIO()))
    assert "410" in told.getvalue()
    for cursor in cursors:
        refused = machine.pull(cursor)
        assert (refused.status_code, refused.json()["code"]) == (410, "gone")
    answer = machine.pull()
    assert len(_items(answer)) == 1
    assert _items(machine.pull(answer.json()["next"])) == []
    assert AuditEntry.objects.filter(action="agency_feed.epoch_begun").count() == 1


def test_a_pull_from_the_start_ends_though_tombstones_above_its_first_page_were_purged(
    agency: Agency, machine: Machine
) -> None:
    edition = make_edition()
    stay = [make_sharing_learner(agency, edition=edition) for _ in range(3)]
    gone = make_sharing_learner(agency, edition=edition)
    drain()
    consent(gone, agency, given=False)
    drain()
    feed.purge_tombstones(now=clock.now() + timedelta(days=91))
    seen: list[str] = []
    cursor, more = None, True
    while more:
        answer = machine.pull(cursor, limit=1)
        seen += [item["learner"] for item in _items(answer)]
        cursor, more = answer.json()["next"], answer.json()["more"]
    assert sorted(seen) == sorted(_known(agency, learner) for learner in stay)


def test_the_cursor_of_an_empty_feed_is_good_whatever_was_purged(agency: Agency, machine: Machine) -> None:
    gone = make_sharing_learner(agency)
    drain()
    consent(gone, agency, given=False)
    drain()
    feed.purge_tombstones(now=clock.now() + timedelta(days=91))
    answer = machine.pull()
    assert _items(answer) == []
    assert _items(machine.pull(answer.json()["next"])) == []
