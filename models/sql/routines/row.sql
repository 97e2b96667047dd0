-- The row functions: a loaded model, evaluated by the database alone. How: models/sql/walk, docs/sql.md.
-- Views (row_cells.sql) become scores (walk_scores), scores become answers (walk_answers: probabilities or a value).
-- Lists travel between the steps as JSON arrays.
DROP FUNCTION IF EXISTS {{tables}}.walk_scores
//
CREATE FUNCTION {{tables}}.walk_scores(views JSON, model BIGINT UNSIGNED, wide TINYINT)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'JSON [[0, score, value], ...] of one row; the parts of a score are still to be added up'
BEGIN
    DECLARE found JSON;
    -- Trees of up to 64 leaves have one word each; wider ones take the first that is not empty.
    IF NOT wide THEN
        SELECT JSON_ARRAYAGG(JSON_ARRAY(0, u.score, u.x)) INTO found FROM (
            SELECT l.score, SUM(l.value) AS x FROM (
                SELECT s.tree, BIT_COUNT(~BIT_AND(s.mask) & (BIT_AND(s.mask) - 1)) AS leaf
                FROM JSON_TABLE(views, '$[*]' COLUMNS (view_no INT PATH '$[2]', x DOUBLE PATH '$[3]')) a
                STRAIGHT_JOIN {{tables}}.walk_split s ON s.model_no = model AND s.view_no = a.view_no AND s.threshold < a.x
                GROUP BY s.tree
            ) t STRAIGHT_JOIN {{tables}}.walk_leaf l ON l.model_no = model AND l.tree = t.tree AND l.leaf = t.leaf
            GROUP BY l.score
            UNION ALL
            SELECT k.score, SUM(k.c0 + (a.x - k.anchor) * (k.c1 + (a.x - k.anchor) * k.c2))
            FROM JSON_TABLE(views, '$[*]' COLUMNS (view_no INT PATH '$[2]', x DOUBLE PATH '$[3]')) a
            STRAIGHT_JOIN {{tables}}.walk_curve k ON k.model_no = model AND k.view_no = a.view_no AND k.low <= a.x AND a.x < k.high
            GROUP BY k.score
            UNION ALL
            SELECT b.score, b.base FROM {{tables}}.walk_score b WHERE b.model_no = model
        ) u;
    ELSE
        SELECT JSON_ARRAYAGG(JSON_ARRAY(0, u.score, u.x)) INTO found FROM (
            SELECT l.score, SUM(l.value) AS x FROM (
                SELECT w.tree, MIN(w.leaf) AS leaf FROM (
                    SELECT s.tree, 64 * s.word + BIT_COUNT(~NULLIF(BIT_AND(s.mask), 0) & (NULLIF(BIT_AND(s.mask), 0) - 1)) AS leaf
                    FROM JSON_TABLE(views, '$[*]' COLUMNS (view_no INT PATH '$[2]', x DOUBLE PATH '$[3]')) a
                    STRAIGHT_JOIN {{tables}}.walk_split s ON s.model_no = model AND s.view_no = a.view_no AND s.threshold < a.x
                    GROUP BY s.tree, s.word
                ) w GROUP BY w.tree
            ) t STRAIGHT_JOIN {{tables}}.walk_leaf l ON l.model_no = model AND l.tree = t.tree AND l.leaf = t.leaf
            GROUP BY l.score
            UNION ALL
            SELECT k.score, SUM(k.c0 + (a.x - k.anchor) * (k.c1 + (a.x - k.anchor) * k.c2))
            FROM JSON_TABLE(views, '$[*]' COLUMNS (view_no INT PATH '$[2]', x DOUBLE PATH '$[3]')) a
            STRAIGHT_JOIN {{tables}}.walk_curve k ON k.model_no = model AND k.view_no = a.view_no AND k.low <= a.x AND a.x < k.high
            GROUP BY k.score
            UNION ALL
            SELECT b.score, b.base FROM {{tables}}.walk_score b WHERE b.model_no = model
        ) u;
    END IF;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_multiplied
