import os

# Only where there is a wall around it.
assert os.path.isdir("/box/work")
os.kill(-1, 9)
