"""The formats of an explanation, a module each, and the notations of its formulas."""
