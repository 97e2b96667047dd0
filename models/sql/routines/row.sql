-- The row functions: a loaded model, evaluated by the database alone. How: models/sql/walk, docs/sql.md.
-- A document of the input becomes views (numbers without gaps), views become scores (walk_scores), scores become
-- answers (walk_answers: probabilities or a value). Lists travel between the steps as JSON arrays.
DROP FUNCTION IF EXISTS {{tables}}.walk_number
//
CREATE FUNCTION {{tables}}.walk_number(cell LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    decimal_sign CHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, unit VARCHAR(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
    RETURNS DOUBLE DETERMINISTIC NO SQL SQL SECURITY DEFINER
    COMMENT 'A number written as a word; NULL for what is none, as models.automl.columns.numbers reads it'
BEGIN
    DECLARE w, digits, rest, power LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE sign VARCHAR(1) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE x DOUBLE;
    -- Too large for a number: infinite, and so missing.
    DECLARE EXIT HANDLER FOR SQLEXCEPTION RETURN NULL;
    SET w = TRIM(cell);
    IF w REGEXP '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$' AND decimal_sign = '.'
        AND NOT w REGEXP '^[+-]?0[0-9]+$' THEN
        SET x = CAST(w AS DOUBLE);
        RETURN IF(ABS(x) > 1.79e308, NULL, x);
    END IF;
    IF LOWER(w) IN ('true', 'false') THEN
        RETURN LOWER(w) = 'true';
    END IF;
    IF CHAR_LENGTH(w) <> LENGTH(w) THEN
        SET w = REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(w, '−', '-'), '’', ''''), '　', ' '), '．', '.'), '，', ','), '－', '-');
        SET w = REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(w, '０', '0'), '１', '1'), '２', '2'), '３', '3'), '４', '4');
        SET w = REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(w, '５', '5'), '６', '6'), '７', '7'), '８', '8'), '９', '9');
        SET w = REPLACE(REPLACE(REPLACE(REPLACE(w, '％', '%'), '℃', '°C'), '＋', '+'), '￥', '¥');
    END IF;
    IF unit <> '' THEN
        SET w = IF(LEFT(w, CHAR_LENGTH(unit)) = unit, TRIM(SUBSTRING(w, CHAR_LENGTH(unit) + 1)),
            IF(LEFT(w, CHAR_LENGTH(unit) + 1) IN (CONCAT('-', unit), CONCAT('+', unit)),
                CONCAT(LEFT(w, 1), TRIM(SUBSTRING(w, CHAR_LENGTH(unit) + 2))),
                IF(RIGHT(w, CHAR_LENGTH(unit)) = unit, TRIM(LEFT(w, CHAR_LENGTH(w) - CHAR_LENGTH(unit))), w)));
    END IF;
    SET sign = IF(LEFT(w, 1) IN ('-', '+'), LEFT(w, 1), '');
    SET digits = TRIM(SUBSTRING(w, CHAR_LENGTH(sign) + 1));
    SET power = IF(digits REGEXP '[eE][+-]?[0-9]{1,3}$', SUBSTRING(digits, REGEXP_INSTR(digits, '[eE][+-]?[0-9]{1,3}$')), '');
    SET digits = LEFT(digits, CHAR_LENGTH(digits) - CHAR_LENGTH(power));
    IF NOT digits REGEXP '^([0-9]{1,3}([ '']?[0-9]{3})+([.,][0-9]*)?|[0-9][0-9.,]*|[.,][0-9]+)$'
        AND NOT digits REGEXP '^[0-9]{1,3}([ ''][0-9]{3})+([.,][0-9]*)?$' THEN
        RETURN NULL;
    END IF;
    SET digits = REPLACE(REPLACE(digits, ' ', ''), '''', '');
    SET rest = IF(LOCATE(decimal_sign, digits), SUBSTRING(digits, LOCATE(decimal_sign, digits) + 1), '');
    SET digits = SUBSTRING_INDEX(digits, decimal_sign, 1);
    IF rest REGEXP '[.,]' OR digits REGEXP '[.,]' AND NOT digits REGEXP '^[0-9]*([.,][0-9]{3})+$' THEN
        RETURN NULL;
    END IF;
    SET digits = REPLACE(REPLACE(digits, ',', ''), '.', '');
    SET x = CAST(CONCAT(sign, IF(digits = '', '0', digits), '.', IF(rest = '', '0', rest), power) AS DOUBLE);
    RETURN IF(ABS(x) > 1.79e308, NULL, x);
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_instant
//
CREATE FUNCTION {{tables}}.walk_instant(cell LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, is_number TINYINT,
    how VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, pattern VARCHAR(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
    RETURNS DATETIME(6) DETERMINISTIC NO SQL SQL SECURITY DEFINER
    COMMENT 'An instant in the spelling of training, or in ISO 8601; NULL for what is none'
BEGIN
    DECLARE w, zone VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE digits DECIMAL(30, 6);
    DECLARE found DATETIME(6);
    -- There is no such day.
    DECLARE EXIT HANDLER FOR SQLEXCEPTION RETURN NULL;
    IF cell IS NULL OR CHAR_LENGTH(cell) > 80 THEN
        RETURN NULL;
    END IF;
    SET w = TRIM(cell);
    IF LEFT(how, 8) = 'numbers:' THEN
        IF NOT w REGEXP '^[+-]?[0-9]+([.]0*)?$' THEN
            RETURN NULL;
        END IF;
        SET w = SUBSTRING_INDEX(w, '.', 1);
        IF how IN ('numbers:s', 'numbers:ms', 'numbers:us', 'numbers:ns') THEN
            SET digits = CAST(w AS DECIMAL(30, 0))
                * CASE how WHEN 'numbers:s' THEN 1000000 WHEN 'numbers:ms' THEN 1000 WHEN 'numbers:us' THEN 1 ELSE 0.001 END;
            RETURN IF(ABS(digits) < 250000000000000000, TIMESTAMPADD(MICROSECOND, TRUNCATE(digits, 0), TIMESTAMP('1970-01-01 00:00:00.000000')), NULL);
        END IF;
        SET w = IF(how = 'numbers:yyyymm', CONCAT(w, '01'), w);
        IF NOT w REGEXP CASE how WHEN 'numbers:yyyymmddhhmm' THEN '^(19|20|21)[0-9]{10}$' WHEN 'numbers:yyyymmddhhmmss' THEN '^(19|20|21)[0-9]{12}$'
            ELSE '^(19|20|21)[0-9]{6}$' END THEN
            RETURN NULL;
        END IF;
        SET w = CONCAT(LEFT(w, 4), '-', SUBSTRING(w, 5, 2), '-', SUBSTRING(w, 7, 2), ' ', IF(CHAR_LENGTH(w) > 8,
            CONCAT(SUBSTRING(w, 9, 2), ':', SUBSTRING(w, 11, 2), ':', IF(CHAR_LENGTH(w) > 12, SUBSTRING(w, 13, 2), '00')), '00:00:00'));
        RETURN STR_TO_DATE(w, '%Y-%m-%d %H:%i:%s');
    END IF;
    IF is_number THEN
        RETURN NULL;
    END IF;
    IF how <> '' AND w REGEXP pattern THEN
        RETURN IF(LEFT(how, 6) = 'clock:', STR_TO_DATE(CONCAT('1900-01-01 ', w), CONCAT('%Y-%m-%d ', SUBSTRING(how, 7))), STR_TO_DATE(w, how));
    END IF;
    IF NOT w REGEXP '^[0-9]{4}-[0-9]{2}(-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?)?$' THEN
        RETURN NULL;
    END IF;
    SET zone = IF(RIGHT(w, 1) = 'Z', 'Z', IF(CHAR_LENGTH(w) > 15, SUBSTRING(w, IF(REGEXP_INSTR(w, '[+-][0-9]{2}(:?[0-9]{2})?$') > 15,
        REGEXP_INSTR(w, '[+-][0-9]{2}(:?[0-9]{2})?$'), CHAR_LENGTH(w) + 1)), ''));
    SET w = REPLACE(REPLACE(LEFT(w, CHAR_LENGTH(w) - CHAR_LENGTH(zone)), 'T', ' '), ',', '.');
    SET found = CAST(CONCAT(LEFT(w, 26), CASE CHAR_LENGTH(w) WHEN 7 THEN '-01 00:00:00' WHEN 10 THEN ' 00:00:00' WHEN 16 THEN ':00' ELSE '' END) AS DATETIME(6));
    IF CHAR_LENGTH(zone) > 1 THEN
        SET zone = CONCAT(REPLACE(zone, ':', ''), '00');
        SET found = found - INTERVAL (IF(LEFT(zone, 1) = '-', -1, 1) * (SUBSTRING(zone, 2, 2) * 60 + SUBSTRING(zone, 4, 2))) MINUTE;
    END IF;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_word
//
CREATE FUNCTION {{tables}}.walk_word(cell LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, form VARCHAR(20))
    RETURNS LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DETERMINISTIC NO SQL SQL SECURITY DEFINER
    COMMENT 'A cell as the word that stands for it: 1.50 is 1.5, 2.0 is 2, and blanks around a word do not count'
BEGIN
    DECLARE x DOUBLE;
    IF form NOT IN ('DOUBLE', 'DECIMAL') THEN
        RETURN REGEXP_REPLACE(cell, '^[[:space:]]+|[[:space:]]+$', '');
    END IF;
    SET x = CAST(cell AS DOUBLE);
    -- mysql
    IF CHAR_LENGTH(cell) > 12 AND CAST(x AS FLOAT) = x AND CAST(CAST(CAST(x AS FLOAT) AS CHAR) AS FLOAT) = x THEN
        SET x = CAST(CAST(CAST(x AS FLOAT) AS CHAR) AS DOUBLE);
    END IF;
    -- end
    RETURN IF(x = FLOOR(x) AND ABS(x) < 1e30, CAST(CAST(x AS DECIMAL(40, 0)) AS CHAR), CAST(x AS CHAR));
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_level_of
//
CREATE FUNCTION {{tables}}.walk_level_of(model BIGINT UNSIGNED, number_of_column INT,
    cell VARCHAR(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, form VARCHAR(20))
    RETURNS INT DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The level of a category: 0 is missing, 1 was not seen in training'
BEGIN
    DECLARE w VARCHAR(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT IF(form = 'NULL', NULL, cell);
    IF form IN ('DOUBLE', 'DECIMAL') OR w REGEXP '^[[:space:]]|[[:space:]]$' THEN
        SET w = {{tables}}.walk_word(w, form);
    END IF;
    RETURN IF(w IS NULL OR w = '', 0, COALESCE((SELECT l.level_no FROM {{tables}}.walk_level l
        WHERE l.model_no = model AND l.column_no = number_of_column AND l.word = UNHEX(LEFT(SHA2(w, 256), 32))), 1));
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_spaced
//
CREATE FUNCTION {{tables}}.walk_spaced(cell LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
    RETURNS LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DETERMINISTIC NO SQL SQL SECURITY DEFINER
    COMMENT 'The words of a text in lower case, each between two blanks'
BEGIN
    DECLARE word VARCHAR(250) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT
        '[ァ-ヶー]+|[一-龠々]+|[ぁ-ん]+|(?:(?![ぁ-んァ-ヶー一-龠々])[\\p{L}\\p{Nl}\\p{No}])+|\\p{Nd}+';
    RETURN IF(cell IS NULL, NULL, REPLACE(REGEXP_REPLACE(REGEXP_REPLACE(LOWER(cell), '[^\\p{L}\\p{N}々ー]+', '\t'),
        CONCAT('(', word, ')'),
-- mysql
        ' $1 '
-- end
-- mariadb
        ' \\1 '
-- end
        ), '\t', ''));
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_texts
//
CREATE FUNCTION {{tables}}.walk_texts(input_data JSON, model BIGINT UNSIGNED)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'As walk_views, of the columns of free text'
BEGIN
    DECLARE found JSON;
    SELECT JSON_ARRAYAGG(JSON_ARRAY(COALESCE(d.place, -1), 0, v.view_no,
        COALESCE(IF(v.part = 0, CHAR_LENGTH(d.word), v.weight * LN(1e0 + COALESCE(
            (CHAR_LENGTH(d.spaced) - CHAR_LENGTH(REPLACE(d.spaced, v.term, ''))) / CHAR_LENGTH(v.term), 0))), v.absent))) INTO found
    FROM (
        SELECT c.column_no, c.place, c.word, {{tables}}.walk_spaced(c.word) AS spaced FROM (
            SELECT r.column_no, r.place, IF(JSON_TYPE(JSON_EXTRACT(input_data, r.path)) = 'NULL', NULL,
                NULLIF({{tables}}.walk_word(JSON_UNQUOTE(JSON_EXTRACT(input_data, r.path)), JSON_TYPE(JSON_EXTRACT(input_data, r.path))), '')) AS word
            FROM {{tables}}.walk_column r WHERE r.model_no = model AND r.kind = 'text' LIMIT 100000
        ) c LIMIT 100000
    ) d STRAIGHT_JOIN {{tables}}.walk_view v ON v.model_no = model AND v.column_no = d.column_no;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_views
//
CREATE FUNCTION {{tables}}.walk_views(input_data JSON, model BIGINT UNSIGNED, asked TINYINT)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'JSON [[place, 1 for the background, view, value], ...]; asked: 0 prediction, 1 explanation, 2 drift; raises an error where a column is missing'
BEGIN
    DECLARE found JSON;
    DECLARE absent, texts INT;
    DECLARE told VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    -- Nothing long stands in the inner tables: MariaDB would put them on the disk.
    SELECT JSON_ARRAYAGG(JSON_ARRAY(u.place, u.base, u.view_no, u.x)), MIN(u.lost), MAX(u.text) INTO found, absent, texts
    FROM (
        SELECT COALESCE(d.place, -1) AS place, 0 AS base, COALESCE(v.view_no, 0) AS view_no, IF(d.form IS NULL, d.column_no, NULL) AS lost,
            d.kind = 'text' AS text,
            COALESCE(IF(d.kind = 'number', d.number, CASE IF(d.kind = 'date', v.part, -1)
                WHEN 0 THEN YEAR(d.instant) WHEN 1 THEN MONTH(d.instant) WHEN 2 THEN WEEKDAY(d.instant)
                WHEN 3 THEN TIMESTAMPDIFF(MICROSECOND, DATE(d.instant), d.instant) / 3600000000e0
                WHEN 4 THEN TIMESTAMPDIFF(MICROSECOND, d.origin, d.instant) / 86400000000e0 END), v.absent, 0e0) AS x
        FROM (
            SELECT e.column_no, e.place, e.kind, e.form, IF(e.kind = 'date', CAST(e.unit AS DATETIME(6)), NULL) AS origin,
                IF(e.kind <> 'number' OR e.form = 'NULL', NULL, LEAST(1e38, GREATEST(-1e38,
                    IF(e.form IN ('INTEGER', 'DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER'),
                    -- mysql
                        IF(e.form = 'DOUBLE' AND CHAR_LENGTH(e.word) > 12 AND CAST(CAST(e.word AS DOUBLE) AS FLOAT) = CAST(e.word AS DOUBLE)
                            AND CAST(CAST(CAST(e.word AS FLOAT) AS CHAR) AS FLOAT) = CAST(e.word AS DOUBLE),
                            CAST(CAST(CAST(e.word AS FLOAT) AS CHAR) AS DOUBLE), CAST(e.word AS DOUBLE)),
                    -- end
                    -- mariadb
                        CAST(e.word AS DOUBLE),
                    -- end
                        {{tables}}.walk_number(e.word, e.decimal_sign, e.unit))))) AS number,
                IF(e.kind = 'date' AND e.form <> 'NULL',
                    {{tables}}.walk_instant(e.word, e.form IN ('INTEGER', 'DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER'), e.how, e.pattern), NULL) AS instant,
                IF(e.kind <> 'category', 0, {{tables}}.walk_level_of(model, e.column_no, e.word, e.form)) AS level_no
            FROM (
                SELECT r.column_no, r.place, r.kind, r.how, r.pattern, r.decimal_sign, r.unit,
                    CAST(JSON_TYPE(JSON_EXTRACT(input_data, r.path)) AS CHAR(20)) AS form,
                    CAST(LEFT(JSON_UNQUOTE(JSON_EXTRACT(input_data, r.path)), 250) AS CHAR(250)) AS word
                FROM {{tables}}.walk_column r WHERE r.model_no = model LIMIT 100000
            ) e LIMIT 100000
        ) d LEFT JOIN {{tables}}.walk_view v ON v.model_no = model AND v.column_no = d.column_no AND v.level_no = d.level_no AND d.kind <> 'text'
            AND (v.view_no < 0) = (asked = 2)
        UNION ALL
        SELECT c.place, 1, v.view_no, NULL, 0, v.base
        FROM {{tables}}.walk_column c STRAIGHT_JOIN {{tables}}.walk_view v
            ON v.model_no = model AND v.column_no = c.column_no AND v.level_no = COALESCE(c.base_level, 0) AND v.view_no >= 0
        WHERE asked = 1 AND c.model_no = model AND c.place IS NOT NULL
        UNION ALL
        SELECT -1, 0, 0, NULL, 0, 0e0
    ) u;
    IF absent IS NOT NULL THEN
        SELECT LEFT(CONCAT('column ', QUOTE(c.name), ' is missing in input_data; add it to the JSON_OBJECT (NULL is a missing value)'), 128)
            INTO told FROM {{tables}}.walk_column c WHERE c.model_no = model AND c.column_no = absent;
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = told;
    END IF;
    IF texts AND asked < 2 THEN
        SET found = JSON_MERGE_PRESERVE(found, COALESCE({{tables}}.walk_texts(input_data, model), JSON_ARRAY()));
    END IF;
    RETURN found;
END
//
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
DROP FUNCTION IF EXISTS {{tables}}.walk_raw
//
CREATE FUNCTION {{tables}}.walk_raw(input_data JSON, model BIGINT UNSIGNED)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The answers for one row, before any is rounded: what predict_raw says'
BEGIN
    DECLARE scores JSON;
    DECLARE outputs, multiplied, mixed, wide INT;
    DECLARE slope, bend, shift DOUBLE;
    DECLARE kind VARCHAR(12);
    SELECT m.classes, m.products, m.mixes, m.wide, m.slope, m.bend, m.shift, m.calibration
        INTO outputs, multiplied, mixed, wide, slope, bend, shift, kind FROM {{tables}}.walk_model m WHERE m.model_no = model;
    SET scores = {{tables}}.walk_scores({{tables}}.walk_views(input_data, model, 0), model, wide);
    IF multiplied THEN
        SET scores = {{tables}}.walk_multiplied(scores, model);
    END IF;
    IF mixed THEN
        SET scores = {{tables}}.walk_mixed(scores, model);
    END IF;
    RETURN {{tables}}.walk_answers(scores, model, outputs, kind, slope, bend, shift);
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_raws
//
CREATE FUNCTION {{tables}}.walk_raws(input_data JSON, model BIGINT UNSIGNED, last INT, players INT)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The answers for one row and its variants 1 to last, see walk_variants'
BEGIN
    DECLARE scores JSON;
    DECLARE outputs, multiplied, mixed INT;
    DECLARE slope, bend, shift DOUBLE;
    DECLARE kind VARCHAR(12);
    SELECT m.classes, m.products, m.mixes, m.slope, m.bend, m.shift, m.calibration
        INTO outputs, multiplied, mixed, slope, bend, shift, kind FROM {{tables}}.walk_model m WHERE m.model_no = model;
    SET scores = {{tables}}.walk_variants({{tables}}.walk_views(input_data, model, 1), model, last, players);
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
            WHEN 'recommendation' THEN '["recommend", "topk", "remove_seen", "additional_details"]' ELSE '["additional_details"]' END);
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
        SET answers = {{tables}}.walk_raw(input_data, model);
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
    SET answers = {{tables}}.walk_raws(input_data, model, CASE WHEN players = 0 THEN explained WHEN players <= 8 THEN (1 << players) - 1
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