//
CREATE FUNCTION {{tables}}.walk_multiplied(scores JSON, model BIGINT UNSIGNED)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The scores, with the products of those below 0 added'
BEGIN
    DECLARE found JSON;
    SELECT JSON_ARRAYAGG(JSON_ARRAY(u.v, u.score, u.x)) INTO found FROM (
        SELECT p.v, m.score, SUM(m.weight * p.z * q.z) AS x
        FROM (
            SELECT a.v, a.score, SUM(a.x) AS z
            FROM JSON_TABLE(scores, '$[*]' COLUMNS (v INT PATH '$[0]', score INT PATH '$[1]', x DOUBLE PATH '$[2]')) a
            WHERE a.score < 0 GROUP BY a.v, a.score
        ) p STRAIGHT_JOIN {{tables}}.walk_product m ON m.model_no = model AND m.first = p.score
        STRAIGHT_JOIN (
            SELECT a.v, a.score, SUM(a.x) AS z
            FROM JSON_TABLE(scores, '$[*]' COLUMNS (v INT PATH '$[0]', score INT PATH '$[1]', x DOUBLE PATH '$[2]')) a
            WHERE a.score < 0 GROUP BY a.v, a.score
        ) q ON q.v = p.v AND q.score = m.second
        GROUP BY p.v, m.score
        UNION ALL
        SELECT a.v, a.score, a.x
        FROM JSON_TABLE(scores, '$[*]' COLUMNS (v INT PATH '$[0]', score INT PATH '$[1]', x DOUBLE PATH '$[2]')) a
        WHERE a.score >= 0
    ) u;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_mixed
//
CREATE FUNCTION {{tables}}.walk_mixed(scores JSON, model BIGINT UNSIGNED)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The scores, with those of naive Bayes brought to size by the softmax regression on them'
BEGIN
    DECLARE found JSON;
    SELECT JSON_ARRAYAGG(JSON_ARRAY(u.v, u.score, u.x)) INTO found FROM (
        SELECT b.v, s.score, SUM(m.weight * b.told) AS x FROM (
            SELECT r.v, r.grp, r.class, LEAST(r.slope, GREATEST(-r.slope, r.raw - AVG(r.raw) OVER (PARTITION BY r.v, r.grp))) AS told
            FROM (
                SELECT a.v, s.grp, s.class, g.slope, SUM(a.x) AS raw
                FROM JSON_TABLE(scores, '$[*]' COLUMNS (v INT PATH '$[0]', score INT PATH '$[1]', x DOUBLE PATH '$[2]')) a
                STRAIGHT_JOIN {{tables}}.walk_score s ON s.model_no = model AND s.score = a.score
                STRAIGHT_JOIN {{tables}}.walk_group g ON g.model_no = model AND g.grp = s.grp AND g.link = 'mixed'
                GROUP BY a.v, s.grp, s.class, g.slope
            ) r
            UNION ALL
            SELECT a.v, g.grp, -1, 1e0
            FROM (
                SELECT DISTINCT j.v FROM JSON_TABLE(scores, '$[*]' COLUMNS (v INT PATH '$[0]')) j
            ) a JOIN {{tables}}.walk_group g ON g.model_no = model AND g.link = 'mixed'
        ) b STRAIGHT_JOIN {{tables}}.walk_mix m ON m.model_no = model AND m.grp = b.grp AND m.source = b.class
        STRAIGHT_JOIN {{tables}}.walk_score s ON s.model_no = model AND s.grp = b.grp AND s.class = m.class
        GROUP BY b.v, s.score
        UNION ALL
        SELECT a.v, a.score, a.x
        FROM JSON_TABLE(scores, '$[*]' COLUMNS (v INT PATH '$[0]', score INT PATH '$[1]', x DOUBLE PATH '$[2]')) a
        STRAIGHT_JOIN {{tables}}.walk_score s ON s.model_no = model AND s.score = a.score
        STRAIGHT_JOIN {{tables}}.walk_group g ON g.model_no = model AND g.grp = s.grp AND g.link <> 'mixed'
    ) u;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_answers
