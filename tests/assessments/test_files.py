"""Files that learners hand in: kept without names, never run in a browser, and only in their own live attempt."""

from __future__ import annotations

import struct
import zlib
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.attempts.handing_in import handed_in
from assessments.attempts.models import Attempt, AttemptItem
from assessments.errors import InvalidAnswer
from assessments.files.metadata import Unreadable, without_metadata
from assessments.files.models import HandedInFile
from assessments.files.rules import MAX_BYTES, sniffed
from assessments.items.models import Item, ItemRevision
from assessments.items.services import bank_of_course
from common import clock
from common.ids import new_id
from privacy.models import AuditEntry
from tests.assessments.factories import consent, edition_of, make_edition, make_quiz, path, version_of
from tests.assessments.test_kinds import SAMPLES
from tests.factories import make_learner, make_user, signed_in


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(*extra: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(extra)
        + chunk(b"IDAT", zlib.compress(b"\x00\xff"))
        + chunk(b"IEND", b"")
    )


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def exif(orientation: int) -> bytes:
    entries = struct.pack("<HHII", 0x010F, 2, 6, 0) + struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\x00\x00II\x2a\x00\x08\x00\x00\x00" + struct.pack("<H", 2) + entries + b"AIKO-GPS"


def jpeg(*extra: bytes, behind: bytes = b"") -> bytes:
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + b"".join(extra) + segment(0xDB, b"q" * 65) + scan + scan + b"\xff\xd9" + behind


PDF = (
    b"%PDF-1.7\n1 0 obj << /Title (Plan \\(new\\)) /Author (AIKO YAMADA) /Creator <41494B4F> >> endobj\n"
    b'<?xpacket begin="" id="x"?><dc:creator>AIKO</dc:creator><?xpacket end="w"?>\n%%EOF'
)


def test_what_names_its_maker_is_taken_out_and_what_is_seen_stays():
    assert without_metadata("image/png", png(chunk(b"tEXt", b"Author\x00AIKO"), chunk(b"eXIf", b"GPS"))) == png()
    icc = segment(0xE2, b"ICC_PROFILE\x00colours")
    noted = jpeg(segment(0xE1, exif(1)), icc, segment(0xFE, b"AIKO"), segment(0xED, b"AIKO"), behind=b"AIKO")
    assert without_metadata("image/jpeg", noted) == jpeg(icc)
    # How a phone was held is kept, for a page that lies on its side cannot be read.
    turned = without_metadata("image/jpeg", jpeg(segment(0xE1, exif(6))))
    assert b"AIKO" not in turned
    assert without_metadata("image/jpeg", turned) == turned != jpeg()
    blanked = without_metadata("application/pdf", PDF)
    assert len(blanked) == len(PDF)
    assert b"AIKO" not in blanked
    assert b"41494B4F" not in blanked
    assert b"endobj" in blanked


@given(cut=st.integers(3, 200), body=st.sampled_from([png(), jpeg(segment(0xE1, exif(6)))]))
def test_a_broken_picture_is_refused_and_breaks_nothing(cut, body):
    media_type = "image/png" if body.startswith(b"\x89") else "image/jpeg"
    broken = body[: min(cut, len(body) - 1)]
    with pytest.raises(Unreadable):
        without_metadata(media_type, broken)


def test_a_type_is_what_the_bytes_show():
    for body, expected in (
        (png(), "image/png"),
        (jpeg(), "image/jpeg"),
        (PDF, "application/pdf"),
        ("แผนของฉัน\n".encode(), "text/plain"),
        (b"PK\x03\x04\x00\x00", None),
        (b"\x00abc", None),
        (b"", None),
        (b"  ", None),
        (b"\xff\xfe\x41", None),
    ):
        assert sniffed(body) == expected


@pytest.fixture
def attempt(db):
    """A live attempt of Aiko's at a task that takes two files."""
    aiko = make_learner("JP")
    consent(aiko)
    edition, now = make_edition(languages=("en", "th")), clock.now()
    quiz = make_quiz(edition, pools=[])
    row = Attempt.objects.create(
        quiz=quiz,
        edition=edition_of(quiz),
        quiz_version=version_of(quiz),
        learner=aiko,
        number=1,
        seed=1,
        language="en",
        started_at=now,
        due_at=now + timedelta(hours=1),
    )
    item = Item.objects.create(bank=bank_of_course(edition.course_id), code="task")
    revision = ItemRevision.objects.create(item=item, approved_at=now, **SAMPLES["task"].draft().values())
    AttemptItem.objects.create(attempt=row, position=0, revision=revision)
    return row


def put(client, attempt, body=b"My plan", media_type="text/plain", file_id=None):
    file_id = file_id or new_id()
    return client.generic("PUT", path(attempt.pk, f"/files/{file_id}"), body, content_type=media_type)


