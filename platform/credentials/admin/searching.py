"""Staff look for a certificate by its code, which they have from a mail or from paper, or as a link."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from credentials.certificates.codes import NotACode, link_in


class FindsByCode:
    """A list of the admin whose search reads a code as it was written; everything else is searched for as it is typed."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        try:
            link = link_in(search_term)
        except NotACode:
            link = None
        term = link.part if link is not None and link.kind == "verify" else search_term
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, term)  # type: ignore[misc]
        return found
