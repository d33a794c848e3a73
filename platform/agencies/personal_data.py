"""What the tables of agencies hold of people: the feed's rows. The tokens are of agencies' machines, not of people."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from common.personal_data import ALWAYS, Basis, Erasure, Retention, Seen, Table, Use

# Whoever has an agency's key and the accounts' ids can say who is who in the agency's feed.
_PSEUDONYMS = Use("share_progress", Basis.CONSENT, ALWAYS, (Seen.NOBODY,), Erasure.NOT_CONCERNED)
_MACHINE = "id user application expires scope created updated resource"

TABLES = (
    Table(
        "agencies.Agency",
        _PSEUDONYMS,
        pseudonymous="pseudonym_key",
        none="id name role member_state active feed_due_at feed_rebuilt_on",
    ),
    Table("agencies.ApiClient", none="application agency active"),
    Table(
        "agencies.Grant",
        Use("accountability", Basis.PUBLIC_OFFICE, ALWAYS, (Seen.STAFF,), Erasure.NOT_CONCERNED),
        pseudonymous="approved_by",
        none="id agency member_state purpose scope legal_basis valid_from valid_to approved_at",
    ),
    Table("agencies.FeedEpoch", none="id begun_at"),
    Table(
        "agencies.ProgressRow",
        Use(
            "share_progress",
            Basis.CONSENT,
            Retention(
                until="after the consent ended, as a tombstone", for_=timedelta(days=settings.AGENCY_TOMBSTONE_DAYS)
            ),
            (Seen.AGENCIES,),
            Erasure.TOMBSTONE,
        ),
        subject="learner_id",
        pseudonymous="learner_id pseudonym",
        personal="member_state agency",
        learning="document",
        none="id position withdrawn changed_at",
    ),
    Table("agencies.FeedHorizon", none="agency purged_to"),
    Table("agencies.StatisticCell", none="id member_state skill_code level learners refreshed_at"),
    # django-oauth-toolkit: only machines sign in by it, so `user` is empty in all of its tables.
    Table(
        "oauth2_provider.Application",
        none="id user client_id client_secret redirect_uris post_logout_redirect_uris client_type authorization_grant_type"
        " hash_client_secret name skip_authorization created updated algorithm allowed_origins registration_source"
        " cimd_expires_at",
    ),
    Table(
        "oauth2_provider.Grant",
        none=f"{_MACHINE} code redirect_uri code_challenge code_challenge_method nonce claims",
    ),
    Table("oauth2_provider.AccessToken", none=f"{_MACHINE} token token_checksum source_refresh_token id_token"),
    Table(
        "oauth2_provider.RefreshToken",
        none="id user application token token_checksum access_token token_family resource created updated revoked",
    ),
    Table("oauth2_provider.IDToken", none="id user jti application expires scope created updated"),
    Table(
        "oauth2_provider.DeviceGrant",
        none="id user device_code user_code scope interval expires status client_id last_checked",
    ),
)
