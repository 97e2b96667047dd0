-- The routines under HeatWave AutoML's names. `SQL SECURITY INVOKER`: tables are read and made with the caller's rights.
-- Each commits what the caller has written, so that a client with autocommit off sees its rows learnt from.
DROP PROCEDURE IF EXISTS {{routines}}.ML_CREATE_OR_UPGRADE_CATALOG
//
CREATE PROCEDURE {{routines}}.ML_CREATE_OR_UPGRADE_CATALOG() SQL SECURITY INVOKER
BEGIN
  COMMIT;
  CALL {{routines}}.genba_catalog(CURRENT_USER());
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_TRAIN
//
CREATE PROCEDURE {{routines}}.ML_TRAIN(
  IN table_name TEXT CHARACTER SET utf8mb4, IN target_column_name TEXT CHARACTER SET utf8mb4, IN options JSON,
  INOUT model_handle TEXT CHARACTER SET utf8mb4) SQL SECURITY INVOKER
BEGIN
  DECLARE result LONGTEXT CHARACTER SET utf8mb4;
  CALL {{routines}}.genba_call('ML_TRAIN', table_name, options, JSON_OBJECT('table', table_name,
    'target', target_column_name, 'options', options, 'handle', model_handle), result);
  SET model_handle = JSON_UNQUOTE(JSON_EXTRACT(result, '$.handle'));
  -- The model is there: what the caller should know of it is a warning, and must be the last word.
  SET result = JSON_UNQUOTE(JSON_EXTRACT(result, '$.warning'));
  IF result IS NOT NULL THEN
    SIGNAL SQLSTATE '01000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = result;
  END IF;
END
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_call
//
CREATE PROCEDURE {{routines}}.genba_call(
  IN asked VARCHAR(40), IN table_name TEXT CHARACTER SET utf8mb4, IN options JSON,
  IN arguments LONGTEXT CHARACTER SET utf8mb4, OUT result LONGTEXT CHARACTER SET utf8mb4) SQL SECURITY INVOKER
  COMMENT 'A job over a table and those that the options name, each looked at with the caller''s rights; its answer.'
BEGIN
  DECLARE job BIGINT UNSIGNED;
  DECLARE name, read_tables TEXT CHARACTER SET utf8mb4;
  COMMIT;
  CALL {{routines}}.genba_may_read(table_name);
  SET read_tables = JSON_ARRAY(table_name);
  IF options IS NOT NULL AND NOT JSON_VALID(options) THEN
    CALL {{routines}}.genba_fail('options are no JSON; write JSON_OBJECT(...) or NULL');
  END IF;
  SET name = JSON_UNQUOTE(JSON_EXTRACT(options, '$.item_metadata.table_name'));
  IF name IS NOT NULL THEN
    CALL {{routines}}.genba_may_read(name);
    SET read_tables = JSON_ARRAY_APPEND(read_tables, '$', name);
  END IF;
  SET name = JSON_UNQUOTE(JSON_EXTRACT(options, '$.user_metadata.table_name'));
  IF name IS NOT NULL THEN
    CALL {{routines}}.genba_may_read(name);
    SET read_tables = JSON_ARRAY_APPEND(read_tables, '$', name);
  END IF;
  CALL {{routines}}.genba_submit(asked, CURRENT_USER(), arguments, read_tables, job);
  CALL {{routines}}.genba_wait(job, result);
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_EXPLAIN
//
CREATE PROCEDURE {{routines}}.ML_EXPLAIN(
  IN table_name TEXT CHARACTER SET utf8mb4, IN target_column_name TEXT CHARACTER SET utf8mb4,
  IN model_handle TEXT CHARACTER SET utf8mb4, IN options JSON) SQL SECURITY INVOKER
