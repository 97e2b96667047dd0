CREATE TABLE action (
    action_id BIGINT NOT NULL AUTO_INCREMENT,
    study VARCHAR(40) NOT NULL,
    windows LONGTEXT NOT NULL,
    since DATETIME(6) NOT NULL,
    declared_at DATETIME(6) NOT NULL,
    who VARCHAR(120) NOT NULL,
    note LONGTEXT NOT NULL,
    ranking_id BIGINT,
    promise LONGTEXT,
    ended_at DATETIME(6),
    end_kind VARCHAR(16),
    end_reason LONGTEXT,
    ended_by VARCHAR(120),
    measured_at DATETIME(6),
    outcome LONGTEXT,
    PRIMARY KEY (action_id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE INDEX ix_action_study ON action (study, action_id);

CREATE TABLE action_model (
    action_id BIGINT NOT NULL,
    created_at DATETIME(6) NOT NULL,
    content LONGTEXT NOT NULL,
    PRIMARY KEY (action_id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE drift (
    drift_id BIGINT NOT NULL AUTO_INCREMENT,
    study VARCHAR(40) NOT NULL,
    model_id BIGINT NOT NULL,
    at DATETIME(6) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    column_name VARCHAR(191) NOT NULL,
    statistic DOUBLE,
    share DOUBLE,
    p_value DOUBLE,
    alarm BOOL NOT NULL,
    reason VARCHAR(40) NOT NULL,
    `rows` BIGINT NOT NULL,
    details LONGTEXT NOT NULL,
    PRIMARY KEY (drift_id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE INDEX ix_drift_study ON drift (study, at);

CREATE TABLE job_run (
    run_id BIGINT NOT NULL AUTO_INCREMENT,
    study VARCHAR(40) NOT NULL,
    job VARCHAR(40) NOT NULL,
    due_at DATETIME(6) NOT NULL,
    started_at DATETIME(6) NOT NULL,
    finished_at DATETIME(6),
    status VARCHAR(16) NOT NULL,
    counts LONGTEXT NOT NULL,
    error LONGTEXT,
    PRIMARY KEY (run_id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE INDEX ix_job_run_study ON job_run (study, job, started_at);

CREATE TABLE lease (
    name VARCHAR(40) NOT NULL,
    holder VARCHAR(120) NOT NULL,
    expires_at DATETIME(6) NOT NULL,
    PRIMARY KEY (name)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE ledger (
    source VARCHAR(191) NOT NULL,
    day DATE NOT NULL,
    received BIGINT NOT NULL,
    committed BIGINT NOT NULL,
    duplicate BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    PRIMARY KEY (source, day)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE model (
    model_id BIGINT NOT NULL AUTO_INCREMENT,
    study VARCHAR(40) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    `rows` BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL DEFAULT 'candidate',
    task VARCHAR(32) NOT NULL DEFAULT '',
    digest VARCHAR(64) NOT NULL DEFAULT '',
    quality LONGTEXT NOT NULL,
    algorithms LONGTEXT,
    fingerprint LONGTEXT,
    options LONGTEXT,
    versions LONGTEXT,
    leaks LONGTEXT,
    card LONGTEXT,
    reference LONGTEXT,
    notes LONGTEXT,
    PRIMARY KEY (model_id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE INDEX ix_model_study ON model (study);

CREATE TABLE model_event (
    event_id BIGINT NOT NULL AUTO_INCREMENT,
    study VARCHAR(40) NOT NULL,
    model_id BIGINT,
    at DATETIME(6) NOT NULL,
    event VARCHAR(16) NOT NULL,
    reason VARCHAR(40) NOT NULL,
    details LONGTEXT NOT NULL,
    actor VARCHAR(120) NOT NULL,
    PRIMARY KEY (event_id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE INDEX ix_model_event_study ON model_event (study, event_id);

CREATE TABLE model_text (
    model_id BIGINT NOT NULL,
    part INTEGER NOT NULL,
    content LONGTEXT NOT NULL,
    PRIMARY KEY (model_id, part)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE quarantine (
    digest VARCHAR(64) NOT NULL,
    source VARCHAR(191) NOT NULL,
    topic VARCHAR(512) NOT NULL,
    reason VARCHAR(32) NOT NULL,
    detail VARCHAR(512) NOT NULL,
    payload LONGBLOB NOT NULL,
    first_seen DATETIME(6) NOT NULL,
    last_seen DATETIME(6) NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (digest)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE ranking (
    ranking_id BIGINT NOT NULL AUTO_INCREMENT,
    study VARCHAR(40) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    model_id BIGINT,
    document LONGTEXT NOT NULL,
    PRIMARY KEY (ranking_id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE INDEX ix_ranking_study ON ranking (study);

CREATE TABLE reading (
    signal_id INTEGER NOT NULL,
    ts DATETIME(6) NOT NULL,
    value DOUBLE NOT NULL,
    PRIMARY KEY (signal_id, ts)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin PARTITION BY RANGE COLUMNS (ts) (PARTITION p_max VALUES LESS THAN (MAXVALUE));

CREATE TABLE report (
    report_id BIGINT NOT NULL AUTO_INCREMENT,
    study VARCHAR(40) NOT NULL,
    language VARCHAR(2) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    ranking_id BIGINT NOT NULL,
    path VARCHAR(1024) NOT NULL,
    PRIMARY KEY (report_id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE INDEX ix_report_study ON report (study);

CREATE TABLE score (
    study VARCHAR(40) NOT NULL,
    serial VARCHAR(120) NOT NULL,
    model_id BIGINT NOT NULL,
    score DOUBLE NOT NULL,
    PRIMARY KEY (study, serial)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE `signal` (
    signal_id INTEGER NOT NULL AUTO_INCREMENT,
    address VARCHAR(255) NOT NULL,
    unit VARCHAR(32) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    declared BOOL NOT NULL,
    first_seen DATETIME(6),
    last_seen DATETIME(6),
    `last_value` DOUBLE,
    PRIMARY KEY (signal_id),
    UNIQUE (address)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE signal_level (
    signal_id INTEGER NOT NULL,
    code INTEGER NOT NULL,
    label VARCHAR(191) NOT NULL,
    PRIMARY KEY (signal_id, code),
    CONSTRAINT uq_signal_level_label UNIQUE (signal_id, label)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE study_table (
    study VARCHAR(40) NOT NULL,
    table_name VARCHAR(64) NOT NULL,
    columns LONGTEXT NOT NULL,
    unit_seq BIGINT NOT NULL,
    verdict_seq BIGINT NOT NULL,
    built_until DATETIME(6),
    `rows` BIGINT NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (study)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE unit (
    seq BIGINT NOT NULL AUTO_INCREMENT,
    line VARCHAR(40) NOT NULL,
    serial VARCHAR(120) NOT NULL,
    product VARCHAR(120),
    lot VARCHAR(120),
    started DATETIME(6) NOT NULL,
    finished DATETIME(6) NOT NULL,
    PRIMARY KEY (seq),
    CONSTRAINT uq_unit_serial UNIQUE (line, serial)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE INDEX ix_unit_finished ON unit (line, finished);

CREATE TABLE unit_visit (
    line VARCHAR(40) NOT NULL,
    serial VARCHAR(120) NOT NULL,
    machine VARCHAR(40) NOT NULL,
    entered DATETIME(6) NOT NULL,
    `left` DATETIME(6) NOT NULL,
    PRIMARY KEY (line, serial, machine)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE verdict (
    seq BIGINT NOT NULL AUTO_INCREMENT,
    line VARCHAR(40) NOT NULL,
    serial VARCHAR(120) NOT NULL,
    made_at DATETIME(6) NOT NULL,
    judged_at DATETIME(6) NOT NULL,
    verdict VARCHAR(64) NOT NULL,
    PRIMARY KEY (seq),
    CONSTRAINT uq_verdict UNIQUE (line, serial, judged_at, made_at)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;

CREATE INDEX ix_verdict_judged ON verdict (line, judged_at);

CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);

INSERT INTO alembic_version (version_num) VALUES ('0003');
