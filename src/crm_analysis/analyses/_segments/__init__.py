"""The parts of customer segments."""
