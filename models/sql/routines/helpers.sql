-- What the public routines share. `SQL SECURITY DEFINER` where our own tables are touched: those check who is asking.
DROP FUNCTION IF EXISTS {{routines}}.genba_owner
//
CREATE FUNCTION {{routines}}.genba_owner() RETURNS VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
  NO SQL SQL SECURITY INVOKER COMMENT 'Name of the user of this session, without the host.'
  RETURN LEFT(USER(), CHAR_LENGTH(USER()) - CHAR_LENGTH(SUBSTRING_INDEX(USER(), '@', -1)) - 1)
//
DROP FUNCTION IF EXISTS {{routines}}.genba_part
//
CREATE FUNCTION {{routines}}.genba_part(written TEXT CHARACTER SET utf8mb4, place INT) RETURNS TEXT CHARACTER SET utf8mb4
  DETERMINISTIC NO SQL SQL SECURITY INVOKER COMMENT 'Schema (1) or table (2) of schema.table, each perhaps in backticks; NULL if it is none.'
BEGIN
  DECLARE rest, part TEXT CHARACTER SET utf8mb4 DEFAULT NULL;
  DECLARE closing INT;
  SET rest = written;
  IF LEFT(rest, 1) = '`' THEN
    -- A doubled backtick becomes a character that no name holds, so that the next single one is the closing one.
    SET rest = REPLACE(SUBSTRING(rest, 2), '``', CHAR(1 USING utf8mb4));
    SET closing = LOCATE('`', rest);
    IF closing < 2 OR SUBSTRING(rest, closing + 1, 1) <> '.' THEN RETURN NULL; END IF;
    SET part = REPLACE(LEFT(rest, closing - 1), CHAR(1 USING utf8mb4), '`');
    SET rest = REPLACE(SUBSTRING(rest, closing + 2), CHAR(1 USING utf8mb4), '``');
  ELSE
    SET closing = LOCATE('.', rest);
    IF closing < 2 THEN RETURN NULL; END IF;
    SET part = LEFT(rest, closing - 1), rest = SUBSTRING(rest, closing + 1);
  END IF;
  IF LEFT(rest, 1) = '`' THEN
    SET rest = REPLACE(SUBSTRING(rest, 2), '``', CHAR(1 USING utf8mb4));
    SET closing = LOCATE('`', rest);
    IF closing < 2 OR closing < CHAR_LENGTH(rest) THEN RETURN NULL; END IF;
    SET rest = REPLACE(LEFT(rest, closing - 1), CHAR(1 USING utf8mb4), '`');
  END IF;
  -- As the servers do: at most 64 characters, none beyond U+FFFF, no space at the end.
  IF rest IS NULL OR rest = '' OR CHAR_LENGTH(rest) > 64 OR CHAR_LENGTH(part) > 64
    OR CONCAT(part, rest) REGEXP '[^\\x{0001}-\\x{FFFF}]' OR RIGHT(part, 1) = ' ' OR RIGHT(rest, 1) = ' ' THEN RETURN NULL; END IF;
  RETURN IF(place = 1, part, rest);
END
//
DROP FUNCTION IF EXISTS {{routines}}.genba_name
//
CREATE FUNCTION {{routines}}.genba_name(written TEXT CHARACTER SET utf8mb4) RETURNS TEXT CHARACTER SET utf8mb4
  DETERMINISTIC NO SQL SQL SECURITY INVOKER COMMENT 'The same name for a statement.'
  RETURN CONCAT('`', REPLACE({{routines}}.genba_part(written, 1), '`', '``'), '`.`',
    REPLACE({{routines}}.genba_part(written, 2), '`', '``'), '`')
//
DROP FUNCTION IF EXISTS {{routines}}.genba_key
//
CREATE FUNCTION {{routines}}.genba_key(written TEXT CHARACTER SET utf8mb4) RETURNS TEXT CHARACTER SET utf8mb4
  READS SQL DATA SQL SECURITY INVOKER COMMENT 'Columns of the primary key, as a JSON array; the caller sees those of his tables.'
