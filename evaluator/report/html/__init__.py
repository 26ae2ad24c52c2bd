"""The report as one self-contained page: charts, tables and the single answers, without any network."""

from evaluator.report.html.answers import AnswerSample, AnswerTable, Asked, Given
from evaluator.report.html.page import render_html

__all__ = ["AnswerSample", "AnswerTable", "Asked", "Given", "render_html"]
