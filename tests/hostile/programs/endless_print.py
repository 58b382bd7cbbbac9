import time

until = time.process_time() + 60
while time.process_time() < until:
    print("x" * 1000)
