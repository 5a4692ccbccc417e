"""What can be wrong with an input, as data: code, severity, sentence, place, hint."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a diagnostic matters: a note informs, a warning doubts, an error stops.

    What a checkup finds and does not mind is "info".
    """

    NOTE = "note"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Code(StrEnum):
    """The stable code of each diagnostic; its stable name is the member's, in kebab case.

    XE is an error, XN a note. 0xx: the command line; 1xx: a source cannot be read; 2xx: what was
    read cannot be right; 3xx: the loss can be calculated, but look at this first. XC is a warning
    with the code of the rule of a checkup that says the same, and more.
    """

    BAD_USAGE = "XE001"

    FILE_NOT_FOUND = "XE101"
    NOT_A_FILE = "XE102"
    UNREADABLE = "XE103"
    EMPTY_INPUT = "XE104"
    UNKNOWN_FORMAT = "XE105"
    INVALID_ENCODING = "XE106"
    STDIN_TWICE = "XE107"
    MISSING_TARGETS = "XE108"
    INVALID_JSON = "XE109"
    TRUNCATED_ARRAY = "XE110"
    INVALID_ARRAY = "XE111"
    UNSUPPORTED_DTYPE = "XE112"
    MISSING_ARRAY = "XE113"
    UNWRITABLE = "XE114"
    LINE_TOO_LONG = "XE115"
    OUT_OF_MEMORY = "XE116"
    DAMAGED_COMPRESSION = "XE117"
    INVALID_STATE = "XE118"
    MISSING_LIBRARY = "XE119"
    NO_CLUSTER = "XE120"
    INVALID_HEADER = "XE121"
    ELIDED_ARRAY = "XE123"
    FILE_CHANGED = "XE126"

    NOT_A_NUMBER = "XE201"
    RAGGED_ROW = "XE202"
    TARGET_OUT_OF_RANGE = "XE203"
    TARGET_NOT_INTEGER = "XE204"
    COUNT_MISMATCH = "XE205"
    SINGLE_COLUMN = "XE206"
    NUMBER_TOO_LARGE = "XE207"
    WRONG_SHAPE = "XE208"
    NOT_A_PROBABILITY = "XE209"
    BAD_SETTING = "XE210"
    STATES_DIFFER = "XE211"
    KEY_NOT_FOUND = "XE212"
    DUPLICATE_KEY = "XE213"
    DUPLICATE_STATE = "XE214"
    NO_SCORES = "XE215"
    CLASSES_UNCLEAR = "XE216"
    LABELS_NOT_CLASSES = "XE217"

    NOT_COMPARABLE = "XE220"

    LOSS_ABOVE_LIMIT = "XE301"
    LOSS_ABOVE_BASELINE = "XE302"
    WORSE_THAN_FIRST = "XE303"

    PROBABILITIES_AS_LOGITS = "XC101"
    INPUTS_NOT_NORMALISED = "XC107"
    LOG_BASE_MISMATCH = "XC109"
    ONE_HOT_PREDICTIONS = "XC111"
    PROBABILITIES_AS_LOG_PROBS = "XC112"
    IDS_DIFFER = "XC209"
    LABELS_PERMUTED = "XC305"
    AT_CHANCE = "XC401"
    WORSE_THAN_CHANCE = "XC402"
    TARGETS_NOT_NORMALISED = "XC503"
    UNDEFINED_TARGETS = "XC507"
    NONFINITE_LOGITS = "XC601"
    MASKED_TARGET = "XC602"
    ROWS_IGNORED = "XC605"
    LOSS_OVERFLOW = "XC606"
    WEIGHTS_CANCEL = "XC701"

    SUFFIX_CONTRADICTED = "XN001"
    WAITING_FOR_INPUT = "XN002"

    TARGETS_UNUSED = "XN301"
    MASKED_LOGITS = "XN302"
    TARGETS_AS_PROBABILITIES = "XN303"
    TARGETS_SQUEEZED = "XN304"
    CLASS_AXIS_CHOSEN = "XN305"
    LABELS_AS_ROWS = "XN306"
    NO_PAUSES = "XN307"
    BFLOAT16_ASSUMED = "XN308"
    TARGET_COLUMN_CHOSEN = "XN309"
    INDEX_LEFT_OUT = "XN310"
    CLASSES_BY_NUMBER = "XN311"
    LATIN_1_ASSUMED = "XN312"
    ROUNDED_LOG_PROBS = "XN313"
    ROWS_UNMATCHED = "XN314"
    COLUMNS_LEFT_OUT = "XN315"
    HEADER_ASSUMED = "XN316"
    NAMES_SHORTENED = "XN317"
    ARRAYS_CHOSEN = "XN320"
    INPUT_KIND_NAMED = "XN321"
    AXES_SQUEEZED = "XN322"
    YES_AND_NO = "XN323"
    PRINTED_ROUNDED = "XN324"

    @property
    def slug(self) -> str:
        """Return the name that stands beside the code, e.g. `target-out-of-range`."""
        return self.name.lower().replace("_", "-")

    @property
    def severity(self) -> Severity:
        """Return what the code's second letter says."""
        return {"E": Severity.ERROR, "C": Severity.WARNING, "N": Severity.NOTE}[self.value[1]]


