-- Rows of recommendation, evaluated by the database alone. What the rows of the tables are:
-- models/sql/walk/recommendation.py; what is computed: models/tasks/recommendation/engine.py. Part 0: users, 1: items.
DROP FUNCTION IF EXISTS {{tables}}.walk_who
//
CREATE FUNCTION {{tables}}.walk_who(input_data JSON, model BIGINT UNSIGNED, side INT)
    RETURNS INT NOT DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'The number of the user or item of a row; of somebody unknown that after the last'
BEGIN
    DECLARE level_no, many INT;
    DECLARE form VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE column_name, told VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    SELECT c.name, JSON_TYPE(JSON_EXTRACT(input_data, c.path)), IF(side, r.items, r.users),
        {{tables}}.walk_level_of(model, side + 1, LEFT(JSON_UNQUOTE(JSON_EXTRACT(input_data, c.path)), 250), JSON_TYPE(JSON_EXTRACT(input_data, c.path)))
        INTO column_name, form, many, level_no
    FROM {{tables}}.walk_column c JOIN {{tables}}.walk_recommender r ON r.model_no = model WHERE c.model_no = model AND c.column_no = side + 1;
    IF form IS NULL THEN
        SET told = LEFT(CONCAT('column ', QUOTE(column_name), ' is missing in input_data; add it to the JSON_OBJECT'), 128);
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = told;
    END IF;
    RETURN IF(level_no < 2, many, level_no - 2);
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_rated
//
CREATE FUNCTION {{tables}}.walk_rated(model BIGINT UNSIGNED, u INT, i INT)
    RETURNS DOUBLE DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'What a user will say of an item'
