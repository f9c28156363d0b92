"""The parts of the reasons of deals."""