# What each code means and what to do; a code that is not here is that of a rule of the checkup.
EXPLANATIONS = {
    Code.BAD_USAGE: (
        "The command line cannot be what is meant: follow the hint, or see --help of the command."
    ),
    Code.FILE_NOT_FOUND: (
        "There is no file of this name: check the spelling, and the directory that it is "
        "relative to."
    ),
    Code.NOT_A_FILE: (
        "The name is that of a directory: name a file in it, or a quoted pattern for several."
    ),
    Code.UNREADABLE: "The operating system does not let the file be read: check its permissions.",
    Code.EMPTY_INPUT: (
        "The input holds no numbers: check that the program that writes it has finished."
    ),
    Code.UNKNOWN_FORMAT: (
        "The content is in no format that xent reads: convert it, or name the format with "
        "--input-format."
    ),
    Code.INVALID_ENCODING: "The text is not valid in its encoding: save it as UTF-8.",
    Code.STDIN_TWICE: (
        "Two inputs are to be read from standard input, which can be read once: put one of them"
        " into a file."
    ),
    Code.MISSING_TARGETS: (
        "There are logits but no targets: name TARGETS, or a file that holds both."
    ),
    Code.INVALID_JSON: "The text is not valid JSON: correct it at the place that is shown.",
    Code.TRUNCATED_ARRAY: "The file ends before its array does: copy or download it again.",
    Code.INVALID_ARRAY: (
        "The file is damaged, or holds its array in a way that is not supported: write it again."
    ),
    Code.UNSUPPORTED_DTYPE: (
        "The elements of the array are not real numbers: convert them to floats, or to class "
        "numbers."
    ),
    Code.MISSING_ARRAY: (
        "No array of the file has a usual name: name it with --logits-key or --targets-key."
    ),
    Code.UNWRITABLE: (
        "The result cannot be written: check the directory, its permissions and the space on "
        "the disk."
    ),
    Code.LINE_TOO_LONG: (
        "A line is too long to be a row of numbers: check that the file has line breaks."
    ),
    Code.OUT_OF_MEMORY: (
        "A single row, or what is kept of each row, does not fit in memory: use a machine with "
        "more of it."
    ),
    Code.DAMAGED_COMPRESSION: (
        "The compressed file is damaged or ends too early: copy or download it again."
    ),
    Code.INVALID_STATE: (
        "The line is not a state that this version of xent has written: write it again with "
        "--format state."
    ),
    Code.MISSING_LIBRARY: (
        "The format or the feature needs an optional library: install it as the hint says."
    ),
    Code.NO_CLUSTER: (
        "The Dask cluster does not answer, or has failed: check the address and its workers."
    ),
    Code.INVALID_HEADER: (
        "The header does not tell the columns apart, or lacks the column asked for: correct it,"
        " or the option that names the column."
    ),
    Code.ELIDED_ARRAY: (
        "The array was printed in part, with dots for the numbers left out: print all of it, "
        "or save it to a file."
    ),
    Code.FILE_CHANGED: (
        "A file was replaced or written while it was read twice: wait until it is complete, then "
        "run the command again."
    ),
    Code.NOT_A_NUMBER: (
        "A value that must be a number is not one: correct it at the place that is shown."
    ),
    Code.RAGGED_ROW: (
        "A row has more or fewer values than the rows above it: every row needs one value per "
        "class."
    ),
    Code.TARGET_OUT_OF_RANGE: (
        "A target is not the number of a class of the logits: count classes from 0, use --one-"
        "based, or leave padding out with --ignore-index."
    ),
    Code.TARGET_NOT_INTEGER: (
        "A target is not a whole number: targets are class numbers, or probabilities in the "
        "shape of the logits."
    ),
    Code.COUNT_MISMATCH: (
        "Two inputs have different numbers of rows or classes: check that they belong together,"
        " and that neither has a header too many."
    ),
    Code.SINGLE_COLUMN: (
        "The logits have one column, so there is one class and nothing to predict: use --binary"
        " for one logit per label."
    ),
    Code.NUMBER_TOO_LARGE: (
        "A number exceeds the largest double: correct it, or write inf if it is infinite."
    ),
    Code.WRONG_SHAPE: (
        "The shapes of the inputs do not fit together: transpose them, or name the axis of the "
        "classes with --class-axis."
    ),
    Code.NOT_A_PROBABILITY: (
        "A value that must be a probability lies outside 0 to 1: check --input-kind, and what "
        "the model returns."
    ),
    Code.BAD_SETTING: (
        "An option has a value that it cannot have, or does not go with another: change it as "
        "the message says."
    ),
    Code.STATES_DIFFER: (
        "The states are of different losses: merge states that were computed with the same "
        "options and classes."
    ),
    Code.KEY_NOT_FOUND: (
        "A key of --join has no row in the other file: add the row, or join by another column."
    ),
    Code.DUPLICATE_KEY: (
        "A key of --join is there twice, so its row cannot be paired: make the keys unique."
    ),
    Code.DUPLICATE_STATE: (
        "The same state is given twice, so its rows would count twice: omit one of them."
    ),
    Code.NO_SCORES: (
        "The file holds labels or ids but no scores: cross-entropy needs a logit or a probability "
        "for each class."
    ),
    Code.CLASSES_UNCLEAR: (
        "Neither the names nor the values tell which columns hold the classes: name them with "
        "--class-columns, or those that are not classes with --index-column."
    ),
    Code.LABELS_NOT_CLASSES: (
        "The targets are a 0 or a 1 for each label, not one class per row: use --binary, which "
        "scores each label by itself."
    ),
    Code.NOT_COMPARABLE: (
        "The results are not of the same rows, classes or options, so their difference would say "
        "nothing about the models: follow the hint."
    ),
    Code.LOSS_ABOVE_BASELINE: (
        "The mean loss is above that of --baseline by more than --tolerance and by more than "
        "noise explains."
    ),
    Code.WORSE_THAN_FIRST: (
        "The mean loss of a model is above that of the first by more than the tolerance of "
        "--fail-if-worse, and the 95 % interval of the difference is above 0."
    ),
    Code.LOSS_ABOVE_LIMIT: "The loss exceeds --fail-above, or is nan: the exit status is 1.",
    Code.SUFFIX_CONTRADICTED: (
        "The file is written in the format of --format, not in that of its suffix: rename it, "
        "or leave out --format."
    ),
    Code.WAITING_FOR_INPUT: (
        "The program reads numbers from the terminal: type them and end with Ctrl-D, or name a "
        "file instead of -."
    ),
    Code.TARGETS_UNUSED: (
        "Some targets are not used, because others were given or no row asks for them: leave "
        "out those that are not meant."
    ),
    Code.MASKED_LOGITS: (
        "Some logits are -inf at classes that are not the target: they count as masked, with "
        "probability 0."
    ),
    Code.TARGETS_AS_PROBABILITIES: (
        "The targets have the shape of the logits, so each is taken as the probability of its "
        "class."
    ),
    Code.TARGETS_SQUEEZED: (
        "The targets have one column and are taken as a list: PyTorch would refuse them without"
        " targets.ravel()."
    ),
    Code.CLASS_AXIS_CHOSEN: (
        "The axis of the classes was chosen by the shapes: name another with --class-axis."
    ),
    Code.LABELS_AS_ROWS: (
        "Each label of an example is a row of its own: the message says which row belongs to which."
    ),
    Code.NO_PAUSES: (
        "--step pauses only for text on a terminal: the whole derivation is written at once."
    ),
    Code.BFLOAT16_ASSUMED: (
        "Elements of two bytes without a type are read as bfloat16, which NumPy cannot name: "
        "store them as float32 to be sure."
    ),
    Code.TARGET_COLUMN_CHOSEN: (
        "The targets were taken from a column by its name: name another with --target-column."
    ),
    Code.INDEX_LEFT_OUT: (
        "A column was recognised as an index and holds no logits: if it holds a class, rename "
        "it or name the header."
    ),
    Code.CLASSES_BY_NUMBER: (
        "Targets that are numbers count the columns of the logits from the left: check the "
        "order of the classes."
    ),
    Code.LATIN_1_ASSUMED: (
        "The text is not UTF-8 and is read as Latin-1: save it as UTF-8 to be sure of its letters."
    ),
    Code.ROUNDED_LOG_PROBS: (
        "The file stores log-probabilities in 16 bits: the loss is exact for the rounded values."
    ),
    Code.ROWS_UNMATCHED: (
        "Some targets have no row of logits with the same key and are left out: check that both"
        " files are of the same examples."
    ),
    Code.COLUMNS_LEFT_OUT: (
        "Columns that do not hold the scores of a class are left out: if one of them does, name "
        "the classes with --class-columns."
    ),
    Code.HEADER_ASSUMED: (
        "The first line counts the columns of a table of decimals and is taken as a header: "
        "--header no reads it as numbers."
    ),
    Code.NAMES_SHORTENED: (
        "The targets match the columns once the part that all names have in common is removed: "
        "check the pairs in the message."
    ),
    Code.ARRAYS_CHOSEN: (
        "The arrays were chosen by their usual names: name others with --logits-key and "
        "--targets-key."
    ),
    Code.INPUT_KIND_NAMED: (
        "The name of the array says what it holds, such as probs: --input-kind overrides it."
    ),
    Code.AXES_SQUEEZED: (
        "Axes of length 1 that the other array does not have are removed: check that the shapes "
        "in the message are what you mean."
    ),
    Code.YES_AND_NO: (
        "Words for yes and no are read as 1 and 0: check which is which in the message."
    ),
    Code.PRINTED_ROUNDED: (
        "The numbers were printed with few digits, so the loss is that of the rounded numbers: "
        "save the array for the exact loss."
    ),
}


