"""The formulas: arrays in, arrays and numbers out. No files, no printing."""
