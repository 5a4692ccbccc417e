"""The tables of a comparison: both models side by side, and the rows that moved most."""

from collections.abc import Iterator
from math import exp, isnan

from xent.comparison.comparison import Comparison, Pair
from xent.comparison.significance import PValue
from xent.numbers import rounded
from xent.render.class_title import titled
from xent.render.diagnostic import visible
from xent.render.grid import Cell, Gap, Grid
from xent.render.view import View

_LEVEL = "95 % interval"


def comparison_grids(comparison: Comparison, view: View) -> Iterator[Grid]:
    """Yield a table for each model beside the first, and one of the rows that moved most."""
    for number, pair in enumerate(comparison.pairs, 1):
        yield _sides(comparison, number, pair, view.digits)
        if comparison.tests:
            yield _tests(comparison.tests[number - 1], view.digits)
        if len(pair.movers.rows):
            yield _movers(comparison, number, pair, view.digits)


def _sides(comparison: Comparison, number: int, pair: Pair, digits: int) -> Grid:
    unit = comparison.settings.nats_per_unit
    one, two = comparison.models[0], comparison.models[number]
    letter = comparison.letter(number)

    def figure(value: float) -> str:
        return rounded(value, digits)

    def span(low: float, high: float) -> str:
        return "" if isnan(low) or isnan(high) else f"{figure(low)} … {figure(high)}"

    low, high = pair.interval
    error = pair.standard_error / unit
    apart = figure(pair.difference / unit) + ("" if isnan(error) else f" ± {figure(error)}")
    rows = [
        ["mean loss", figure(one.loss), figure(two.loss), apart, span(low / unit, high / unit)],
        [
            "perplexity",
            figure(one.loss_sum.perplexity),
            figure(two.loss_sum.perplexity),
            f"× {figure(pair.ratio)}",
            span(_exp(low), _exp(high)),
        ],
        [
            "rows of lower loss",
            str(pair.sums.first_lower),
            str(pair.sums.second_lower),
            "",
            "",
        ],
    ]
    if pair.divergence is not None:
        right, left = one.loss_sum.accuracy, two.loss_sum.accuracy
        divergence = pair.divergence
        share, share_error = pair.agreement
        rows += [
            ["accuracy", figure(right), figure(left), figure(left - right), ""],
            ["right alone", str(pair.first_alone), str(pair.second_alone), "", ""],
            [
                f"KL(A‖{letter})",
                "",
                "",
                _plus_minus(divergence.mean / unit, divergence.standard_error / unit, digits),
                "",
            ],
            ["same prediction", "", "", _plus_minus(share, share_error, digits), ""],
        ]
    title = "A and B" if number == 1 else f"A and {letter}"
    count = f"paired, {pair.rows} row{'' if pair.rows == 1 else 's'}"
    if pair.clusters is not None:
        count += f" in {len(pair.clusters)} clusters"
    ignored = one.loss_sum.ignored
    remark = f"{count}, {ignored} ignored" if ignored else count
    header = ["", "A", letter, f"{letter} - A", _LEVEL]
    return Grid(title, remark, header, _cells(rows), dispensable=(4,), left_aligned=frozenset({0}))


def _tests(tests: tuple[PValue, ...], digits: int) -> Grid:
    rows = [[each.name, rounded(each.value, digits), each.remark] for each in tests]
    title, remark = "significance", "p: how often equal models differ as much"
    return Grid(title, remark, ["test", "p", ""], _cells(rows), left_aligned=frozenset({0, 2}))


def _movers(comparison: Comparison, number: int, pair: Pair, digits: int) -> Grid:
    movers, unit = pair.movers, comparison.settings.nats_per_unit
    letter = comparison.letter(number)

    def title(each: int) -> str:
        if each < 0:
            return ""
        name = comparison.class_name(each)
        return titled(name) if comparison.class_names else name

    has_predictions = pair.divergence is not None
    rows = []
    for place, row in enumerate(movers.rows.tolist()):
        losses = [float(losses[place]) / unit for losses in (movers.first, movers.second)]
        predictions = [
            title(int(each[place]))
            for each in (movers.first_predictions, movers.second_predictions)
        ]
        rows.append(
            [
                str(row),
                *([title(int(movers.targets[place])), *predictions] if has_predictions else []),
                *(rounded(loss, digits) for loss in (*losses, losses[1] - losses[0])),
            ]
        )
    classes = ["target", "A predicts", f"{letter} predicts"] if has_predictions else []
    header = ["row", *classes, "loss A", f"loss {letter}", f"{letter} - A"]
    remark = "the largest differences of the loss"
    dispensable = (3, 2) if classes else ()
    return Grid("rows that moved most", remark, header, _cells(rows), dispensable=dispensable)


def _cells(rows: list[list[str]]) -> list[list[Cell] | Gap]:
    return [[Cell(text) for text in row] for row in rows]


def _plus_minus(value: float, error: float, digits: int) -> str:
    text = rounded(value, digits)
    return text if isnan(error) else f"{text} ± {rounded(error, digits)}"


def _exp(value: float) -> float:
    try:
        return exp(value)
    except OverflowError:
        return float("inf")


def legend(comparison: Comparison) -> Iterator[str]:
    """Say which file each letter stands for."""
    for number, model in enumerate(comparison.models):
        yield f"{comparison.letter(number)}  {visible(model.name)}"
