-- Why a row is predicted as it is: the row with its columns from the typical row, and what that changes
-- (models/sql/walk/explain.py).
DROP FUNCTION IF EXISTS {{tables}}.walk_variants
//
CREATE FUNCTION {{tables}}.walk_variants(views JSON, model BIGINT UNSIGNED, last INT, players INT)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'As walk_scores, of variants 0 to last; players: columns in a game (see walk_attributions), 0: without one column at a time'
BEGIN
    DECLARE found JSON;
    SELECT JSON_ARRAYAGG(JSON_ARRAY(u.v, u.score, u.x)) INTO found FROM (
        SELECT t.v, l.score, SUM(l.value) AS x FROM (
            SELECT w.v, w.tree, MIN(w.leaf) AS leaf FROM (
                SELECT n.v, m.tree, 64 * m.word + BIT_COUNT(~NULLIF(BIT_AND(m.mask), 0) & (NULLIF(BIT_AND(m.mask), 0) - 1)) AS leaf
                FROM (
                    SELECT a.place, a.base, s.tree, s.word, BIT_AND(s.mask) AS mask
                    FROM JSON_TABLE(views, '$[*]' COLUMNS (place INT PATH '$[0]', base INT PATH '$[1]', view_no INT PATH '$[2]', x DOUBLE PATH '$[3]')) a
                    STRAIGHT_JOIN {{tables}}.walk_split s ON s.model_no = model AND s.view_no = a.view_no AND s.threshold < a.x
                    GROUP BY a.place, a.base, s.tree, s.word
                ) m STRAIGHT_JOIN (
                    WITH RECURSIVE each_one (v) AS (SELECT 0 UNION ALL SELECT v + 1 FROM each_one WHERE v < last) SELECT v FROM each_one
                ) n ON m.base = IF(m.place < 0, 0, CASE WHEN players = 0 THEN n.v = m.place
                    WHEN players <= 8 THEN n.v >> (m.place - 1) & 1
                    ELSE n.v > 0 AND (n.v - 1) MOD players + 1 >= IF((n.v - 1) DIV players & 1, players + 1
                        - ((m.place - 1 + IF((n.v - 1) DIV players > 1, players DIV 2, 0)) MOD players + 1),
                        (m.place - 1 + IF((n.v - 1) DIV players > 1, players DIV 2, 0)) MOD players + 1) END)
                GROUP BY n.v, m.tree, m.word
            ) w GROUP BY w.v, w.tree
        ) t STRAIGHT_JOIN {{tables}}.walk_leaf l ON l.model_no = model AND l.tree = t.tree AND l.leaf = t.leaf
        GROUP BY t.v, l.score
        UNION ALL
        SELECT n.v, c.score, SUM(c.x) FROM (
            SELECT a.place, a.base, k.score, SUM(k.c0 + (a.x - k.anchor) * (k.c1 + (a.x - k.anchor) * k.c2)) AS x
            FROM JSON_TABLE(views, '$[*]' COLUMNS (place INT PATH '$[0]', base INT PATH '$[1]', view_no INT PATH '$[2]', x DOUBLE PATH '$[3]')) a
            STRAIGHT_JOIN {{tables}}.walk_curve k ON k.model_no = model AND k.view_no = a.view_no AND k.low <= a.x AND a.x < k.high
            GROUP BY a.place, a.base, k.score
        ) c STRAIGHT_JOIN (
            WITH RECURSIVE each_one (v) AS (SELECT 0 UNION ALL SELECT v + 1 FROM each_one WHERE v < last) SELECT v FROM each_one
        ) n ON c.base = IF(c.place < 0, 0, CASE WHEN players = 0 THEN n.v = c.place
                    WHEN players <= 8 THEN n.v >> (c.place - 1) & 1
                    ELSE n.v > 0 AND (n.v - 1) MOD players + 1 >= IF((n.v - 1) DIV players & 1, players + 1
                        - ((c.place - 1 + IF((n.v - 1) DIV players > 1, players DIV 2, 0)) MOD players + 1),
                        (c.place - 1 + IF((n.v - 1) DIV players > 1, players DIV 2, 0)) MOD players + 1) END)
        GROUP BY n.v, c.score
        UNION ALL
        SELECT n.v, b.score, b.base FROM {{tables}}.walk_score b STRAIGHT_JOIN (
            WITH RECURSIVE each_one (v) AS (SELECT 0 UNION ALL SELECT v + 1 FROM each_one WHERE v < last) SELECT v FROM each_one
        ) n WHERE b.model_no = model
    ) u;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_shown
