-- A shopping street's Wi-Fi: who is there, what they like, what is broken, when they return, and how they feel.
--
-- Before: genba simulate visits --out visits.sql, and run that file: it makes the schema `wifi`. Tables named truth_…
-- hold what an operator would not know; nothing is learnt from them, and every answer is compared with them.
-- What must come back stands under a statement: `gives` is the first row, `names` is a part of it, `at least` a bound.

USE wifi;
-- Models of an earlier run make room.
CALL sys.ML_CREATE_OR_UPGRADE_CATALOG();
DELETE FROM ML_SCHEMA_admin.MODEL_CATALOG WHERE model_handle IN ('who', 'likes', 'faults', 'return', 'mood');

-- 1. Employees, customers and passers-by differ by behaviour. One row per device, out of the log; half were surveyed.
CREATE VIEW behaviour AS SELECT device, COUNT(*) AS visits, COUNT(DISTINCT DATE(arrived)) / 56 AS share_of_days,
  AVG(minutes) AS minutes, IFNULL(STDDEV(minutes), 0) AS minutes_spread, AVG(HOUR(arrived)) AS hour,
  IFNULL(STDDEV(HOUR(arrived) + MINUTE(arrived) / 60), 0) AS hour_spread, AVG(WEEKDAY(arrived) < 5) AS on_weekdays,
  AVG(zones) AS zones, AVG(signal_dbm) AS signal_dbm, AVG(logged_in) AS logged_in, AVG(megabytes) AS megabytes
FROM visit GROUP BY device;
CREATE VIEW surveyed AS SELECT b.*, s.kind FROM behaviour AS b JOIN survey AS s ON s.device = b.device;
CREATE VIEW unknown_devices AS SELECT b.* FROM behaviour AS b LEFT JOIN survey AS s ON s.device = b.device
WHERE s.device IS NULL;
SET @who = 'who';
CALL sys.ML_TRAIN('wifi.surveyed', 'kind', JSON_OBJECT('task', 'classification',
  'exclude_column_list', JSON_ARRAY('device'), 'time_budget', 3), @who);
CALL sys.ML_MODEL_LOAD(@who, NULL);
CALL sys.ML_PREDICT_TABLE('wifi.unknown_devices', @who, 'wifi.told_apart', NULL);
SELECT AVG(p.Prediction = t.kind) FROM told_apart AS p JOIN truth_kind AS t ON t.device = p.device;
-- at least: 0.95
SELECT MIN(share) FROM (SELECT AVG(p.Prediction = t.kind) AS share FROM told_apart AS p
  JOIN truth_kind AS t ON t.device = p.device GROUP BY t.kind) AS each_kind;
-- at least: 0.8

-- A device that was never seen before, judged inside the database.
SELECT JSON_UNQUOTE(JSON_EXTRACT(sys.ML_PREDICT_ROW(JSON_OBJECT('visits', 39, 'share_of_days', 0.7, 'minutes', 515,
  'minutes_spread', 30, 'hour', 9, 'hour_spread', 0.3, 'on_weekdays', 1, 'zones', 2, 'signal_dbm', -55,
  'logged_in', 0.8, 'megabytes', 90), @who, NULL), '$.Prediction'));
-- gives: employee

-- 2. Interests: which category to recommend, out of the ratings that were given.
SET @likes = 'likes';
CALL sys.ML_TRAIN('wifi.interest', 'rating',
  JSON_OBJECT('task', 'recommendation', 'users', 'device', 'items', 'category'), @likes);
CALL sys.ML_MODEL_LOAD(@likes, NULL);
CALL sys.ML_SCORE('wifi.truth_interest', 'rating', @likes, 'neg_root_mean_squared_error', @error, NULL);
SELECT @error;
-- at least: -0.7
SELECT -STDDEV(rating) FROM truth_interest;
-- at most: -0.9
CREATE VIEW guests AS SELECT DISTINCT device FROM interest;
CALL sys.ML_PREDICT_TABLE('wifi.guests', @likes, 'wifi.recommended', JSON_OBJECT('recommend', 'items', 'topk', 1));
-- Of everything that they had not rated, they would say to what is recommended …
SELECT AVG(t.rating) FROM recommended AS r JOIN truth_interest AS t ON t.device = r.device
  AND t.category = JSON_UNQUOTE(JSON_EXTRACT(r.ml_results, '$.predictions.category[0]'));
