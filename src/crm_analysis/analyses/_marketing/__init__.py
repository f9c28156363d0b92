"""The parts of marketing impact."""
