"""The SQL front door: HeatWave AutoML's routines on a stock MySQL or MariaDB, and the worker behind them."""
