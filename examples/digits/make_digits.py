"""Make this example's inputs: a classifier's decision values for held-out handwritten digits.

Needs scikit-learn, whose bundled copy of the UCI optical digits data it is trained on:

    pip install scikit-learn==1.9.1
    python make_digits.py

The loss that scikit-learn itself finds for these rows is printed at the end.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

here = Path(__file__).parent
images, labels = load_digits(return_X_y=True)
train, test, train_labels, test_labels = train_test_split(
    images, labels, test_size=360, random_state=0, stratify=labels
)
model = LogisticRegression(C=0.001, max_iter=1000).fit(train, train_labels)
# To six digits, which is what a report of a model's scores would keep.
logits = np.round(model.decision_function(test), 6)

np.savetxt(here / "logits.csv", logits, fmt="%.6f", delimiter=",")
np.savetxt(here / "targets.csv", test_labels, fmt="%d")
np.save(here / "logits.npy", logits)
np.save(here / "targets.npy", test_labels)

exponentials = np.exp(logits)
probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
print("scikit-learn's log_loss:", log_loss(test_labels, probabilities))
