"""The way most gateways write: acknowledge on arrival, one INSERT and commit per reading. Loses data; to compare with.

Usage: ``python -m tests.benchmarks.peer_ingest PORT URL COUNT``: takes COUNT messages from the topic ``peer`` and ends.
"""

import sys
import threading
from datetime import UTC, datetime

import orjson
import paho.mqtt.client as mqtt
import pymysql
from sqlalchemy.engine import make_url


def main() -> None:
    port, url, count = int(sys.argv[1]), make_url(sys.argv[2]), int(sys.argv[3])
    database = pymysql.connect(host=url.host, port=url.port or 3306, user=url.username, database=url.database)
    cursor = database.cursor()
    cursor.execute("CREATE TABLE IF NOT EXISTS peer (name VARCHAR(64), ts DATETIME(6), value DOUBLE)")
    done, seen, first = threading.Event(), [0], [0.0]

    def on_message(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        first[0] = first[0] or datetime.now(UTC).timestamp()
        payload = orjson.loads(message.payload)
        ts = datetime.fromtimestamp(payload.pop("ts") / 1000, UTC)
        for name, value in payload.items():
            cursor.execute("INSERT INTO peer VALUES (%s, %s, %s)", (name, ts.replace(tzinfo=None), value))
            database.commit()
        seen[0] += 1
        if seen[0] == count:
            done.set()

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="peer", clean_session=False)
    client.on_message = on_message
    client.on_connect = lambda connected, *_: connected.subscribe("peer", qos=1)
    client.connect("127.0.0.1", port)
    client.loop_start()
    print("ready", flush=True)
    done.wait()
    print(orjson.dumps({"seconds": datetime.now(UTC).timestamp() - first[0]}).decode(), flush=True)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main()