def test_a_learner_hands_a_file_in_fetches_it_and_takes_it_back(attempt):
    aiko, file_id = signed_in(attempt.learner.user), new_id()
    answer = put(aiko, attempt, png(chunk(b"tEXt", b"Author\x00AIKO")), "image/png", file_id)
    assert (answer.status_code, answer.json()) == (
        201,
        {"id": str(file_id), "media_type": "image/png", "size": len(png())},
    )
    assert put(aiko, attempt, png(chunk(b"tEXt", b"Author\x00AIKO")), "image/png", file_id).status_code == 200
    assert put(aiko, attempt, png(), "image/png", file_id).json()["code"] == "file_id_reused"
    fetched = aiko.get(path(attempt.pk, f"/files/{file_id}"), headers={"Accept": "image/*"})
    assert (fetched.content, fetched["Content-Type"]) == (png(), "image/png")
    assert fetched["Content-Disposition"] == f'attachment; filename="{file_id}.png"'
    assert fetched["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in fetched["Content-Security-Policy"]
    assert fetched["Cache-Control"] == "private, no-store"
    for _ in range(2):
        assert aiko.delete(path(attempt.pk, f"/files/{file_id}")).status_code == 204
    assert aiko.get(path(attempt.pk, f"/files/{file_id}")).status_code == 404
    assert list(AuditEntry.objects.filter(subject_kind="attempt").values_list("action", flat=True)) == [
        "file.handed_in",
        "file.taken_back",
    ]


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"),
    [
        (b"<html>", "text/html", 415, "unsupported_media_type"),
        (b"{}", "application/json", 415, "unsupported_media_type"),
        (png(), "image/jpeg", 400, "file_refused"),
        (png()[:-4], "image/png", 400, "file_refused"),
        (b"", "text/plain", 400, "file_refused"),
        (b"PK\x03\x04", "application/pdf", 400, "file_refused"),
        (b"x" * (MAX_BYTES + 1), "text/plain", 413, "file_too_large"),
    ],
    ids=["html", "json", "other type", "broken", "empty", "archive", "large"],
)
def test_what_is_not_taken_is_refused_and_not_kept(attempt, body, media_type, status, code):
    answer = put(signed_in(attempt.learner.user), attempt, body, media_type)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert not HandedInFile.objects.exists()


def test_a_file_of_the_largest_size_is_taken(attempt):
    assert put(signed_in(attempt.learner.user), attempt, b"x" * MAX_BYTES).status_code == 201


def test_a_task_takes_so_many_files_and_only_while_the_attempt_is_under_way(attempt):
    aiko = signed_in(attempt.learner.user)
    assert [put(aiko, attempt).status_code for _ in range(3)] == [201, 201, 409]
    first = HandedInFile.objects.first().pk
    assert aiko.delete(path(attempt.pk, f"/files/{first}")).status_code == 204
    assert put(aiko, attempt).status_code == 201
    Attempt.objects.update(submitted_at=clock.now(), score=0.0, passed=False)
    assert put(aiko, attempt).json()["code"] == "files_not_taken"
    kept = HandedInFile.objects.first().pk
    assert aiko.delete(path(attempt.pk, f"/files/{kept}")).json()["code"] == "files_not_taken"
    assert aiko.get(path(attempt.pk, f"/files/{kept}")).status_code == 200


def test_without_consent_nothing_is_kept(attempt):
    consent(attempt.learner, given=False)
    assert put(signed_in(attempt.learner.user), attempt).json()["code"] == "consent_missing"
    assert not HandedInFile.objects.exists()


def test_an_outsider_reaches_no_file(attempt):
    aiko, file_id = signed_in(attempt.learner.user), new_id()
    put(aiko, attempt, file_id=file_id)
    budi = make_learner("ID")
    consent(budi)
    for person in (budi.user, make_user()):
        outsider = signed_in(person)
        assert put(outsider, attempt).status_code == 404
        assert outsider.get(path(attempt.pk, f"/files/{file_id}")).status_code == 404
        assert outsider.delete(path(attempt.pk, f"/files/{file_id}")).status_code == 404
    assert HandedInFile.objects.count() == 1


def test_a_response_may_name_only_what_was_handed_in(attempt, query_budget):
    file_id, missing = new_id(), new_id()
    put(signed_in(attempt.learner.user), attempt, file_id=file_id)
    item = UUID(int=1)

    def name(*files):
        with handed_in(attempt_id=attempt.pk, responses={item: {"files": [str(file) for file in files]}}):
            pass

    with query_budget(0), handed_in(attempt_id=attempt.pk, responses={item: {"text": "x"}, new_id(): ["a"]}):
        pass
    with query_budget(4):  # two, and a savepoint
        name(file_id)
    with pytest.raises(InvalidAnswer) as refused:
        name(file_id, missing)
    assert refused.value.members["file_ids"] == [str(missing)]