//
CREATE FUNCTION {{tables}}.walk_shown(input_data JSON, path VARCHAR(4000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, absent VARCHAR(20)
    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
    RETURNS LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DETERMINISTIC NO SQL SQL SECURITY DEFINER
    COMMENT 'A cell as people read it: the shortest number'
BEGIN
    DECLARE form VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT JSON_TYPE(JSON_EXTRACT(input_data, path));
    DECLARE w LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT JSON_UNQUOTE(JSON_EXTRACT(input_data, path));
    RETURN IF(form = 'NULL' OR w = '', absent, IF(form = 'DATETIME', REGEXP_REPLACE(w, '[.]0+$', ''), {{tables}}.walk_word(w, form)));
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_attributions
//
CREATE FUNCTION {{tables}}.walk_attributions(answers JSON, model BIGINT UNSIGNED, decided INT, players INT)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'JSON [[place, attribution], ...] of the class decided for, or of the value'
BEGIN
    DECLARE found JSON;
    IF players = 0 THEN
        -- Variant v has the column at place v from the background.
        SELECT JSON_ARRAYAGG(JSON_ARRAY(a.v, whole.p - a.p)) INTO found
        FROM JSON_TABLE(answers, '$[*]' COLUMNS (v INT PATH '$[0]', class INT PATH '$[1]', p DOUBLE PATH '$[2]')) a
        JOIN JSON_TABLE(answers, '$[*]' COLUMNS (v INT PATH '$[0]', class INT PATH '$[1]', p DOUBLE PATH '$[2]')) whole
            ON whole.v = 0 AND whole.class = a.class
        WHERE a.v > 0 AND a.class = COALESCE(decided, 0);
    ELSEIF players <= 8 THEN
        -- Variant v has the columns of its bits from the background. Shapley: n sums over numbers of absent others,
        -- in each the mean; the rows of Pascal's triangle say of how many.
        SELECT JSON_ARRAYAGG(JSON_ARRAY(s.place, s.x)) INTO found FROM (
            SELECT c.place, SUM((a.p - b.p) / players / ELT(players,
                ELT(BIT_COUNT(a.v) + 1, 1), ELT(BIT_COUNT(a.v) + 1, 1, 1), ELT(BIT_COUNT(a.v) + 1, 1, 2, 1),
                ELT(BIT_COUNT(a.v) + 1, 1, 3, 3, 1), ELT(BIT_COUNT(a.v) + 1, 1, 4, 6, 4, 1), ELT(BIT_COUNT(a.v) + 1, 1, 5, 10, 10, 5, 1),
                ELT(BIT_COUNT(a.v) + 1, 1, 6, 15, 20, 15, 6, 1), ELT(BIT_COUNT(a.v) + 1, 1, 7, 21, 35, 35, 21, 7, 1))) AS x
            FROM {{tables}}.walk_column c
            STRAIGHT_JOIN JSON_TABLE(answers, '$[*]' COLUMNS (v INT PATH '$[0]', class INT PATH '$[1]', p DOUBLE PATH '$[2]')) a
                ON a.class = COALESCE(decided, 0) AND NOT (a.v >> (c.place - 1) & 1)
            STRAIGHT_JOIN JSON_TABLE(answers, '$[*]' COLUMNS (v INT PATH '$[0]', class INT PATH '$[1]', p DOUBLE PATH '$[2]')) b
                ON b.class = a.class AND b.v = a.v + (1 << (c.place - 1))
            WHERE c.model_no = model AND c.place IS NOT NULL GROUP BY c.place
        ) s;
    ELSE
        -- The columns go one after the other, in four orders: by place, from half way on, and both backwards. Variant
        -- (order - 1) * players + step has the first columns of an order from the background.
        SELECT JSON_ARRAYAGG(JSON_ARRAY(s.place, s.x)) INTO found FROM (
            SELECT c.place, SUM(b.p - a.p) / 4 AS x
            FROM {{tables}}.walk_column c
            JOIN JSON_TABLE('[0, 1, 2, 3]', '$[*]' COLUMNS (o INT PATH '$')) n
            JOIN JSON_TABLE(answers, '$[*]' COLUMNS (v INT PATH '$[0]', class INT PATH '$[1]', p DOUBLE PATH '$[2]')) a
                ON a.class = COALESCE(decided, 0) AND a.v = n.o * players + IF(n.o & 1,
                    players - (c.place - 1 + IF(n.o > 1, players DIV 2, 0)) MOD players,
                    (c.place - 1 + IF(n.o > 1, players DIV 2, 0)) MOD players + 1)
            JOIN JSON_TABLE(answers, '$[*]' COLUMNS (v INT PATH '$[0]', class INT PATH '$[1]', p DOUBLE PATH '$[2]')) b
                ON b.class = a.class AND b.v = IF((a.v - 1) MOD players = 0, 0, a.v - 1)
            WHERE c.model_no = model AND c.place IS NOT NULL GROUP BY c.place
        ) s;
    END IF;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_notes
//
CREATE FUNCTION {{tables}}.walk_notes(attributed JSON, input_data JSON, model BIGINT UNSIGNED,
    said LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
    RETURNS LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'Which column speaks most for a prediction and which against it, in the language of the session'
BEGIN
    DECLARE ja TINYINT DEFAULT @@lc_messages LIKE 'ja%';
    DECLARE good, bad, good_value, bad_value LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE absent VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT IF(ja, '欠損', 'missing');
    SELECT c.name, {{tables}}.walk_shown(input_data, c.path, absent) INTO good, good_value
    FROM JSON_TABLE(attributed, '$[*]' COLUMNS (place INT PATH '$[0]', x DOUBLE PATH '$[1]')) a
    JOIN {{tables}}.walk_column c ON c.model_no = model AND c.place = a.place
    WHERE a.x > 0 ORDER BY a.x DESC, a.place LIMIT 1;
    SELECT c.name, {{tables}}.walk_shown(input_data, c.path, absent) INTO bad, bad_value
    FROM JSON_TABLE(attributed, '$[*]' COLUMNS (place INT PATH '$[0]', x DOUBLE PATH '$[1]')) a
    JOIN {{tables}}.walk_column c ON c.model_no = model AND c.place = a.place
    WHERE a.x < 0 ORDER BY a.x, a.place LIMIT 1;
    IF good IS NULL AND bad IS NULL THEN
        RETURN IF(ja, '代表的な行の予測と比べて、この予測を動かした列はありません', 'No column moves this prediction away from that of a typical row');
    END IF;
    RETURN IF(ja,
        CONCAT(COALESCE(CONCAT(said, 'という予測に最も寄与したのは', good, '(', good_value, ')です'), ''), IF(good IS NULL OR bad IS NULL, '', '。一方、'),
            COALESCE(CONCAT(said, 'という予測を最も弱めたのは', bad, '(', bad_value, ')です'), '')),
        CONCAT(COALESCE(CONCAT(good, ' (', good_value, ') had the largest impact towards predicting ', said), ''),
            IF(good IS NULL OR bad IS NULL, '', ', whereas '),
            COALESCE(CONCAT(bad, ' (', bad_value, ') contributed the most against predicting ', said), '')));
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_explained
//
CREATE FUNCTION {{tables}}.walk_explained(attributed JSON, document JSON, model BIGINT UNSIGNED)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The document with one member per attribution'
BEGIN
    DECLARE found JSON;
    -- mysql
    SELECT JSON_OBJECTAGG(CONCAT(c.name, '_attribution'), a.x) INTO found
    -- end
    -- mariadb
    SELECT CONCAT('{', GROUP_CONCAT(LEFT(SUBSTRING(c.path, 3), CHAR_LENGTH(c.path) - 3), '_attribution": ', {{tables}}.walk_json(a.x)
        ORDER BY a.place SEPARATOR ', '), '}') INTO found
    -- end
    FROM JSON_TABLE(attributed, '$[*]' COLUMNS (place INT PATH '$[0]', x DOUBLE PATH '$[1]')) a
    JOIN {{tables}}.walk_column c ON c.model_no = model AND c.place = a.place;
    RETURN JSON_MERGE_PATCH(document, COALESCE(found, '{}'));
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_explanation
//
CREATE FUNCTION {{tables}}.walk_explanation(attributed JSON, model BIGINT UNSIGNED, goal VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    prediction JSON, notes LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'ml_results of an explanation'
BEGIN
    DECLARE found JSON;
    -- mysql
    SELECT JSON_OBJECT('attributions', COALESCE(JSON_OBJECTAGG(c.name, a.x), JSON_OBJECT()), 'predictions', JSON_OBJECT(JSON_UNQUOTE(goal), prediction), 'notes', notes) INTO found
    -- end
    -- mariadb
    SELECT CONCAT('{"attributions": {', COALESCE(GROUP_CONCAT(SUBSTRING(c.path, 3), ': ', {{tables}}.walk_json(a.x) ORDER BY a.place SEPARATOR ', '), ''),
        '}, "predictions": {', goal, ': ', prediction, '}, "notes": ', JSON_QUOTE(notes), '}') INTO found
    -- end
    FROM JSON_TABLE(attributed, '$[*]' COLUMNS (place INT PATH '$[0]', x DOUBLE PATH '$[1]')) a
    JOIN {{tables}}.walk_column c ON c.model_no = model AND c.place = a.place;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_reasoned
//
CREATE FUNCTION {{tables}}.walk_reasoned(input_data JSON, model_handle TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, options JSON)
    RETURNS JSON NOT DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'What ML_EXPLAIN_ROW returns'
BEGIN
    DECLARE answers, results, attributed, added, told JSON;
    DECLARE model BIGINT UNSIGNED DEFAULT {{tables}}.walk_loaded(input_data, model_handle);
    DECLARE kind, method VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE goal VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE notes, problem LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE ruled, decided, straight, explained, players, digits INT;
    IF options IS NOT NULL THEN
        SET decided = {{tables}}.walk_options(options, '["prediction_explainer"]');
        SET method = NULLIF(JSON_UNQUOTE(JSON_EXTRACT(options, '$.prediction_explainer')), 'null');
    END IF;
    SET method = COALESCE(method, 'permutation_importance');
    SELECT l.task, m.target, m.ruled, m.additive INTO kind, goal, ruled, straight
    FROM {{tables}}.loaded l LEFT JOIN {{tables}}.walk_model m ON m.model_no = l.model_no WHERE l.model_no = model;
    SELECT COALESCE(MAX(c.place), 0) INTO explained FROM {{tables}}.walk_column c WHERE c.model_no = model;
    IF goal IS NULL THEN
        SET problem = CONCAT(kind, ' models are not explained; classification and regression are');
    ELSEIF method NOT IN ('permutation_importance', 'shap') THEN
        SET problem = CONCAT('prediction_explainer ', QUOTE(LEFT(method, 40)), ' is unknown; give permutation_importance or shap');
    END IF;
    IF problem IS NOT NULL THEN
        SET problem = LEFT(problem, 128);
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = problem;
    END IF;
    SET players = IF(method = 'shap' AND NOT straight, explained, 0);
    SET answers = {{tables}}.walk_raw(input_data, model, CASE WHEN players = 0 THEN explained WHEN players <= 8 THEN (1 << players) - 1
        ELSE 4 * players END, players);
    SET decided = IF(kind = 'regression', NULL, {{tables}}.walk_decision(answers, model, ruled));
    SELECT JSON_ARRAYAGG(JSON_ARRAY(a.v, a.class, a.p)) INTO told
    FROM JSON_TABLE(answers, '$[*]' COLUMNS (v INT PATH '$[0]', class INT PATH '$[1]', p DOUBLE PATH '$[2]')) a WHERE a.v = 0;
    -- A difference has no more digits than what it is the difference of.
    SELECT IF(decided IS NULL, 11 - FLOOR(LOG10(GREATEST(1e-300, MAX(ABS(a.p))))), 6) INTO digits
    FROM JSON_TABLE(answers, '$[*]' COLUMNS (p DOUBLE PATH '$[2]')) a;
    SET attributed = {{tables}}.walk_attributions(answers, model, decided, players);
    SELECT JSON_ARRAYAGG(JSON_ARRAY(a.place, ROUND(a.x, digits) + 0e0)) INTO attributed
    FROM JSON_TABLE(attributed, '$[*]' COLUMNS (place INT PATH '$[0]', x DOUBLE PATH '$[1]')) a;
    SET results = {{tables}}.walk_prediction(told, model, decided);
    SET notes = {{tables}}.walk_notes(attributed, input_data, model, JSON_UNQUOTE(results));
    SET added = JSON_SET(input_data, '$.Prediction', JSON_EXTRACT(results, '$'), '$.Notes', notes);
    RETURN JSON_SET({{tables}}.walk_explained(attributed, added, model), '$.ml_results',
        JSON_EXTRACT({{tables}}.walk_explanation(attributed, model, goal, JSON_EXTRACT(results, '$'), notes), '$'));
END
//
DROP FUNCTION IF EXISTS {{routines}}.ML_EXPLAIN_ROW
//
CREATE FUNCTION {{routines}}.ML_EXPLAIN_ROW(input_data JSON, model_handle TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, options JSON)
    RETURNS JSON NOT DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'Why a loaded model predicts one row as it does'
BEGIN
    -- mysql
    RETURN {{tables}}.walk_reasoned(input_data, model_handle, options);
    -- end
    -- mariadb
    DECLARE found JSON;
    SET STATEMENT group_concat_max_len = 1073741824 FOR SELECT {{tables}}.walk_reasoned(input_data, model_handle, options) INTO found;
    RETURN found;
    -- end
END
//
