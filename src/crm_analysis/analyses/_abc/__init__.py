"""The parts of the analysis of customers."""
