"""The parts of the process KPIs."""
