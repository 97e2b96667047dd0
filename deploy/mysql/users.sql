-- Who may do what in the schema `genba`, for MySQL and MariaDB. Run by users.sh, after `genba db upgrade` made the
-- tables and again after every upgrade; running it twice changes nothing. The owner, who runs `genba db upgrade`, is
-- not made here. Users are locked until users.sh gives them a password.
CREATE USER IF NOT EXISTS 'genba_gateway'@'%' ACCOUNT LOCK;
CREATE USER IF NOT EXISTS 'genba_learner'@'%' ACCOUNT LOCK;
CREATE USER IF NOT EXISTS 'genba_reader'@'%' ACCOUNT LOCK;
CREATE USER IF NOT EXISTS 'genba_sql'@'%' ACCOUNT LOCK;

-- The gateway adds what the plant says and never deletes. UPDATE is for counters, and for recognising a row that is
-- already there; the rights to alter `reading` are for making next week's partition.
GRANT SELECT ON genba.* TO 'genba_gateway'@'%';
GRANT INSERT, UPDATE ON genba.`signal` TO 'genba_gateway'@'%';
GRANT INSERT, UPDATE ON genba.signal_level TO 'genba_gateway'@'%';
GRANT INSERT, UPDATE, ALTER, CREATE, DROP ON genba.reading TO 'genba_gateway'@'%';
GRANT INSERT, UPDATE ON genba.unit TO 'genba_gateway'@'%';
GRANT INSERT, UPDATE ON genba.unit_visit TO 'genba_gateway'@'%';
GRANT INSERT, UPDATE ON genba.verdict TO 'genba_gateway'@'%';
GRANT INSERT, UPDATE ON genba.quarantine TO 'genba_gateway'@'%';
GRANT INSERT, UPDATE ON genba.ledger TO 'genba_gateway'@'%';

-- The scheduler makes and grows study tables, one per study, so its rights cannot be listed table by table.
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX ON genba.* TO 'genba_learner'@'%';

-- The dashboard, and anybody's own queries. genba.cnf ends this user's statements after 30 seconds.
GRANT SELECT ON genba.* TO 'genba_reader'@'%';

-- The worker of the sys.ML_* routines: its own tables, everybody's catalog of models, and who is still connected. Tables
-- of users it reads through views that carry their rights.
GRANT ALL ON genba_sql.* TO 'genba_sql'@'%';
GRANT ALL ON `ML\_SCHEMA\_%`.* TO 'genba_sql'@'%';
GRANT PROCESS ON *.* TO 'genba_sql'@'%';
