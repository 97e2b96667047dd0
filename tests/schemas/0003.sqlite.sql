CREATE TABLE action (
    action_id INTEGER NOT NULL,
    study VARCHAR(40) NOT NULL,
    windows TEXT NOT NULL,
    since DATETIME NOT NULL,
    declared_at DATETIME NOT NULL,
    who VARCHAR(120) NOT NULL,
    note TEXT NOT NULL,
    ranking_id BIGINT,
    promise TEXT,
    ended_at DATETIME,
    end_kind VARCHAR(16),
    end_reason TEXT,
    ended_by VARCHAR(120),
    measured_at DATETIME,
    outcome TEXT,
    PRIMARY KEY (action_id)
);

CREATE INDEX ix_action_study ON action (study, action_id);

CREATE TABLE action_model (
    action_id BIGINT NOT NULL,
    created_at DATETIME NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (action_id)
);

CREATE TABLE drift (
    drift_id INTEGER NOT NULL,
    study VARCHAR(40) NOT NULL,
    model_id BIGINT NOT NULL,
    at DATETIME NOT NULL,
    kind VARCHAR(16) NOT NULL,
    column_name VARCHAR(191) NOT NULL,
    statistic FLOAT,
    share FLOAT,
    p_value FLOAT,
    alarm BOOLEAN NOT NULL,
    reason VARCHAR(40) NOT NULL,
    rows BIGINT NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (drift_id)
);

CREATE INDEX ix_drift_study ON drift (study, at);

CREATE TABLE job_run (
    run_id INTEGER NOT NULL,
    study VARCHAR(40) NOT NULL,
    job VARCHAR(40) NOT NULL,
    due_at DATETIME NOT NULL,
    started_at DATETIME NOT NULL,
    finished_at DATETIME,
    status VARCHAR(16) NOT NULL,
    counts TEXT NOT NULL,
    error TEXT,
    PRIMARY KEY (run_id)
);

CREATE INDEX ix_job_run_study ON job_run (study, job, started_at);

