"""What does the name of a column say: targets, an index, a prediction, or the score of a class?"""

import os.path
import re
from collections import defaultdict
from collections.abc import Sequence

# pandas leaves the name of its index empty.
_INDEX = re.compile(r"|(?i:index|unnamed:[_ ]0|(?:.*[_ ])?idx|(?:.*[_ ])?id)|.*[a-z]I[dD]|.*_index")
_TARGETS = {
    "actual", "answer", "category", "class", "expected", "gold", "ground_truth", "gt", "label",
    "label_id", "label_ids", "labels", "obs", "observed", "reference", "target", "targets", "true",
    "truth", "y", "y_actual", "y_test", "y_true",
}  # fmt: skip
_TRUE = re.compile(
    r"(?:true|gold|actual|target|correct|real)_(?:label|labels|class|target|answer)s?"
)
# What a file of predictions holds beside scores and targets.
_NO_CLASS = re.compile(
    r"y_?hat|(?:.*_)?(?:pred|preds|predict|predicted|prediction|predictions)"
    r"|(?:.*_)?pred(?:icted|iction)?_(?:label|class|target|id|idx|name|answer)s?"
    r"|confidence|max_prob(?:ability)?|(?:is_)?correct|fold|split|loss|nll|entropy|margin"
    r"|(?:.*_)?(?:file|filename|file_name|path|filepath|file_path|uuid|url|timestamp|weight)"
)
_PREDICTION = re.compile(
    r"y_?hat|_*into|i_.+|scored_labels?|(?:.*_)?pred(?:s|icts?|icted|ictions?)?(?:_.*)?"
)
_LOSS = re.compile(
    r"nll|loss|losses|xent|ce|cross_entropy|(?:nll|ce|cross_entropy|val|test|eval|token)_loss"
    r"|neg(?:ative)?_log_?likelihood|surprisal"
)
_TARGET_LOG_PROB = re.compile(
    r"(?:(?:token|target|sum)_)?log_?p(?:rob(?:ability|s)?)?|log_?likelihood|ll"
)
# Words that say that a column holds the score of a class; the rest of the name says of which.
_SCORE = re.compile(
    r"(?:(?:probability|probabilities|prob|probs|proba|p|logit|logits|score|scores|output|outputs|"
    r"softmax|log_?probs?|log_?p|pred|prediction|predicted|class|label|y)(?:_of)?[_ .:/-]+)+",
    re.IGNORECASE,
)


def is_target_name(name: str, others: Sequence[str] = ()) -> bool:
    """Tell whether a column is called as targets are, in any case, with `-`, `_` or blanks.

    Args:
        name: The name.
        others: All names of the table: `true` beside `false` is a class, and alone a label.
    """
    word = _plain(name)
    if word == "true" and (len(others) < 2 or "false" in map(_plain, others)):
        return False
    return word in _TARGETS or bool(_TRUE.fullmatch(word))


def is_index_name(name: str) -> bool:
    """Tell whether a column is called as one that numbers or names the rows."""
    return bool(_INDEX.fullmatch(name))


def is_no_class_name(name: str) -> bool:
    """Tell whether a column is called as one that holds no score of a class."""
    return bool(_NO_CLASS.fullmatch(_plain(name)))


def is_prediction_name(name: str) -> bool:
    """Tell whether a column is called as predictions of classes are, whatever they predict."""
    return bool(_PREDICTION.fullmatch(_plain(name)))


def is_loss_name(name: str) -> bool:
    """Tell whether a column is called as one that holds the loss of each row."""
    return bool(_LOSS.fullmatch(_plain(name)))


def is_target_log_prob_name(name: str) -> bool:
    """Tell whether a column is called as one of the log-probability of what was observed."""
    return bool(_TARGET_LOG_PROB.fullmatch(_plain(name)))


def is_result_table(names: Sequence[str]) -> bool:
    """Tell whether a table holds the loss of each row, and no scores of classes.

    Args:
        names: The names of its columns, of which one is that of losses, and each other one that of
            an index, of targets, or of something that is no class.
    """
    losses = [name for name in names if is_loss_name(name)]
    others = [name for name in names if name not in losses]
    return len(losses) == 1 and all(
        is_index_name(name)
        or is_target_name(name)
        or is_no_class_name(name)
        or _plain(name) in ("row", "probability", "group", "doc", "document", "token", "text")
        for name in others
    )


def is_count_name(name: str) -> bool:
    """Tell whether a column is called as one of whole numbers that is no class, such as a fold."""
    return _plain(name) in ("correct", "fold", "is_correct", "split")


def without_affixes(names: Sequence[str]) -> tuple[str, ...]:
    """Return names without the beginning and the end that all have in common."""
    start = len(os.path.commonprefix(names))  # noqa: RUF071  characters are meant
    rest = [name[start:] for name in names]
    end = len(os.path.commonprefix([name[::-1] for name in rest]))  # noqa: RUF071  as above
    return tuple(name[: len(name) - end] for name in rest)


def score_family(names: Sequence[str]) -> tuple[int, ...]:
    """Return the positions of the largest group of names such as prob_cat, prob_dog.

    Their common beginning says that they are scores, and the rest differs. A group has two
    members at least.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for position, name in enumerate(names):
        found = _SCORE.match(name)
        if found and found.end() < len(name):
            groups[found.group().lower()].append(position)
    largest = max(groups.values(), key=len, default=[])
    return tuple(largest) if len(largest) > 1 else ()


def without_score_prefix(names: Sequence[str]) -> tuple[str, ...]:
    """Return names such as prob_cat, prob_dog as cat, dog, if all begin with the same prefix."""
    prefixes = {found.group() for name in names if (found := _SCORE.match(name))}
    if len(names) < 2 or len(prefixes) != 1:
        return tuple(names)
    [prefix] = prefixes
    bare = [name.removeprefix(prefix) for name in names]
    if not all(name.startswith(prefix) for name in names) or not all(bare):
        return tuple(names)
    # prob_1, prob_2 need not be the classes 1 and 2: their targets may as well be 0 and 1.
    counted = all(map(str.isdecimal, bare)) and bare != [*map(str, range(len(bare)))]
    return tuple(names) if counted or len(set(bare)) < len(bare) else tuple(bare)


def _plain(name: str) -> str:
    """Return a name in lower case, with _ between its words."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\s.()-]+", "_", words).strip("_").lower()
