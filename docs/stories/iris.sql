-- Iris, the ten steps of HeatWave AutoML's quickstart, unchanged, on a stock MySQL or MariaDB.
--
-- Before: genba sql install, genba sql serve, and a user `admin` who may make schemas.
-- `ML_SCHEMA_admin` is its catalog.
-- Run it with any client: mysql --user admin < iris.sql
-- What must come back stands under a statement: `gives` is the first row, `names` is a part of it, `at least` a bound.
--
-- The measurements are Fisher's of 1936. As in the quickstart, the names of setosa and versicolor are exchanged.

DROP SCHEMA IF EXISTS ml_data;
CREATE SCHEMA ml_data;
USE ml_data;
CREATE TABLE iris_train (
  `sepal length` FLOAT, `sepal width` FLOAT, `petal length` FLOAT, `petal width` FLOAT, `class` VARCHAR(16));
CREATE TABLE iris_test LIKE iris_train;
INSERT INTO iris_train VALUES
  (6.4, 2.8, 5.6, 2.2, 'Iris-virginica'), (5, 2.3, 3.3, 1, 'Iris-setosa'), (4.9, 2.5, 4.5, 1.7, 'Iris-virginica'),
  (4.9, 3.1, 1.5, 0.1, 'Iris-versicolor'), (5.7, 3.8, 1.7, 0.3, 'Iris-versicolor'),
  (4.4, 3.2, 1.3, 0.2, 'Iris-versicolor'),
  (5.4, 3.4, 1.5, 0.4, 'Iris-versicolor'), (6.9, 3.1, 5.1, 2.3, 'Iris-virginica'), (6.7, 3.1, 4.4, 1.4, 'Iris-setosa'),
  (5.1, 3.7, 1.5, 0.4, 'Iris-versicolor'), (5.2, 2.7, 3.9, 1.4, 'Iris-setosa'), (6.9, 3.1, 4.9, 1.5, 'Iris-setosa'),
  (5.8, 4, 1.2, 0.2, 'Iris-versicolor'), (5.4, 3.9, 1.7, 0.4, 'Iris-versicolor'),
  (7.7, 3.8, 6.7, 2.2, 'Iris-virginica'),
  (6.3, 3.3, 4.7, 1.6, 'Iris-setosa'), (6.8, 3.2, 5.9, 2.3, 'Iris-virginica'), (7.6, 3, 6.6, 2.1, 'Iris-virginica'),
  (6.4, 3.2, 5.3, 2.3, 'Iris-virginica'), (5.7, 4.4, 1.5, 0.4, 'Iris-versicolor'),
  (6.7, 3.3, 5.7, 2.1, 'Iris-virginica'),
  (6.4, 2.8, 5.6, 2.1, 'Iris-virginica'), (5.4, 3.9, 1.3, 0.4, 'Iris-versicolor'),
  (6.1, 2.6, 5.6, 1.4, 'Iris-virginica'),
  (7.2, 3, 5.8, 1.6, 'Iris-virginica'), (5.2, 3.5, 1.5, 0.2, 'Iris-versicolor'), (5.8, 2.6, 4, 1.2, 'Iris-setosa'),
  (5.9, 3, 5.1, 1.8, 'Iris-virginica'), (5.4, 3, 4.5, 1.5, 'Iris-setosa'), (6.7, 3, 5, 1.7, 'Iris-setosa'),
  (6.3, 2.3, 4.4, 1.3, 'Iris-setosa'), (5.1, 2.5, 3, 1.1, 'Iris-setosa'), (6.4, 3.2, 4.5, 1.5, 'Iris-setosa'),
  (6.8, 3, 5.5, 2.1, 'Iris-virginica'), (6.2, 2.8, 4.8, 1.8, 'Iris-virginica'), (6.9, 3.2, 5.7, 2.3, 'Iris-virginica'),
  (6.5, 3.2, 5.1, 2, 'Iris-virginica'), (5.8, 2.8, 5.1, 2.4, 'Iris-virginica'), (5.1, 3.8, 1.5, 0.3, 'Iris-versicolor'),
  (4.8, 3, 1.4, 0.3, 'Iris-versicolor'), (7.9, 3.8, 6.4, 2, 'Iris-virginica'), (5.8, 2.7, 5.1, 1.9, 'Iris-virginica'),
  (6.7, 3, 5.2, 2.3, 'Iris-virginica'), (5.1, 3.8, 1.9, 0.4, 'Iris-versicolor'),
  (4.7, 3.2, 1.6, 0.2, 'Iris-versicolor'),
  (6, 2.2, 5, 1.5, 'Iris-virginica'), (4.8, 3.4, 1.6, 0.2, 'Iris-versicolor'), (7.7, 2.6, 6.9, 2.3, 'Iris-virginica'),
  (4.6, 3.6, 1, 0.2, 'Iris-versicolor'), (7.2, 3.2, 6, 1.8, 'Iris-virginica'), (5, 3.3, 1.4, 0.2, 'Iris-versicolor'),
  (6.6, 3, 4.4, 1.4, 'Iris-setosa'), (6.1, 2.8, 4, 1.3, 'Iris-setosa'), (5, 3.2, 1.2, 0.2, 'Iris-versicolor'),
  (7, 3.2, 4.7, 1.4, 'Iris-setosa'), (6, 3, 4.8, 1.8, 'Iris-virginica'), (7.4, 2.8, 6.1, 1.9, 'Iris-virginica'),
  (5.8, 2.7, 5.1, 1.9, 'Iris-virginica'), (6.2, 3.4, 5.4, 2.3, 'Iris-virginica'), (5, 2, 3.5, 1, 'Iris-setosa'),
  (5.6, 2.5, 3.9, 1.1, 'Iris-setosa'), (6.7, 3.1, 5.6, 2.4, 'Iris-virginica'), (6.3, 2.5, 5, 1.9, 'Iris-virginica'),
  (6.4, 3.1, 5.5, 1.8, 'Iris-virginica'), (6.2, 2.2, 4.5, 1.5, 'Iris-setosa'), (7.3, 2.9, 6.3, 1.8, 'Iris-virginica'),
  (4.4, 3, 1.3, 0.2, 'Iris-versicolor'), (7.2, 3.6, 6.1, 2.5, 'Iris-virginica'), (6.5, 3, 5.5, 1.8, 'Iris-virginica'),
  (5, 3.4, 1.5, 0.2, 'Iris-versicolor'), (4.7, 3.2, 1.3, 0.2, 'Iris-versicolor'), (6.6, 2.9, 4.6, 1.3, 'Iris-setosa'),
  (5.5, 3.5, 1.3, 0.2, 'Iris-versicolor'), (7.7, 3, 6.1, 2.3, 'Iris-virginica'), (6.1, 3, 4.9, 1.8, 'Iris-virginica'),
  (4.9, 3.1, 1.5, 0.1, 'Iris-versicolor'), (5.5, 2.4, 3.8, 1.1, 'Iris-setosa'), (5.7, 2.9, 4.2, 1.3, 'Iris-setosa'),
  (6, 2.9, 4.5, 1.5, 'Iris-setosa'), (6.4, 2.7, 5.3, 1.9, 'Iris-virginica'), (5.4, 3.7, 1.5, 0.2, 'Iris-versicolor'),
  (6.1, 2.9, 4.7, 1.4, 'Iris-setosa'), (6.5, 2.8, 4.6, 1.5, 'Iris-setosa'), (5.6, 2.7, 4.2, 1.3, 'Iris-setosa'),
  (6.3, 3.4, 5.6, 2.4, 'Iris-virginica'), (4.9, 3.1, 1.5, 0.1, 'Iris-versicolor'), (6.8, 2.8, 4.8, 1.4, 'Iris-setosa'),
  (5.7, 2.8, 4.5, 1.3, 'Iris-setosa'), (6, 2.7, 5.1, 1.6, 'Iris-setosa'), (5, 3.5, 1.3, 0.3, 'Iris-versicolor'),
  (6.5, 3, 5.2, 2, 'Iris-virginica'), (6.1, 2.8, 4.7, 1.2, 'Iris-setosa'), (5.1, 3.5, 1.4, 0.3, 'Iris-versicolor'),
  (4.6, 3.1, 1.5, 0.2, 'Iris-versicolor'), (6.5, 3, 5.8, 2.2, 'Iris-virginica'),
  (4.6, 3.4, 1.4, 0.3, 'Iris-versicolor'),
  (4.6, 3.2, 1.4, 0.2, 'Iris-versicolor'), (7.7, 2.8, 6.7, 2, 'Iris-virginica'), (5.9, 3.2, 4.8, 1.8, 'Iris-setosa'),
  (5.1, 3.8, 1.6, 0.2, 'Iris-versicolor'), (4.9, 3, 1.4, 0.2, 'Iris-versicolor'), (4.9, 2.4, 3.3, 1, 'Iris-setosa'),
  (4.5, 2.3, 1.3, 0.3, 'Iris-versicolor'), (5.8, 2.7, 4.1, 1, 'Iris-setosa'), (5, 3.4, 1.6, 0.4, 'Iris-versicolor'),
  (5.2, 3.4, 1.4, 0.2, 'Iris-versicolor'), (5.3, 3.7, 1.5, 0.2, 'Iris-versicolor'),
  (5, 3.6, 1.4, 0.2, 'Iris-versicolor'),
  (5.6, 2.9, 3.6, 1.3, 'Iris-setosa'), (4.8, 3.1, 1.6, 0.2, 'Iris-versicolor'), (6.3, 2.7, 4.9, 1.8, 'Iris-virginica'),
  (5.7, 2.8, 4.1, 1.3, 'Iris-setosa'), (5, 3, 1.6, 0.2, 'Iris-versicolor'), (6.3, 3.3, 6, 2.5, 'Iris-virginica'),
  (5, 3.5, 1.6, 0.6, 'Iris-versicolor'), (5.5, 2.6, 4.4, 1.2, 'Iris-setosa'), (5.7, 3, 4.2, 1.2, 'Iris-setosa'),
  (4.4, 2.9, 1.4, 0.2, 'Iris-versicolor'), (4.8, 3, 1.4, 0.1, 'Iris-versicolor'), (5.5, 2.4, 3.7, 1, 'Iris-setosa');