BEGIN
  DECLARE result LONGTEXT CHARACTER SET utf8mb4;
  CALL {{routines}}.genba_call('ML_EXPLAIN', table_name, options, JSON_OBJECT('table', table_name,
    'target', target_column_name, 'options', options, 'handle', model_handle,
    'key', {{routines}}.genba_key(table_name)), result);
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_PREDICT_TABLE
//
CREATE PROCEDURE {{routines}}.ML_PREDICT_TABLE(
  IN table_name TEXT CHARACTER SET utf8mb4, IN model_handle TEXT CHARACTER SET utf8mb4,
  IN output_table_name TEXT CHARACTER SET utf8mb4, IN options JSON) SQL SECURITY INVOKER
  CALL {{routines}}.genba_table_to_table('ML_PREDICT_TABLE', table_name, model_handle, output_table_name, options)
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_EXPLAIN_TABLE
//
CREATE PROCEDURE {{routines}}.ML_EXPLAIN_TABLE(
  IN table_name TEXT CHARACTER SET utf8mb4, IN model_handle TEXT CHARACTER SET utf8mb4,
  IN output_table_name TEXT CHARACTER SET utf8mb4, IN options JSON) SQL SECURITY INVOKER
  CALL {{routines}}.genba_table_to_table('ML_EXPLAIN_TABLE', table_name, model_handle, output_table_name, options)
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_narrow
//
CREATE PROCEDURE {{routines}}.genba_narrow(IN written TEXT CHARACTER SET utf8mb4, IN width INT) SQL SECURITY INVOKER
  COMMENT 'Drops the last columns of a table: those that a call which failed has added.'
BEGIN
  DECLARE last TEXT CHARACTER SET utf8mb4;
  narrowing: LOOP
    SET last = NULL;
    SELECT COLUMN_NAME INTO last FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = {{routines}}.genba_part(written, 1) AND TABLE_NAME = {{routines}}.genba_part(written, 2)
        AND ORDINAL_POSITION > width ORDER BY ORDINAL_POSITION DESC LIMIT 1;
    IF last IS NULL THEN LEAVE narrowing; END IF;
    CALL {{routines}}.genba_run(CONCAT('ALTER TABLE ', {{routines}}.genba_name(written), ' DROP COLUMN `', REPLACE(last, '`', '``'), '`'));
  END LOOP;
END
//
DROP PROCEDURE IF EXISTS {{routines}}.genba_table_to_table
//
CREATE PROCEDURE {{routines}}.genba_table_to_table(
  IN asked VARCHAR(40), IN table_name TEXT CHARACTER SET utf8mb4, IN model_handle TEXT CHARACTER SET utf8mb4,
  IN output_table_name TEXT CHARACTER SET utf8mb4, IN options JSON) SQL SECURITY INVOKER
BEGIN
  DECLARE result LONGTEXT CHARACTER SET utf8mb4;
  DECLARE name TEXT CHARACTER SET utf8mb4;
  DECLARE own INT;
  DECLARE width INT DEFAULT NULL;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN
    IF width > 0 THEN CALL {{routines}}.genba_narrow(table_name, width); END IF;
    RESIGNAL;
  END;
  COMMIT;
  CALL {{routines}}.genba_may_read(table_name);
  SET name = {{routines}}.genba_name(table_name);
  IF name <=> {{routines}}.genba_name(output_table_name) THEN
    SELECT COUNT(*) INTO own FROM information_schema.COLUMNS AS c
      WHERE c.TABLE_SCHEMA = {{routines}}.genba_part(table_name, 1) AND c.TABLE_NAME = {{routines}}.genba_part(table_name, 2);
    BEGIN
      DECLARE said TEXT CHARACTER SET utf8mb4;
      -- There is a key, such a column, or a counter already; or it is no table but a view.
      DECLARE EXIT HANDLER FOR 1060, 1068, 1075, 1347 BEGIN
        SET said = CONCAT('output table ', LEFT(name, 70), ' is the input and has a primary key; name another');
        IF {{routines}}.genba_key(table_name) = '[]' THEN
          SET said = CONCAT('output table ', LEFT(name, 60), ' is the input and takes no key column; name another');
        END IF;
        CALL {{routines}}.genba_fail(said);
      END;
      CALL {{routines}}.genba_run(CONCAT(
        'ALTER TABLE ', name, ' ADD COLUMN `_4aad19ca6e_pk_id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY'));
      SET width = own;
    END;
  ELSE
    CALL {{routines}}.genba_may_make(output_table_name);
  END IF;
  CALL {{routines}}.genba_call(asked, table_name, options, JSON_OBJECT('table', table_name, 'output', output_table_name,
    'options', options, 'handle', model_handle, 'key', {{routines}}.genba_key(table_name)), result);
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_SCORE
//
CREATE PROCEDURE {{routines}}.ML_SCORE(
  IN table_name TEXT CHARACTER SET utf8mb4, IN target_column_name TEXT CHARACTER SET utf8mb4,
  IN model_handle TEXT CHARACTER SET utf8mb4, IN metric TEXT CHARACTER SET utf8mb4, OUT score DOUBLE,
  IN options JSON) SQL SECURITY INVOKER
