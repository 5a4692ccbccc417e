"""What an array looks like, by its numbers and its shape."""

from collections.abc import Sequence
from enum import StrEnum

from xent.inputs.shapes import is_list
from xent.inspection.tally import Tally


class Kind(StrEnum):
    """What an array may hold."""

    LOGITS = "logits"
    PROBABILITIES = "probabilities"
    LOG_PROBABILITIES = "log-probabilities"
    CLASS_NUMBERS = "class numbers"
    ONE_HOT = "one-hot targets"
    NUMBERS = "numbers"

    @classmethod
    def of(cls, shape: Sequence[int], dtype: str, tally: Tally, role: str | None) -> "Kind":
        """Tell it; what bears the name of its role is believed to be that.

        Args:
            shape: The lengths of the array.
            dtype: The type of its numbers, as NumPy calls it.
            tally: What was counted of them.
            role: "logits" or "targets", where it is called so.
        """
        low, high = tally.histogram.low, tally.histogram.high
        are_shares = low >= 0 and high <= 1 and any(tally.sums_to_one.values())
        if role == "logits":
            return cls._of_scores(tally, are_shares=are_shares)
        is_number = tally.is_whole and tally.finite == tally.count
        is_row = len(shape) == 2 and shape[1] > 1
        if is_list(shape) and not (role == "targets" and is_row and are_shares):
            # 0,1,2 is a list of classes; 1,0,0 may be a row of anything.
            return cls.CLASS_NUMBERS if is_number and not (is_row and high <= 1) else cls.NUMBERS
        if are_shares:
            return cls.ONE_HOT if tally.is_whole else cls.PROBABILITIES
        if role == "targets":
            return cls.CLASS_NUMBERS if is_number else cls.NUMBERS
        if dtype.startswith(("int", "uint")) and tally.least_class >= 0:
            return cls.CLASS_NUMBERS
        return cls._of_scores(tally, are_shares=False)

    @classmethod
    def _of_scores(cls, tally: Tally, *, are_shares: bool) -> "Kind":
        if are_shares and not tally.is_whole:
            return cls.PROBABILITIES
        if any(tally.exponentials_sum_to_one.values()):
            return cls.LOG_PROBABILITIES
        return cls.LOGITS
