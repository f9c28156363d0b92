"""The parts of open deals."""
