"""The command line: parse, call, print, exit status. No arithmetic, and no NumPy at import."""
