"""Healthy outputs of kinds that the rules of a checkup were not written on.

Rare classes, many classes, trees, neighbours and boosted models, calibrated ones and models that
are far too sure.
"""

import warnings
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np

from healthy import Doubles, Integers, Output, Table


def other_numpy_outputs() -> list[Output]:
    """Outputs that need nothing but NumPy: prototypes of many classes, and a rare class."""
    return [_prototypes(60, 900), _prototypes(300, 1500), _rare_class(3000)]


def other_sklearn_outputs() -> list[Output]:
    """Outputs of scikit-learn's other classifiers on its other data."""
    models = _classifiers()
    found = []
    for number, table in enumerate(_data()):
        # Each model on about half of the data.
        some = {name: model for at, (name, model) in enumerate(models.items()) if (number + at) % 2}
        found += [*_outputs(*table, some)]
    return found


def _prototypes(classes: int, rows: int) -> Output:
    """Squared distances to the centres of classes, of which some are frequent."""
    random = np.random.default_rng(classes)
    centres = random.normal(size=(classes, 24))
    shares = (np.arange(classes) + 10.0) ** -0.7
    targets = random.choice(classes, rows, p=shares / shares.sum())
    points = centres[targets] + 1.3 * random.normal(size=(rows, 24))
    distances = ((points[:, None, :] - centres[None]) ** 2).sum(axis=2)
    return Output(f"prototypes, {classes} classes, {rows} rows", -distances / 3.4, targets)


def _rare_class(rows: int) -> Output:
    """Two clouds, of which one has a row in a hundred, and their true posterior."""
    random = np.random.default_rng(99)
    targets: Integers = (random.random(rows) < 0.01).astype(np.int64)
    points = random.normal(size=rows) + 3.0 * targets
    margin = 3.0 * points - 4.5 + np.log(0.01 / 0.99)
    return Output(f"1 in 100, {rows} rows", np.stack([-margin, margin], axis=1) / 2, targets)


def _data() -> Iterator[Table]:
    data = import_module("sklearn.datasets")
    yield "wine", *data.load_wine(return_X_y=True)
    yield "breast cancer", *data.load_breast_cancer(return_X_y=True)
    yield "digits again", *data.load_digits(return_X_y=True)
    yield "moons", *data.make_moons(1500, noise=0.35, random_state=3)
    yield (
        "rare",
        *data.make_classification(
            6000, n_features=12, n_informative=6, weights=[0.99], class_sep=1.2, random_state=4
        ),
    )
    yield (
        "clouds",
        *data.make_blobs(3000, n_features=5, centers=20, cluster_std=1.7, random_state=6),
    )


def _classifiers() -> dict[str, Any]:
    ensemble = import_module("sklearn.ensemble")
    calibrated = import_module("sklearn.calibration").CalibratedClassifierCV
    return {
        "boosted trees": ensemble.GradientBoostingClassifier(n_estimators=20, random_state=0),
        "neighbours": import_module("sklearn.neighbors").KNeighborsClassifier(9),
        "overtrained network": import_module("sklearn.neural_network").MLPClassifier(
            (64,), max_iter=400, alpha=1e-6, random_state=1
        ),
        "extra trees": ensemble.ExtraTreesClassifier(80, random_state=0),
        "quadratic discriminant": import_module(
            "sklearn.discriminant_analysis"
        ).QuadraticDiscriminantAnalysis(reg_param=0.1),
        "calibrated": calibrated(import_module("sklearn.svm").LinearSVC(), cv=3),
    }


def _outputs(
    name: str, points: Doubles, labels: Integers, classifiers: dict[str, Any]
) -> Iterator[Output]:
    split = import_module("sklearn.model_selection").train_test_split
    scaled = import_module("sklearn.preprocessing").scale(points)
    train, test, train_labels, test_labels = split(
        scaled, labels, test_size=0.5, random_state=7, stratify=labels
    )
    for kind, classifier in classifiers.items():
        with warnings.catch_warnings():
            # A network that has not converged is a model too.
            warnings.simplefilter("ignore")
            classifier.fit(train, train_labels)
        probs = np.asarray(classifier.predict_proba(test))
        # No vote at all is no proof of impossibility.
        logits = np.log(0.99 * probs + 0.01 / probs.shape[1])
        yield Output(f"{name}, {kind}, {len(test)} rows", logits, np.asarray(test_labels))