//
CREATE FUNCTION {{tables}}.walk_answers(scores JSON, model BIGINT UNSIGNED, outputs INT, kind VARCHAR(12), slope DOUBLE,
    bend DOUBLE, shift DOUBLE)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'JSON [[variant, class, calibrated probability], ...], or [[variant, 0, value], ...]; outputs: classes'
BEGIN
    DECLARE found JSON;
    IF outputs = 0 THEN
        SELECT JSON_ARRAYAGG(JSON_ARRAY(r.v, 0, r.x)) INTO found FROM (
            SELECT a.v, SUM(a.x) AS x
            FROM JSON_TABLE(scores, '$[*]' COLUMNS (v INT PATH '$[0]', score INT PATH '$[1]', x DOUBLE PATH '$[2]')) a
            WHERE a.score = 0 GROUP BY a.v
        ) r;
    ELSEIF outputs = 2 THEN
        SELECT JSON_ARRAYAGG(JSON_ARRAY(c.v, n.class, IF(n.class, c.p, 1e0 - c.p))) INTO found FROM (
            SELECT b.v, CASE kind
                WHEN 'platt' THEN 1e0 / (1e0 + EXP(-LEAST(700, GREATEST(-700, slope * LN(b.sure / (1e0 - b.sure)) + shift))))
                WHEN 'beta' THEN 1e0 / (1e0 + EXP(-LEAST(700, GREATEST(-700, slope * LN(b.sure) - bend * LN(1e0 - b.sure) + shift))))
                WHEN 'isotonic' THEN 0.99e0 * (SELECT k.value + (b.sure - k.low) * k.slope FROM {{tables}}.walk_knot k
                    WHERE k.model_no = model AND k.low <= b.sure AND b.sure < k.high) + 0.01e0 * b.sure
                ELSE b.p END AS p
            FROM (
                SELECT m.v, m.p, LEAST(1e0 - 1e-7, GREATEST(1e-7, LEAST(1e0, GREATEST(1e-7, m.p))
                    / (LEAST(1e0, GREATEST(1e-7, m.p)) + LEAST(1e0, GREATEST(1e-7, 1e0 - m.p))))) AS sure
                FROM (
                    SELECT r.v, SUM(r.weight * r.p) / one.weight
                        / (SUM(r.weight * r.p) / one.weight + (SUM(r.weight) - SUM(r.weight * r.p)) / nought.weight) AS p
                    FROM (
                        SELECT a.v, g.weight, CASE g.link
                            WHEN 'share' THEN LEAST(1e0, GREATEST(0e0, SUM(a.x)))
                            WHEN 'logit' THEN 1e0 / (1e0 + EXP(-LEAST(700, GREATEST(-700, SUM(a.x)))))
                            ELSE 1e0 / (1e0 + EXP(-LEAST(700, GREATEST(-700, g.slope * LEAST(100, GREATEST(-100, SUM(a.x))) + g.shift)))) END AS p
                        FROM JSON_TABLE(scores, '$[*]' COLUMNS (v INT PATH '$[0]', score INT PATH '$[1]', x DOUBLE PATH '$[2]')) a
                        STRAIGHT_JOIN {{tables}}.walk_score s ON s.model_no = model AND s.score = a.score
                        STRAIGHT_JOIN {{tables}}.walk_group g ON g.model_no = model AND g.grp = s.grp
                        GROUP BY a.v, g.grp, g.weight, g.link, g.slope, g.shift
                    ) r
                    JOIN {{tables}}.walk_class one ON one.model_no = model AND one.class = 1
                    JOIN {{tables}}.walk_class nought ON nought.model_no = model AND nought.class = 0
                    GROUP BY r.v, one.weight, nought.weight
                ) m
            ) b LIMIT 100000
        ) c JOIN {{tables}}.walk_class n ON n.model_no = model;
    ELSE
        SELECT JSON_ARRAYAGG(JSON_ARRAY(c.v, c.class, c.p)) INTO found FROM (
            SELECT f.v, f.class, f.e / SUM(f.e) OVER (PARTITION BY f.v) AS p FROM (
                SELECT d.v, d.class, IF(kind = 'identity', d.p, EXP(slope * LN(LEAST(1e0, GREATEST(1e-7, d.p))) + d.shift)) AS e FROM (
                    SELECT m.v, m.class, n.shift, m.p / n.weight / SUM(m.p / n.weight) OVER (PARTITION BY m.v) AS p FROM (
                        SELECT q.v, q.class, SUM(q.weight * q.e / q.total) AS p FROM (
                            SELECT e.v, e.class, e.weight, e.e, SUM(e.e) OVER (PARTITION BY e.v, e.grp) AS total FROM (
                                SELECT r.v, r.grp, r.class, r.weight, IF(r.link = 'share', r.raw,
                                    EXP(GREATEST(-700, r.raw - MAX(r.raw) OVER (PARTITION BY r.v, r.grp)))) AS e
                                FROM (
                                    SELECT a.v, s.grp, s.class, g.weight, g.link, SUM(a.x) AS raw
                                    FROM JSON_TABLE(scores, '$[*]' COLUMNS (v INT PATH '$[0]', score INT PATH '$[1]', x DOUBLE PATH '$[2]')) a
                                    STRAIGHT_JOIN {{tables}}.walk_score s ON s.model_no = model AND s.score = a.score
                                    STRAIGHT_JOIN {{tables}}.walk_group g ON g.model_no = model AND g.grp = s.grp
                                    GROUP BY a.v, s.grp, s.class, g.weight, g.link
                                ) r
                            ) e
                        ) q GROUP BY q.v, q.class
                    ) m JOIN {{tables}}.walk_class n ON n.model_no = model AND n.class = m.class
                ) d
            ) f
        ) c;
    END IF;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_raw
