"""The same loss by other libraries, and why another number is another.

`verification` runs programs, one per library, and explains each difference by a prediction of the
other number; `expectation` searches the conventions that give a number which the user expects.
"""
