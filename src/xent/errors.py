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

    XE is an error, XN a note. 1xx: a source cannot be read; 2xx: what was read cannot be right;
    3xx: the loss can be calculated, but look at this first. XC is a warning with the code of the
    rule of a checkup that says the same, and more.
    """

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

    LOSS_ABOVE_LIMIT = "XE301"

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
        """The name that stands beside the code, e.g. `target-out-of-range`."""
        return self.name.lower().replace("_", "-")

    @property
    def severity(self) -> Severity:
        """What the code's second letter says."""
        return {"E": Severity.ERROR, "C": Severity.WARNING, "N": Severity.NOTE}[self.value[1]]


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
    """

    source: str
    line: int | None = None
    column: int | None = None
    text: str | None = None
    length: int = 1
    index: tuple[int, ...] | None = None

    def __str__(self) -> str:
        if self.index is not None:
            return f"{self.source}[{', '.join(map(str, self.index))}]"
        place = [str(part) for part in (self.line, self.column) if part is not None]
        return ":".join([self.source, *place])

    @property
    def literal(self) -> str:
        """The characters that are meant, empty where the source is no text."""
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
        options: Options of the command, by name and value, of which one may make it good.
    """

    code: Code
    message: str
    location: Location | None = None
    hint: str | None = None
    options: tuple[tuple[str, str], ...] = ()

    @property
    def severity(self) -> Severity:
        """The code's severity."""
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
        options: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.diagnostic = Diagnostic(code, message, location, hint, options)
        super().__init__(str(self.diagnostic))
