"""What a calculation results in: the report, the rows shown, their stages, and the state."""
