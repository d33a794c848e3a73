"""Stories: a bank serves all editions of a course, and other courses; a mended typo loses nothing, a changed key starts anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.roles import TRAINER
from assessments.analysis import services as analysis
from assessments.errors import ApprovedByAuthor, InvalidItem, OtherMeasure
from assessments.events import OutcomeRecorded
from assessments.items import services
from assessments.items.loading import load_items
from assessments.items.models import Bank, Item, ItemRevision
from assessments.items.rules import Draft, may_measure_same, proposed_same
from assessments.items.selectors import bank
from assessments.models import Attempt, AttemptItem, ItemStatistic
from common import clock
from common.errors import Conflict, NotFound
from common.ids import new_id
from courses.models import Authority, CourseMember
from learners import public as learners
from learners.mastery.models import ItemParameters, Snapshot
from learners.models import Enrolment
from privacy.models import AuditEntry
from tests.assessments.analysed import Cohort, make_cohort
from tests.assessments.factories import answers, enrol, make_bank, make_edition, make_quiz, path
from tests.assessments.test_admin import form_of
from tests.assessments.test_bank import ITEM
from tests.courses.factories import make_next
from tests.factories import make_learner, make_user, signed_in, stored

pytestmark = pytest.mark.django_db

POOLS = [{"skill": "AIS-A1", "count": 1}]
BASE = Draft(
    kind="single",
    content={
        tag: {
            "prompt": f"Wat? {tag}",
            "options": [{"id": "a", "text": "Yes"}, {"id": "b", "text": "No"}],
            "feedback": "So.",
        }
        for tag in ("en", "ja")
    },
    key={"correct": "a"},
    skills=("AIS-A1",),
    level=1,
    difficulty="easy",
    guess=0.5,
)


@pytest.fixture
def edition():
    return make_edition(languages=("en",))


@pytest.fixture
def revision(edition) -> ItemRevision:
    return make_bank(edition, each=1, skills=("AIS-A1",), kinds=("single",))[0]


def mended(draft: Draft, language: str = "en", **texts: Any) -> Draft:
    return replace(draft, content={**draft.content, language: {**draft.content[language], **texts}})


def revise(revision: ItemRevision, draft: Draft, *, same: bool | None = None, actor: str = "trainer") -> ItemRevision:
    services.save_draft(item_id=revision.item_id, draft=draft, actor=actor)
    return services.approve(item_id=revision.item_id, actor=actor, now=clock.now(), measures_same=same)


def learned(revision: ItemRevision, mean: float) -> None:
    """The newest snapshot of mastery has learned this of the measure of a revision."""
    snapshot = Snapshot.objects.create(version=str(new_id()), held_from=clock.now(), answers=9, rule_version="x")
    ItemParameters.objects.create(
        snapshot=snapshot,
        held_from=snapshot.held_from,
        mean=mean,
        variance=0.1,
        count=9,
        item_id=revision.item_id,
        item_revision=revision.measured_as,
    )


def known_of_the_bank(edition) -> list[float]:
    """The learned difficulties of what a draw may take."""
    held = bank(course_id=edition.course_id, language="en")
    return [
        entry.mean
        for entry in learners.item_difficulties((entry.item_id, entry.measured_as) for entry in held).values()
    ]


def sit(learner: Any, quiz: Any) -> dict[str, Any]:
    client = signed_in(learner.user)
    shown = client.put(path(new_id()), {"quiz_id": str(quiz.pk)}, format="json")
    assert shown.status_code == 201, shown.content
    client.put(path(shown.json()["id"], "/submission"), answers(shown.json()), format="json")
    return shown.json()


@pytest.mark.parametrize(
    ("change", "may", "proposed"),
    [
        (lambda draft: draft, True, True),
        (lambda draft: mended(draft, feedback="Because so."), True, True),
        (lambda draft: replace(draft, content={**draft.content, "th": draft.content["en"]}), True, True),
        (lambda draft: replace(draft, content={"en": draft.content["en"]}), True, True),
        (lambda draft: replace(draft, content={"th": draft.content["en"]}), True, False),
        (lambda draft: mended(draft, prompt="What? en"), True, False),
        (lambda draft: mended(draft, "ja", prompt="何?"), True, False),
        (lambda draft: mended(draft, unit="kg"), True, False),
        (lambda draft: replace(draft, difficulty="hard"), True, False),
        (lambda draft: replace(draft, key={"correct": "b"}), False, False),
        (lambda draft: replace(draft, level=2), False, False),
        (lambda draft: replace(draft, guess=0.45), False, False),
        (lambda draft: replace(draft, skills=("AIS-A2",)), False, False),
        (lambda draft: replace(draft, kind="multiple", key={"correct": ["a"]}), False, False),
        (
            lambda draft: mended(
                mended(draft, options=[{"id": "a", "text": "Yes"}, {"id": "c", "text": "No"}]),
                "ja",
                options=[{"id": "a", "text": "Yes"}, {"id": "c", "text": "No"}],
            ),
            False,
            False,
        ),
    ],
)
def test_what_measures_the_same(change, may, proposed) -> None:
    changed = change(BASE)
    assert (may_measure_same(changed, BASE), proposed_same(changed, BASE)) == (may, proposed)
    assert may_measure_same(BASE, changed) == may


def test_a_mended_typo_keeps_the_learned_difficulty_and_a_changed_key_does_not(edition, revision) -> None:
    aiko = make_learner()
    enrol(aiko, edition)
    quiz = make_quiz(edition, pools=POOLS)
    sit(aiko, quiz)
    learned(revision, 2.5)
    assert known_of_the_bank(edition) == [2.5]

    draft = services.draft_of(revision)
    second = revise(revision, mended(draft, prompt="Prompt, mended"), same=True)
    assert (second.number, second.measured_as) == (2, 1)
    assert known_of_the_bank(edition) == [2.5]
    third = revise(revision, mended(services.draft_of(second), feedback="More."))
    assert (third.number, third.measured_as) == (3, 1), "only feedback: nobody has to say so"
    assert known_of_the_bank(edition) == [2.5]
    sit(aiko, quiz)
    # The attempt keeps what was shown; the outcome says what was measured.
    assert list(AttemptItem.objects.order_by("pk").values_list("revision__number", flat=True)) == [1, 3]
    told = [entry.event.answers[0] for entry in stored(OutcomeRecorded)]
    assert [(answer.item_id, answer.item_revision) for answer in told] == [(revision.item_id, 1)] * 2

    fourth = revise(revision, replace(services.draft_of(third), key={"correct": "c"}))
    assert (fourth.number, fourth.measured_as) == (4, 4)
    assert known_of_the_bank(edition) == []
    fifth = revise(revision, mended(services.draft_of(fourth), feedback="Even more."), same=False)
    assert (fifth.number, fifth.measured_as) == (5, 5), "a person may start anew"
    entry = AuditEntry.objects.filter(action="item.approved", detail__revision=2).get()
    assert (entry.detail["measured_as"], entry.detail["said"]) == (1, True)


def test_nobody_can_say_that_another_key_measures_the_same(revision) -> None:
    services.save_draft(
        item_id=revision.item_id, draft=replace(services.draft_of(revision), key={"correct": "c"}), actor="trainer"
    )
    with pytest.raises(OtherMeasure, match="revision 1"):
        services.approve(item_id=revision.item_id, actor="trainer", now=clock.now(), measures_same=True)
    assert revision.item.revisions.get(number=2).approved_at is None
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        ItemRevision.objects.filter(pk=revision.pk).update(measured_as=2)


def test_a_trainer_says_so_with_a_switch(client, edition, revision) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    page = reverse("admin:assessments_item_change", args=[revision.item_id])
    given = form_of(client.get(page))
    given.pop("measures_same", None)
    given |= {"prompt__en": "Prompt, mended", "measures_same": "on", "assessments_item_save_and_approve": "1"}
    assert client.post(page, given).status_code == 302
    assert list(revision.item.revisions.values_list("number", "measured_as")) == [(2, 1), (1, 1)]
    given.pop("measures_same")
    assert client.post(page, given | {"prompt__en": "Another prompt"}).status_code == 302
    assert revision.item.revisions.first().measured_as == 3


def test_where_the_authority_asks_for_it_another_person_approves(edition, revision) -> None:
    Authority.objects.update(second_person_approves_items=True)
    author, colleague = make_user(is_staff=True), make_user(is_staff=True)
    services.save_draft(
        item_id=revision.item_id, draft=mended(services.draft_of(revision), prompt="New"), actor=str(author.pk)
    )
    with pytest.raises(ApprovedByAuthor):
        services.approve(item_id=revision.item_id, actor=str(author.pk), now=clock.now())
    approved = services.approve(item_id=revision.item_id, actor=str(colleague.pk), now=clock.now())
    assert (approved.author_id, approved.approved_by_id) == (author.pk, colleague.pk)
    # People go; what they wrote stays as it was.
    author.delete()
    approved.refresh_from_db()
    assert (approved.author_id, approved.approved_by_id, approved.content["en"]["prompt"]) == (
        None,
        colleague.pk,
        "New",
    )
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        ItemRevision.objects.filter(pk=approved.pk).update(author=colleague)


def test_two_courses_share_a_bank_and_a_third_does_not_see_it(edition) -> None:
    other, outsider = make_edition(languages=("en",)), make_edition(languages=("en",))
    shared = services.add_shared_bank(bank_id=new_id(), title="Basics", authority="regional", actor="trainer")
    item = services.add_item(item_id=new_id(), bank_id=shared.pk, code="basics-1", actor="trainer")
    services.save_draft(item_id=item.pk, draft=BASE, actor="trainer")
    services.approve(item_id=item.pk, actor="trainer", now=clock.now())
    for made in (edition, other):
        for _ in range(2):
            services.use_bank(bank_id=shared.pk, course_id=made.course_id, actor="trainer")

    def drawn(made) -> list[str]:
        return [candidate.code for candidate in bank(course_id=made.course_id, language="en")]

    assert (drawn(edition), drawn(other), drawn(outsider)) == (["basics-1"], ["basics-1"], [])
    assert AuditEntry.objects.filter(action="bank.shared").count() == 2
    aiko = make_learner()
    enrol(aiko, edition)
    sit(aiko, make_quiz(edition, pools=POOLS))
    Enrolment.objects.create(learner=aiko, edition=other, enrolled_at=clock.now())
    sit(aiko, make_quiz(other, pools=POOLS))
    assert list(AttemptItem.objects.order_by("pk").values_list("seen_before", flat=True)) == [False, True]

    # A code names one item of all that a course draws.
    own = services.bank_of_course(edition.course_id)
    with pytest.raises(Conflict, match="basics-1"):
        services.add_item(item_id=new_id(), bank_id=own.pk, code="basics-1", actor="trainer")
    services.add_item(
        item_id=new_id(), bank_id=services.bank_of_course(outsider.course_id).pk, code="basics-1", actor="trainer"
    )
    with pytest.raises(Conflict, match="basics-1"):
        services.use_bank(bank_id=shared.pk, course_id=outsider.course_id, actor="trainer")
    assert drawn(outsider) == []
    with pytest.raises(Conflict, match="own"):
        services.use_bank(bank_id=own.pk, course_id=other.course_id, actor="trainer")

    services.end_use(bank_id=shared.pk, course_id=other.course_id, actor="trainer", now=clock.now())
    assert (drawn(edition), drawn(other)) == (["basics-1"], [])
    with pytest.raises(NotFound):
        services.end_use(bank_id=shared.pk, course_id=outsider.course_id, actor="trainer", now=clock.now())


def test_the_bank_of_a_course_is_made_once_and_serves_its_next_edition(edition, revision) -> None:
    assert services.bank_of_course(edition.course_id) == services.bank_of_course(edition.course_id)
    assert Bank.objects.filter(course=edition.course_id).count() == 1
    following = make_next(edition)
    assert [candidate.item_id for candidate in bank(course_id=following.course_id, language="en")] == [revision.item_id]
    with pytest.raises(NotFound):
        services.bank_of_course(new_id())


def test_an_item_met_in_an_edition_comes_last_in_the_next(edition) -> None:
    make_bank(edition, each=8, skills=("AIS-A1",), kinds=("single",))
    aiko = make_learner()
    enrol(aiko, edition)
    sit(aiko, make_quiz(edition, pools=[{"skill": "AIS-A1", "count": 4}]))
    following = make_next(edition)
    Enrolment.objects.filter(learner=aiko).update(edition=following)
    sit(aiko, make_quiz(following, pools=[{"skill": "AIS-A1", "count": 4}]))
    assert AttemptItem.objects.values("revision__item").distinct().count() == 8
    assert not AttemptItem.objects.filter(seen_before=True).exists()


def test_a_withdrawn_item_is_drawn_nowhere_at_once(client, edition, revision) -> None:
    following = make_next(edition)
    client.force_login(make_user(is_staff=True, is_superuser=True))
    listing = reverse("admin:assessments_item_changelist")
    picked = {"action": "withdraw", "_selected_action": [str(revision.item_id)]}
    client.post(listing, picked | {"reason": " "})
    assert bank(course_id=edition.course_id, language="en")
    client.post(listing, picked | {"reason": "it was published"})
    for made in (edition, following):
        assert not bank(course_id=made.course_id, language="en")
    entry = AuditEntry.objects.get(action="item.withdrawn")
    assert entry.detail["reason"] == "it was published"
    before = Item.objects.get().withdrawn_at
    services.withdraw_item(item_id=revision.item_id, reason="again", actor="x", now=clock.now() + timedelta(days=1))
    assert (Item.objects.get().withdrawn_at, AuditEntry.objects.filter(action="item.withdrawn").count()) == (before, 1)
    assert "it was published" in client.get(listing).content.decode()
    with pytest.raises(InvalidItem):
        services.withdraw_item(item_id=revision.item_id, reason="", actor="x", now=clock.now())


def test_another_state_s_trainer_reads_no_bank(client, edition, revision) -> None:
    stranger = make_user(is_staff=True, member_state_id="TH")
    stranger.groups.add(Group.objects.get(name=TRAINER))
    client.force_login(stranger)
    for name, args in (
        ("item_changelist", []),
        ("item_change", [revision.item_id]),
        ("itemrevision_change", [revision.pk]),
    ):
        answer = client.get(reverse(f"admin:assessments_{name}", args=args))
        assert answer.status_code == 403
        assert "Prompt en" not in answer.content.decode()


def test_a_bank_is_read_by_its_course_s_team_and_changed_by_its_writers(client, edition, revision) -> None:
    elsewhere = make_bank(make_edition(), each=1, skills=("AIS-A1",))[0]

    def signed_in_as(role: str) -> None:
        person = make_user(is_staff=True, member_state_id="JP")
        person.groups.add(Group.objects.get(name=TRAINER))
        language = "en" if role == "translator" else None
        CourseMember.objects.create(course_id=edition.course_id, user=person, role=role, language=language)
        client.force_login(person)

    page = reverse("admin:assessments_item_change", args=[revision.item_id])
    listing = reverse("admin:assessments_item_changelist")
    retire = {"action": "retire", "_selected_action": [str(revision.item_id), str(elsewhere.item_id)]}
    signed_in_as("translator")
    assert "Prompt en" in client.get(page).content.decode()
    assert client.post(page, {}).status_code == 403
    client.post(listing, retire)
    assert not Item.objects.filter(retired=True).exists()
    add = {"course": str(edition.course_id), "code": "new-one"}
    assert client.post(reverse("admin:assessments_item_add"), add).status_code == 200

    signed_in_as("author")
    assert client.get(reverse("admin:assessments_item_change", args=[elsewhere.item_id])).status_code == 302
    client.post(listing, retire)
    assert list(Item.objects.filter(retired=True)) == [revision.item]
    assert client.post(reverse("admin:assessments_item_add"), add).status_code == 302
    assert client.post(reverse("admin:assessments_item_add"), add).status_code == 200, "the code is taken"
    not_theirs = {"course": str(elsewhere.item.bank.course_id), "code": "new-one"}
    assert client.post(reverse("admin:assessments_item_add"), not_theirs).status_code == 200
    assert Item.objects.filter(code="new-one").count() == 1


def test_an_item_with_an_id_of_its_own_is_found_again_under_another_code(tmp_path, edition) -> None:
    own, file = new_id(), tmp_path / "items.toml"
    entry = ITEM.format(code="one", prompt="First?").replace('code = "one"', f'id = "{own}"\ncode = "one"')
    file.write_text(entry)
    assert load_items(file, course_id=edition.course_id).added == 1
    file.write_text(entry.replace('"one"', '"first"').replace('"Because."', '"Because so."'))
    loaded = load_items(file, course_id=edition.course_id)
    assert (loaded.added, loaded.revised) == (0, 1)
    item = Item.objects.get()
    assert (item.pk, item.code) == (own, "first")
    assert list(item.revisions.values_list("number", "measured_as")) == [(2, 1), (1, 1)]

    # A second course may not take it, nor may its code be given to another item.
    with pytest.raises(InvalidItem, match="another"):
        load_items(file, course_id=make_edition(languages=("en",)).course_id)
    file.write_text(entry.replace('"one"', '"first"').replace(str(own), str(new_id())))
    with pytest.raises(InvalidItem, match="another"):
        load_items(file, course_id=edition.course_id)
    file.write_text(entry.replace(str(own), "x"))
    with pytest.raises(InvalidItem, match="is no UUID"):
        load_items(file, course_id=edition.course_id)
    assert Item.objects.count() == 1


def corrected(cohort: Cohort, index: int, *, in_next_edition: bool = False) -> ItemRevision:
    """As if those of the Philippines had come after a typo of an item was mended."""
    first = cohort.revisions[index]
    second = revise(first, mended(services.draft_of(first), prompt="Mended"), same=True)
    later = [pk for pk, state in zip(cohort.attempt_ids, cohort.states, strict=True) if state == "PH"]
    AttemptItem.objects.filter(attempt__in=later, revision=first).update(revision=second)
    if in_next_edition:
        quiz = make_quiz(make_next(cohort.edition), pools=[{"skill": "AIS-A1", "count": 12}])
        Attempt.objects.filter(pk__in=later).update(quiz=quiz)
    return second


@pytest.mark.parametrize("in_next_edition", [False, True])
def test_a_jump_since_a_correction_is_flagged_and_no_jump_is_not(in_next_edition) -> None:
    cohort = make_cohort(900, states=("JP", "PH"), harder_in=(5, "PH", 1.4), seed=4)
    corrected(cohort, 5)
    corrected(cohort, 7, in_next_edition=in_next_edition)
    run = analysis.analyse_course(course_id=cohort.edition.course_id, now=clock.now())
    assert run is not None
    assert run.learners == 900
    rows = {row.revision_id: row for row in ItemStatistic.objects.filter(run=run)}
    jumped, calm = rows[cohort.revisions[5].pk], rows[cohort.revisions[7].pk]
    assert len(rows) == 12, "revisions that measure the same are one measure"
    assert (jumped.n, calm.n, jumped.joined, calm.joined) == (900, 900, [1, 2], [1, 2])
    (found,) = [finding for finding in jumped.findings if finding["flag"] == "jump_at_correction"]
    assert found["revision"] == 2
    assert found["delta"] < -1
    assert [row.revision_id for row in rows.values() if "jump_at_correction" in row.flags] == [jumped.revision_id]


def test_a_measure_that_began_anew_has_figures_of_its_own(client) -> None:
    cohort = make_cohort(60, items=6, states=("JP", "PH"), seed=4)
    first = cohort.revisions[2]
    second = revise(first, mended(services.draft_of(first), prompt="Quite another question"))
    later = [pk for pk, state in zip(cohort.attempt_ids, cohort.states, strict=True) if state == "PH"]
    AttemptItem.objects.filter(attempt__in=later, revision=first).update(revision=second)
    run = analysis.analyse_course(course_id=cohort.edition.course_id, now=clock.now())
    counted = {row.revision_id: row.n for row in ItemStatistic.objects.filter(run=run)}
    assert counted[second.pk] == len(later)
    assert counted[first.pk] == 60 - len(later)


def test_the_page_of_a_joined_item_shows_its_newest_wording(client) -> None:
    cohort = make_cohort(60, items=6, states=("JP", "PH"), seed=4)
    corrected(cohort, 1)
    run = analysis.analyse_course(course_id=cohort.edition.course_id, now=clock.now())
    row = ItemStatistic.objects.get(run=run, revision=cohort.revisions[1])
    client.force_login(make_user(is_staff=True, is_superuser=True))
    shown = client.get(reverse("admin:assessments_itemstatistic_change", args=[row.pk])).content.decode()
    assert "Mended" in shown
    listing = client.get(reverse("admin:assessments_itemstatistic_changelist")).content.decode()
    assert f"{cohort.revisions[1].item.code} (revisions 1, 2)" in listing
