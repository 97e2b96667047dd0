"""Tasks beside classification and regression: forecasts, anomalies, logs, recommendations, topics, clusters."""
