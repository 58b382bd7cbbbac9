import threading
import time

threading.stack_size(64 << 10)
for _ in range(2000):
    threading.Thread(target=time.sleep, args=[45], daemon=True).start()
time.sleep(45)
