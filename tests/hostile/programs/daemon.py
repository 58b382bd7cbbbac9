import os
import sys

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 1000)
        os.open(os.devnull, os.O_RDWR)
        # Nothing of the run is in its environment, and nobody of the run is its parent.
        os.execve(sys.executable, [sys.executable, "-S", "-c", "import time; time.sleep(60)", "$MARK"], {})
    os._exit(0)
os.wait()
print("held: left")
