"""What is packed here is what PostgreSQL reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from common import binary
from common.database import copy_rows, run_prepared

pytestmark = pytest.mark.django_db

AT = datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
ONE = UUID(int=1)


@pytest.mark.parametrize(
    ("array", "type_", "values"),
    [
        (binary.floats([0.1, -1e-300, float("inf"), 3]), "float8[]", [0.1, -1e-300, float("inf"), 3.0]),
        (binary.integers([1, -2]), "int4[]", [1, -2]),
        (binary.small_integers([]), "int2[]", []),
        (binary.instants([AT, None, AT.isoformat()]), "timestamptz[]", [AT, None, AT]),
        (
            binary.instants([AT.astimezone(timezone(timedelta(hours=9))), "2026-03-01T09:00:00.000001Z"]),
            "timestamptz[]",
            [AT, datetime(2026, 3, 1, 9, 0, 0, 1, tzinfo=UTC)],
        ),
        (binary.uuids([ONE, str(ONE)]), "uuid[]", [ONE, ONE]),
        (binary.texts(['"', "", "ไทย", "{,}"]), "text[]", ['"', "", "ไทย", "{,}"]),
        (binary.codes(["AIS-A1"]), "varchar[]", ["AIS-A1"]),
        (binary.documents([b'{"a": [1.5]}', None]), "jsonb[]", ['{"a": [1.5]}', None]),
    ],
)
def test_an_array_arrives_as_it_was(array: binary.Array, type_: str, values: list[Any]) -> None:
    rows = run_prepared(
        f"SELECT one FROM unnest(%s::{type_}) WITH ORDINALITY AS given(one, place) ORDER BY place", [array]
    )
    assert [row[0] for row in rows] == values


def test_rows_are_copied_and_what_is_wrong_with_them_is_djangos_error() -> None:
    row = b"\0\x03" + binary.text("ไทย") + binary.NULL + binary.field(binary.floats([0.1]))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE copied (name text, missing int, numbers float8[]) ON COMMIT DROP")
        copy_rows("copied", "name, missing, numbers", [row, row])
        cursor.execute("SELECT * FROM copied")
        assert cursor.fetchall() == [("ไทย", None, [0.1])] * 2
        # Control: PostgreSQL takes no type for another.
        with pytest.raises(DatabaseError), transaction.atomic():
            copy_rows("copied", "missing, name, numbers", [row])