CREATE TABLE lease (
    name VARCHAR(40) NOT NULL,
    holder VARCHAR(120) NOT NULL,
    expires_at DATETIME NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE ledger (
    source VARCHAR(191) NOT NULL,
    day DATE NOT NULL,
    received BIGINT NOT NULL,
    committed BIGINT NOT NULL,
    duplicate BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    PRIMARY KEY (source, day)
);

CREATE TABLE model (
    model_id INTEGER NOT NULL,
    study VARCHAR(40) NOT NULL,
    created_at DATETIME NOT NULL,
    rows BIGINT NOT NULL,
    state VARCHAR(16) DEFAULT 'candidate' NOT NULL,
    task VARCHAR(32) DEFAULT '' NOT NULL,
    digest VARCHAR(64) DEFAULT '' NOT NULL,
    quality TEXT NOT NULL,
    algorithms TEXT,
    fingerprint TEXT,
    options TEXT,
    versions TEXT,
    leaks TEXT,
    card TEXT,
    reference TEXT,
    notes TEXT,
    PRIMARY KEY (model_id)
);

CREATE INDEX ix_model_study ON model (study);

CREATE TABLE model_event (
    event_id INTEGER NOT NULL,
    study VARCHAR(40) NOT NULL,
    model_id BIGINT,
    at DATETIME NOT NULL,
    event VARCHAR(16) NOT NULL,
    reason VARCHAR(40) NOT NULL,
    details TEXT NOT NULL,
    actor VARCHAR(120) NOT NULL,
    PRIMARY KEY (event_id)
);

CREATE INDEX ix_model_event_study ON model_event (study, event_id);

CREATE TABLE model_text (
    model_id BIGINT NOT NULL,
    part INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (model_id, part)
);

CREATE TABLE quarantine (
    digest VARCHAR(64) NOT NULL,
    source VARCHAR(191) NOT NULL,
    topic VARCHAR(512) NOT NULL,
    reason VARCHAR(32) NOT NULL,
    detail VARCHAR(512) NOT NULL,
    payload BLOB NOT NULL,
    first_seen DATETIME NOT NULL,
    last_seen DATETIME NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (digest)
);

CREATE TABLE ranking (
    ranking_id INTEGER NOT NULL,
    study VARCHAR(40) NOT NULL,
    created_at DATETIME NOT NULL,
    model_id BIGINT,
    document TEXT NOT NULL,
    PRIMARY KEY (ranking_id)
);

CREATE INDEX ix_ranking_study ON ranking (study);

CREATE TABLE reading (
    signal_id INTEGER NOT NULL,
    ts DATETIME NOT NULL,
    value FLOAT NOT NULL,
    PRIMARY KEY (signal_id, ts)
)
 WITHOUT ROWID;

CREATE TABLE report (
    report_id INTEGER NOT NULL,
    study VARCHAR(40) NOT NULL,
    language VARCHAR(2) NOT NULL,
    created_at DATETIME NOT NULL,
    ranking_id BIGINT NOT NULL,
    path VARCHAR(1024) NOT NULL,
    PRIMARY KEY (report_id)
);

CREATE INDEX ix_report_study ON report (study);

CREATE TABLE score (
    study VARCHAR(40) NOT NULL,
    serial VARCHAR(120) NOT NULL,
    model_id BIGINT NOT NULL,
    score FLOAT NOT NULL,
    PRIMARY KEY (study, serial)
);

CREATE TABLE signal (
    signal_id INTEGER NOT NULL,
    address VARCHAR(255) NOT NULL,
    unit VARCHAR(32) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    declared BOOLEAN NOT NULL,
    first_seen DATETIME,
    last_seen DATETIME,
    last_value FLOAT,
    PRIMARY KEY (signal_id),
    UNIQUE (address)
);

CREATE TABLE signal_level (
    signal_id INTEGER NOT NULL,
    code INTEGER NOT NULL,
    label VARCHAR(191) NOT NULL,
    PRIMARY KEY (signal_id, code),
    CONSTRAINT uq_signal_level_label UNIQUE (signal_id, label)
);

CREATE TABLE study_table (
    study VARCHAR(40) NOT NULL,
    table_name VARCHAR(64) NOT NULL,
    columns TEXT NOT NULL,
    unit_seq BIGINT NOT NULL,
    verdict_seq BIGINT NOT NULL,
    built_until DATETIME,
    rows BIGINT NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (study)
);

CREATE TABLE unit (
    seq INTEGER NOT NULL,
    line VARCHAR(40) NOT NULL,
    serial VARCHAR(120) NOT NULL,
    product VARCHAR(120),
    lot VARCHAR(120),
    started DATETIME NOT NULL,
    finished DATETIME NOT NULL,
    PRIMARY KEY (seq),
    CONSTRAINT uq_unit_serial UNIQUE (line, serial)
);

CREATE INDEX ix_unit_finished ON unit (line, finished);

CREATE TABLE unit_visit (
    line VARCHAR(40) NOT NULL,
    serial VARCHAR(120) NOT NULL,
    machine VARCHAR(40) NOT NULL,
    entered DATETIME NOT NULL,
    "left" DATETIME NOT NULL,
    PRIMARY KEY (line, serial, machine)
);

CREATE TABLE verdict (
    seq INTEGER NOT NULL,
    line VARCHAR(40) NOT NULL,
    serial VARCHAR(120) NOT NULL,
    made_at DATETIME NOT NULL,
    judged_at DATETIME NOT NULL,
    verdict VARCHAR(64) NOT NULL,
    PRIMARY KEY (seq),
    CONSTRAINT uq_verdict UNIQUE (line, serial, judged_at, made_at)
);

CREATE INDEX ix_verdict_judged ON verdict (line, judged_at);

CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);

INSERT INTO alembic_version (version_num) VALUES ('0003');