BEGIN
  DECLARE found TEXT CHARACTER SET utf8mb4 DEFAULT '[]';
  DECLARE place INT DEFAULT 1;
  DECLARE name VARCHAR(64) CHARACTER SET utf8mb4;
  DECLARE letters INT;
  keys_of: LOOP
    SET name = NULL;
    SELECT MAX(COLUMN_NAME), MAX(SUB_PART) INTO name, letters FROM information_schema.STATISTICS
      WHERE TABLE_SCHEMA = {{routines}}.genba_part(written, 1) AND TABLE_NAME = {{routines}}.genba_part(written, 2)
        AND INDEX_NAME = 'PRIMARY' AND SEQ_IN_INDEX = place;
    IF name IS NULL THEN LEAVE keys_of; END IF;
    -- The first letters of a text are no key of another table.
    IF letters IS NOT NULL THEN RETURN '[]'; END IF;
    SET found = JSON_ARRAY_APPEND(found, '$', name), place = place + 1;
  END LOOP;
  RETURN found;
END
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_fail
//
CREATE PROCEDURE {{routines}}.genba_fail(IN message TEXT CHARACTER SET utf8mb4) NO SQL SQL SECURITY INVOKER
BEGIN
  -- The servers take no more; ML_STATUS shows the whole.
-- mysql
  DECLARE longest INT DEFAULT 128;
-- end
-- mariadb
  DECLARE longest INT DEFAULT 512;
-- end
  DECLARE said TEXT CHARACTER SET utf8mb4;
  SET said = IF(CHAR_LENGTH(message) > longest, CONCAT(LEFT(message, longest - 1), '…'), message);
  SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = said;
END
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_run
//
CREATE PROCEDURE {{routines}}.genba_run(IN statement LONGTEXT CHARACTER SET utf8mb4) SQL SECURITY INVOKER
  COMMENT 'One statement, with the rights of whoever calls.'
BEGIN
  -- A client that is careful with its own statements means ours no harm.
  DECLARE careful INT DEFAULT @@SESSION.sql_safe_updates;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN
    SET SESSION sql_safe_updates = careful, @genba_statement = NULL;
    RESIGNAL;
  END;
  SET SESSION sql_safe_updates = 0, @genba_statement = statement;
  PREPARE genba_statement FROM @genba_statement;
  EXECUTE genba_statement;
  DEALLOCATE PREPARE genba_statement;
  SET SESSION sql_safe_updates = careful, @genba_statement = NULL;
END
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_locked
//
CREATE PROCEDURE {{routines}}.genba_locked() NO SQL SQL SECURITY INVOKER
  CALL {{routines}}.genba_fail('this session holds LOCK TABLES, so no job can be queued; UNLOCK TABLES first')
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_read_only
//
CREATE PROCEDURE {{routines}}.genba_read_only() NO SQL SQL SECURITY INVOKER
  CALL {{routines}}.genba_fail('this session only reads, so no job can be queued; SET SESSION TRANSACTION READ WRITE first')
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_may_read
//
CREATE PROCEDURE {{routines}}.genba_may_read(IN written TEXT CHARACTER SET utf8mb4) SQL SECURITY INVOKER
  COMMENT 'Ends with the server''s own error where the caller may not read a table, or there is none.'
BEGIN
  DECLARE name, said TEXT CHARACTER SET utf8mb4;
  DECLARE EXIT HANDLER FOR 1100 CALL {{routines}}.genba_locked();
  SET name = {{routines}}.genba_name(written);
  IF name IS NULL THEN
    SET said = CONCAT('table ', IFNULL(QUOTE(LEFT(written, 60)), 'NULL'), ' is no name; write ''schema.table''');
    CALL {{routines}}.genba_fail(said);
  END IF;
  CALL {{routines}}.genba_run(CONCAT('SELECT COUNT(*) INTO @genba_seen FROM (SELECT * FROM ', name, ' LIMIT 0) AS seen'));
END
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_may_make
//
CREATE PROCEDURE {{routines}}.genba_may_make(IN written TEXT CHARACTER SET utf8mb4) SQL SECURITY INVOKER
  COMMENT 'Ends with an error where there is this table, or with the server''s own where the caller may not make it.'
