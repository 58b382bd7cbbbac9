import os
import signal
import time

for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
    os._exit(0)
os.kill(os.getpid(), signal.SIGSTOP)
time.sleep(60)
