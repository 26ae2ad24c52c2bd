"""Results for other programs: JUnit, Prometheus, and verdicts as CSV and Parquet."""
