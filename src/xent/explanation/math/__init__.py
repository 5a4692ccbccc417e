"""Formulas as characters and MathML: one module a dialect, the walk through them once."""
