# Bounded by itself: at most 14,400 sockets, of which each child fills 40.
import os
import socket
import time

for _ in range(15):
    if os.fork() == 0:
        held = []
        for n in range(480):
            held += socket.socketpair()
            held[-1].setblocking(False)
            held[-1].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 21)
            try:
                while n < 40:
                    held[-1].send(bytes(60000))
            except BlockingIOError:
                pass
        time.sleep(60)
        os._exit(0)
time.sleep(60)
