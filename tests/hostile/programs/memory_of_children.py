import os
import time

for _ in range($TWICE_THE_MEMORY // (64 << 20)):
    if os.fork() == 0:
        held = b"x" * (64 << 20)
        time.sleep(45)
        os._exit(0)
    time.sleep(0.1)
print("hole: never stopped")