BEGIN
  DECLARE name, said TEXT CHARACTER SET utf8mb4;
  DECLARE there INT DEFAULT 1;
  DECLARE EXIT HANDLER FOR 1100 CALL {{routines}}.genba_locked();
  DECLARE EXIT HANDLER FOR 1792 CALL {{routines}}.genba_read_only();
  SET name = {{routines}}.genba_name(written);
  IF name IS NULL THEN
    SET said = CONCAT('output table ', IFNULL(QUOTE(LEFT(written, 60)), 'NULL'), ' is no name; write ''schema.table''');
    CALL {{routines}}.genba_fail(said);
  END IF;
  BEGIN
    -- A temporary table is in nobody's way when the probe is made, and would be dropped in its place.
    DECLARE CONTINUE HANDLER FOR SQLEXCEPTION SET there = 0;
    CALL {{routines}}.genba_run(CONCAT('SELECT COUNT(*) INTO @genba_seen FROM (SELECT 1 FROM ', name, ' LIMIT 0) AS seen'));
  END;
  IF there = 1 THEN
    SET said = CONCAT('output table ', LEFT(name, 80), ' already exists; drop it, or name another');
    CALL {{routines}}.genba_fail(said);
  END IF;
  CALL {{routines}}.genba_run(CONCAT('CREATE TABLE ', name, ' (genba_probe INT PRIMARY KEY)'));
  CALL {{routines}}.genba_run(CONCAT('DROP TABLE ', name));
END
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_account
//
CREATE PROCEDURE {{routines}}.genba_account(IN claimed TEXT CHARACTER SET utf8mb4, OUT account TEXT CHARACTER SET utf8mb4)
  SQL SECURITY DEFINER COMMENT 'The account that a caller says it is, quoted, if that can be true.'
BEGIN
  -- A DEFINER routine is told neither account nor rights of its caller, only name and host of the session: the
  -- account claimed must bear that name, and be the one that the server takes for that host.
  DECLARE account_host, client, best, best_name, said TEXT CHARACTER SET utf8mb4;
  -- Whoever installed without rights on the accounts can serve nobody but himself.
  DECLARE CONTINUE HANDLER FOR 1044, 1142, 1143 SET
    best = IF(claimed = CURRENT_USER() AND (client LIKE account_host OR client = account_host), account_host, NULL),
    best_name = {{routines}}.genba_owner();
  SET account_host = SUBSTRING_INDEX(claimed, '@', -1), client = SUBSTRING_INDEX(USER(), '@', -1);
  IF claimed IS NULL OR NOT (BINARY LEFT(claimed, CHAR_LENGTH(claimed) - CHAR_LENGTH(account_host) - 1) = BINARY {{routines}}.genba_owner()) THEN
    SET said = CONCAT('called as ', IFNULL(LEFT(claimed, 60), 'NULL'), ' by ', LEFT(USER(), 60), '; call ML routines as yourself');
    CALL {{routines}}.genba_fail(said);
  END IF;
  -- As the server does: the narrowest host first, and an account without a name takes whoever has none of his own there.
  SELECT Host, User INTO best, best_name FROM mysql.user
    WHERE (BINARY User = BINARY {{routines}}.genba_owner() OR User = '')
      AND (client = Host OR (Host NOT LIKE '%/%' AND client LIKE Host)
        OR (Host LIKE '%/%.%' AND INET_ATON(client) & INET_ATON(SUBSTRING_INDEX(Host, '/', -1))
          = INET_ATON(SUBSTRING_INDEX(Host, '/', 1)))
        OR (Host LIKE '%/%' AND Host NOT LIKE '%/%.%' AND INET_ATON(client) >> (32 - SUBSTRING_INDEX(Host, '/', -1))
          = INET_ATON(SUBSTRING_INDEX(Host, '/', 1)) >> (32 - SUBSTRING_INDEX(Host, '/', -1))))
    ORDER BY client = Host DESC, LOCATE('/', Host) > 0 DESC, LEAST(LOCATE('%', CONCAT(Host, '%')), LOCATE('_', CONCAT(Host, '_'))) DESC,
      User <> '' DESC LIMIT 1;
  IF best IS NULL OR best <> account_host OR (best_name = '') <> ({{routines}}.genba_owner() = '') THEN
    SET said = CONCAT('account ', LEFT(claimed, 40), ' is not that of ', LEFT(USER(), 40),
      '; set skip_name_resolve where hosts have names');
    CALL {{routines}}.genba_fail(said);
  END IF;
  SET account = CONCAT(QUOTE({{routines}}.genba_owner()), '@', QUOTE(account_host));
END
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_catalog
//
CREATE PROCEDURE {{routines}}.genba_catalog(IN claimed TEXT CHARACTER SET utf8mb4)
  SQL SECURITY DEFINER COMMENT 'The catalog of the caller, and the caller''s rights on it.'
