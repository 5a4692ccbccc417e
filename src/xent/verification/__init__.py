"""Verify a loss with other libraries, and explain why another number differs.

`verification` runs programs, one per library, and explains each difference by a prediction of the
other number; `expectation` searches the conventions that give a number which the user expects.
"""
