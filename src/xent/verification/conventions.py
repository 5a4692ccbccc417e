"""The conventions that other programs follow, each a change of the recipe that xent follows."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from xent.verification.problem import Problem
from xent.verification.recipe import Recipe, Scores

Changes = dict[str, Any]

_SCORES = {each.name for each in fields(Scores)}
# Shares of label smoothing that are tried where the user gives none.
_USUAL_SMOOTHING = (0.1, 0.05, 0.2)


@dataclass(frozen=True, slots=True)
class Convention:
    """A convention.

    Attributes:
        name: Its name.
        says: What it does, after "the number is" or "the number is the loss".
        changes: What it changes, by the fields of `Recipe` and `Scores`.
        code: A line of Python that calculates so, of logits z, targets t and losses l; "" for none.
        options: The options of xent that calculate so, by their names; None where there are none.
        reads: The options that change how the input is read, for which it is read again.
    """

    name: str
    says: str
    changes: tuple[tuple[str, Any], ...]
    code: str = ""
    options: tuple[tuple[str, Any], ...] | None = None
    reads: tuple[tuple[str, Any], ...] = ()

    @property
    def fields(self) -> frozenset[str]:
        """Return what it changes; two conventions that change the same are no pair."""
        return frozenset(name for name, _ in (*self.changes, *self.reads))

    def applied(self, recipe: Recipe) -> Recipe:
        """Return a recipe with this convention."""
        changes = dict(self.changes)
        scores = {name: changes.pop(name) for name in [*changes] if name in _SCORES}
        return replace(recipe, scores=replace(recipe.scores, **scores), **changes)


def conventions_for(
    problem: Problem, batch_size: int | None, *, has_ignored: bool
) -> list[Convention]:
    """Return the conventions that may apply to a problem, the simplest first.

    Args:
        problem: The rows, or a sample of them.
        batch_size: The rows of a batch; None for no batches.
        has_ignored: Whether any row of the input is ignored.
    """
    found = _conventions(problem, batch_size, has_ignored=has_ignored)
    # Softmax over the rows needs all of them at once.
    return [each for each in found if problem.is_whole or "rows_axis" not in each.fields]


def _new(
    name: str,
    says: str,
    code: str = "",
    options: Changes | None = None,
    **changes: Any,  # noqa: ANN401  fields of any type
) -> Convention:
    given = None if options is None else tuple(options.items())
    return Convention(name, says, tuple(changes.items()), code, given)


def _conventions(
    problem: Problem, batch_size: int | None, *, has_ignored: bool
) -> Iterator[Convention]:
    yield from _reductions(problem, batch_size, has_ignored=has_ignored)
    yield from _kinds(problem)
    yield from _weights_and_smoothing(problem)
    yield from _targets(problem)
    yield from _clips(problem)
    yield from _odds(problem)


def _reductions(
    problem: Problem, batch_size: int | None, *, has_ignored: bool
) -> Iterator[Convention]:
    settings = problem.settings
    if problem.is_sum:
        yield _new(
            "mean", "the mean, not the sum", "l.mean()", {"reduction": "mean"}, reduction="mean"
        )
    else:
        yield _new("sum", "the sum, not the mean", "l.sum()", {"reduction": "sum"}, reduction="sum")
    if problem.sample_weight is not None or (
        settings.weight is not None and problem.target_probs is None
    ):
        yield _new(
            "mean over rows",
            "Σ w·l divided by the number of rows, not by Σ w",
            'F.cross_entropy(z, t, weight=w, reduction="none").mean()',
            denominator="rows",
        )
    if has_ignored:
        yield _new(
            "mean over all rows",
            "the sum divided by the number of all rows, ignored ones included",
            'F.cross_entropy(z, t, reduction="none").mean()',
            denominator="all rows",
        )
        yield _new(
            "mean over all elements",
            "the sum divided by all rows times the classes",
            denominator="all elements",
        )
    yield _new(
        "mean over elements",
        "the sum divided by rows times classes",
        'F.kl_div(log_softmax, q, reduction="mean")',
        denominator="elements",
    )
    if batch_size:
        yield _new(
            "mean of batch means",
            f"the mean of the means of batches of {batch_size} rows",
            f"np.mean([batch.mean() for batch in batches of {batch_size}])",
            denominator="batches",
            batch_size=batch_size,
        )
    if settings.unit == "bits":
        yield _new("nats", "in nats, not in bits", "np.log", {"unit": "nats"}, base=0.0)
    else:
        yield _new(
            "bits", "in bits: log to the base 2", "-np.log2(p[t])", {"unit": "bits"}, base=2.0
        )
    yield _new("base 10", "with the logarithm to the base 10", "-np.log10(p[t])", base=10.0)
    yield _new("perplexity", "exp of the loss, the perplexity", "np.exp(loss)", exponential=True)
    yield _new(
        "sign", "the negative: the sign of the logarithm is left", "log_p[t].mean()", negative=True
    )


def _kinds(problem: Problem) -> Iterator[Convention]:
    kind = problem.settings.input_kind
    twice = "with softmax applied twice: once before the loss, and once in it"
    if kind == "logits":
        yield _new(
            "softmax twice",
            twice,
            "F.cross_entropy(F.softmax(z, dim=1), t)",
            extra_softmax=True,
        )
        yield _new(
            "inputs as log-probabilities",
            "without softmax and without a logarithm: -z[t]",
            "F.nll_loss(z, t)",
            {"input_kind": "log-probs"},
            kind="log-probs",
        )
        if (problem.inputs >= 0).all() and (problem.inputs <= 1).all():
            yield _new(
                "inputs as probabilities",
                "without softmax: -ln z[t], the inputs taken as probabilities",
                "-np.log(z[t])",
                {"input_kind": "probs"},
                kind="probs",
            )
    else:
        name = "probabilities" if kind == "probs" else "log-probabilities"
        yield _new(
            "inputs as logits",
            f"with softmax applied to {name}, as to logits",
            "F.cross_entropy(p, t)",
            {"input_kind": "logits"},
            kind="logits",
        )
        if kind == "probs":
            yield _new(
                "no logarithm by nll_loss",
                "without a logarithm: -p[t]",
                "F.nll_loss(p, t)",
                kind="log-probs",
            )
        else:
            yield _new("softmax twice", twice, "", kind="logits", extra_softmax=True)
    if kind == "logits":
        yield _new(
            "no logarithm",
            "without a logarithm: -p[t], as of nll_loss after softmax",
            "F.nll_loss(F.softmax(z, dim=1), t)",
            has_log=False,
        )
        yield _new(
            "softmax over the rows",
            "with softmax along the axis of the rows",
            "F.nll_loss(F.log_softmax(z, dim=0), t)",
            rows_axis=True,
        )
        yield _new(
            "negated inputs", "with the inputs negated", "F.cross_entropy(-z, t)", negated=True
        )
        if problem.settings.temperature != 1:
            inverse = 1 / problem.settings.temperature
            yield _new(
                "no temperature",
                "without the temperature",
                "",
                {"temperature": 1.0},
                temperature=1.0,
            )
            yield _new(
                "temperature multiplied",
                "with logits multiplied by the temperature, not divided",
                "F.cross_entropy(z * T, t)",
                {"temperature": inverse},
                temperature=inverse,
            )
        if problem.target_probs is None:
            yield _new(
                "sigmoid",
                "with a sigmoid for each class, averaged over rows and classes",
                "F.binary_cross_entropy_with_logits(z, F.one_hot(t).float())",
                sigmoid=True,
                denominator="elements",
            )


def _weights_and_smoothing(problem: Problem) -> Iterator[Convention]:
    settings = problem.settings
    if settings.weight is not None:
        yield _new(
            "no class weights",
            "without the class weights",
            "F.cross_entropy(z, t)",
            {"weight": None},
            class_weights=False,
        )
    if problem.sample_weight is not None:
        yield _new(
            "no sample weights",
            "without the sample weights",
            "F.cross_entropy(z, t)",
            {"sample_weight": None},
            sample_weights=False,
        )
    if settings.label_smoothing:
        yield _new(
            "no smoothing",
            "without label smoothing",
            "F.cross_entropy(z, t)",
            {"label_smoothing": 0.0},
            smoothing=0.0,
        )
        yield _new(
            "smoothing over the other classes",
            "with label smoothing spread over the C - 1 other classes, not over C",
            "q = np.where(one_hot, 1 - eps, eps / (C - 1))",
            smooths_others=True,
        )
    else:
        for share in _USUAL_SMOOTHING:
            yield _new(
                f"smoothing {share}",
                f"with label smoothing {share}",
                f"F.cross_entropy(z, t, label_smoothing={share})",
                {"label_smoothing": share},
                smoothing=share,
            )
        yield _new(
            "smoothing 0.1 over the other classes",
            "with label smoothing 0.1 spread over the C - 1 other classes",
            "q = np.where(one_hot, 0.9, 0.1 / (C - 1))",
            smoothing=0.1,
            smooths_others=True,
        )
    if problem.target_probs is not None:
        yield _new(
            "KL divergence",
            "the KL divergence: the entropy of the targets is subtracted",
            'F.kl_div(F.log_softmax(z, dim=1), q, reduction="batchmean")',
            less_entropy=True,
        )


def _targets(problem: Problem) -> Iterator[Convention]:
    settings = problem.settings
    if settings.binary:
        return
    if problem.target_probs is None:
        for shift, says in (
            (-1, "with each target one class lower: targets counted from 1, not from 0"),
            (1, "with each target one class higher: targets counted from 0, not from 1"),
        ):
            yield _new(
                f"targets {shift:+d}",
                says,
                f"F.cross_entropy(z, (t {'-' if shift < 0 else '+'} 1) % C)",
                target_shift=shift,
            )
    if problem.rows > 1 and not settings.shift:
        if problem.is_deep:
            yield Convention(
                "shift",
                "with each position scored against the target of the next",
                (),
                "F.cross_entropy(z[:-1], t[1:])",
                (("shift", True),),
                (("shift", True),),
            )
        else:
            yield _new(
                "shift",
                "with each row scored against the target of the next row",
                "F.cross_entropy(z[:-1], t[1:])",
                {"shift": True},
                roll=True,
            )
    if settings.shift:
        yield Convention(
            "no shift",
            "with each position scored against its own target, without a shift",
            (),
            "F.cross_entropy(z, t)",
            (("shift", False),),
            (("shift", False),),
        )
    if problem.is_deep:
        for axis in (1, -1):
            yield Convention(
                f"class axis {axis}",
                f"with the classes along axis {axis}",
                (),
                "F.cross_entropy(z.movedim(-1, 1), t)",
                (("class_axis", axis),),
                (("class_axis", axis),),
            )
    if settings.ignore_index != -100:
        yield Convention(
            "nothing ignored",
            f"with the rows of target {settings.ignore_index} counted as any others",
            (),
            "F.cross_entropy(z, t)",
            (("ignore_index", -100),),
            (("ignore_index", -100),),
        )


def _clips(problem: Problem) -> Iterator[Convention]:
    for floor, who in (
        (1e-7, "as Keras does"),
        (1e-15, "as older scikit-learn and Kaggle do"),
        (1e-16, "as XGBoost does"),
        (float(np.finfo(np.float64).eps), "as scikit-learn does"),
        (float(np.finfo(np.float32).eps), "as scikit-learn does in float32"),
        (1e-12, ""),
        (1e-8, ""),
    ):
        yield _new(
            f"clip {floor:.2g}",
            f"with probabilities clipped at {floor:.2g}{', ' if who else ''}{who}",
            f"-np.log(np.clip(p, {floor:.3g}, 1 - {floor:.3g}))[t]",
            floor=floor,
            ceiling=1 - floor,
        )
    if problem.settings.input_kind == "logits":
        yield _new(
            "from_logits=False",
            "with the inputs taken as probabilities, divided by their sum and clipped at 1e-7, as "
            "Keras does with from_logits=False",
            "keras.losses.SparseCategoricalCrossentropy()(t, z)",
            kind="probs",
            renormalised=True,
            floor=1e-7,
            ceiling=1 - 1e-7,
        )
    else:
        yield _new(
            "renormalised",
            "with each row divided by its sum first",
            "p / p.sum(axis=1)",
            renormalised=True,
        )
        yield _new(
            "renormalised and clipped",
            "with each row divided by its sum and clipped at 1e-7, as Keras does",
            "keras.losses.SparseCategoricalCrossentropy()(t, p)",
            renormalised=True,
            floor=1e-7,
            ceiling=1 - 1e-7,
        )
    for plus in (1e-8, 1e-7, 1e-10, 1e-9, 1e-6):
        yield _new(
            f"log(p + {plus:g})",
            f"with {plus:g} added to p before the logarithm",
            f"-np.log(p[t] + {plus:g})",
            plus=plus,
        )


def _odds(_: Problem) -> Iterator[Convention]:
    yield _new("float32", "in float32 arithmetic", "F.cross_entropy(z.float(), t)", single=True)