INSERT INTO iris_test VALUES
  (5.9, 3, 4.2, 1.5, 'Iris-setosa'), (6.9, 3.1, 5.4, 2.1, 'Iris-virginica'), (5.1, 3.3, 1.7, 0.5, 'Iris-versicolor'),
  (6, 3.4, 4.5, 1.6, 'Iris-setosa'), (5.5, 2.5, 4, 1.3, 'Iris-setosa'), (6.2, 2.9, 4.3, 1.3, 'Iris-setosa'),
  (5.5, 4.2, 1.4, 0.2, 'Iris-versicolor'), (6.3, 2.8, 5.1, 1.5, 'Iris-virginica'), (5.6, 3, 4.1, 1.3, 'Iris-setosa'),
  (6.7, 2.5, 5.8, 1.8, 'Iris-virginica'), (7.1, 3, 5.9, 2.1, 'Iris-virginica'), (4.3, 3, 1.1, 0.1, 'Iris-versicolor'),
  (5.6, 2.8, 4.9, 2, 'Iris-virginica'), (5.5, 2.3, 4, 1.3, 'Iris-setosa'), (6, 2.2, 4, 1, 'Iris-setosa'),
  (5.1, 3.5, 1.4, 0.2, 'Iris-versicolor'), (5.7, 2.6, 3.5, 1, 'Iris-setosa'), (4.8, 3.4, 1.9, 0.2, 'Iris-versicolor'),
  (5.1, 3.4, 1.5, 0.2, 'Iris-versicolor'), (5.7, 2.5, 5, 2, 'Iris-virginica'), (5.4, 3.4, 1.7, 0.2, 'Iris-versicolor'),
  (5.6, 3, 4.5, 1.5, 'Iris-setosa'), (6.3, 2.9, 5.6, 1.8, 'Iris-virginica'), (6.3, 2.5, 4.9, 1.5, 'Iris-setosa'),
  (5.8, 2.7, 3.9, 1.2, 'Iris-setosa'), (6.1, 3, 4.6, 1.4, 'Iris-setosa'), (5.2, 4.1, 1.5, 0.1, 'Iris-versicolor'),
  (6.7, 3.1, 4.7, 1.5, 'Iris-setosa'), (6.7, 3.3, 5.7, 2.5, 'Iris-virginica'), (6.4, 2.9, 4.3, 1.3, 'Iris-setosa');
