"""From arguments to batches of rows: logits, targets and weights, paired row by row."""
