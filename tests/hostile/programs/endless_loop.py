import time

until = time.process_time() + 60
while time.process_time() < until:
    pass
