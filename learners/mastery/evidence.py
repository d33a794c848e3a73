"""Evidence between the database and the rules: one statement each, whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from learners.mastery import evidence_statements
from learners.mastery.answers import Correctable, NewEvidence, Seen, answers_by_learner, before_corrections
from learners.mastery.rules import Answer


def insert_evidence(evidence: Iterable[NewEvidence]) -> tuple[list[Seen], set[str]]:
    """Store what is new; return it, and the learners with a correction in it (or with one that came before it).

    The caller holds the locks of the learners' abilities: no other transaction stores evidence of theirs meanwhile. Two
    statements: what is stored already, and a COPY of what is not.

    Raises:
        IntegrityError: another learner's evidence of the same id was stored at this moment. Another try ignores it.
    """
    # Of evidence given twice the first is stored. In the order of the ids, which is that of the index.
    by_id = {row.seen.id: row for row in reversed(list(evidence))}
    ordered = [by_id[identifier] for identifier in sorted(by_id)]
    if not ordered:
        return [], set()
    stored, corrected, seen_items = evidence_statements.known_of(ordered)
    new: list[Seen] = []
    to_store: list[NewEvidence] = []
    learners_corrected = set()
    for row in ordered:
        seen = row.seen
        if seen.id in stored or row.corrects in corrected:
            continue
        if row.corrects:
            # What was corrected once is corrected by correcting the correction.
            corrected.add(row.corrects)
        if row.corrects or seen.voided or seen.id in corrected:
            learners_corrected.add(seen.learner_id)
        to_store.append(row)
        new.append(seen._replace(seen_before=True) if (seen.learner_id, seen.item_id) in seen_items else seen)
    if to_store:
        evidence_statements.copy_evidence(to_store)
    return new, learners_corrected


def evidence_of(learner_ids: Iterable[str]) -> dict[str, list[Answer]]:
    """All evidence of these learners that counts, in order."""
    ids = sorted(learner_ids)
    if not ids:
        return {}
    return answers_by_learner(evidence_statements.counting_evidence(ids))


def evidence_before_corrections(learner_ids: Iterable[str]) -> dict[str, list[list[Answer]]]:
    """For each correction of a learner's evidence, all that counted just before it was decided, in order.

    Learners without a correction are missing. A learner with n instants of correction has n lists.
    """
    ids = sorted(learner_ids)
    if not ids:
        return {}
    grouped: dict[str, list[Correctable]] = defaultdict(list)
    for correctable in evidence_statements.evidence_with_corrections(ids):
        grouped[correctable.seen.learner_id].append(correctable)
    return {learner: before_corrections(of_learner) for learner, of_learner in grouped.items()}
