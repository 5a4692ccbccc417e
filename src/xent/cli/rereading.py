"""The input of a command, read again with other options."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from xent.cli.loss_options import LossOptions, typed_option
from xent.errors import Code, InputError

if TYPE_CHECKING:
    from xent.inputs.batch import Batch
    from xent.inputs.pairing import Inputs
    from xent.inputs.sources.identity import FileIdentities
    from xent.settings import LossSettings


@dataclass(frozen=True)
class RereadInput:
    """The input of a command, whose files must stay what they are between two readings.

    Attributes:
        arguments: The arguments and options.
        files: The files at the first reading.
    """

    arguments: LossOptions
    files: "FileIdentities"

    @classmethod
    def of(cls, arguments: LossOptions) -> "RereadInput":
        """Look at the files before they are read."""
        from xent.inputs.sources.identity import FileIdentities

        names = (arguments.weight, arguments.pos_weight, *_sources(arguments))
        return cls(arguments, FileIdentities.of(name for name in names if name is not None))

    def with_options(self, **changes: Any) -> "RereadInput":  # noqa: ANN401  of any type
        """Return the input with some options changed, of the same files."""
        return replace(self, arguments=replace(self.arguments, **changes))

    def guarded(self, inputs: "Inputs") -> "Inputs":
        """Return the inputs, which are refused at their end if a file has changed."""

        def batches() -> "Iterator[Batch]":
            yield from inputs.batches
            self.files.require_unchanged()

        return replace(inputs, batches=batches())

    def inputs(self, **changes: Any) -> "tuple[Inputs, LossSettings] | None":  # noqa: ANN401  as above
        """Open the input again; None where the options do not fit, or it can be read only once."""
        if not self.arguments.is_rereadable:
            return None
        changed = replace(self.arguments, **changes)
        try:
            settings = changed.settings()
            inputs = changed.inputs(settings)
        except InputError:
            self.files.require_unchanged()
            return None
        return self.guarded(inputs), inputs.settings_for(settings)

    def loss(self, **changes: Any) -> float | None:  # noqa: ANN401  as above
        """Return the mean loss in nats with some options changed; None as for `inputs`."""
        from xent.pipeline import evaluate

        opened = self.inputs(**changes)
        if opened is None:
            return None
        try:
            return evaluate(*opened).loss_sum.mean
        except InputError as error:
            if error.diagnostic.code is Code.FILE_CHANGED:
                raise
            self.files.require_unchanged()
            return None

    def command(self, **changes: Any) -> str:  # noqa: ANN401  as above
        """Spell the command that prints the loss with some options changed."""
        # A fix is proved by the mean.
        known = fields(self.arguments)
        defaults = {each.name: each.default for each in known if each.name in changes}
        plain: dict[str, Any] = {**defaults, "reduction": "mean"}
        argv = ["xent", "compute", "-q", *replace(self.arguments, **plain).argv()]
        for name, value in changes.items():
            for one in value if isinstance(value, list) else [value]:
                argv += [] if value == defaults[name] else typed_option(name, one)
        return shlex.join(argv)

    def swapped(self) -> "list[dict[str, Any]]":
        """Return LOGITS and TARGETS as each other, where both are given."""
        logits, targets = self.arguments.logits, self.arguments.targets
        return [] if targets is None else [{"logits": targets, "targets": logits}]


def typed(changes: dict[str, Any]) -> dict[str, Any]:
    """Return options as the command line holds them: a list where an option may be repeated."""
    repeated = {"class_columns", "index_column"}
    return {name: [value] if name in repeated else value for name, value in changes.items()}


def _sources(arguments: LossOptions) -> "Iterator[str]":
    """Yield the names of all files that hold rows."""
    for shard in arguments.shards():
        for source in (shard.logits, shard.targets, shard.sample_weight):
            if isinstance(source, str):
                yield source
