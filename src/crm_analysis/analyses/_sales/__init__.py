"""The parts of sales dynamics."""
