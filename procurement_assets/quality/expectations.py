"""The Great Expectations types a rule may name, with their arguments.

Written down here so that the catalogue is checked without importing Great Expectations (7.5 s); a test compares this
list with the library.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["row", "whole", "figure"]
"""row: each row is judged alone, so a large table is judged in slices. whole: rows are judged together (uniqueness).
figure: one figure of the table is judged; there are no failing rows."""

ColumnArgument = Literal["column", "pair", "list", "none"]


class Expectation(msgspec.Struct, frozen=True):
    """What a rule must and may say for one expectation type."""

    kind: Kind
    columns: ColumnArgument = "column"
    """How columns are named: `column` in the rule; `column_A` and `column_B`; `column_list`; none at all."""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        """Every argument that the rule may give under `arguments`."""
        named = {"pair": ("column_A", "column_B"), "list": ("column_list",)}.get(self.columns, ())
        return (*named, *self.required, *self.optional)


_RANGE = ("min_value", "max_value", "strict_min", "strict_max")

EXPECTATIONS: dict[str, Expectation] = {
    "expect_column_values_to_not_be_null": Expectation("row"),
    "expect_column_values_to_be_null": Expectation("row"),
    "expect_column_values_to_be_in_set": Expectation("row", required=("value_set",)),
    "expect_column_values_to_not_be_in_set": Expectation("row", required=("value_set",)),
    "expect_column_values_to_be_between": Expectation("row", optional=_RANGE),
    "expect_column_values_to_match_regex": Expectation("row", required=("regex",)),
    "expect_column_values_to_not_match_regex": Expectation("row", required=("regex",)),
    "expect_column_value_lengths_to_be_between": Expectation("row", optional=_RANGE),
    "expect_column_value_lengths_to_equal": Expectation("row", required=("value",)),
    "expect_column_pair_values_a_to_be_greater_than_b": Expectation("row", "pair", optional=("or_equal",)),
    "expect_column_pair_values_to_be_equal": Expectation("row", "pair"),
    "expect_column_values_to_be_unique": Expectation("whole"),
    "expect_compound_columns_to_be_unique": Expectation("whole", "list"),
    "expect_table_row_count_to_be_between": Expectation("figure", "none", optional=_RANGE),
    "expect_column_unique_value_count_to_be_between": Expectation("figure", optional=_RANGE),
    "expect_column_proportion_of_non_null_values_to_be_between": Expectation("figure", optional=_RANGE),
    "expect_column_median_to_be_between": Expectation("figure", optional=_RANGE),
    "expect_column_sum_to_be_between": Expectation("figure", optional=_RANGE),
}

TRUE_EXPECTATION = "expect_column_values_to_be_in_set"
"""What an `expression` is checked with: its values must be in the set [true]."""


def class_name(expectation: str) -> str:
    """The library's class of an expectation type: `expect_a_b` is `ExpectAB`."""
    return "".join(word.capitalize() for word in expectation.split("_"))
