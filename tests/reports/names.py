"""What people call the columns of the documents."""

__all__ = ["LONG_NAMES", "NAMES"]

NAMES = {
    "leaking_caps": {"en": "Leaking caps", "ja": "キャップ漏れ"},
    "press3_power": {"en": "Press 3 power", "ja": "3号プレスの電力"},
    "verdict": {"en": "Verdict", "ja": "検査判定"},
    "lot": {"en": "Lot", "ja": "ロット"},
    "cooling_temp": {"en": "Cooling device temperature", "ja": "冷却装置温度"},
    "gas_pressure": {"en": "Gas pressure", "ja": "ガス圧力"},
    "fill_speed": {"en": "Filling speed", "ja": "充填速度"},
    "die": {"en": "Die", "ja": "金型"},
    "product_temp": {"en": "Product temperature", "ja": "製品温度"},
    "ambient": {"en": "Ambient temperature", "ja": "外気温"},
    "product": {"en": "Product", "ja": "品種"},
    "power_kw": {"en": "Power", "ja": "電力"},
    "press_pressure": {"en": "Press pressure", "ja": "プレス圧力"},
    "press_speed": {"en": "Press speed", "ja": "プレス速度"},
    "conveyor_speed": {"en": "Conveyor speed", "ja": "コンベヤー速度"},
    "rework_minutes": {"en": "Rework minutes", "ja": "手直し時間"},
}

LONG_NAMES = {
    f"zone_{i}_temperature_setpoint": {
        "en": f"Barrel heating zone {i} temperature set-point of injection moulding machine 12",
        "ja": f"射出成形機12号機シリンダー加熱ゾーン{i}の温度設定値(操作盤表示)",
    }
    for i in range(1, 13)
}