BEGIN
  DECLARE result LONGTEXT CHARACTER SET utf8mb4;
  CALL {{routines}}.genba_call('ML_SCORE', table_name, options, JSON_OBJECT('table', table_name,
    'target', target_column_name, 'metric', metric, 'options', options, 'handle', model_handle,
    'key', {{routines}}.genba_key(table_name)), result);
  SET score = IF(JSON_TYPE(JSON_EXTRACT(result, '$.score')) = 'NULL', NULL, JSON_EXTRACT(result, '$.score') + 0e0);
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_MODEL_LOAD
//
CREATE PROCEDURE {{routines}}.ML_MODEL_LOAD(
  IN model_handle TEXT CHARACTER SET utf8mb4, IN user TEXT CHARACTER SET utf8mb4) SQL SECURITY INVOKER
BEGIN
  DECLARE job BIGINT UNSIGNED;
  DECLARE result LONGTEXT CHARACTER SET utf8mb4;
  DECLARE name, more TEXT CHARACTER SET utf8mb4;
  COMMIT;
  SET more = '[]';
  IF user IS NOT NULL AND NOT BINARY user = BINARY {{routines}}.genba_owner() THEN
    -- Of somebody else only what his catalog lets the caller read.
    SET name = CONCAT('`ML_SCHEMA_', REPLACE(user, '`', '``'), '`.`MODEL_OBJECT_CATALOG`');
    CALL {{routines}}.genba_may_read(name);
    SET more = JSON_ARRAY(name);
  END IF;
  CALL {{routines}}.genba_submit('ML_MODEL_LOAD', CURRENT_USER(), JSON_OBJECT('handle', model_handle, 'user', user), more, job);
  CALL {{routines}}.genba_wait(job, result);
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_MODEL_UNLOAD
//
CREATE PROCEDURE {{routines}}.ML_MODEL_UNLOAD(IN model_handle TEXT CHARACTER SET utf8mb4) SQL SECURITY DEFINER
BEGIN
  -- By the key alone, or a client with sql_safe_updates is refused.
  DECLARE asker VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT {{routines}}.genba_owner();
  COMMIT;
  DELETE FROM {{tables}}.loaded WHERE loaded.owner = asker AND loaded.model_handle = model_handle;
  COMMIT;
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_MODEL_ACTIVE
//
CREATE PROCEDURE {{routines}}.ML_MODEL_ACTIVE(IN user TEXT CHARACTER SET utf8mb4, OUT model_info JSON) SQL SECURITY INVOKER
BEGIN
  DECLARE job BIGINT UNSIGNED;
  DECLARE result LONGTEXT CHARACTER SET utf8mb4;
  COMMIT;
  CALL {{routines}}.genba_submit('ML_MODEL_ACTIVE', CURRENT_USER(), JSON_OBJECT('user', user), '[]', job);
  CALL {{routines}}.genba_wait(job, result);
  SET model_info = JSON_EXTRACT(result, '$.active');
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_MODEL_EXPORT
//
CREATE PROCEDURE {{routines}}.ML_MODEL_EXPORT(
  IN model_handle TEXT CHARACTER SET utf8mb4, IN output_table_name TEXT CHARACTER SET utf8mb4) SQL SECURITY INVOKER
