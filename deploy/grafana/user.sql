-- The user that Grafana connects as. It sees the study tables, may call the routines, and loads the model of the user
-- who trained it (here `admin`): once after each training, and after that no worker is needed to draw a panel.
CREATE USER IF NOT EXISTS 'grafana'@'%';
GRANT SELECT ON factory.* TO 'grafana'@'%';
GRANT EXECUTE ON sys.* TO 'grafana'@'%';
GRANT SELECT ON ML_SCHEMA_admin.MODEL_OBJECT_CATALOG TO 'grafana'@'%';