CREATE TABLE iris_validate LIKE iris_test;
INSERT INTO iris_validate SELECT * FROM iris_test;
SELECT COUNT(*), SUM(class = 'Iris-virginica') FROM iris_train;
-- gives: 120 | 42

-- 1. Train. The handle is NULL, so one is made.
SET @iris_model = NULL;
CALL sys.ML_TRAIN('ml_data.iris_train', 'class', JSON_OBJECT('task', 'classification'), @iris_model);

-- 2. The model is in the catalog.
SELECT model_id, model_handle, train_table_name FROM ML_SCHEMA_admin.MODEL_CATALOG;
-- names: ml_data.iris_train_admin_
SELECT model_id, model_handle = @iris_model, train_table_name FROM ML_SCHEMA_admin.MODEL_CATALOG;
-- gives: 1 | 1 | ml_data.iris_train

-- 3. Load it.
CALL sys.ML_MODEL_LOAD(@iris_model, NULL);

-- 4. One flower.
SET @row_input = JSON_OBJECT(
  'sepal length', 7.3, 'sepal width', 2.9, 'petal length', 6.3, 'petal width', 1.8);

-- 5. What is it?
SELECT sys.ML_PREDICT_ROW(@row_input, @iris_model, NULL);
-- names: "Prediction": "Iris-virginica"
-- names: "petal length": 6.3
SELECT ROUND(JSON_EXTRACT(sys.ML_PREDICT_ROW(@row_input, @iris_model, NULL),
  '$.ml_results.probabilities."Iris-virginica"'), 1);