BEGIN
  DECLARE job BIGINT UNSIGNED;
  DECLARE result LONGTEXT CHARACTER SET utf8mb4;
  COMMIT;
  CALL {{routines}}.genba_may_make(output_table_name);
  CALL {{routines}}.genba_submit('ML_MODEL_EXPORT', CURRENT_USER(),
    JSON_OBJECT('handle', model_handle, 'output', output_table_name), '[]', job);
  CALL {{routines}}.genba_wait(job, result);
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_MODEL_EXPORT_ONNX
//
CREATE PROCEDURE {{routines}}.ML_MODEL_EXPORT_ONNX(
  IN model_handle TEXT CHARACTER SET utf8mb4, IN output_table_name TEXT CHARACTER SET utf8mb4)
  SQL SECURITY INVOKER COMMENT 'A model of ours as an ONNX graph: a table that ML_MODEL_IMPORT takes, here and elsewhere.'
BEGIN
  DECLARE job BIGINT UNSIGNED;
  DECLARE result LONGTEXT CHARACTER SET utf8mb4;
  COMMIT;
  CALL {{routines}}.genba_may_make(output_table_name);
  CALL {{routines}}.genba_submit('ML_MODEL_EXPORT_ONNX', CURRENT_USER(),
    JSON_OBJECT('handle', model_handle, 'output', output_table_name), '[]', job);
  CALL {{routines}}.genba_wait(job, result);
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_MODEL_IMPORT
//
CREATE PROCEDURE {{routines}}.ML_MODEL_IMPORT(
  IN model_object LONGTEXT CHARACTER SET utf8mb4, IN model_metadata JSON,
  IN model_handle TEXT CHARACTER SET utf8mb4) SQL SECURITY INVOKER
BEGIN
  DECLARE job BIGINT UNSIGNED;
  DECLARE result LONGTEXT CHARACTER SET utf8mb4;
  DECLARE name, more TEXT CHARACTER SET utf8mb4;
  COMMIT;
  SET more = '[]';
  IF model_metadata IS NOT NULL AND NOT JSON_VALID(model_metadata) THEN
    CALL {{routines}}.genba_fail('model_metadata is no JSON; write JSON_OBJECT(''schema'', ..., ''table'', ...)');
  END IF;
  IF model_object IS NULL THEN
    SET name = CONCAT('`', REPLACE(JSON_UNQUOTE(JSON_EXTRACT(model_metadata, '$.schema')), '`', '``'), '`.`',
      REPLACE(JSON_UNQUOTE(JSON_EXTRACT(model_metadata, '$.table')), '`', '``'), '`');
    CALL {{routines}}.genba_may_read(name);
    SET more = JSON_ARRAY(name);
  END IF;
  CALL {{routines}}.genba_submit('ML_MODEL_IMPORT', CURRENT_USER(), JSON_OBJECT('object', model_object,
    'metadata', model_metadata, 'handle', model_handle), more, job);
  CALL {{routines}}.genba_wait(job, result);
END
//
DROP PROCEDURE IF EXISTS {{routines}}.TRAIN_TEST_SPLIT
//
CREATE PROCEDURE {{routines}}.TRAIN_TEST_SPLIT(
  IN table_name TEXT CHARACTER SET utf8mb4, IN target_column_name TEXT CHARACTER SET utf8mb4, IN options JSON)
  SQL SECURITY INVOKER
