-- Rows of anomaly detection, evaluated by the database alone: a document becomes a point, a point a probability. What
-- the rows of the tables are: models/sql/walk/anomaly.py; what is computed: models/tasks/anomaly.
DROP FUNCTION IF EXISTS {{tables}}.walk_point
//
CREATE FUNCTION {{tables}}.walk_point(views JSON, model BIGINT UNSIGNED)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'JSON [[block, 16 coordinates], ...] of a row'
BEGIN
    DECLARE found JSON;
    SELECT JSON_ARRAYAGG(JSON_ARRAY(t.block, t.a0, t.a1, t.a2, t.a3, t.a4, t.a5, t.a6, t.a7, t.a8, t.a9, t.a10, t.a11, t.a12, t.a13, t.a14, t.a15)) INTO found
    FROM (
        SELECT z.axis DIV 16 AS block,
            SUM(IF(z.axis MOD 16 = 0, z.z, 0e0)) AS a0, SUM(IF(z.axis MOD 16 = 1, z.z, 0e0)) AS a1,
            SUM(IF(z.axis MOD 16 = 2, z.z, 0e0)) AS a2, SUM(IF(z.axis MOD 16 = 3, z.z, 0e0)) AS a3,
            SUM(IF(z.axis MOD 16 = 4, z.z, 0e0)) AS a4, SUM(IF(z.axis MOD 16 = 5, z.z, 0e0)) AS a5,
            SUM(IF(z.axis MOD 16 = 6, z.z, 0e0)) AS a6, SUM(IF(z.axis MOD 16 = 7, z.z, 0e0)) AS a7,
            SUM(IF(z.axis MOD 16 = 8, z.z, 0e0)) AS a8, SUM(IF(z.axis MOD 16 = 9, z.z, 0e0)) AS a9,
            SUM(IF(z.axis MOD 16 = 10, z.z, 0e0)) AS a10, SUM(IF(z.axis MOD 16 = 11, z.z, 0e0)) AS a11,
            SUM(IF(z.axis MOD 16 = 12, z.z, 0e0)) AS a12, SUM(IF(z.axis MOD 16 = 13, z.z, 0e0)) AS a13,
            SUM(IF(z.axis MOD 16 = 14, z.z, 0e0)) AS a14, SUM(IF(z.axis MOD 16 = 15, z.z, 0e0)) AS a15
        FROM (
            -- On most axes of words a word is worth what nearly all others are.
            SELECT o.axis, COALESCE(MAX(o.own), MAX(o.otherwise)) AS z FROM (
                SELECT x.axis, LEAST(1e6, GREATEST(-1e6, (v.x - x.centre) / x.spread)) * x.weight AS own, NULL AS otherwise
                FROM JSON_TABLE(views, '$[*]' COLUMNS (view_no INT PATH '$[2]', x DOUBLE PATH '$[3]')) v
                STRAIGHT_JOIN {{tables}}.walk_axis x ON x.model_no = model AND x.view_no = v.view_no
                UNION ALL
                SELECT x.axis, NULL, x.otherwise FROM {{tables}}.walk_axis x WHERE x.model_no = model AND x.otherwise IS NOT NULL
            ) o GROUP BY o.axis
        ) z GROUP BY block ORDER BY block LIMIT 100000
    ) t;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_nearest
