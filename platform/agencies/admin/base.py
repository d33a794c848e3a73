"""What the pages of this app have in common."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin

from accounts.admin_scope import StateScopedAdmin, limited_to
from common.errors import DomainError


class ServiceAdmin(StateScopedAdmin, ModelAdmin):
    """Saves by a service; what the service refuses is shown as a message. Nothing is deleted: grants and clients end."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        self.save_by_service(request, obj, form, change)
        if limited_to(request.user) is not None and not self.get_queryset(request).filter(pk=obj.pk).exists():
            raise PermissionDenied("The saved row would belong to another state. Nothing was saved.")

    def save_by_service(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Call the service; on an addition give `obj` the key of the new row."""
        raise NotImplementedError

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            self.message_user(request, str(error.detail or error.title), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


def actor(request: HttpRequest) -> str:
    """Return who acts, as the audit log names them."""
    return str(request.user.pk)
