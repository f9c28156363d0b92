"""``python -m crm_analysis`` is the command ``crm-analysis``."""

from crm_analysis.cli import main

main(prog_name="crm-analysis")
