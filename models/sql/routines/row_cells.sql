-- What the row functions read of an input document: cells become views, numbers without gaps (models/sql/walk/views.py).
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
    IF CHAR_LENGTH(cell) > 12 AND ABS(x) < 3e38 AND CAST(x AS FLOAT) = x AND CAST(CAST(CAST(x AS FLOAT) AS CHAR) AS FLOAT) = x THEN
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
                        IF(e.form = 'DOUBLE' AND CHAR_LENGTH(e.word) > 12 AND ABS(CAST(e.word AS DOUBLE)) < 3e38 AND CAST(CAST(e.word AS DOUBLE) AS FLOAT) = CAST(e.word AS DOUBLE)
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