BEGIN
  DECLARE account, home TEXT CHARACTER SET utf8mb4;
  DECLARE seen INT;
  CALL {{routines}}.genba_account(claimed, account);
  SET home = CONCAT('ML_SCHEMA_', {{routines}}.genba_owner());
  IF CHAR_LENGTH(home) > 64 THEN
    CALL {{routines}}.genba_fail(CONCAT('user name ', LEFT({{routines}}.genba_owner(), 40), ' is too long for a schema name'));
  END IF;
  SELECT COUNT(*) INTO seen FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = home AND TABLE_NAME IN ('MODEL_CATALOG', 'MODEL_OBJECT_CATALOG') AND TABLE_TYPE = 'BASE TABLE';
  IF seen < 2 THEN
    SET home = CONCAT('`', REPLACE(home, '`', '``'), '`');
    CALL {{routines}}.genba_run(CONCAT('CREATE SCHEMA IF NOT EXISTS ', home, ' CHARACTER SET utf8mb4'));
    CALL {{routines}}.genba_run(CONCAT('CREATE TABLE IF NOT EXISTS ', home, '.MODEL_CATALOG ('
      'model_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, '
      'model_handle VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL UNIQUE, '
      'model_object JSON NULL, model_owner VARCHAR(255) NOT NULL, build_timestamp BIGINT NULL, '
      'target_column_name VARCHAR(64) NULL, train_table_name VARCHAR(255) NULL, model_object_size BIGINT NULL, '
      'model_type VARCHAR(64) NULL, task VARCHAR(64) NULL, column_names JSON NULL, model_explanation JSON NULL, '
      'last_accessed TIMESTAMP NULL, model_metadata JSON NULL, notes TEXT NULL) ENGINE = InnoDB CHARACTER SET utf8mb4'));
    CALL {{routines}}.genba_run(CONCAT('CREATE TABLE IF NOT EXISTS ', home, '.MODEL_OBJECT_CATALOG ('
      'chunk_id INT NOT NULL, model_handle VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, '
      'model_object LONGTEXT NULL, PRIMARY KEY (model_handle, chunk_id), '
      'FOREIGN KEY (model_handle) REFERENCES ', home, '.MODEL_CATALOG (model_handle) '
      'ON DELETE CASCADE ON UPDATE CASCADE) ENGINE = InnoDB CHARACTER SET utf8mb4'));
    -- HeatWave's manual writes this one name in small letters, too.
    IF @@lower_case_table_names = 0 THEN
      CALL {{routines}}.genba_run(CONCAT('CREATE OR REPLACE SQL SECURITY INVOKER VIEW ', home,
        '.model_object_catalog AS SELECT * FROM ', home, '.MODEL_OBJECT_CATALOG'));
    END IF;
    -- In a grant the underscore is a wildcard, and this is the one schema that is meant.
    SET home = REPLACE(REPLACE(REPLACE(home, '\\', '\\\\'), '_', '\\_'), '%', '\\%');
    IF claimed <> CURRENT_USER() THEN
      CALL {{routines}}.genba_run(CONCAT('GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP ON ', home, '.* TO ', account));
    END IF;
  END IF;
END
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_submit
//
CREATE PROCEDURE {{routines}}.genba_submit(
  IN asked TEXT CHARACTER SET utf8mb4, IN claimed TEXT CHARACTER SET utf8mb4, IN arguments LONGTEXT CHARACTER SET utf8mb4,
  IN read_tables TEXT CHARACTER SET utf8mb4, OUT job BIGINT UNSIGNED)
  SQL SECURITY DEFINER COMMENT 'A job for a worker. Tables are read through views that have the caller''s rights.'