-- at least: 3.9
-- … and to a category at random:
SELECT AVG(rating) FROM truth_interest;
-- at most: 3.4

-- 3. Faults of the network: hours in which its numbers do not go together, though each may be seen on a busy Saturday.
CREATE VIEW network_numbers AS SELECT n.clients, n.megabits, n.retries, n.latency, f.fault IS NOT NULL AS broken
FROM network AS n LEFT JOIN truth_fault AS f ON f.point = n.point AND f.moment = n.moment;
SET @faults = 'faults';
CALL sys.ML_TRAIN('wifi.network_numbers', NULL, JSON_OBJECT('task', 'anomaly_detection', 'contamination', 0.006,
  'exclude_column_list', JSON_ARRAY('broken')), @faults);
CALL sys.ML_MODEL_LOAD(@faults, NULL);
CALL sys.ML_SCORE('wifi.network_numbers', 'broken', @faults, 'precision_k', @hit, JSON_OBJECT('topk', 24));
SELECT @hit;
-- at least: 0.6
CALL sys.ML_SCORE('wifi.network_numbers', 'broken', @faults, 'roc_auc', @auc, NULL);
SELECT @auc;
-- at least: 0.95

-- 4. The next visit: in how many days does a customer return? Learnt on the first six weeks, tried on the last two.
CREATE TABLE returns AS SELECT device, arrived, visits_before, usual_days, last_days, next_days FROM (
  SELECT device, arrived, ROW_NUMBER() OVER w - 1 AS visits_before,
    DATEDIFF(arrived, FIRST_VALUE(arrived) OVER w) / NULLIF(ROW_NUMBER() OVER w - 1, 0) AS usual_days,
    DATEDIFF(arrived, LAG(arrived) OVER w) AS last_days, DATEDIFF(LEAD(arrived) OVER w, arrived) AS next_days
  FROM visit WHERE device IN (SELECT device FROM told_apart WHERE Prediction = 'customer'
    UNION SELECT device FROM survey WHERE kind = 'customer')
  WINDOW w AS (PARTITION BY device ORDER BY arrived)) AS pairs
WHERE visits_before >= 2 AND next_days IS NOT NULL;
CREATE VIEW returns_train AS SELECT * FROM returns WHERE arrived < '2026-07-13';
CREATE VIEW returns_test AS SELECT * FROM returns WHERE arrived >= '2026-07-13';
SET @return = 'return';
CALL sys.ML_TRAIN('wifi.returns_train', 'next_days', JSON_OBJECT('task', 'regression', 'time_column', 'arrived',
  'group_column', 'device', 'time_budget', 3), @return);
CALL sys.ML_MODEL_LOAD(@return, NULL);
CALL sys.ML_SCORE('wifi.returns_test', 'next_days', @return, 'r2', @r2, NULL);
SELECT @r2;
-- at least: 0.4

-- 5. The mood of a comment, Japanese or English, learnt from those whose mood somebody wrote down.
CREATE VIEW moods AS SELECT body, mood FROM comment WHERE mood IS NOT NULL;
CREATE VIEW unread AS SELECT comment_id, body FROM comment WHERE mood IS NULL;
SET @mood = 'mood';
CALL sys.ML_TRAIN('wifi.moods', 'mood', JSON_OBJECT('task', 'classification', 'time_budget', 3), @mood);
CALL sys.ML_MODEL_LOAD(@mood, NULL);
CALL sys.ML_PREDICT_TABLE('wifi.unread', @mood, 'wifi.felt', NULL);
SELECT AVG(f.Prediction = t.mood) FROM felt AS f JOIN truth_mood AS t ON t.comment_id = f.comment_id;
-- at least: 0.9
SELECT JSON_UNQUOTE(JSON_EXTRACT(sys.ML_PREDICT_ROW(
  JSON_OBJECT('body', '何度も切れて困りました。'), @mood, NULL), '$.Prediction'));
-- gives: negative
SELECT JSON_UNQUOTE(JSON_EXTRACT(sys.ML_PREDICT_ROW(
  JSON_OBJECT('body', 'Fast and stable, thank you.'), @mood, NULL), '$.Prediction'));
-- gives: positive
