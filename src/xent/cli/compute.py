"""`xent compute`: every matrix, then the mean loss."""

from typing import TYPE_CHECKING

import typer

from xent.cli import options
from xent.cli.delivery import Delivery
from xent.cli.grouping import expanded
from xent.cli.progress import Progress
from xent.cli.question import RequiredQuestion

if TYPE_CHECKING:
    from xent.parallel.cluster import Cluster
    from xent.parallel.processes import Workers


@expanded
def compute(
    question: RequiredQuestion,
    look: options.Look,
    delivery: Delivery,
    jobs: options.Jobs = None,
    dask: options.Dask = None,
    no_progress: options.NoProgress = False,
) -> None:
    """Print every matrix on the way, and the mean loss.

    Softmax, its logarithm and the negative log-likelihood of each row, then the numbers about all
    of them; the mean loss is the last line.
    """
    name = delivery.format(look)
    if delivery.fail_above is not None and question.reduction == "none":
        raise typer.BadParameter("--fail-above is for one loss; --reduction none has one a row")
    if name == "state" and question.reduction == "none":
        raise typer.BadParameter("a state holds sums: leave out --reduction none")

    from xent.division import LEAST_BYTES, DividedEvaluation
    from xent.parallel.threads import usable_cores

    view, settings, number = look.view(), question.settings(), jobs or usable_cores()
    head, tail = (0, 0) if delivery.quiet else (view.head, view.tail)

    def crew() -> "Workers | Cluster":
        if dask is not None:
            from xent.parallel.cluster import Cluster

            return Cluster(dask, number, settings, head=head, tail=tail)
        from xent.parallel.processes import Workers

        return Workers(number, settings, head=head, tail=tail)

    shards = question.shards()
    evaluation = DividedEvaluation(
        shards,
        settings,
        crew if number > 1 or dask else None,
        head=head,
        tail=tail,
        threads=number,
        least_bytes=LEAST_BYTES if dask is None else 0,
        progress=Progress.of(shards, settings)
        if Progress.is_wanted() and not no_progress
        else None,
    )
    delivery.deliver(evaluation, look)
