import os

for n in range(30_000):
    open(f"{n}", "w").close()
print("hole: never stopped")
