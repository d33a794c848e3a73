"""`Idempotency-Key`: an unsafe call that is repeated has its effect once and gets its first answer again.

After the IETF draft "The Idempotency-Key HTTP Header Field".
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from common.errors import DomainError
from common.rendering import to_json
from events.models import StoredAnswer


class IdempotencyKeyRequired(DomainError):
    """This call needs the header `Idempotency-Key`: a value of 8 to 200 printable ASCII characters the client made up."""

    code, status, title = "idempotency_key_required", 400, _("The call lacks its Idempotency-Key")


class IdempotencyKeyReused(DomainError):
    """The key was used before with another body or for another operation."""

    code, status, title = "idempotency_key_reused", 422, _("The Idempotency-Key was already used for something else")


# For the documentation of every idempotent call.
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 8, "maxLength": 200},
    OpenApiParameter.HEADER,
    required=True,
    description="Made up by the client.",
)


def idempotent(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a DRF view's method: its effects and its stored answer commit together.

    An error, raised or returned, rolls back and stores nothing, so a repeat is a new try. Of two calls at a time the
    second waits for the first one's commit on the unique key.
    """

    @functools.wraps(method)
    def call(self: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not (8 <= len(key) <= 200 and key.isascii() and key.isprintable()):
            raise IdempotencyKeyRequired()
        operation = f"{request.method} {request.path}"
        digest = hashlib.sha256(request._request.body).digest()
        with transaction.atomic():
            entry, is_new = StoredAnswer.objects.get_or_create(
                caller=str(request.user.pk), key=key, defaults={"operation": operation, "body_sha256": digest}
            )
            if not is_new:
                if entry.operation != operation or bytes(entry.body_sha256) != digest:
                    raise IdempotencyKeyReused()
                answer = HttpResponse(bytes(entry.answer), status=entry.status, content_type="application/json")
                if entry.status == 204:
                    del answer["Content-Type"]
                return answer
            response = method(self, request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
                return response
            entry.status = response.status_code
            entry.answer = b"" if response.data is None else to_json(response.data)
            entry.save(update_fields=["status", "answer"])
            return response

    call.takes_idempotency_key = True  # type: ignore[attr-defined]
    return call
