"""xent beside the programs that people would use instead, measured in the same run.

These are commands, not tests: pytest finds none here, and nothing is timed in the tests.
"""
