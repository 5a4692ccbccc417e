"""The linear assignment problem."""

import numpy as np
from numpy.typing import NDArray


def linear_sum_assignment(gains: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.int64]:
    """Give each row a column, each column once, for the largest sum of gains.

    The Hungarian method in the form with potentials, O(n³): rows are added one at a time, each
    along the shortest augmenting path.

    Args:
        gains: (m, n) what row i gains by column j, m ≤ n.

    Returns:
        (m,) the column of each row.

    References:
        J. Munkres, "Algorithms for the assignment and transportation problems", Journal of the
        Society for Industrial and Applied Mathematics 5 (1957); R. Jonker and A. Volgenant, "A
        shortest augmenting path algorithm for dense and sparse linear assignment problems",
        Computing 38 (1987).

    >>> linear_sum_assignment(np.array([[1, 9], [8, 7]])).tolist()
    [1, 0]
    """
    costs = gains.max() - gains.astype(np.float64)
    rows, size = costs.shape
    # Column 0 is a place for the row that is being added; rows and columns count from 1.
    row_potential, column_potential = np.zeros(rows + 1), np.zeros(size + 1)
    row_of = np.zeros(size + 1, dtype=np.int64)
    for row in range(1, rows + 1):
        row_of[0] = row
        column, way = 0, np.zeros(size + 1, dtype=np.int64)
        shortest, done = np.full(size + 1, np.inf), np.zeros(size + 1, dtype=np.bool_)
        while row_of[column]:
            done[column] = True
            here = row_of[column]
            reduced = costs[here - 1] - row_potential[here] - column_potential[1:]
            better = ~done[1:] & (reduced < shortest[1:])
            shortest[1:][better] = reduced[better]
            way[1:][better] = column
            column = int(np.where(done, np.inf, shortest)[1:].argmin()) + 1
            step = shortest[column]
            row_potential[row_of[done]] += step
            column_potential[done] -= step
            shortest[~done] -= step
        while column:
            row_of[column] = row_of[way[column]]
            column = int(way[column])
    chosen = np.empty(rows, dtype=np.int64)
    taken = row_of[1:] > 0
    chosen[row_of[1:][taken] - 1] = np.flatnonzero(taken)
    return chosen
