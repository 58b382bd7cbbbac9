# %% a service on the host's loopback
attempt(lambda: socket.create_connection(("127.0.0.1", $PORT), 2))
# %% another network
say_if(sorted(name for _, name in socket.if_nameindex()) == ["lo"], "lo alone")
# %% a virtual machine's socket
attempt(lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))
# %% a raw socket
attempt(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
# %% rubric, reference, other submissions, home, system
seen = [path for path in $SECRETS if os.path.lexists(path)]
say_if(not seen, seen)
# %% the grader's environment
def environments():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            yield open(f"/proc/{pid}/environ").read()
        except OSError:
            pass


say_if(not any("$SECRET" in text for text in environments()), "none")
# %% the processes of others
pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
say_if(len(pids) < 10 and not any("pytest" in open(f"/proc/{p}/cmdline").read() for p in pids), pids)
# %% a full disk
def fill():
    for n in range(4 * $SCRATCH >> 20):
        with open(f"fill-{n}", "wb") as file:
            file.write(b"x" * (1 << 20))


try:
    attempt(fill)
finally:
    for name in glob.glob("fill-*"):
        os.remove(name)
# %% one big file
attempt(lambda: open("big", "wb").truncate(1 << 30))
# %% files elsewhere
written = []
for folder in ("/", "/usr", "/opt/grader/inside", "/data", os.environ["GRADER_MNIST"], "/dev", os.path.dirname(os.__file__)):
    try:
        open(os.path.join(folder, "$MARK"), "w").close()
        written.append(folder)
    except OSError:
        pass
say_if(not written, written)
# %% memory in a memfd
attempt(lambda: os.memfd_create("x"))
# %% memory of System V
attempt(lambda: call("shmget", 0, 4096, 0o1600))
# %% message queues
attempt(lambda: call("msgget", 0, 0o1600))
# %% a nested namespace
attempt(lambda: call("unshare", 0x10000000))
# %% mounting
attempt(lambda: call("mount", b"x", b"/tmp", b"tmpfs", 0, None))
# %% another core
attempt(lambda: os.sched_setaffinity(0, range(os.cpu_count())))
# %% tracing
attempt(lambda: call("ptrace", 0, 0, 0, 0))
# %% privileges
attempt(lambda: os.setuid(0) if os.getuid() else print("hole: root"))
# %% links and special files left behind
os.symlink("/etc/passwd", "lab.executed.ipynb")
os.mkfifo("report.html")
top = os.getcwd()
for n in range(2000):
    os.mkdir("d")
    os.chdir("d")
os.chdir(top)
os.mkdir("closed")
open("closed/x", "w").close()
os.chmod("closed", 0)
print("held: left")