BEGIN
  DECLARE account, name TEXT CHARACTER SET utf8mb4;
  DECLARE place INT DEFAULT 0;
  DECLARE EXIT HANDLER FOR 1100 CALL {{routines}}.genba_locked();
  DECLARE EXIT HANDLER FOR 1792 CALL {{routines}}.genba_read_only();
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN
    -- No worker will ever see it.
    IF job IS NOT NULL THEN
      CALL {{tables}}.genba_clear(job);
      DELETE FROM {{tables}}.job WHERE job_no = job AND state = 'new';
      COMMIT;
    END IF;
    RESIGNAL;
  END;
  SET job = NULL;
  IF asked IS NULL OR CHAR_LENGTH(asked) > 40 OR arguments IS NULL OR NOT JSON_VALID(arguments) OR read_tables IS NULL
    OR NOT JSON_VALID(read_tables) OR JSON_TYPE(read_tables) <> 'ARRAY' OR JSON_LENGTH(read_tables) > 3 THEN
    CALL {{routines}}.genba_fail('no arguments of an ML routine; call the routine itself');
  END IF;
  IF NOT EXISTS (SELECT 1 FROM {{tables}}.serving) THEN
    CALL {{routines}}.genba_fail('no worker is running, so nobody can do this; start one with: genba sql serve');
  END IF;
  CALL {{routines}}.genba_catalog(claimed);
  CALL {{routines}}.genba_account(claimed, account);
  INSERT INTO {{tables}}.job (routine, owner, connection_id, language, args, state, created_at, seen_at)
    VALUES (asked, {{routines}}.genba_owner(), CONNECTION_ID(), @@session.lc_messages, arguments, 'new',
      UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));
  SET job = LAST_INSERT_ID(), place = 0;
  WHILE place < IFNULL(JSON_LENGTH(read_tables), 0) DO
    SET name = {{routines}}.genba_name(JSON_UNQUOTE(JSON_EXTRACT(read_tables, CONCAT('$[', place, ']'))));
    IF name IS NULL THEN CALL {{routines}}.genba_fail('no name of a table; call the ML routine itself'); END IF;
    BEGIN
      DECLARE EXIT HANDLER FOR 1352 CALL {{routines}}.genba_fail(
        CONCAT('table ', LEFT(name, 60), ' is temporary, and no worker sees it; make it a table'));
      CALL {{routines}}.genba_run(CONCAT('CREATE DEFINER = ', account, ' SQL SECURITY DEFINER VIEW {{tables}}.job_',
        job, '_', place, ' AS SELECT * FROM ', name));
    END;
    SET place = place + 1;
  END WHILE;
  UPDATE {{tables}}.job SET state = 'queued' WHERE job_no = job;
  COMMIT;
END
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_next
//
CREATE PROCEDURE {{routines}}.genba_next(
  IN job BIGINT UNSIGNED, INOUT step BIGINT UNSIGNED, OUT result LONGTEXT CHARACTER SET utf8mb4)
  SQL SECURITY DEFINER COMMENT 'The next statement that a job of the caller leaves to it, or, with step NULL, the answer.'
BEGIN
  DECLARE now_state VARCHAR(10);
  DECLARE said TEXT CHARACTER SET utf8mb4;
  DECLARE whose VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  DECLARE asked VARCHAR(40);
  DECLARE polls, slept, lost, got INT DEFAULT 0;
  DECLARE doing, found BIGINT UNSIGNED;
  waiting: LOOP
    -- Each look is a transaction of its own: an open one would see the queue as it was.
    COMMIT;
    SET now_state = NULL, found = NULL;
    SELECT state, message, owner, routine, worker_no INTO now_state, said, whose, asked, doing FROM {{tables}}.job WHERE job_no = job;
    IF now_state IS NULL OR whose <> {{routines}}.genba_owner() THEN
      CALL {{routines}}.genba_fail(CONCAT('no job ', IFNULL(job, 'NULL'), ' of yours'));
    END IF;
    IF now_state IN ('running', 'done') THEN
      SELECT MIN(step_no) INTO found FROM {{tables}}.step WHERE job_no = job AND step_no > step;
    END IF;
    IF found IS NOT NULL OR now_state NOT IN ('queued', 'running') THEN LEAVE waiting; END IF;
    UPDATE {{tables}}.job SET seen_at = UTC_TIMESTAMP(6)
      WHERE job_no = job AND seen_at < UTC_TIMESTAMP(6) - INTERVAL 1 SECOND;
    COMMIT;
    IF now_state = 'running' THEN
      IF doing NOT IN (SELECT worker_no FROM {{tables}}.serving) THEN
        CALL {{tables}}.genba_give_back(job);
      ELSEIF asked IN ('ML_PREDICT_TABLE', 'ML_EXPLAIN_TABLE') THEN
        -- Where statements come while it works, they are looked for the more often the younger the call.
        SELECT SLEEP(LEAST(0.1, 0.004 + polls / 5000)) INTO slept;
        SET polls = polls + 1;
      ELSE
        -- The worker holds this lock while it works. Whoever waits for it wakes at once, and an interruption is an error.
        SET got = GET_LOCK(CONCAT('{{tables_text}}.job.', job), 1);
        IF got = 1 THEN DO RELEASE_LOCK(CONCAT('{{tables_text}}.job.', job)); END IF;
      END IF;
    ELSEIF polls < 40 THEN
      SELECT SLEEP(0.005) INTO slept;
      SET polls = polls + 1;
    ELSE
      SELECT MAX(worker_no) INTO doing FROM {{tables}}.serving;
      IF doing IS NULL THEN
        -- Whoever watches over the worker will start it again.
        SELECT SLEEP(1) INTO slept;
        SET lost = lost + 1;
        IF lost > 30 THEN
          UPDATE {{tables}}.job SET state = 'failed',
            message = 'the last worker has ended; start one with: genba sql serve' WHERE job_no = job AND state = 'queued';
        END IF;
      ELSE
        SET lost = 0;
        SET got = GET_LOCK(CONCAT('{{tables_text}}.worker.', doing), 1);
        IF got = 1 THEN DO RELEASE_LOCK(CONCAT('{{tables_text}}.worker.', doing)); END IF;
      END IF;
    END IF;
    IF slept = 1 THEN
      -- On MySQL an interrupted SLEEP is no error. Whoever has the job sees that this call is over.
      UPDATE {{tables}}.job SET state = 'cancelled', message = 'interrupted' WHERE job_no = job AND state = 'queued';
      COMMIT;
      CALL {{routines}}.genba_fail('the call was interrupted, its work is given up');
    END IF;
  END LOOP;
  SET step = found;
  IF found IS NOT NULL THEN
    SELECT statement INTO result FROM {{tables}}.step WHERE step_no = found;
  ELSEIF now_state = 'done' THEN
    SELECT answer INTO result FROM {{tables}}.job WHERE job_no = job;
  ELSE
    CALL {{routines}}.genba_fail(IFNULL(said, now_state));
  END IF;
  COMMIT;