//
CREATE FUNCTION {{tables}}.walk_nearest(point JSON, model BIGINT UNSIGNED, what INT, k INT)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'JSON [[vector, distance], ...] of the k nearest vectors of a part, without the point itself'
BEGIN
    DECLARE found JSON;
    DECLARE wanted INT DEFAULT k + 1;
    SELECT JSON_ARRAYAGG(JSON_ARRAY(q.vector, q.d)) INTO found FROM (
        SELECT n.vector, SQRT(n.d) AS d, ROW_NUMBER() OVER (ORDER BY n.d, n.vector) - IF(SQRT(MIN(n.d) OVER ()) < 1e-5, 1, 0) AS place
        FROM (
            SELECT s.vector, SUM((t.a0 - s.x0) * (t.a0 - s.x0) + (t.a1 - s.x1) * (t.a1 - s.x1) + (t.a2 - s.x2) * (t.a2 - s.x2)
                + (t.a3 - s.x3) * (t.a3 - s.x3) + (t.a4 - s.x4) * (t.a4 - s.x4) + (t.a5 - s.x5) * (t.a5 - s.x5)
                + (t.a6 - s.x6) * (t.a6 - s.x6) + (t.a7 - s.x7) * (t.a7 - s.x7) + (t.a8 - s.x8) * (t.a8 - s.x8)
                + (t.a9 - s.x9) * (t.a9 - s.x9) + (t.a10 - s.x10) * (t.a10 - s.x10) + (t.a11 - s.x11) * (t.a11 - s.x11)
                + (t.a12 - s.x12) * (t.a12 - s.x12) + (t.a13 - s.x13) * (t.a13 - s.x13) + (t.a14 - s.x14) * (t.a14 - s.x14)
                + (t.a15 - s.x15) * (t.a15 - s.x15)) AS d
            FROM JSON_TABLE(point, '$[*]' COLUMNS (block INT PATH '$[0]', a0 DOUBLE PATH '$[1]', a1 DOUBLE PATH '$[2]', a2 DOUBLE PATH '$[3]',
                a3 DOUBLE PATH '$[4]', a4 DOUBLE PATH '$[5]', a5 DOUBLE PATH '$[6]', a6 DOUBLE PATH '$[7]', a7 DOUBLE PATH '$[8]',
                a8 DOUBLE PATH '$[9]', a9 DOUBLE PATH '$[10]', a10 DOUBLE PATH '$[11]', a11 DOUBLE PATH '$[12]', a12 DOUBLE PATH '$[13]',
                a13 DOUBLE PATH '$[14]', a14 DOUBLE PATH '$[15]', a15 DOUBLE PATH '$[16]')) t
            STRAIGHT_JOIN {{tables}}.walk_vector s ON s.model_no = model AND s.part = what AND s.block = t.block
            GROUP BY s.vector ORDER BY d, s.vector LIMIT wanted
        ) n
    ) q WHERE q.place BETWEEN 1 AND k;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_beyond
//
CREATE FUNCTION {{tables}}.walk_beyond(point JSON, model BIGINT UNSIGNED)
    RETURNS DOUBLE DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'Distance from the centre along the principal components, each in its own spread'
BEGIN
    RETURN (SELECT SQRT(SUM(y.x * y.x)) FROM (
        SELECT SUM(t.a0 * s.x0 + t.a1 * s.x1 + t.a2 * s.x2 + t.a3 * s.x3 + t.a4 * s.x4 + t.a5 * s.x5 + t.a6 * s.x6 + t.a7 * s.x7
            + t.a8 * s.x8 + t.a9 * s.x9 + t.a10 * s.x10 + t.a11 * s.x11 + t.a12 * s.x12 + t.a13 * s.x13 + t.a14 * s.x14
            + t.a15 * s.x15) - n.reach AS x
        FROM JSON_TABLE(point, '$[*]' COLUMNS (block INT PATH '$[0]', a0 DOUBLE PATH '$[1]', a1 DOUBLE PATH '$[2]', a2 DOUBLE PATH '$[3]',
            a3 DOUBLE PATH '$[4]', a4 DOUBLE PATH '$[5]', a5 DOUBLE PATH '$[6]', a6 DOUBLE PATH '$[7]', a7 DOUBLE PATH '$[8]',
            a8 DOUBLE PATH '$[9]', a9 DOUBLE PATH '$[10]', a10 DOUBLE PATH '$[11]', a11 DOUBLE PATH '$[12]', a12 DOUBLE PATH '$[13]',
            a13 DOUBLE PATH '$[14]', a14 DOUBLE PATH '$[15]', a15 DOUBLE PATH '$[16]')) t
        STRAIGHT_JOIN {{tables}}.walk_vector s ON s.model_no = model AND s.part = 0 AND s.block = t.block
        STRAIGHT_JOIN {{tables}}.walk_neighbour n ON n.model_no = model AND n.part = 0 AND n.vector = s.vector
        GROUP BY s.vector, n.reach
    ) y);
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_anomaly
//
CREATE FUNCTION {{tables}}.walk_anomaly(input_data JSON, model BIGINT UNSIGNED, wanted DOUBLE)
    RETURNS DOUBLE DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The probability of a row to be an anomaly, to nine decimals; wanted: weight of the vote, NULL: that of training'
