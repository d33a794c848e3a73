"""Who issues to whom."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.db import transaction

from common.errors import InvalidInput
from credentials.certificates.models import Issuer
from member_states import public as member_states
from privacy import public as privacy

REGIONAL = Issuer.REGIONAL


def by_state() -> Mapping[str, str]:
    """The slug of the active authority of each state that has one; one query. The others' is the regional one."""
    rows = Issuer.objects.filter(active=True, member_state__isnull=False).values_list("member_state_id", "slug")
    return dict(rows)


def name_of(slug: str) -> str:
    """The name that stands on what the issuer signs now.

    Raises:
        Issuer.DoesNotExist: there is no such issuer.
    """
    return Issuer.objects.values_list("name", flat=True).get(pk=slug)


@transaction.atomic
def load_issuers() -> None:
    """Make the regional issuer and one for each state that has none yet; what is there stays as it is."""
    known = set(Issuer.objects.values_list("slug", flat=True))
    wanted = [Issuer(slug=REGIONAL, name=settings.ISSUER_NAME)]
    for state, name in sorted(member_states.names().items()):
        wanted.append(Issuer(slug=state.lower(), member_state_id=state, name=f"{settings.ISSUER_NAME}: {name}"))
    Issuer.objects.bulk_create([issuer for issuer in wanted if issuer.slug not in known], ignore_conflicts=True)


@transaction.atomic
def change(*, slug: str, name: str, active: bool, actor: str) -> None:
    """Give an issuer another name, for what it signs from now on, or close or open it; what is so already stays.

    The learners of a state whose issuer is closed are issued to by the regional one, which cannot be closed.

    Raises:
        InvalidInput: the name is empty, or the regional issuer would be closed.
        Issuer.DoesNotExist: there is no such issuer.
    """
    issuer = Issuer.objects.select_for_update(no_key=True).get(pk=slug)
    name = " ".join(name.split())
    if not name or (slug == REGIONAL and not active):
        raise InvalidInput(pointer="/name" if not name else "/active")
    if (issuer.name, issuer.active) == (name, active):
        return
    Issuer.objects.filter(pk=slug).update(name=name, active=active)
    privacy.audit(actor=actor, action="issuer.changed", subject_kind="issuer", subject_id=slug, active=active)
