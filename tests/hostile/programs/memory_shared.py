import mmap
import time

held = []
for _ in range($TWICE_THE_MEMORY // (16 << 20)):
    held.append(mmap.mmap(-1, 16 << 20))
    held[-1].write(b"x" * (16 << 20))
    time.sleep(0.02)
print("hole: never stopped")
