"""POST /agency/oauth/token: RFC 6749, section 4.4 (client credentials), and nothing else of OAuth."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from oauth2_provider.models import Application
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings
from oauthlib.oauth2 import BackendApplicationServer  # type: ignore[import-untyped]

_LEARNER_LEVEL = "progress:read"


class AgencyClientValidator(OAuth2Validator):
    """Lets in active clients of active agencies; a regional body is never offered the scope of learner-level data."""

    def _load_application(self, client_id: str | None, request: Any) -> Application | None:
        if not client_id:
            return None
        found = Application.objects.filter(
            client_id=client_id, apiclient__active=True, apiclient__agency__active=True
        ).select_related("apiclient__agency")
        # PostgreSQL stores no U+0000 and would answer with an error rather than with "unknown".
        request.client = None if "\x00" in client_id else found.first()
        if request.client is None:
            # A known client's secret is hashed now to be compared. By the time of the answer nobody shall learn which
            # ids are known.
            make_password("")
        return request.client

    def get_default_scopes(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> list[str]:
        regional = request.client.apiclient.agency.member_state_id is None
        return [scope for scope in oauth2_settings._DEFAULT_SCOPES if not (regional and scope == _LEARNER_LEVEL)]

    def validate_scopes(self, client_id: str, scopes: Any, client: Any, request: Any, *a: Any, **kw: Any) -> bool:
        return set(scopes) <= set(self.get_default_scopes(client_id, request))


class Core(OAuthLibCore):
    """The toolkit's glue around a server that knows one grant type only."""

    def __init__(self) -> None:
        server = BackendApplicationServer(
            AgencyClientValidator(), token_expires_in=oauth2_settings.ACCESS_TOKEN_EXPIRE_SECONDS
        )
        super().__init__(server)


@method_decorator([csrf_exempt, sensitive_post_parameters("client_secret")], name="dispatch")
class TokenView(View):
    """Errors are those of RFC 6749, section 5.2, as JSON: OAuth's clients know no other. Hence a plain view.

    It stands in the OpenAPI document as the `tokenUrl` of the agencies' security scheme.
    """

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            _refuse_large(request)
            _, headers, body, status = Core().create_token_response(request)
        except RequestDataTooBig:
            headers, status = {}, 413
            body = json.dumps({"error": "invalid_request", "error_description": "The request is too large."})
        except (SuspiciousOperation, BadRequest, MultiPartParserError, ValueError):
            # Not UTF-8, or not a form at all.
            headers, status = {}, 400
            body = json.dumps({"error": "invalid_request", "error_description": "The request cannot be read."})
        if status == 400 and json.loads(body).get("error") == "server_error":
            # oauthlib's word for two client ids in one request, which is the client's mistake.
            body = json.dumps({"error": "invalid_request", "error_description": "The request names two clients."})
        answer = HttpResponse(body, status=status, content_type="application/json")
        for name, value in headers.items():
            answer[name] = value
        if status == 401:
            # The scheme the client is to authenticate with here (section 5.2); oauthlib names that of the resources.
            answer["WWW-Authenticate"] = 'Basic realm="ai-skills"'
        answer["Cache-Control"] = "no-store"
        return answer


def _refuse_large(request: HttpRequest) -> None:
    """Refuse a body before it is read: Django's own limit leaves out files, which it would write to disk.

    Raises:
        RequestDataTooBig: the body is larger than any request of ours.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig()