BEGIN
    RETURN (SELECT LEAST(r.high, GREATEST(r.low, COALESCE(
        (SELECT {{tables}}.walk_brief(SUM(w.above + w.raters * g.rating) / SUM(w.raters), 12) FROM {{tables}}.walk_rating g
            STRAIGHT_JOIN {{tables}}.walk_pair w ON w.model_no = model AND w.item = i AND w.beside = g.other
            WHERE r.paired AND g.model_no = model AND g.part = 0 AND g.mine = u),
        r.base + a.bias + b.bias + (m.x0 * o.x0 + m.x1 * o.x1 + m.x2 * o.x2 + m.x3 * o.x3 + m.x4 * o.x4 + m.x5 * o.x5 + m.x6 * o.x6
            + m.x7 * o.x7 + m.x8 * o.x8 + m.x9 * o.x9 + m.x10 * o.x10 + m.x11 * o.x11 + m.x12 * o.x12 + m.x13 * o.x13
            + m.x14 * o.x14 + m.x15 * o.x15))))
    FROM {{tables}}.walk_recommender r
    JOIN {{tables}}.walk_party a ON a.model_no = model AND a.part = 0 AND a.vector = u
    JOIN {{tables}}.walk_party b ON b.model_no = model AND b.part = 1 AND b.vector = i
    JOIN {{tables}}.walk_vector m ON m.model_no = model AND m.part = 0 AND m.block = 0 AND m.vector = u
    JOIN {{tables}}.walk_vector o ON o.model_no = model AND o.part = 1 AND o.block = 0 AND o.vector = i
    WHERE r.model_no = model);
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_best
//
CREATE FUNCTION {{tables}}.walk_best(model BIGINT UNSIGNED, side INT, me INT, topk INT, unseen TINYINT)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'JSON [[place, vector, value], ...] of the best of the other side for a user or an item'
BEGIN
    DECLARE found JSON;
    DECLARE others INT;
    DECLARE paired, known TINYINT;
    SELECT IF(side, r.users, r.items), r.paired, me < IF(side, r.items, r.users) INTO others, paired, known
    FROM {{tables}}.walk_recommender r WHERE r.model_no = model;
    IF NOT known THEN
        SELECT JSON_ARRAYAGG(JSON_ARRAY(q.place, q.vector, q.x)) INTO found FROM (
            SELECT t.vector, t.x, ROW_NUMBER() OVER (ORDER BY t.x DESC, t.vector) AS place FROM (
                SELECT o.vector, o.worth AS x FROM {{tables}}.walk_party o
                WHERE o.model_no = model AND o.part = 1 - side AND o.vector < others ORDER BY o.worth DESC, o.vector LIMIT topk
            ) t
        ) q;
    ELSEIF paired THEN
        SELECT JSON_ARRAYAGG(JSON_ARRAY(q.place, q.vector, q.x)) INTO found FROM (
            SELECT t.vector, t.x, ROW_NUMBER() OVER (ORDER BY t.x DESC, t.vector) AS place FROM (
                SELECT o.vector, LEAST(r.high, GREATEST(r.low, COALESCE(
                    ROUND(z.x, 11 - FLOOR(LOG10(GREATEST(1e-300, ABS(z.x))))) + 0e0, r.base + IF(side, o.bias, m.bias) + IF(side, m.bias, o.bias)))) AS x
                FROM {{tables}}.walk_recommender r
                STRAIGHT_JOIN {{tables}}.walk_party m ON m.model_no = model AND m.part = side AND m.vector = me
                STRAIGHT_JOIN {{tables}}.walk_party o ON o.model_no = model AND o.part = 1 - side AND o.vector < others
                LEFT JOIN (
                    SELECT w.beside AS vector, SUM(w.raters * g.rating - w.above) / SUM(w.raters) AS x FROM {{tables}}.walk_rating g
                    STRAIGHT_JOIN {{tables}}.walk_pair w ON w.model_no = model AND w.item = g.other
                    WHERE side = 0 AND g.model_no = model AND g.part = 0 AND g.mine = me GROUP BY w.beside
                    UNION ALL
                    SELECT g.other, SUM(w.above + w.raters * g.rating) / SUM(w.raters) FROM {{tables}}.walk_pair w
                    STRAIGHT_JOIN {{tables}}.walk_rating g ON g.model_no = model AND g.part = 1 AND g.mine = w.beside
                    WHERE side = 1 AND w.model_no = model AND w.item = me GROUP BY g.other
                ) z ON z.vector = o.vector
                LEFT JOIN {{tables}}.walk_rating s ON unseen AND s.model_no = model AND s.part = side AND s.mine = me AND s.other = o.vector
                WHERE r.model_no = model AND s.mine IS NULL ORDER BY x DESC, o.vector LIMIT topk
            ) t
        ) q;
    ELSE
        SELECT JSON_ARRAYAGG(JSON_ARRAY(q.place, q.vector, q.x)) INTO found FROM (
            SELECT t.vector, t.x, ROW_NUMBER() OVER (ORDER BY t.x DESC, t.vector) AS place FROM (
                SELECT o.vector, LEAST(r.high, GREATEST(r.low, r.base + IF(side, p.bias, m.bias) + IF(side, m.bias, p.bias)
                    + (v.x0 * o.x0 + v.x1 * o.x1 + v.x2 * o.x2 + v.x3 * o.x3 + v.x4 * o.x4 + v.x5 * o.x5 + v.x6 * o.x6
                    + v.x7 * o.x7 + v.x8 * o.x8 + v.x9 * o.x9 + v.x10 * o.x10 + v.x11 * o.x11 + v.x12 * o.x12 + v.x13 * o.x13
                    + v.x14 * o.x14 + v.x15 * o.x15))) AS x
                FROM {{tables}}.walk_recommender r
                STRAIGHT_JOIN {{tables}}.walk_party m ON m.model_no = model AND m.part = side AND m.vector = me
                STRAIGHT_JOIN {{tables}}.walk_vector v ON v.model_no = model AND v.part = side AND v.block = 0 AND v.vector = me
                STRAIGHT_JOIN {{tables}}.walk_vector o ON o.model_no = model AND o.part = 1 - side AND o.block = 0 AND o.vector < others
                STRAIGHT_JOIN {{tables}}.walk_party p ON p.model_no = model AND p.part = 1 - side AND p.vector = o.vector
                LEFT JOIN {{tables}}.walk_rating s ON unseen AND s.model_no = model AND s.part = side AND s.mine = me AND s.other = o.vector
                WHERE r.model_no = model AND s.mine IS NULL ORDER BY x DESC, o.vector LIMIT topk
            ) t
        ) q;
    END IF;
    RETURN COALESCE(found, JSON_ARRAY());
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_alike
//
CREATE FUNCTION {{tables}}.walk_alike(model BIGINT UNSIGNED, side INT, me INT, topk INT)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'JSON [[place, vector, likeness], ...] of the users, or items, most like one'
BEGIN
    DECLARE found JSON;
    DECLARE many INT;
    SELECT IF(side, r.items, r.users) INTO many FROM {{tables}}.walk_recommender r WHERE r.model_no = model;
    SELECT JSON_ARRAYAGG(JSON_ARRAY(q.place, q.vector, q.x)) INTO found FROM (
        SELECT t.vector, t.x, ROW_NUMBER() OVER (ORDER BY t.x DESC, t.vector) AS place FROM (
            SELECT o.vector, COALESCE(ROUND(LEAST(1e0, GREATEST(z.dots / GREATEST(o.size * m.size, 1e-12), 0e0)
                * z.common / (z.common + 5e0)) * 1e9) / 1e9, 0e0) AS x
            FROM {{tables}}.walk_party m
            STRAIGHT_JOIN {{tables}}.walk_party o ON o.model_no = model AND o.part = side AND o.vector < many AND o.vector <> me
            LEFT JOIN (
                SELECT b.other AS vector, SUM(IF(side, a.of_users * b.of_users, a.of_items * b.of_items)) AS dots, COUNT(*) AS common
                FROM {{tables}}.walk_rating a
                STRAIGHT_JOIN {{tables}}.walk_rating b ON b.model_no = model AND b.part = 1 - side AND b.mine = a.other
                WHERE a.model_no = model AND a.part = side AND a.mine = me GROUP BY b.other
            ) z ON z.vector = o.vector
            WHERE m.model_no = model AND m.part = side AND m.vector = me ORDER BY x DESC, o.vector LIMIT topk
        ) t
    ) q;
    RETURN COALESCE(found, JSON_ARRAY());
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_listed
//
CREATE FUNCTION {{tables}}.walk_listed(picked JSON, model BIGINT UNSIGNED, side INT, goal VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
    RETURNS JSON DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'ml_results of a ranking of users or items; goal: what the numbers are, as JSON'
BEGIN
    DECLARE found JSON;
    DECLARE parties VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT (SELECT IF(side, r.json_items, r.json_users)
        FROM {{tables}}.walk_recommender r WHERE r.model_no = model);
    -- mysql
    SELECT JSON_OBJECT('predictions', JSON_OBJECT(JSON_UNQUOTE(parties), COALESCE(JSON_ARRAYAGG(t.word), JSON_ARRAY()),
        JSON_UNQUOTE(goal), COALESCE(JSON_ARRAYAGG(t.x), JSON_ARRAY()))) INTO found
    -- end
    -- mariadb
    SELECT CONCAT('{"predictions": {', parties, ': [', COALESCE(GROUP_CONCAT(t.word ORDER BY t.place SEPARATOR ', '), ''), '], ', goal, ': [',
        COALESCE(GROUP_CONCAT({{tables}}.walk_json(t.x) ORDER BY t.place SEPARATOR ', '), ''), ']}}') INTO found
    -- end
    FROM (
        SELECT q.place, {{tables}}.walk_brief(q.x, 12) AS x,
            -- mysql
            CAST(p.json_word AS JSON) AS word
            -- end
            -- mariadb
            p.json_word AS word
            -- end
        FROM JSON_TABLE(picked, '$[*]' COLUMNS (place INT PATH '$[0]', vector INT PATH '$[1]', x DOUBLE PATH '$[2]')) q
        STRAIGHT_JOIN {{tables}}.walk_party p ON p.model_no = model AND p.part = side AND p.vector = q.vector
        ORDER BY q.place LIMIT 1000000000
    ) t;
    RETURN found;
END
//
DROP FUNCTION IF EXISTS {{tables}}.walk_recommended
//
CREATE FUNCTION {{tables}}.walk_recommended(input_data JSON, model BIGINT UNSIGNED, options JSON)
    RETURNS JSON NOT DETERMINISTIC READS SQL DATA SQL SECURITY DEFINER
    COMMENT 'ml_results of a row of recommendation'
BEGIN
    DECLARE unseen TINYINT DEFAULT COALESCE({{tables}}.walk_flag(options, 'remove_seen'), 1);
    DECLARE what VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT COALESCE(LEFT({{tables}}.walk_text(options, 'recommend'), 40), 'ratings');
    DECLARE topk INT DEFAULT COALESCE({{tables}}.walk_amount(options, 'topk', 1, 1000000000, 'whole'), 3);
    DECLARE goal, told VARCHAR(2000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE me, side, many INT;
    DECLARE x DOUBLE;
    SELECT r.json_ratings INTO goal FROM {{tables}}.walk_recommender r WHERE r.model_no = model;
    IF what = 'ratings' THEN
        SET x = {{tables}}.walk_brief({{tables}}.walk_rated(model, {{tables}}.walk_who(input_data, model, 0), {{tables}}.walk_who(input_data, model, 1)), 12);
        -- mysql
        RETURN JSON_OBJECT('predictions', JSON_OBJECT(JSON_UNQUOTE(goal), x));
        -- end
        -- mariadb
        RETURN CONCAT('{"predictions": {', goal, ': ', {{tables}}.walk_json(x), '}}');
        -- end
    END IF;
    SET side = CASE WHEN what IN ('items', 'users_to_items', 'users_to_users') THEN 0
        WHEN what IN ('users', 'items_to_users', 'items_to_items') THEN 1 END;
    IF side IS NULL THEN
        SET told = LEFT(CONCAT('recommend ', QUOTE(what), ' is unknown; ratings, items, users, users_to_items, items_to_users, ... are known'), 128);
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = told;
    END IF;
    SET me = {{tables}}.walk_who(input_data, model, side);
    IF what NOT IN ('users_to_users', 'items_to_items') THEN
        RETURN {{tables}}.walk_listed({{tables}}.walk_best(model, side, me, topk, unseen), model, 1 - side, goal);
    END IF;
    SELECT IF(side, r.items, r.users) INTO many FROM {{tables}}.walk_recommender r WHERE r.model_no = model;
    IF me = many THEN
        SELECT LEFT(CONCAT(IF(JSON_TYPE(JSON_EXTRACT(input_data, c.path)) = 'NULL', 'NULL', QUOTE(LEFT(JSON_UNQUOTE(JSON_EXTRACT(input_data, c.path)), 30))),
            ' in column ', QUOTE(LEFT(c.name, 30)), ' is unknown to the model, so nothing is known to be like it'), 128) INTO told
        FROM {{tables}}.walk_column c WHERE c.model_no = model AND c.column_no = side + 1;
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3877, MESSAGE_TEXT = told;
    END IF;
    RETURN {{tables}}.walk_listed({{tables}}.walk_alike(model, side, me, topk), model, side, '"similarity"');
END
//
