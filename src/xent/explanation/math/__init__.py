"""Formulas as characters, LaTeX and MathML: one module a dialect, the walk through them once."""
