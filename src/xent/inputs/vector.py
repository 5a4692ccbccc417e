"""A few numbers that go with an option, such as the weights of the classes."""

import numpy as np
from numpy.typing import NDArray

from xent.errors import Code, InputError
from xent.inputs.argument import Argument
from xent.inputs.arrangement import is_list, shown


def read_vector(argument: str, role: str) -> NDArray[np.float64]:
    """Read a list of numbers from a file, standard input, or in place.

    Args:
        argument: A path, `-`, or the numbers.
        role: What they are, for messages: "weight".

    Raises:
        InputError: It cannot be read, is no list, or holds what is not finite.
    """
    array = Argument.of(argument, [role]).array(role)
    if not is_list(array.shape):
        raise InputError(
            Code.WRONG_SHAPE, f"{array.name} has shape {shown(array.shape)}, {role} is a list"
        )
    block = array.whole()
    values = np.asarray(block.values, dtype=np.float64)
    for index in np.argwhere(~np.isfinite(values))[:1]:
        place = block.locate(*map(int, index))
        raise InputError(Code.NOT_A_NUMBER, f"{role} must be finite", place)
    return values.ravel()
