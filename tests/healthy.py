"""The outputs of really trained models, with nothing wrong about them.

Some are made with NumPy alone, so that the tests run everywhere; the others with scikit-learn.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xent.losses.softmax import log_softmax

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]
Model = Callable[[Doubles], Doubles]

PROJECT = Path(__file__).parents[1]
# An early README, for its English.
LETTERS = Path(__file__).with_name("letters.txt")


@dataclass(frozen=True)
class Output:
    """What a model said about examples that it had not seen.

    Attributes:
        name: The data, the model, and how many rows and classes.
        logits: (N, C).
        targets: (N,).
        before: For language models (N,) the character that each position stands on, after which
            the target comes; None for rows in no order.
    """

    name: str
    logits: Doubles
    targets: Integers
    before: Integers | None = None

    @property
    def classes(self) -> int:
        """C."""
        return int(self.logits.shape[1])


def numpy_outputs() -> list[Output]:
    """Outputs that need nothing but NumPy: blobs, a text, and the digits in `examples/`."""
    return [*_digits_example(), *_blobs_in_many_forms(), *_texts()]


def sklearn_outputs() -> list[Output]:
    """Outputs of scikit-learn's classifiers."""
    return [
        output
        for data in _sklearn_data()
        for output in _outputs_of_classifiers(*data, classifiers=_sklearn_classifiers())
    ]


def _digits_example() -> Iterator[Output]:
    folder = PROJECT / "examples" / "digits"
    logits, targets = np.load(folder / "logits.npy"), np.load(folder / "targets.npy")
    yield Output("digits, 360 rows", logits, targets)
    yield Output("digits, 60 rows", logits[:60], targets[:60])


@dataclass(frozen=True)
class Blobs:
    """Normally distributed clouds, one or more for each class.

    Attributes:
        classes: How many classes.
        rows: How many rows to be judged; training gets more.
        spread: The clouds' width, where the centres are about 1 apart in each dimension.
        imbalance: The share of class c falls with (c + 1) to this power.
        clouds: How many clouds a class has: with more than one, no plane separates them.
    """

    classes: int
    rows: int
    spread: float = 0.6
    imbalance: float = 0.0
    clouds: int = 1

    def __str__(self) -> str:
        """Name what was drawn."""
        uneven = f", imbalance {self.imbalance:g}" if self.imbalance else ""
        return f"blobs, {self.classes} classes, spread {self.spread:g}{uneven}"

    def draw(self, random: np.random.Generator) -> Callable[[int], tuple[Doubles, Integers]]:
        """What gives as many examples as it is asked for."""
        centres = random.normal(size=(self.classes, self.clouds, 6))
        shares = (np.arange(self.classes) + 1.0) ** -self.imbalance

        def examples(count: int) -> tuple[Doubles, Integers]:
            labels = random.choice(self.classes, count, p=shares / shares.sum())
            centre = centres[labels, random.integers(self.clouds, size=count)]
            return centre + self.spread * random.normal(size=centre.shape), labels

        return examples


BLOBS = (
    Blobs(2, 60),
    Blobs(2, 400, spread=1.2),
    Blobs(2, 1000, spread=2.0),
    Blobs(2, 1000, imbalance=3, clouds=2),
    Blobs(3, 40),
    Blobs(3, 150, spread=1.0),
    Blobs(3, 1000, spread=1.6, imbalance=1.5),
    Blobs(4, 300, clouds=3),
    Blobs(5, 100, imbalance=1),
    Blobs(5, 1000, spread=1.2),
    Blobs(10, 200),
    Blobs(10, 1000, spread=1.0, imbalance=1),
    Blobs(10, 800, spread=0.3),
    Blobs(20, 500, imbalance=0.5),
    Blobs(30, 300),
    Blobs(30, 600, spread=0.8, imbalance=1),
)


def _blobs_in_many_forms() -> Iterator[Output]:
    for number, blobs in enumerate(BLOBS):
        random = np.random.default_rng(number)
        examples = blobs.draw(random)
        train, test = examples(1000 + 30 * blobs.classes), examples(blobs.rows)
        # Both models where that is quick, else one in turn.
        fits = FITS if blobs.rows < 300 else FITS[number % 2 :][:1]
        for name, fit in fits:
            logits = fit(*train, blobs.classes, random)(test[0])
            yield Output(f"{blobs}, {name}, {blobs.rows} rows", logits, test[1])
    # What a temperature makes of it is no error either, as long as the order is right.
    for temperature in (0.5, 2.0):
        softer = logits / temperature
        yield Output(f"{blobs}, {name}, at temperature {temperature:g}", softer, test[1])


def _regression(
    points: Doubles, labels: Integers, classes: int, random: np.random.Generator
) -> Model:
    """Softmax regression, by gradient descent."""
    del random
    mean, width = points.mean(axis=0), points.std(axis=0)

    def features(some: Doubles) -> Doubles:
        return np.hstack([(some - mean) / width, np.ones((len(some), 1))])

    inputs, goal = features(points), np.eye(classes)[labels]
    weights = np.zeros((inputs.shape[1], classes))
    for _ in range(200):
        slope = inputs.T @ (np.exp(log_softmax(inputs @ weights)) - goal) / len(inputs)
        weights -= 1.0 * (slope + 1e-3 * weights)
    return lambda some: features(some) @ weights


