"""Judging a comment by the rules, and explaining what they found to moderators and to the writer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from comments.models import Comment
from comments.screening.rules import BY_CODE, HOLD_FROM, RULES, SPAM_FROM, Facts, Finding, Hold

StoredFinding = Mapping[str, Any]  # an item of `Comment.findings`: "code", "score" and "detail"


@dataclass(frozen=True)
class Judgement:
    """What the rules found in a comment, in their order, and the state in which it is stored."""

    findings: list[Finding]
    state: str

    @property
    def score(self) -> int:
        return sum(finding.points for finding in self.findings)

    @property
    def refusal(self) -> Finding | None:
        """The finding that refuses the comment, if there is one. Then the comment is not stored."""
        return self.findings[-1] if self.findings and self.findings[-1].refuses else None

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of a comment that store the judgement."""
        findings = [{"code": each.code, "score": each.points, "detail": each.detail} for each in self.findings]
        return {"findings": findings, "score": self.score}


def judge(facts: Facts) -> Judgement:
    """Apply the rules in their order, up to the first that refuses."""
    findings: list[Finding] = []
    for rule in RULES:
        finding = rule.check(facts) if rule.binds_everybody or not facts.has_badge else None
        if finding:
            findings.append(finding)
        if finding and finding.refuses:
            break
    return Judgement(findings, _state(facts, findings))


def _state(facts: Facts, findings: Sequence[Finding]) -> str:
    score = sum(finding.points for finding in findings)
    points_count = facts.hold != Hold.NOTHING
    if points_count and score >= SPAM_FROM:
        return Comment.State.SPAM
    if any(finding.holds for finding in findings) or (points_count and score >= HOLD_FROM):
        return Comment.State.PENDING
    return Comment.State.PUBLISHED


def explain_to_moderators(comment: Comment) -> list[tuple[str, int]]:
    """What the rules found in a comment: a sentence and the points for each finding."""
    return [(_sentence_for_moderators(finding), int(finding["score"])) for finding in comment.findings]


def explain_to_writer(comment: Comment) -> list[str]:
    """Why a comment waits. Omits what speaks for the comment, and findings of rules that no longer exist."""
    rules = [(BY_CODE.get(finding["code"]), finding) for finding in comment.findings]
    return [_fill(rule.for_writer, finding) for rule, finding in rules if rule and rule.for_writer]


def _sentence_for_moderators(finding: StoredFinding) -> str:
    if rule := BY_CODE.get(finding["code"]):
        return _fill(rule.for_moderators, finding)
    return _("Found by a rule of an earlier version: %(code)s") % {"code": finding["code"]}


def _fill(sentence: object, finding: StoredFinding) -> str:
    return str(sentence) % {"detail": finding.get("detail", "")}