@dataclass(frozen=True, slots=True)
class Location:
    """Where something stands: a line of text, or an index into an array, of a named source.

    Attributes:
        source: The file's name as the user gave it, or `<stdin>`, `<logits>`, `<targets>`.
        line: 1-based line, for text.
        column: 1-based character within the line, for text.
        text: The whole line, for text.
        length: How many characters of the line are meant.
        index: 0-based position, for arrays, which have no lines.
        name: The name of the column, in a table whose columns have names.
    """

    source: str
    line: int | None = None
    column: int | None = None
    text: str | None = None
    length: int = 1
    index: tuple[int, ...] | None = None
    name: str = ""

    def __str__(self) -> str:
        if self.index is not None:
            return f"{self.source}[{', '.join(map(str, self.index))}]"
        place = [str(part) for part in (self.line, self.column) if part is not None]
        return ":".join([self.source, *place])

    @property
    def literal(self) -> str:
        """Return the characters that are meant, empty where the source is no text."""
        if self.text is None or self.column is None:
            return ""
        return self.text[self.column - 1 : self.column - 1 + self.length]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing to tell the user about an input.

    Attributes:
        code: Which of the known things it is.
        message: What is wrong, in the user's terms, without the place.
        location: Where.
        hint: What to do about it.
        options: The options that say so, as they would be typed; none where no option does.
    """

    code: Code
    message: str
    location: Location | None = None
    hint: str | None = None
    options: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """Return the code's severity."""
        return self.code.severity

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" if self.location else self.message


class InputError(ValueError):
    """An input that cannot be what the user means. It carries its `Diagnostic`."""

    def __init__(
        self,
        code: Code,
        message: str,
        location: Location | None = None,
        hint: str | None = None,
        *,
        options: tuple[str, ...] = (),
    ) -> None:
        self.diagnostic = Diagnostic(code, message, location, hint, options)
        super().__init__(str(self.diagnostic))