def _network(points: Doubles, labels: Integers, classes: int, random: np.random.Generator) -> Model:
    """One hidden layer of tanh, by gradient descent with momentum."""
    hidden = 32
    first = random.normal(size=(points.shape[1], hidden)) / np.sqrt(points.shape[1])
    second = random.normal(size=(hidden, classes)) * 0.1
    speed_1, speed_2 = np.zeros_like(first), np.zeros_like(second)
    goal = np.eye(classes)[labels]
    for _ in range(200):
        middle = np.tanh(points @ first)
        error = (np.exp(log_softmax(middle @ second)) - goal) / len(points)
        slope_2 = middle.T @ error + 1e-3 * second
        slope_1 = points.T @ ((error @ second.T) * (1 - middle**2)) + 1e-3 * first
        speed_1, speed_2 = 0.9 * speed_1 - 0.3 * slope_1, 0.9 * speed_2 - 0.3 * slope_2
        first, second = first + speed_1, second + speed_2
    return lambda some: np.tanh(some @ first) @ second


FITS = (("softmax regression", _regression), ("network", _network))


def _texts() -> Iterator[Output]:
    text = "".join(
        letter if letter.isalpha() and letter.isascii() else " "
        for letter in LETTERS.read_text(encoding="utf-8").lower()
    )
    letters = np.array([" abcdefghijklmnopqrstuvwxyz".index(letter) for letter in text])
    start = len(letters) * 3 // 4
    for order, rows in ((1, 600), (1, 300), (2, 600), (2, 200)):
        logits = _counted(letters[:start], order)(letters)[start : start + rows]
        targets = letters[start + 1 : start + 1 + rows]
        before = letters[start : start + rows]
        yield Output(f"letters after {order} letters, {rows} rows", logits, targets, before)


def _counted(letters: Integers, order: int) -> Callable[[Integers], Doubles]:
    """A language model that counts what follows on a letter, or on two, smoothed by fewer."""
    size = 27
    alone = np.bincount(letters, minlength=size) + 1.0
    pairs, triples = np.zeros((size, size)), np.zeros((size, size, size))
    np.add.at(pairs, (letters[:-1], letters[1:]), 1)
    np.add.at(triples, (letters[:-2], letters[1:-1], letters[2:]), 1)
    chance = alone / alone.sum()
    after_one = (pairs + 5 * chance) / (pairs.sum(axis=1, keepdims=True) + 5)
    after_two = (triples + 5 * after_one) / (triples.sum(axis=2, keepdims=True) + 5)

    def logits(some: Integers) -> Doubles:
        earlier = np.concatenate([[0], some[:-1]])
        probable = after_one[some] if order == 1 else after_two[earlier, some]
        return np.asarray(np.log(probable))

    return logits


Table = tuple[str, Doubles, Integers]


def _sklearn_data() -> Iterator[Table]:
    data = import_module("sklearn.datasets")
    yield "digits", *data.load_digits(return_X_y=True)
    yield "iris", *data.load_iris(return_X_y=True)
    for classes, rows, separation, first_share in (
        (2, 400, 1.0, None),
        (2, 1500, 0.5, 0.9),
        (3, 1000, 1.0, None),
        (5, 3000, 1.5, 0.5),
        (8, 2000, 1.0, None),
        (15, 3000, 2.0, None),
    ):
        points, labels = data.make_classification(
            rows,
            n_features=20,
            n_informative=10,
            n_classes=classes,
            class_sep=separation,
            weights=None
            if first_share is None
            else [first_share] + [(1 - first_share) / (classes - 1)] * (classes - 1),
            random_state=classes,
        )
        uneven = "" if first_share is None else f", {first_share:.0%} in the first"
        yield f"made, {classes} classes, {separation:g} apart{uneven}", points, labels


def _sklearn_classifiers() -> dict[str, Any]:
    linear = import_module("sklearn.linear_model")
    return {
        "logistic regression": linear.LogisticRegression(max_iter=2000),
        "strongly regularised": linear.LogisticRegression(C=0.01, max_iter=2000),
        "network": import_module("sklearn.neural_network").MLPClassifier(
            (32,), max_iter=1000, learning_rate_init=0.01, tol=1e-3, alpha=0.1, random_state=0
        ),
        "discriminant": import_module("sklearn.discriminant_analysis").LinearDiscriminantAnalysis(),
        "naive Bayes": import_module("sklearn.naive_bayes").GaussianNB(),
        "forest": import_module("sklearn.ensemble").RandomForestClassifier(
            60, min_samples_leaf=2, random_state=0
        ),
        "support vectors": import_module("sklearn.svm").SVC(random_state=0),
    }


def _outputs_of_classifiers(
    name: str, points: Doubles, labels: Integers, *, classifiers: dict[str, Any]
) -> Iterator[Output]:
    split = import_module("sklearn.model_selection").train_test_split
    scaled = import_module("sklearn.preprocessing").scale(points)
    train, test, train_labels, test_labels = split(
        scaled, labels, test_size=0.4, random_state=0, stratify=labels
    )
    for kind, classifier in classifiers.items():
        classifier.fit(train, train_labels)
        logits = _scores(classifier, test)
        yield Output(f"{name}, {kind}, {len(test)} rows", logits, np.asarray(test_labels))


def _scores(classifier: Any, points: Doubles) -> Doubles:
    """Decision values, or the logarithms of probabilities; two columns for two classes."""
    if not hasattr(classifier, "decision_function"):
        # A vote of no tree is no proof of impossibility.
        share = np.asarray(classifier.predict_proba(points))
        return np.asarray(np.log(share + 1e-3))
    found = np.asarray(classifier.decision_function(points))
    return np.stack([-found / 2, found / 2], axis=1) if found.ndim == 1 else found
