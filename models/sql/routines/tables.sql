-- What the routines and the workers keep: jobs, workers, loaded models. Nobody but them reads or writes it.
CREATE SCHEMA IF NOT EXISTS {{tables}} CHARACTER SET utf8mb4
//
DROP TABLE IF EXISTS {{tables}}.worker
//
-- Made anew: a worker of another release does no job of this one.
CREATE TABLE {{tables}}.worker (
  worker_no BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  connection_id BIGINT UNSIGNED NOT NULL,
  started_at DATETIME(6) NOT NULL,
  version VARCHAR(40) NOT NULL
) ENGINE = InnoDB
//
-- Anybody may take a lock of any name; a worker lives while its own connection holds the one of its number.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {{tables}}.serving AS
  SELECT worker_no FROM {{tables}}.worker
  WHERE IS_USED_LOCK(CONCAT('{{tables_text}}.worker.', worker_no)) = connection_id
//
CREATE TABLE IF NOT EXISTS {{tables}}.job (
  job_no BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  routine VARCHAR(40) NOT NULL,
  owner VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  connection_id BIGINT UNSIGNED NOT NULL,
  language VARCHAR(20) NOT NULL,
  args LONGTEXT NOT NULL,
  state VARCHAR(10) NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  worker_no BIGINT UNSIGNED NULL,
  stage VARCHAR(80) NULL,
  percent DOUBLE NULL,
  message TEXT NULL,
  answer LONGTEXT NULL,
  cleared TINYINT NOT NULL DEFAULT 0,
  created_at DATETIME(6) NOT NULL,
  seen_at DATETIME(6) NOT NULL,
  started_at DATETIME(6) NULL,
  ended_at DATETIME(6) NULL,
  KEY job_waiting (state, job_no),
  KEY job_of_owner (owner, job_no)
) ENGINE = InnoDB CHARACTER SET utf8mb4
//
CREATE TABLE IF NOT EXISTS {{tables}}.step (
  step_no BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  job_no BIGINT UNSIGNED NOT NULL,
  statement LONGTEXT NOT NULL,
  KEY step_of_job (job_no, step_no),
  CONSTRAINT step_of FOREIGN KEY (job_no) REFERENCES {{tables}}.job (job_no) ON DELETE CASCADE
) ENGINE = InnoDB CHARACTER SET utf8mb4
//
CREATE TABLE IF NOT EXISTS {{tables}}.loaded (
  model_no BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  owner VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  model_handle VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  task VARCHAR(40) NOT NULL,
  walkable TINYINT NOT NULL,
  facts JSON NOT NULL,
  loaded_at DATETIME(6) NOT NULL,
  UNIQUE KEY loaded_handle (owner, model_handle)
) ENGINE = InnoDB CHARACTER SET utf8mb4
