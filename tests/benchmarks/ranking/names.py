"""Column names as plants have them, their units, centres and spreads. The rank order of the words means nothing."""

import numpy as np

__all__ = ["Namer"]

STATIONS = (
    *("mold", "press", "oven", "feeder", "chiller", "dryer", "coater", "mixer", "extruder", "nozzle"),
    *("cap", "label", "wash", "rinse", "cutter", "roller", "clamp", "furnace", "pump", "spindle"),
)
JAPANESE = (
    *("金型", "プレス", "乾燥炉", "供給機", "冷却機", "塗装", "混合機", "押出機", "ノズル", "洗浄"),
    *("巻取", "切断機", "ロール", "加熱炉", "ポンプ", "主軸", "充填機", "搬送", "締付", "検査前"),
)
# word, Japanese word, unit, lowest and highest centre, spread as a share of the centre
QUANTITIES = (
    ("temp", "温度", "degC", 20.0, 240.0, 0.06),
    ("pressure", "圧力", "bar", 2.0, 180.0, 0.08),
    ("speed", "速度", "mm/s", 10.0, 900.0, 0.10),
    ("flow", "流量", "L/min", 1.0, 60.0, 0.12),
    ("torque", "トルク", "Nm", 0.5, 90.0, 0.10),
    ("dwell", "保持時間", "s", 0.5, 40.0, 0.12),
    ("gap", "隙間", "mm", 0.05, 4.0, 0.10),
    ("voltage", "電圧", "V", 12.0, 400.0, 0.04),
    ("humidity", "湿度", "%", 20.0, 70.0, 0.10),
    ("volume", "容量", "mL", 5.0, 1500.0, 0.02),
)


class Namer:
    """Draws names that are not used yet."""

    def __init__(self, rng: np.random.Generator, japanese: bool) -> None:
        self.rng = rng
        self.japanese = japanese
        self.used: set[str] = set()

    def fixed(self, english: str, japanese: str) -> str:
        """A given name, in the plant's language."""
        name = japanese if self.japanese else english
        self.used.add(name)
        return name

    def draw(self, suffix: str = "") -> tuple[str, str, float, float]:
        """Name, unit, centre and standard deviation."""
        while True:
            word, said, unit, low, high, share = QUANTITIES[int(self.rng.integers(len(QUANTITIES)))]
            station = int(self.rng.integers(len(STATIONS)))
            name = f"{JAPANESE[station]}{said}{suffix}" if self.japanese else f"{STATIONS[station]}_{word}{suffix}"
            if name not in self.used:
                break
        self.used.add(name)
        centre = float(np.exp(self.rng.uniform(np.log(low), np.log(high))))
        return name, unit, centre, centre * share * float(self.rng.uniform(0.5, 1.5))
