"""The service standard as code: rules as data, one evaluator for live calls and finished ones."""

from huawu.standard.judgement import Judgement, Standard
from huawu.standard.loading import load_standard
from huawu.standard.model import (
    BookError,
    BrokenTimeline,
    FactLike,
    Happened,
    Mark,
    PartScore,
    Pending,
    Score,
    Text,
    Verdict,
)
from huawu.standard.schema import Phrase, Rule

__all__ = [
    "BookError",
    "BrokenTimeline",
    "FactLike",
    "Happened",
    "Judgement",
    "Mark",
    "PartScore",
    "Pending",
    "Phrase",
    "Rule",
    "Score",
    "Standard",
    "Text",
    "Verdict",
    "load_standard",
]
