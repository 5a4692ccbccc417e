"""What arrays and columns are: one predicate per question, which every command asks."""
