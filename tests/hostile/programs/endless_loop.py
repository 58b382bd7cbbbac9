import time

until = time.monotonic() + 60
while time.monotonic() < until:
    pass