END
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_wait
//
CREATE PROCEDURE {{routines}}.genba_wait(IN job BIGINT UNSIGNED, OUT result LONGTEXT CHARACTER SET utf8mb4)
  SQL SECURITY INVOKER
  COMMENT 'Until a job of the caller is done; its error is raised, and what it leaves to the caller is run with his rights.'
BEGIN
  DECLARE step BIGINT UNSIGNED DEFAULT 0;
  DECLARE said TEXT CHARACTER SET utf8mb4;
  DECLARE EXIT HANDLER FOR 1050 BEGIN
    GET DIAGNOSTICS CONDITION 1 said = MESSAGE_TEXT;
    CALL {{routines}}.genba_fail(CONCAT(said, ' since this call began; drop it, or name another'));
  END;
  steps: LOOP
    CALL {{routines}}.genba_next(job, step, result);
    IF step IS NULL THEN LEAVE steps; END IF;
    CALL {{routines}}.genba_run(result);
    COMMIT;
  END LOOP;
END
//
DROP PROCEDURE IF EXISTS {{tables}}.genba_give_back
//
CREATE PROCEDURE {{tables}}.genba_give_back(IN job BIGINT UNSIGNED) SQL SECURITY DEFINER
  COMMENT 'A job whose worker has died goes to the next one; where three have died over it, it has failed.'
BEGIN
  DECLARE dead BIGINT UNSIGNED;
  SELECT worker_no INTO dead FROM {{tables}}.job WHERE job_no = job AND state = 'running'
    AND worker_no NOT IN (SELECT s.worker_no FROM {{tables}}.serving AS s);
  -- Looked for without locks, changed by number: whoever locks what he looks at waits for workers, and they for him.
  UPDATE {{tables}}.job SET state = IF(attempts >= 3, 'failed', 'queued'),
    message = 'the worker died three times over this; its log says more'
    WHERE job_no = job AND state = 'running' AND worker_no = dead;
  COMMIT;
END
//
DROP PROCEDURE IF EXISTS {{tables}}.genba_clear
//
CREATE PROCEDURE {{tables}}.genba_clear(IN job BIGINT UNSIGNED) SQL SECURITY DEFINER
  COMMENT 'Drops the views of a job that has ended: MySQL lets only such an account do so as may be a definer''s equal.'
BEGIN
  DECLARE place INT DEFAULT 0;
  DECLARE running INT;
  SELECT COUNT(*) INTO running FROM {{tables}}.job WHERE job_no = job AND state IN ('queued', 'running');
  WHILE place < 3 AND running = 0 DO
    CALL {{routines}}.genba_run(CONCAT('DROP VIEW IF EXISTS {{tables}}.job_', job, '_', place));
    SET place = place + 1;
  END WHILE;
END