BEGIN
    DECLARE point JSON DEFAULT {{tables}}.walk_point({{tables}}.walk_views(input_data, model, 0), model);
    DECLARE near JSON;
    DECLARE algorithm VARCHAR(20);
    DECLARE k, voters INT;
    DECLARE shift, a, b, weight, prior, blur, score, p, vote DOUBLE;
    SELECT d.algorithm, d.k, d.shift, d.a, d.b, d.voters, d.weight, d.prior, d.blur INTO algorithm, k, shift, a, b, voters, weight, prior, blur
    FROM {{tables}}.walk_detector d WHERE d.model_no = model;
    IF algorithm = 'PCA' THEN
        SET score = {{tables}}.walk_beyond(point, model);
    ELSE
        SET near = {{tables}}.walk_nearest(point, model, 0, k);
        IF algorithm = 'GkNN' THEN
            SELECT AVG(n.d) INTO score FROM JSON_TABLE(near, '$[*]' COLUMNS (d DOUBLE PATH '$[1]')) n;
        ELSE
            SELECT AVG(w.worth) * (AVG(GREATEST(n.d, w.reach)) + 1e-10) INTO score
            FROM JSON_TABLE(near, '$[*]' COLUMNS (vector INT PATH '$[0]', d DOUBLE PATH '$[1]')) n
            STRAIGHT_JOIN {{tables}}.walk_neighbour w ON w.model_no = model AND w.part = 0 AND w.vector = n.vector;
        END IF;
    END IF;
    SET p = 1e0 / (1e0 + EXP(-LEAST(700, GREATEST(-700, a + b * LN(score + shift)))));
    SET p = LEAST(1e0 - 1e-9, GREATEST(1e-9, p));
    IF voters > 0 THEN
        SET near = {{tables}}.walk_nearest(point, model, 1, voters);
        SELECT (SUM(w.worth / (n.d + blur)) / MAX(1e0 / (n.d + blur)) + prior) / (SUM(1e0 / (n.d + blur)) / MAX(1e0 / (n.d + blur)) + 1e0) INTO vote
        FROM JSON_TABLE(near, '$[*]' COLUMNS (vector INT PATH '$[0]', d DOUBLE PATH '$[1]')) n
        STRAIGHT_JOIN {{tables}}.walk_neighbour w ON w.model_no = model AND w.part = 1 AND w.vector = n.vector;
        SET weight = COALESCE(wanted, weight);
        SET p = weight * vote + (1e0 - weight) * p;
    ELSEIF wanted IS NOT NULL THEN
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877,
            MESSAGE_TEXT = 'option ''supervised_submodel_weight'' needs a model trained with labels; leave it out';
    END IF;
    RETURN ROUND(p * 1e9) / 1e9;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_marked
//
CREATE FUNCTION {{tables}}.walk_marked(input_data JSON, model BIGINT UNSIGNED, options JSON)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'ml_results of a row of anomaly detection'
BEGIN
    DECLARE threshold DOUBLE DEFAULT {{tables}}.walk_amount(options, 'threshold', 0, 1, '');
    DECLARE weight DOUBLE DEFAULT {{tables}}.walk_amount(options, 'supervised_submodel_weight', 0, 1, 'between');
    DECLARE p DOUBLE;
    DECLARE mark TINYINT;
    IF {{tables}}.walk_text(options, 'topk') IS NOT NULL THEN
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = 'option ''topk'' ranks the rows of a table; CALL ML_PREDICT_TABLE for it, or give a threshold';
    END IF;
    SET p = {{tables}}.walk_anomaly(input_data, model, weight);
    SELECT p > COALESCE(threshold, d.threshold) INTO mark FROM {{tables}}.walk_detector d WHERE d.model_no = model;
    -- mysql
    RETURN JSON_OBJECT('predictions', JSON_OBJECT('is_anomaly', mark), 'probabilities', JSON_OBJECT('normal', ROUND(1e9 - p * 1e9) / 1e9, 'anomaly', p));
    -- end
    -- mariadb
    RETURN CONCAT('{"predictions": {"is_anomaly": ', mark, '}, "probabilities": {"normal": ', {{tables}}.walk_json(ROUND(1e9 - p * 1e9) / 1e9),
        ', "anomaly": ', {{tables}}.walk_json(p), '}}');
    -- end
END
//
