-- What SQL knows of the models that are loaded; models/sql/walk/rows.py says what each row means.
CREATE TABLE IF NOT EXISTS {{tables}}.walk_model (
    model_no BIGINT UNSIGNED NOT NULL, task VARCHAR(20) NOT NULL, target VARCHAR(2000) NOT NULL, classes INT NOT NULL, wide TINYINT NOT NULL,
    products TINYINT NOT NULL, mixes TINYINT NOT NULL, additive TINYINT NOT NULL, slope DOUBLE NOT NULL, bend DOUBLE NOT NULL,
    shift DOUBLE NOT NULL, calibration VARCHAR(12) NOT NULL, weighted TINYINT NOT NULL, ruled TINYINT NOT NULL,
    PRIMARY KEY (model_no),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_column (
    model_no BIGINT UNSIGNED NOT NULL, column_no INT NOT NULL, name VARCHAR(2000) NOT NULL, path VARCHAR(4000) NOT NULL, kind VARCHAR(10) NOT NULL,
    how VARCHAR(80) NOT NULL, pattern VARCHAR(250) NOT NULL, decimal_sign CHAR(1) NOT NULL, unit VARCHAR(250) NOT NULL,
    place INT NULL, base_level INT NULL,
    PRIMARY KEY (model_no, column_no),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_level (
    model_no BIGINT UNSIGNED NOT NULL, column_no INT NOT NULL, word BINARY(16) NOT NULL, level_no INT NOT NULL,
    PRIMARY KEY (model_no, column_no, word),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_view (
    model_no BIGINT UNSIGNED NOT NULL, column_no INT NOT NULL, level_no INT NOT NULL, view_no INT NOT NULL, part INT NOT NULL, term VARCHAR(2000) NULL,
    weight DOUBLE NOT NULL, absent DOUBLE NOT NULL, base DOUBLE NOT NULL,
    PRIMARY KEY (model_no, column_no, level_no, view_no),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_split (
    model_no BIGINT UNSIGNED NOT NULL, view_no INT NOT NULL, threshold DOUBLE NOT NULL, tree INT NOT NULL, word INT NOT NULL, mask BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (model_no, view_no, threshold, tree, word),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_leaf (
    model_no BIGINT UNSIGNED NOT NULL, tree INT NOT NULL, leaf INT NOT NULL, score INT NOT NULL, value DOUBLE NOT NULL,
    PRIMARY KEY (model_no, tree, leaf, score),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_curve (
    model_no BIGINT UNSIGNED NOT NULL, view_no INT NOT NULL, low DOUBLE NOT NULL, score INT NOT NULL, high DOUBLE NOT NULL, anchor DOUBLE NOT NULL,
    c0 DOUBLE NOT NULL, c1 DOUBLE NOT NULL, c2 DOUBLE NOT NULL,
    PRIMARY KEY (model_no, view_no, low, score, high),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_product (
    model_no BIGINT UNSIGNED NOT NULL, first INT NOT NULL, second INT NOT NULL, score INT NOT NULL, weight DOUBLE NOT NULL,
    PRIMARY KEY (model_no, first, second, score),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_score (
    model_no BIGINT UNSIGNED NOT NULL, score INT NOT NULL, grp INT NOT NULL, class INT NOT NULL, base DOUBLE NOT NULL,
    PRIMARY KEY (model_no, score),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_group (
    model_no BIGINT UNSIGNED NOT NULL, grp INT NOT NULL, weight DOUBLE NOT NULL, link VARCHAR(10) NOT NULL, slope DOUBLE NOT NULL, shift DOUBLE NOT NULL,
    PRIMARY KEY (model_no, grp),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_mix (
    model_no BIGINT UNSIGNED NOT NULL, grp INT NOT NULL, source INT NOT NULL, class INT NOT NULL, weight DOUBLE NOT NULL,
    PRIMARY KEY (model_no, grp, source, class),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_class (
    model_no BIGINT UNSIGNED NOT NULL, class INT NOT NULL, json_key VARCHAR(2100) NOT NULL, json_label VARCHAR(2100) NOT NULL,
    weight DOUBLE NOT NULL, shift DOUBLE NOT NULL,
    PRIMARY KEY (model_no, class),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_cost (
    model_no BIGINT UNSIGNED NOT NULL, class INT NOT NULL, decision INT NOT NULL, cost DOUBLE NOT NULL,
    PRIMARY KEY (model_no, class, decision),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_knot (
    model_no BIGINT UNSIGNED NOT NULL, low DOUBLE NOT NULL, high DOUBLE NOT NULL, value DOUBLE NOT NULL, slope DOUBLE NOT NULL,
    PRIMARY KEY (model_no, low),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_drift (
    model_no BIGINT UNSIGNED NOT NULL, view_no INT NOT NULL, low DOUBLE NOT NULL, high DOUBLE NOT NULL, anchor DOUBLE NOT NULL,
    base DOUBLE NOT NULL, slope DOUBLE NOT NULL, column_no INT NOT NULL,
    PRIMARY KEY (model_no, view_no, low),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_axis (
    model_no BIGINT UNSIGNED NOT NULL, view_no INT NOT NULL, axis INT NOT NULL, centre DOUBLE NOT NULL, spread DOUBLE NOT NULL,
    weight DOUBLE NOT NULL, otherwise DOUBLE NULL,
    PRIMARY KEY (model_no, view_no, axis),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_vector (
    model_no BIGINT UNSIGNED NOT NULL, part INT NOT NULL, block INT NOT NULL, vector INT NOT NULL,
    x0 DOUBLE NOT NULL, x1 DOUBLE NOT NULL, x2 DOUBLE NOT NULL, x3 DOUBLE NOT NULL, x4 DOUBLE NOT NULL, x5 DOUBLE NOT NULL,
    x6 DOUBLE NOT NULL, x7 DOUBLE NOT NULL, x8 DOUBLE NOT NULL, x9 DOUBLE NOT NULL, x10 DOUBLE NOT NULL, x11 DOUBLE NOT NULL,
    x12 DOUBLE NOT NULL, x13 DOUBLE NOT NULL, x14 DOUBLE NOT NULL, x15 DOUBLE NOT NULL,
    PRIMARY KEY (model_no, part, block, vector),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_neighbour (
    model_no BIGINT UNSIGNED NOT NULL, part INT NOT NULL, vector INT NOT NULL, reach DOUBLE NOT NULL, worth DOUBLE NOT NULL,
    PRIMARY KEY (model_no, part, vector),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_detector (
    model_no BIGINT UNSIGNED NOT NULL, algorithm VARCHAR(20) NOT NULL, k INT NOT NULL, shift DOUBLE NOT NULL, a DOUBLE NOT NULL,
    b DOUBLE NOT NULL, threshold DOUBLE NOT NULL, voters INT NOT NULL, weight DOUBLE NOT NULL, prior DOUBLE NOT NULL, blur DOUBLE NOT NULL,
    PRIMARY KEY (model_no),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_recommender (
    model_no BIGINT UNSIGNED NOT NULL, json_users VARCHAR(2000) NOT NULL, json_items VARCHAR(2000) NOT NULL, json_ratings VARCHAR(2000) NOT NULL,
    users INT NOT NULL, items INT NOT NULL, base DOUBLE NOT NULL, low DOUBLE NOT NULL, high DOUBLE NOT NULL, paired TINYINT NOT NULL,
    PRIMARY KEY (model_no),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_party (
    model_no BIGINT UNSIGNED NOT NULL, part INT NOT NULL, vector INT NOT NULL, json_word VARCHAR(2000) NOT NULL, bias DOUBLE NOT NULL,
    worth DOUBLE NOT NULL, size DOUBLE NOT NULL,
    PRIMARY KEY (model_no, part, vector),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_rating (
    model_no BIGINT UNSIGNED NOT NULL, part INT NOT NULL, mine INT NOT NULL, other INT NOT NULL, rating DOUBLE NOT NULL,
    of_users DOUBLE NOT NULL, of_items DOUBLE NOT NULL,
    PRIMARY KEY (model_no, part, mine, other),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
CREATE TABLE IF NOT EXISTS {{tables}}.walk_pair (
    model_no BIGINT UNSIGNED NOT NULL, item INT NOT NULL, beside INT NOT NULL, above DOUBLE NOT NULL, raters DOUBLE NOT NULL,
    PRIMARY KEY (model_no, item, beside),
    FOREIGN KEY (model_no) REFERENCES {{tables}}.loaded (model_no) ON DELETE CASCADE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
//
