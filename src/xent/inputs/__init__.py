"""From what the user typed to batches of rows: logits, targets and weights, paired row by row."""