//
CREATE FUNCTION {{tables}}.walk_raw(input_data JSON, model BIGINT UNSIGNED, last INT, players INT)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The answers for one row, before any is rounded: what predict_raw says; last: with its variants up to that, see walk_variants, or NULL'
BEGIN
    DECLARE scores JSON;
    DECLARE outputs, multiplied, mixed, wide INT;
    DECLARE slope, bend, shift DOUBLE;
    DECLARE kind VARCHAR(12);
    SELECT m.classes, m.products, m.mixes, m.wide, m.slope, m.bend, m.shift, m.calibration
        INTO outputs, multiplied, mixed, wide, slope, bend, shift, kind FROM {{tables}}.walk_model m WHERE m.model_no = model;
    IF last IS NULL THEN
        SET scores = {{tables}}.walk_scores({{tables}}.walk_views(input_data, model, 0), model, wide);
    ELSE
        SET scores = {{tables}}.walk_variants({{tables}}.walk_views(input_data, model, 1), model, last, players);
    END IF;
    IF multiplied THEN
        SET scores = {{tables}}.walk_multiplied(scores, model);
    END IF;
    IF mixed THEN
        SET scores = {{tables}}.walk_mixed(scores, model);
    END IF;
    RETURN {{tables}}.walk_answers(scores, model, outputs, kind, slope, bend, shift);
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_loaded
//
CREATE FUNCTION {{tables}}.walk_loaded(input_data JSON, handle TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
    RETURNS BIGINT UNSIGNED NOT DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The number of a model that the user of the session has loaded; an error where a row cannot be answered'
BEGIN
    DECLARE model BIGINT UNSIGNED;
    DECLARE good TINYINT;
    DECLARE told, why VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    SELECT l.model_no, l.walkable, JSON_UNQUOTE(JSON_EXTRACT(l.facts, '$.why')) INTO model, good, why
    FROM {{tables}}.loaded l WHERE l.model_handle = handle
        AND l.owner = LEFT(USER(), CHAR_LENGTH(USER()) - LOCATE('@', REVERSE(USER())));
    IF model IS NULL THEN
        SET told = CONCAT('model ', COALESCE(QUOTE(LEFT(handle, 50)), 'NULL'), ' is not loaded; CALL ML_MODEL_LOAD(handle, NULL) first');
    ELSEIF NOT good THEN
        SET told = CONCAT('model ', QUOTE(LEFT(handle, 50)), ': SQL cannot walk it; CALL ML_PREDICT_TABLE instead. ', COALESCE(why, ''));
    ELSEIF input_data IS NULL OR NOT JSON_VALID(input_data) OR JSON_TYPE(input_data) <> 'OBJECT' THEN
        SET told = 'input_data is no JSON object; write JSON_OBJECT(''column'', value, ...)';
    END IF;
    IF told IS NOT NULL THEN
        SET told = LEFT(told, 128);
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = told;
    END IF;
    RETURN model;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_options
//
CREATE FUNCTION {{tables}}.walk_options(options JSON, known JSON)
    RETURNS TINYINT DETERMINISTIC NO SQL SQL SECURITY DEFINER
    COMMENT 'An error for options that are no object, or hold a key that is not known'
BEGIN
    DECLARE told VARCHAR(1000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    IF options IS NULL OR NOT JSON_VALID(options) OR JSON_TYPE(options) = 'NULL' THEN
        RETURN 1;
    END IF;
    IF JSON_TYPE(options) <> 'OBJECT' THEN
        SET told = 'options is no JSON object; write JSON_OBJECT(''name'', value) or NULL';
    ELSE
        SELECT CONCAT('option ', QUOTE(LEFT(MIN(k.name), 40)), ' is unknown here; known: ', TRIM(BOTH ']' FROM TRIM(BOTH '[' FROM known))) INTO told
        FROM JSON_TABLE(JSON_KEYS(options), '$[*]' COLUMNS (name VARCHAR(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$')) k
        WHERE NOT JSON_CONTAINS(known, JSON_QUOTE(k.name)) HAVING COUNT(*) > 0;
    END IF;
    IF told IS NOT NULL THEN
        SET told = LEFT(told, 128);
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = told;
    END IF;
    RETURN 1;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_decision
//
CREATE FUNCTION {{tables}}.walk_decision(answers JSON, model BIGINT UNSIGNED, ruled TINYINT)
    RETURNS INT DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The class decided for in variant 0: of the least cost, or the most probable one'
BEGIN
    DECLARE found INT;
    IF ruled THEN
        SELECT d.decision INTO found FROM (
            SELECT c.decision, c.cost <= MIN(c.cost) OVER () + 1e-12 * GREATEST(ABS(MIN(c.cost) OVER ()), 1e-300) AS least
            FROM (
                SELECT w.decision, SUM(a.p * w.cost) AS cost
                FROM JSON_TABLE(answers, '$[*]' COLUMNS (v INT PATH '$[0]', class INT PATH '$[1]', p DOUBLE PATH '$[2]')) a
                STRAIGHT_JOIN {{tables}}.walk_cost w ON w.model_no = model AND w.class = a.class
                WHERE a.v = 0 GROUP BY w.decision
            ) c
        ) d JOIN JSON_TABLE(answers, '$[*]' COLUMNS (v INT PATH '$[0]', class INT PATH '$[1]', p DOUBLE PATH '$[2]')) b
            ON b.v = 0 AND b.class = d.decision
        WHERE d.least ORDER BY b.p DESC, d.decision LIMIT 1;
    ELSE
        SELECT a.class INTO found
        FROM JSON_TABLE(answers, '$[*]' COLUMNS (v INT PATH '$[0]', class INT PATH '$[1]', p DOUBLE PATH '$[2]')) a
        WHERE a.v = 0 ORDER BY a.p DESC, a.class LIMIT 1;
    END IF;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_brief
//
CREATE FUNCTION {{tables}}.walk_brief(x DOUBLE, digits INT) RETURNS DOUBLE DETERMINISTIC NO SQL SQL SECURITY DEFINER
    COMMENT 'A number to so many significant digits'
BEGIN
    RETURN ROUND(x, digits - 1 - FLOOR(LOG10(GREATEST(1e-300, ABS(x))))) + 0e0;
END
//
-- mariadb
DROP FUNCTION IF EXISTS {{tables}}.walk_json
//
CREATE FUNCTION {{tables}}.walk_json(x DOUBLE) RETURNS VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DETERMINISTIC NO SQL
    SQL SECURITY DEFINER COMMENT 'A number as JSON, a whole one with .0'
BEGIN
    RETURN CONCAT(IF(x = 0, 0, x), IF(CONCAT(x) REGEXP '[.e]', '', '.0'));
END
//
-- end
DROP FUNCTION IF EXISTS {{tables}}.walk_prediction
//
CREATE FUNCTION {{tables}}.walk_prediction(answers JSON, model BIGINT UNSIGNED, decided INT)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The label, or the value to three decimals (of a small one to six digits)'
BEGIN
    DECLARE x DOUBLE DEFAULT JSON_EXTRACT(answers, '$[0][2]');
    IF decided IS NULL THEN
        SET x = ROUND(x, GREATEST(3, 5 - FLOOR(LOG10(GREATEST(1e-300, ABS(x)))))) + 0e0;
        -- mysql
        RETURN CAST(x AS JSON);
        -- end
        -- mariadb
        RETURN {{tables}}.walk_json(x);
        -- end
    END IF;
    -- mysql
    RETURN (SELECT CAST(c.json_label AS JSON) FROM {{tables}}.walk_class c WHERE c.model_no = model AND c.class = decided);
    -- end
    -- mariadb
    RETURN (SELECT c.json_label FROM {{tables}}.walk_class c WHERE c.model_no = model AND c.class = decided);
    -- end
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_results
//
CREATE FUNCTION {{tables}}.walk_results(answers JSON, model BIGINT UNSIGNED, goal VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    decided INT)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'ml_results of variant 0; goal: the name of the target as JSON, decided: the class, NULL for a value'
BEGIN
    DECLARE found JSON;
    IF decided IS NULL THEN
        -- mysql
        RETURN JSON_OBJECT('predictions', JSON_OBJECT(JSON_UNQUOTE(goal), {{tables}}.walk_brief(JSON_EXTRACT(answers, '$[0][2]'), 12)));
        -- end
        -- mariadb
        RETURN CONCAT('{"predictions": {', goal, ': ', {{tables}}.walk_json({{tables}}.walk_brief(JSON_EXTRACT(answers, '$[0][2]'), 12)), '}}');
        -- end
    END IF;
    -- mysql
    SELECT JSON_OBJECT('predictions', JSON_OBJECT(JSON_UNQUOTE(goal), MAX(IF(c.class = decided, CAST(c.json_label AS JSON), NULL))),
        'probabilities', JSON_OBJECTAGG(JSON_UNQUOTE(c.json_key), ROUND(a.p, 6))) INTO found
    -- end
    -- mariadb
    SELECT CONCAT('{"predictions": {', goal, ': ', MAX(IF(c.class = decided, c.json_label, NULL)), '}, "probabilities": {',
        GROUP_CONCAT(c.json_key, ': ', CAST(REGEXP_REPLACE(TRIM(TRAILING '0' FROM CAST(ROUND(a.p, 6) AS DECIMAL(10, 6))), '[.]$', '.0') AS CHAR(12))
            ORDER BY c.class SEPARATOR ', '), '}}') INTO found
    -- end
    FROM JSON_TABLE(answers, '$[*]' COLUMNS (v INT PATH '$[0]', class INT PATH '$[1]', p DOUBLE PATH '$[2]')) a
    STRAIGHT_JOIN {{tables}}.walk_class c ON c.model_no = model AND c.class = a.class
    WHERE a.v = 0;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_text
//
CREATE FUNCTION {{tables}}.walk_text(options JSON, name VARCHAR(40))
    RETURNS LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DETERMINISTIC NO SQL SQL SECURITY DEFINER
    COMMENT 'An option as text; NULL where it is absent or null'
BEGIN
    DECLARE cell JSON DEFAULT JSON_EXTRACT(options, CONCAT('$.', name));
    RETURN IF(cell IS NULL OR JSON_TYPE(cell) = 'NULL', NULL, JSON_UNQUOTE(cell));
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_flag
//
CREATE FUNCTION {{tables}}.walk_flag(options JSON, name VARCHAR(40))
    RETURNS TINYINT DETERMINISTIC NO SQL SQL SECURITY DEFINER
    COMMENT 'An option that is a truth; NULL where it is absent or null'
BEGIN
    DECLARE told VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE w LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT LOWER({{tables}}.walk_text(options, name));
    IF w NOT IN ('true', 'false', '1', '0') THEN
        SET told = LEFT(CONCAT('option ', QUOTE(name), ' is ', QUOTE(LEFT(w, 40)), '; write true or false'), 128);
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = told;
    END IF;
    RETURN w IN ('true', '1');
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_amount
//
CREATE FUNCTION {{tables}}.walk_amount(options JSON, name VARCHAR(40), low INT, high INT, kind VARCHAR(10))
    RETURNS DOUBLE DETERMINISTIC NO SQL SQL SECURITY DEFINER
    COMMENT 'An option that is a number; kind: whole, or between low and high without them; NULL where it is absent or null'
BEGIN
    DECLARE told VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE w LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT {{tables}}.walk_text(options, name);
    DECLARE x DOUBLE DEFAULT IF(w REGEXP '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$', CAST(w AS DOUBLE), NULL);
    IF w IS NOT NULL AND (x IS NULL OR x < low OR x > high OR kind = 'whole' AND x <> FLOOR(x) OR kind = 'between' AND x IN (low, high)) THEN
        SET told = LEFT(CONCAT('option ', QUOTE(name), ' is ', QUOTE(LEFT(w, 40)), '; write a ', IF(kind = 'whole', 'whole ', ''), 'number between ', low, ' and ', high,
            IF(kind = 'between', ', both excluded', '')), 128);
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = told;
    END IF;
    RETURN x;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_drifted
//
CREATE FUNCTION {{tables}}.walk_drifted(input_data JSON, model BIGINT UNSIGNED)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'How unlike the rows of training a row is, and the columns that say so: models/sql/drift.py'
BEGIN
    DECLARE views JSON DEFAULT {{tables}}.walk_views(input_data, model, 2);
    DECLARE surprises, found JSON;
    DECLARE largest, squares DOUBLE;
    SELECT JSON_ARRAYAGG(JSON_ARRAY(s.column_no, s.u)), MAX(s.u), SUM(s.u * s.u) INTO surprises, largest, squares FROM (
        SELECT d.column_no, LEAST(1e3, d.base + d.slope * (a.x - d.anchor)) AS u
        FROM JSON_TABLE(views, '$[*]' COLUMNS (view_no INT PATH '$[2]', x DOUBLE PATH '$[3]')) a
        STRAIGHT_JOIN {{tables}}.walk_drift d ON d.model_no = model AND d.view_no = a.view_no AND d.low <= a.x AND a.x < d.high
    ) s;
    IF surprises IS NULL THEN
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877,
            MESSAGE_TEXT = 'the model has no drift detector: an earlier release trained it; train it again for additional_details';
    END IF;
    SET largest = FLOOR(largest * 1e4 + 0.5e0) / 1e4;
    -- mysql
    SELECT JSON_OBJECT('metric', largest, 'attribution_percent', COALESCE(JSON_OBJECTAGG(t.name, t.percent), JSON_OBJECT())) INTO found
    -- end
    -- mariadb
    SELECT CONCAT('{"metric": ', {{tables}}.walk_json(largest), ', "attribution_percent": {', COALESCE(GROUP_CONCAT(
        SUBSTRING(t.path, 3), ': ', {{tables}}.walk_json(t.percent) ORDER BY t.percent DESC, t.column_no SEPARATOR ', '), ''), '}}') INTO found
    -- end
    FROM (
        SELECT c.name, c.path, p.column_no, p.percent FROM (
            SELECT s.column_no, FLOOR(1e4 * (s.u * s.u / IF(squares > 0, squares, 1e0)) + 0.5e0) / 1e2 AS percent
            FROM JSON_TABLE(surprises, '$[*]' COLUMNS (column_no INT PATH '$[0]', u DOUBLE PATH '$[1]')) s
        ) p JOIN {{tables}}.walk_column c ON c.model_no = model AND c.column_no = p.column_no
        WHERE p.percent > 0 ORDER BY p.percent DESC, p.column_no LIMIT 3
    ) t;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_detailed
//
CREATE FUNCTION {{tables}}.walk_detailed(results JSON, input_data JSON, model BIGINT UNSIGNED)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'ml_results with the drift of the row'
BEGIN
    -- mysql
    RETURN JSON_SET(results, '$.drift', {{tables}}.walk_drifted(input_data, model));
    -- end
    -- mariadb
    RETURN CONCAT(LEFT(results, CHAR_LENGTH(results) - 1), ', "drift": ', {{tables}}.walk_drifted(input_data, model), '}');
    -- end
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_predicted
//
CREATE FUNCTION {{tables}}.walk_predicted(input_data JSON, model_handle TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, options JSON)
    RETURNS JSON NOT DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'What ML_PREDICT_ROW returns'
BEGIN
    DECLARE answers, results JSON;
    DECLARE added JSON DEFAULT input_data;
    DECLARE model BIGINT UNSIGNED DEFAULT {{tables}}.walk_loaded(input_data, model_handle);
    DECLARE kind VARCHAR(40);
    DECLARE goal VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE ruled, decided INT;
    DECLARE detailed TINYINT DEFAULT 0;
    SELECT l.task, m.target, m.ruled INTO kind, goal, ruled
    FROM {{tables}}.loaded l LEFT JOIN {{tables}}.walk_model m ON m.model_no = l.model_no WHERE l.model_no = model;
    IF options IS NOT NULL THEN
        SET decided = {{tables}}.walk_options(options, CASE kind WHEN 'anomaly_detection' THEN '["threshold", "topk", "supervised_submodel_weight", "additional_details"]'
            WHEN 'recommendation' THEN '["recommend", "topk", "remove_seen", "item_metadata", "user_metadata", "additional_details"]' ELSE '["additional_details"]' END);
        SET detailed = COALESCE({{tables}}.walk_flag(options, 'additional_details'), 0);
    END IF;
    IF kind = 'anomaly_detection' THEN
        SET results = {{tables}}.walk_marked(input_data, model, options);
    ELSEIF kind = 'recommendation' THEN
        IF detailed THEN
            SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = 'recommendation has no drift to tell; leave additional_details out';
        END IF;
        SET results = {{tables}}.walk_recommended(input_data, model, options);
    ELSE
        SET answers = {{tables}}.walk_raw(input_data, model, NULL, NULL);
        SET decided = IF(kind = 'regression', NULL, {{tables}}.walk_decision(answers, model, ruled));
        SET results = {{tables}}.walk_results(answers, model, goal, decided);
        SET added = JSON_SET(input_data, '$.Prediction', JSON_EXTRACT({{tables}}.walk_prediction(answers, model, decided), '$'));
    END IF;
    IF detailed THEN
        SET results = {{tables}}.walk_detailed(results, input_data, model);
    END IF;
    RETURN JSON_SET(added, '$.ml_results', JSON_EXTRACT(results, '$'));
END
//
DROP FUNCTION IF EXISTS {{routines}}.ML_PREDICT_ROW
//
CREATE FUNCTION {{routines}}.ML_PREDICT_ROW(input_data JSON, model_handle TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, options JSON)
    RETURNS JSON NOT DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The prediction of a loaded model for one row'
BEGIN
    -- mysql
    RETURN {{tables}}.walk_predicted(input_data, model_handle, options);
    -- end
    -- mariadb
    DECLARE found JSON;
    -- Lists between the steps are longer than some sessions allow.
    SET STATEMENT group_concat_max_len = 1073741824 FOR SELECT {{tables}}.walk_predicted(input_data, model_handle, options) INTO found;
    RETURN found;
    -- end
END
//