BEGIN
  DECLARE result LONGTEXT CHARACTER SET utf8mb4;
  DECLARE name TEXT CHARACTER SET utf8mb4;
  COMMIT;
  CALL {{routines}}.genba_may_read(table_name);
  SET name = {{routines}}.genba_name(table_name);
  CALL {{routines}}.genba_may_make(CONCAT(LEFT(name, CHAR_LENGTH(name) - 1), '_train`'));
  CALL {{routines}}.genba_may_make(CONCAT(LEFT(name, CHAR_LENGTH(name) - 1), '_test`'));
  CALL {{routines}}.genba_call('TRAIN_TEST_SPLIT', table_name, options, JSON_OBJECT('table', table_name,
    'target', target_column_name, 'options', options, 'key', {{routines}}.genba_key(table_name)), result);
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_RANK
//
CREATE PROCEDURE {{routines}}.ML_RANK(
  IN table_name TEXT CHARACTER SET utf8mb4, IN target_column_name TEXT CHARACTER SET utf8mb4, IN options JSON)
  SQL SECURITY INVOKER COMMENT 'What to fix first: one row for each setting worth changing, the best first.'
BEGIN
  DECLARE result LONGTEXT CHARACTER SET utf8mb4;
  CALL {{routines}}.genba_call('ML_RANK', table_name, options, JSON_OBJECT('table', table_name,
    'target', target_column_name, 'options', options), result);
  SELECT listed.* FROM JSON_TABLE(JSON_EXTRACT(result, '$.rows'), '$[*]' COLUMNS (
    `rank` INT PATH '$.rank', factor VARCHAR(64) PATH '$.factor', direction VARCHAR(10) PATH '$.direction',
    `window` TEXT PATH '$.window', gain DOUBLE PATH '$.gain', gain_low DOUBLE PATH '$.gain_low',
    gain_high DOUBLE PATH '$.gain_high', gain_unit VARCHAR(80) PATH '$.gain_unit', money DOUBLE PATH '$.money',
    currency VARCHAR(10) PATH '$.currency', p_first DOUBLE PATH '$.p_first', evidence VARCHAR(20) PATH '$.evidence',
    support DOUBLE PATH '$.support', verdict VARCHAR(30) PATH '$.verdict', reason TEXT PATH '$.reason')) AS listed;
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_AUDIT
//
CREATE PROCEDURE {{routines}}.ML_AUDIT(
  IN table_name TEXT CHARACTER SET utf8mb4, IN target_column_name TEXT CHARACTER SET utf8mb4, IN options JSON)
  SQL SECURITY INVOKER COMMENT 'Columns and rows that know the answer.'
BEGIN
  DECLARE result LONGTEXT CHARACTER SET utf8mb4;
  CALL {{routines}}.genba_call('ML_AUDIT', table_name, options, JSON_OBJECT('table', table_name,
    'target', target_column_name, 'options', options), result);
  SELECT listed.* FROM JSON_TABLE(JSON_EXTRACT(result, '$.rows'), '$[*]' COLUMNS (
    suspect VARCHAR(255) PATH '$.suspect', kind VARCHAR(40) PATH '$.kind', certain INT PATH '$.certain',
    action VARCHAR(20) PATH '$.action', evidence TEXT PATH '$.evidence')) AS listed;
END
//
DROP PROCEDURE IF EXISTS {{routines}}.ML_STATUS
//
CREATE PROCEDURE {{routines}}.ML_STATUS() SQL SECURITY DEFINER
  COMMENT 'The last calls of this user, the newest first: from a second connection, how far a call has come.'
  SELECT job_no AS job, routine, state, stage, ROUND(percent, 1) AS percent, created_at,
    ROUND(TIMESTAMPDIFF(MICROSECOND, created_at, IFNULL(ended_at, UTC_TIMESTAMP(6))) / 1e6, 3) AS seconds, message
  FROM {{tables}}.job WHERE owner = {{routines}}.genba_owner() ORDER BY job_no DESC LIMIT 50
