"""The admin of agencies: every change goes through the services that leave the audit trail."""

from contextlib import suppress

from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from oauth2_provider import models as oauth

from agencies.admin.agencies import AgencyAdmin
from agencies.admin.clients import ApiClientAdmin
from agencies.admin.grants import GrantAdmin
from agencies.admin.statistics import StatisticCellAdmin

# The toolkit's own pages would make clients that belong to no agency, and show what no person may read.
for model in (oauth.Application, oauth.AccessToken, oauth.Grant, oauth.IDToken, oauth.RefreshToken):
    with suppress(NotRegistered):
        admin.site.unregister(model)

__all__ = ["AgencyAdmin", "ApiClientAdmin", "GrantAdmin", "StatisticCellAdmin"]
