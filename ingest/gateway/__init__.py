"""The gateway daemon: queue, batches, writer, acknowledgement after the commit."""
