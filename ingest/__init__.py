"""From the wire to the table: the plant's words, the gateway, the store."""
