"""An agency's way from a token to the end of its feed, by the package that openapi-python-client makes of the document.

Arguments: the platform's address. Environment: CLIENT_ID and CLIENT_SECRET. Prints what came of it as one JSON object.
Ends with an error at the first answer that is not as it should be.
"""

from __future__ import annotations

import json
import os
import sys
from http import HTTPStatus

from agencies_client import AuthenticatedClient, Client
from agencies_client.api.progress import explain_skills, pull_progress
from agencies_client.api.statistics import list_statistics
from agencies_client.api.token import create_token
from agencies_client.models import (
    BadCursorProblem,
    ExplanationOutput,
    ProgressItem,
    ProgressPage,
    StatisticOutput,
    StatisticPage,
    TokenError,
    TokenInput,
    TokenInputGrantType,
    TokenOutput,
)
from agencies_client.types import UNSET

# Rows; few, so that there are several pages.
FEED_PAGE, STATISTICS_PAGE = 1, 40


class Refused(RuntimeError):
    """An answer that is another than expected; its problem says why."""


def sign_in(base_url: str, client_id: str, secret: str) -> AuthenticatedClient:
    client = Client(base_url=base_url)

    def token(given: str) -> TokenOutput | TokenError | None:
        asked = TokenInput(TokenInputGrantType.CLIENT_CREDENTIALS, client_id=client_id, client_secret=given)
        return create_token.sync(client=client, body=asked)

    refused = token("wrong")
    if not isinstance(refused, TokenError) or refused.error != "invalid_client":
        raise Refused(refused)
    answer = token(secret)
    if not isinstance(answer, TokenOutput):
        raise Refused(answer)
    return AuthenticatedClient(base_url=base_url, token=answer.access_token)


def feed(client: AuthenticatedClient) -> tuple[list[ProgressItem], int]:
    """Return the rows of the whole feed, and in how many pages they came."""
    rows: list[ProgressItem] = []
    cursor, pages, more = "", 0, True
    while more:
        page = pull_progress.sync(client=client, cursor=cursor or UNSET, limit=FEED_PAGE)
        if not isinstance(page, ProgressPage):
            raise Refused(page)
        rows += page.items
        cursor, pages, more = page.next_, pages + 1, page.more
    return rows, pages


def statistics(client: AuthenticatedClient) -> tuple[list[StatisticOutput], bool]:
    """Return all figures, and whether they are answered by 304 to who has them."""
    rows: list[StatisticOutput] = []
    first = list_statistics.sync_detailed(client=client, limit=STATISTICS_PAGE)
    page = first.parsed
    while True:
        if not isinstance(page, StatisticPage):
            raise Refused(page)
        rows += page.items
        if page.next_ is None:
            break
        page = list_statistics.sync(client=client, cursor=page.next_, limit=STATISTICS_PAGE)
    again = list_statistics.sync_detailed(client=client, limit=STATISTICS_PAGE, if_none_match=first.headers["ETag"])
    return rows, again.status_code == HTTPStatus.NOT_MODIFIED


def main() -> None:
    client = sign_in(sys.argv[1], os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
    rows, pages = feed(client)
    refused = pull_progress.sync(client=client, cursor="not-a-cursor")
    if not isinstance(refused, BadCursorProblem):
        raise Refused(refused)
    explained = {}
    for row in rows:
        answer = explain_skills.sync(row.learner, client=client)
        if not isinstance(answer, ExplanationOutput):
            raise Refused(answer)
        explained[row.learner] = {
            skill.code: [
                *(change.explanation for change in skill.history),
                *(row.explanation for row in skill.evidence),
            ]
            for skill in answer.items
        }
    figures, unchanged = statistics(client)
    print(
        json.dumps(
            {
                "pages": pages,
                "levels": {row.learner: {skill.code: skill.level for skill in row.skills or ()} for row in rows},
                "certificates": [entry.status.value for row in rows for entry in row.certificates or ()],
                "explained": explained,
                "statistics": len(figures),
                "unchanged": unchanged,
            }
        )
    )


if __name__ == "__main__":
    main()
