"""How each app declares what its tables hold of people: one `Table` for each model, beside the app's models.

`config/field_register.py` collects the declarations; `tests/house/test_field_register.py` fails on a field that nobody
declared. What the words mean follows ISO/IEC 29100 (personal data, sensitive data, pseudonymisation) and what the data
protection acts of the member states ask of a record of processing: what is held, what for, on which ground, how long, who
sees it, and what an erasure leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType


class Category(StrEnum):
    """What a field tells of a person. The order is that of the harm when it is lost: later ones are guarded more."""

    NONE = "none"
    LEARNING = "learning"
    PSEUDONYMOUS = "pseudonymous"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class Basis(StrEnum):
    """The ground on which it is held."""

    CONSENT = "consent"  # to the purpose of the same code
    SERVICE = "service"  # it cannot be done without, and the person asked for it
    LEGAL_DUTY = "legal duty"  # that it was lawful, or right, has to be shown later
    SECURITY = "security"  # of the account or the service
    PUBLIC_OFFICE = "public office"  # of a member of staff: who decided must be known


class Seen(StrEnum):
    """Who meets it through the product. Whoever runs the database can read every table."""

    LEARNER = "the learner"
    OWNER = "the account's owner"
    STAFF = "staff of the learner's member state"
    EVALUATORS = "markers, assessors and reviewers, for the work before them"
    AUTHORS = "trainers"
    AGENCIES = "agencies that the learner consented to"
    HOLDERS = "whoever was handed the certificate or its link"
    EVERYBODY = "everybody"
    NOBODY = "nobody"


class Erasure(StrEnum):
    """What becomes of a row when its person is erased."""

    DELETED = "deleted with the account"
    DELETED_APART = "deleted by the erasure itself"  # nothing links it to the account's row
    TOMBSTONE = "emptied, and kept until everybody concerned was told"
    EXPIRES = "deleted after its time"
    KEPT = "kept: it names nobody any more"
    KEPT_AS_PROOF = "kept as proof of what was done, with ids alone"
    NOT_CONCERNED = "not concerned: it holds nothing of a learner"


@dataclass(frozen=True)
class Retention:
    """How long a row stays: so long after it was written (`for_`), or until something happens (`until`)."""

    until: str
    for_: timedelta | None = None

    def __str__(self) -> str:
        return f"{self.for_.days} days{self.until and ', ' + self.until}" if self.for_ else self.until


ACCOUNT_LIVES = Retention(until="as long as the account")
ALWAYS = Retention(until="as long as the platform")


@dataclass(frozen=True)
class Use:
    """What a table is held for. `purpose` is the code of a consent's purpose, or of one of `config.field_register.PURPOSES`."""

    purpose: str
    basis: Basis
    retention: Retention
    seen_by: tuple[Seen, ...]
    erasure: Erasure


# Texts, rules and figures: nothing of a person, so nothing to erase.
NOT_PERSONAL = Use("operation", Basis.SERVICE, ALWAYS, (), Erasure.NOT_CONCERNED)


@dataclass(frozen=True)
class Table:
    """What one model holds, field by field; each concrete field stands in exactly one of the categories.

    model: its label, `learners.Learner`. The categories: names of fields, separated by spaces.
    subject: the lookup from a row to the account that it is about, `enrolment__learner__user`; its values are accounts or
    their ids. Empty: the row is about nobody, or about whom is only found by reading it.
    of_others: fields about another person than the subject, such as who marked: never in the subject's export.
    """

    model: str
    use: Use = NOT_PERSONAL
    subject: str = ""
    sensitive: str = ""
    personal: str = ""
    pseudonymous: str = ""
    learning: str = ""
    none: str = ""
    of_others: str = ""

    def categories(self) -> Mapping[str, Category]:
        """Return the category of each field that is declared.

        Raises:
            ValueError: a field is declared twice, or `of_others` names one that is not declared.
        """
        found: dict[str, Category] = {}
        for category in Category:
            for name in str(getattr(self, category.value)).split():
                if name in found:
                    raise ValueError(f"{self.model}.{name} is both {found[name]} and {category}")
                found[name] = category
        if strangers := set(self.of_others.split()) - set(found):
            raise ValueError(f"{self.model}: of_others names {sorted(strangers)}, which are not declared")
        return MappingProxyType(found)

    def exported(self) -> Iterator[str]:
        """The fields that belong in the export of the person whom a row is about."""
        for name, category in self.categories().items():
            if self.subject and category is not Category.NONE and name not in self.of_others.split():
                yield name
