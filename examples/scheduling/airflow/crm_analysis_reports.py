"""The sales reports of every month, made by the command when the month is over.

The month comes from the interval of the run, never from the clock: a backfill of 2024 reports 2024.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pendulum
from airflow.timetables.interval import CronDataIntervalTimetable

try:  # Airflow 3
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator

ZONE = os.environ.get("CRM_ANALYSIS_ZONE", "Europe/Berlin")
PROJECT = os.environ.get("CRM_ANALYSIS_PROJECT", "/srv/crm-analysis")
COMMAND = os.environ.get("CRM_ANALYSIS_COMMAND", f"{PROJECT}/.venv/bin/crm-analysis")
DATA = os.environ.get("CRM_ANALYSIS_DATA", f"{PROJECT}/data/mine")
REPORTS = os.environ.get("CRM_ANALYSIS_REPORTS", "/srv/reports")

with DAG(
    dag_id="crm_analysis_reports",
    description="Sales reports of every month",
    # an interval a month, from the first to the first; "@monthly" has none since Airflow 3
    schedule=CronDataIntervalTimetable("15 5 1 * *", timezone=ZONE),
    start_date=pendulum.datetime(2026, 1, 1, tz=ZONE),
    catchup=True,
    max_active_runs=1,
    tags=["crm"],
) as dag:
    BashOperator(
        task_id="report",
        # the interval is told in UTC, where the first morning of a month in Tokyo is still the month before
        bash_command=(
            f"{COMMAND} report {{{{ data_interval_start.in_timezone('{ZONE}').strftime('%Y-%m') }}}}"
            f" --data {DATA} --out {REPORTS}"
        ),
        cwd=PROJECT,
        # 75: the data are not ready yet. Any failure is tried again: what is up to date costs nothing.
        retries=12,
        retry_delay=timedelta(hours=1),
        execution_timeout=timedelta(hours=2),
    )