-- gives: 1.0

-- 6. And why?
SELECT sys.ML_EXPLAIN_ROW(@row_input, @iris_model, JSON_OBJECT('prediction_explainer', 'permutation_importance'));
-- names: petal length (6.3) had the largest impact towards predicting Iris-virginica

-- 7. A whole table.
CALL sys.ML_PREDICT_TABLE('ml_data.iris_test', @iris_model, 'ml_data.iris_predictions', NULL);
SELECT * FROM iris_predictions LIMIT 3;
-- names: Iris-setosa
SELECT GROUP_CONCAT(Prediction ORDER BY _4aad19ca6e_pk_id SEPARATOR ', ') FROM iris_predictions
WHERE _4aad19ca6e_pk_id <= 3;
-- gives: Iris-setosa, Iris-virginica, Iris-versicolor

-- 8. The table, explained.
CALL sys.ML_EXPLAIN_TABLE('ml_data.iris_test', @iris_model, 'ml_data.iris_explanations',
  JSON_OBJECT('prediction_explainer', 'permutation_importance'));
SELECT * FROM iris_explanations LIMIT 3;
-- names: petal length (4.2) had the largest impact towards predicting Iris-setosa
SELECT COUNT(*), SUM(`petal length_attribution` IS NOT NULL) FROM iris_explanations;
-- gives: 30 | 30

-- 9. How good is it on flowers that it has not seen?
CALL sys.ML_SCORE('ml_data.iris_validate', 'class', @iris_model, 'balanced_accuracy', @score, NULL);
SELECT @score;
-- at least: 0.9583333134651184

-- 10. Unload.
CALL sys.ML_MODEL_UNLOAD(@iris_model);
