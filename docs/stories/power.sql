-- Where does the power go? The press shop of the simulated plant, from the study table to what to change first.
--
-- Before: genba ingest has filled the schema `factory` from the sensors' messages, and genba study build has made
-- study_press_power: one row per two minutes, the settings and the mean power. Then genba sql install, genba sql serve.
-- What must come back stands under a statement: `gives` is the first row, `names` is a part of it, `at least` a bound.
-- The simulator of this line hid one setting that wastes most, the press speed: it is to be held near 31 strokes/min.

USE factory;
SELECT COUNT(*) > 1000, COUNT(DISTINCT group_key) >= 9 FROM study_press_power;
-- gives: 1 | 1

-- The list speaks the language of the connection.
SET SESSION lc_messages = 'ja_JP';

-- 1. What to change first: kilowatts for each setting, and what they cost over an interval of two minutes.
SET @question = JSON_OBJECT('task', 'regression', 'goal', 'lower', 'time', 'finished_at', 'group', 'group_key',
  'budget', 4, 'cost', JSON_OBJECT('per_unit', 0.6), 'factors', JSON_OBJECT(
    'press_pressure', JSON_OBJECT('role', 'controllable', 'stage', 1, 'min', 160, 'max', 240, 'step', 5, 'unit', 'bar'),
    'press_speed', JSON_OBJECT('role', 'controllable', 'stage', 1, 'min', 20, 'max', 44, 'step', 1),
    'rotation_speed', JSON_OBJECT('role', 'controllable', 'stage', 1, 'min', 300, 'max', 480, 'step', 10),
    'conveyor_speed', JSON_OBJECT('role', 'controllable', 'stage', 3, 'min', 0.6, 'max', 1.6, 'step', 0.05),
    'die', JSON_OBJECT('role', 'controllable', 'stage', 1, 'levels', JSON_ARRAY('A', 'B', 'C')),
    'oil_temp', JSON_OBJECT('stage', 2), 'tonnage', JSON_OBJECT('role', 'context', 'stage', 0),
    'product', JSON_OBJECT('role', 'context', 'stage', 0), 'serial', JSON_OBJECT('role', 'outcome'),
    'started_at', JSON_OBJECT('role', 'outcome'), 'good_count', JSON_OBJECT('role', 'outcome')));
CALL sys.ML_RANK('factory.study_press_power', 'power', @question);
-- names: 1 | press_speed |
-- names: press_pressure
-- names: 。
SET SESSION lc_messages = 'en_US';

-- 2. A model of the power, learnt on most of the shifts and tried on the others.
DROP TABLE IF EXISTS study_press_power_train, study_press_power_test;
CALL sys.TRAIN_TEST_SPLIT('factory.study_press_power', 'power', JSON_OBJECT('task', 'regression'));
SET @power = 'press_power';
CALL sys.ML_CREATE_OR_UPGRADE_CATALOG();
DELETE FROM ML_SCHEMA_admin.MODEL_CATALOG WHERE model_handle = @power;
CALL sys.ML_TRAIN('factory.study_press_power_train', 'power', JSON_OBJECT(
  'task', 'regression', 'time_budget', 3, 'group_column', 'group_key',
  'exclude_column_list', JSON_ARRAY('serial', 'started_at', 'finished_at', 'good_count')), @power);
CALL sys.ML_MODEL_LOAD(@power, NULL);
CALL sys.ML_SCORE('factory.study_press_power_test', 'power', @power, 'r2', @r2, NULL);
SELECT @r2;
-- at least: 0.8

-- 3. Rows that used most: what stood against them? Each attribution is in kW.
CREATE OR REPLACE VIEW wasteful AS SELECT * FROM study_press_power ORDER BY power DESC LIMIT 20;
DROP TABLE IF EXISTS wasteful_explained;
CALL sys.ML_EXPLAIN_TABLE('factory.wasteful', @power, 'factory.wasteful_explained', NULL);
SELECT AVG(press_speed_attribution) > 0, COUNT(*) FROM wasteful_explained;
-- gives: 1 | 20

-- 4. The same hour at a slower press: the model's answer, in kW.
SET @usual = (SELECT JSON_OBJECT('tonnage', AVG(tonnage), 'product', 'P10', 'die', 'B',
  'press_pressure', AVG(press_pressure), 'press_speed', 38, 'rotation_speed', AVG(rotation_speed),
  'oil_temp', AVG(oil_temp), 'conveyor_speed', AVG(conveyor_speed), 'group_key', MIN(group_key))
  FROM study_press_power);
SELECT JSON_EXTRACT(sys.ML_PREDICT_ROW(@usual, @power, NULL), '$.Prediction')
  - JSON_EXTRACT(sys.ML_PREDICT_ROW(JSON_SET(@usual, '$.press_speed', 31), @power, NULL), '$.Prediction');
-- at least: 10
