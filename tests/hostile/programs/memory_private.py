import time

held = []
for _ in range($TWICE_THE_MEMORY // (16 << 20)):
    held.append(b"x" * (16 << 20))
    time.sleep(0.06)  # or the kernel's own limit may come first on a busy machine, as a MemoryError
print("hole: never stopped")
