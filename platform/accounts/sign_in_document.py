"""What the learners' document says of signing in: django-allauth's own specification, cut to what answers here.

allauth ships the specification of everything that it can do. Here it has one client (`app`), and its answers differ from
what it writes of them in places; `_FURTHER` and `_correct` say what is true.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import yaml
from allauth.headless.spec.internal import schema as allauth
from django.urls import Resolver404, resolve

from common.errors import BodyTooLarge, Forbidden, NotFound
from common.openapi import RETRY_AFTER, RETRY_AFTER_HEADER, problem_response

_BASE = "/auth/app/v1"
_SIGN_IN, _ACCOUNT = "Sign-in", "Account"
_ABOUT_ALLAUTH = re.compile("settings|Django|allauth|`app`")

# Path and method -> operationId, tag, summary. All that is here answers; nothing else of allauth's is documented.
OPERATIONS: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("/config", "get"): ("read_sign_in_configuration", _SIGN_IN, "Which ways of signing in there are"),
    ("/auth/signup", "post"): ("sign_up", _SIGN_IN, "Make an account and sign in"),
    ("/auth/login", "post"): ("sign_in", _SIGN_IN, "Sign in by user name or e-mail address, and password"),
    ("/auth/session", "get"): ("read_session", _SIGN_IN, "Who is signed in, or what is still missing"),
    ("/auth/session", "delete"): ("sign_out", _SIGN_IN, "End this session; 401 says that it is ended"),
    ("/tokens/refresh", "post"): (
        "refresh_tokens",
        _SIGN_IN,
        "The next access token and refresh token; sent again, the same successor",
    ),
    ("/auth/reauthenticate", "post"): ("reauthenticate", _SIGN_IN, "Give the password again, for what needs it fresh"),
    ("/auth/email/verify", "get"): ("read_email_verification", _SIGN_IN, "Which address a key from a mail is for"),
    ("/auth/email/verify", "post"): ("verify_email", _SIGN_IN, "Confirm an address by the key from a mail"),
    ("/auth/password/request", "post"): ("request_password_reset", _SIGN_IN, "Ask for a code to set a new password"),
    ("/auth/password/reset", "get"): ("read_password_reset", _SIGN_IN, "Whether a code for a new password is good"),
    ("/auth/password/reset", "post"): ("reset_password", _SIGN_IN, "Set a new password by the code from a mail"),
    ("/auth/2fa/authenticate", "post"): ("authenticate_by_code", _SIGN_IN, "Second step of signing in: a code"),
    ("/auth/2fa/reauthenticate", "post"): ("reauthenticate_by_code", _SIGN_IN, "Give a code again"),
    ("/auth/webauthn/authenticate", "get"): (
        "read_passkey_challenge",
        _SIGN_IN,
        "Challenge for the second step of signing in by a passkey",
    ),
    ("/auth/webauthn/authenticate", "post"): ("authenticate_by_passkey", _SIGN_IN, "Second step: a passkey"),
    ("/auth/webauthn/login", "get"): (
        "read_passkey_sign_in_challenge",
        _SIGN_IN,
        "Challenge for signing in by a passkey alone",
    ),
    ("/auth/webauthn/login", "post"): ("sign_in_by_passkey", _SIGN_IN, "Sign in by a passkey alone"),
    ("/auth/webauthn/reauthenticate", "get"): (
        "read_passkey_challenge_again",
        _SIGN_IN,
        "Challenge for showing a passkey again",
    ),
    ("/auth/webauthn/reauthenticate", "post"): ("reauthenticate_by_passkey", _SIGN_IN, "Show a passkey again"),
    ("/auth/recover", "post"): (
        "recover_account",
        _SIGN_IN,
        "Set a new password by an account recovery code, and sign in",
    ),
    ("/account/recovery-codes", "get"): (
        "read_account_recovery",
        _ACCOUNT,
        "How many account recovery codes are left",
    ),
    ("/account/recovery-codes", "post"): (
        "create_account_recovery_codes",
        _ACCOUNT,
        "Ten new account recovery codes, shown once; the old ones end",
    ),
    ("/auth/provider/token", "post"): (
        "sign_in_by_provider",
        _SIGN_IN,
        "Sign in with an ID token of an OpenID Connect provider, or connect its account to yours",
    ),
    ("/auth/provider/signup", "get"): (
        "read_provider_sign_up",
        _SIGN_IN,
        "Whose account of a provider waits for a user name",
    ),
    ("/auth/provider/signup", "post"): (
        "sign_up_by_provider",
        _SIGN_IN,
        "Make an account for it by choosing a user name",
    ),
    ("/account/providers", "get"): (
        "list_provider_accounts",
        _ACCOUNT,
        "Accounts of providers that sign in to this one",
    ),
    ("/account/providers", "delete"): ("disconnect_provider", _ACCOUNT, "Take the connection to one away"),
    ("/account/email", "get"): ("list_emails", _ACCOUNT, "E-mail addresses of the account"),
    ("/account/email", "post"): ("add_email", _ACCOUNT, "Add an e-mail address"),
    ("/account/email", "put"): ("request_email_verification", _ACCOUNT, "Have an address confirmed"),
    ("/account/email", "patch"): ("choose_primary_email", _ACCOUNT, "Make an address the primary one"),
    ("/account/email", "delete"): ("delete_email", _ACCOUNT, "Remove an e-mail address"),
    ("/account/password/change", "post"): ("change_password", _ACCOUNT, "Change the password"),
    ("/account/authenticators", "get"): ("list_authenticators", _ACCOUNT, "The account's second factors"),
    ("/account/authenticators/totp", "get"): ("read_totp", _ACCOUNT, "The app with codes, or a secret to set one up"),
    ("/account/authenticators/totp", "post"): ("activate_totp", _ACCOUNT, "Set up an app with codes"),
    ("/account/authenticators/totp", "delete"): ("deactivate_totp", _ACCOUNT, "Give up the app with codes"),
    ("/account/authenticators/recovery-codes", "get"): (
        "list_recovery_codes",
        _ACCOUNT,
        "Unused codes for the second factor",
    ),
    ("/account/authenticators/recovery-codes", "post"): (
        "generate_recovery_codes",
        _ACCOUNT,
        "New codes for the second factor",
    ),
    ("/account/authenticators/webauthn", "get"): ("read_passkey_options", _ACCOUNT, "What a new passkey is made from"),
    ("/account/authenticators/webauthn", "post"): ("add_passkey", _ACCOUNT, "Add a passkey"),
    ("/account/authenticators/webauthn", "put"): ("rename_passkey", _ACCOUNT, "Rename a passkey"),
    ("/account/authenticators/webauthn", "delete"): ("delete_passkeys", _ACCOUNT, "Remove passkeys"),
    ("/auth/sessions", "get"): ("list_sessions", _ACCOUNT, "Where the person is signed in"),
    ("/auth/sessions", "delete"): ("end_sessions", _ACCOUNT, "End sessions by their ids"),
}


def sign_in_document() -> Mapping[str, Any]:
    """Return the paths under /auth/app/v1 and the schemas that they refer to, as OpenAPI 3.1."""
    spec = yaml.safe_load(files("allauth.headless.spec").joinpath("doc/openapi.yaml").read_text(encoding="utf-8"))
    spec["paths"] = {
        path.replace("{client}", "app").replace("/_allauth/app/v1", _BASE): item for path, item in spec["paths"].items()
    }
    spec["paths"] |= {_BASE + path: item for path, item in _OWN.items()}
    allauth.specify_user(spec)
    allauth.specify_signup_fields(spec)
    allauth.specify_custom_signup_form(spec)
    _correct(spec["components"])
    paths: dict[str, Any] = {}
    for (path, method), (operation_id, tag, summary) in OPERATIONS.items():
        _require_route(_BASE + path)
        given = spec["paths"][_BASE + path][method]
        operation: dict[str, Any] = {"operationId": operation_id, "tags": [tag], "summary": summary}
        parameters = [
            _resolved(spec, parameter) for parameter in given.get("parameters", ()) if "Client" not in str(parameter)
        ]
        if parameters:
            operation["parameters"] = parameters
        if "requestBody" in given:
            operation["requestBody"] = {"required": True, **_resolved(spec, given["requestBody"])}
        operation["responses"] = _responses(spec, path, method, given)
        # Without a token while somebody is still signing in; `X-Session-Token` then names the half of a session.
        operation["security"] = [{"learnerToken": []}] if tag == _ACCOUNT else [{"learnerToken": []}, {}]
        paths.setdefault(_BASE + path, {})[method] = operation
    schemas = spec["components"]["schemas"]
    used: dict[str, Any] = {}
    waiting = _references(paths)
    while waiting:
        name = waiting.pop()
        if name not in used and name in schemas:
            used[name] = schemas[name]
            waiting |= _references(schemas[name])
    return _as_3_1({"paths": paths, "schemas": dict(sorted(used.items()))})


def _require_route(path: str) -> None:
    try:
        resolve(path)
    except Resolver404 as error:
        raise LookupError(f"allauth answers nothing at {path}") from error


def _resolved(spec: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """The parameter, body or response itself, where the specification refers to one."""
    if "$ref" in value:
        _, _, kind, name = value["$ref"].split("/")
        return dict(spec["components"][kind][name])
    return dict(value)


def _json(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _responses(spec: Mapping[str, Any], path: str, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    answers = {str(status): _resolved(spec, answer) for status, answer in given["responses"].items()}
    for answer in answers.values():
        answer["description"] = str(answer.get("description", "")).replace("django-allauth", "sign-in").strip()
    if method != "get" or "400" in answers:
        answers["400"] = _json(
            "The input is not valid. Decide by `code`; `message` is in the caller's language.", _ref("ErrorResponse")
        )
    if path not in _FOR_ANYBODY:
        answers["401"] = _json(
            "Nobody is signed in, or the password has to be given again: `flows` says how.",
            _ref("SignInNeededResponse"),
        )
    if method != "get":
        forbidden = problem_response([Forbidden])  # the proxy does not say whose request it is, so it cannot be counted
        forbidden["content"] |= answers.get("403", {}).get("content", {})
        answers["403"] = forbidden
        answers["413"] = problem_response([BodyTooLarge])
        answers["429"] = _json("Too many tries; `Retry-After` says when to come back.", _ref("TooManyRequestsResponse"))
        answers["429"]["headers"] = {RETRY_AFTER: RETRY_AFTER_HEADER}
    if "/provider" in path:
        answers["404"] = problem_response([NotFound])  # this installation has no provider
    answers["410"] = _json(
        "`X-Session-Token`, or the access token, names a session that has ended: sign in again.",
        _ref("SessionGoneResponse"),
    )
    if path == "/auth/password/reset" and method == "post":
        del answers["200"]  # whoever set a new password signs in by it
    for status, name in _FURTHER.get((path, method), {}).items():
        answers[status] = _json("Done.", _ref(name))
    return dict(sorted(answers.items()))


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


# What is ours, in the form of allauth's specification.
_OWN: Mapping[str, Mapping[str, Any]] = {
    "/auth/recover": {
        "post": {
            "requestBody": {
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "properties": {
                                "username": _text("Either this or `email`."),
                                "email": _text("Either this or `username`.", format="email"),
                                "code": _text(
                                    "One of the account's own recovery codes, or one that a member state's administrator "
                                    "handed over; case, spaces and hyphens do not matter. It works once.",
                                    maxLength=100,
                                ),
                                "password": _text("The new password. All sessions and tokens of the old one end."),
                            },
                            "required": ["code", "password"],
                        }
                    }
                }
            },
            "responses": {
                "200": _json("A new password is set, and the person is signed in.", _ref("AuthenticatedResponse")),
                "409": _json("Somebody is signed in already.", _ref("ConflictResponse")),
            },
        }
    },
    "/account/recovery-codes": {
        method: {"responses": {"200": _json(description, _ref("AccountRecoveryResponse"))}}
        for method, description in {
            "get": "How many are left; `codes` is missing.",
            "post": "`codes` is shown this once: have them kept on paper.",
        }.items()
    },
}

_FOR_ANYBODY = ("/config", "/tokens/refresh")
# What answers, and is missing or another in the specification.
_FURTHER: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("/auth/password/request", "post"): {"200": "AuthenticatedResponse"},
    ("/account/password/change", "post"): {"200": "AuthenticatedResponse"},
    ("/account/authenticators/recovery-codes", "post"): {"200": "RecoveryCodesResponse"},
}


def _correct(components: dict[str, Any]) -> None:
    schemas = components["schemas"]
    schemas["AccountConfiguration"]["properties"]["authentication_method"] = {
        "type": "string",
        "enum": ["username", "email", "username_email"],
    }
    schemas["BaseAuthenticationMeta"]["properties"]["refresh_token"] = {
        "type": "string",
        "description": "The next pair comes from `POST /auth/app/v1/tokens/refresh`. Keep this one until that answer is stored.",
    }
    # Who has no user name yet.
    user = schemas["User"]
    schemas["ProviderSignupUser"] = {
        **user,
        "required": [name for name in user.get("required", ()) if name != "username"],
    }
    answer = components["responses"]["ProviderSignup"]["content"]["application/json"]["schema"]
    answer["properties"]["data"]["properties"]["user"] = _ref("ProviderSignupUser")
    # Null where nobody was looked for.
    schemas["AuthenticationMeta"]["allOf"][1]["properties"]["is_authenticated"] = {"type": ["boolean", "null"]}
    # The specification has the two descriptions the other way round.
    change = components["requestBodies"]["ChangePassword"]["content"]["application/json"]["schema"]
    change["properties"]["new_password"]["description"] = "The new password."
    change["properties"]["current_password"] = {
        "type": "string",
        "description": "The current password; left out where the account has none.",
    }
    flow = schemas["Flow"]["properties"]
    flow["id"]["enum"] = sorted({*flow["id"]["enum"], "password_reset_by_code", "mfa_login_webauthn", "mfa_trust"})
    flow["is_pending"] = {"type": "boolean"}
    flow["providers"] = {"type": "array", "items": _ref("ProviderID"), "description": "Which take an ID token."}
    # The user name alone: an address is the provider's, if it has confirmed it.
    schemas["ProviderSignup"] = {
        "type": "object",
        "properties": {"username": _ref("Username")},
        "required": ["username"],
    }
    for method in schemas["AuthenticationMethod"]["oneOf"]:
        method["required"] = [name for name in method["required"] if name in method["properties"]]
        method["title"] = method["title"].strip()
        if method["properties"]["method"]["enum"] == ["password_reset"]:
            method["required"].remove("email")  # by an account recovery code there is none
        if method["properties"]["method"]["enum"] == ["mfa"]:
            method["properties"]["id"] = _ref("AuthenticatorID")
            method["properties"]["passwordless"] = {"type": "boolean"}
    schemas["MFAConfiguration"]["properties"]["passkey_login_enabled"] = {"type": "boolean"}
    schemas["ConflictResponse"]["properties"]["errors"] = schemas["ErrorResponse"]["properties"]["errors"]
    schemas["SessionGoneResponse"]["properties"]["data"] = schemas["AuthenticationResponse"]["properties"]["data"]
    schemas["RecoveryCodesResponse"] = components["responses"]["RecoveryCodes"]["content"]["application/json"]["schema"]
    schemas["TooManyRequestsResponse"] = _status_only(429)
    schemas["AccountRecoveryResponse"] = _status_only(200)
    schemas["AccountRecoveryResponse"]["properties"]["data"] = {
        "type": "object",
        "properties": {
            "unused": {"type": "integer", "minimum": 0},
            "codes": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["unused"],
    }
    schemas["AccountRecoveryResponse"]["required"].append("data")
    challenge = components["responses"]["WebAuthnRequestOptionsResponse"]["content"]["application/json"]["schema"]
    challenge["properties"]["meta"] = {
        "type": "object",
        "properties": {
            "session_token": {
                "type": "string",
                "description": "To whoever has none: send it as `X-Session-Token` next.",
            }
        },
    }
    # Objects of WebAuthn, as a browser takes and gives them: without this, generators make a type of no members.
    for anything in (
        schemas["WebAuthnCredential"],
        schemas["WebAuthnCredentialCreationOptions"]["properties"]["creation_options"],
        schemas["WebAuthnCredentialRequestOptions"]["properties"]["request_options"],
    ):
        anything["additionalProperties"] = True
    schemas["SignInNeededResponse"] = {
        "anyOf": [_ref("AuthenticationResponse"), _ref("ReauthenticationResponse")],
    }


def _status_only(status: int) -> dict[str, Any]:
    return {"type": "object", "properties": {"status": {"type": "integer", "enum": [status]}}, "required": ["status"]}


def _references(value: Any) -> set[str]:
    return set(re.findall(r"#/components/schemas/(\w+)", str(value)))


def _as_3_1(value: Any) -> Any:
    """Without examples and texts about allauth's settings; null as a type."""
    if isinstance(value, list):
        return [_as_3_1(entry) for entry in value]
    if not isinstance(value, dict):
        return value.strip() if isinstance(value, str) else value
    made = {key: _as_3_1(entry) for key, entry in value.items() if key not in ("example", "examples", "nullable")}
    if "schema" not in made and "content" not in made and _ABOUT_ALLAUTH.search(str(made.get("description", ""))):
        del made["description"]
    if value.get("nullable") is True:
        return {"oneOf": [made, {"type": "null"}]}
    return made
