from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Django's admin with the site that asks staff for a second factor."""

    default_site = "accounts.staff.site.StaffAdminSite"
