"""What measuring needs: the compiled programs, the peers, and clients run with one library or the other."""

import glob
import os
import re
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
CLIENT_TIMEOUT = 60


def fail(text):
    print(f"bench: {text}", file=sys.stderr)
    sys.exit(2)


def reference_dir():
    """Where Debian's librtmp.so.1 is."""
    for path in sorted(glob.glob("/usr/lib/*/librtmp.so.1")):
        return os.path.dirname(path)
    fail("the reference is not installed: apt-get install librtmp1")


def build(directory, libdir):
    """Compiles the peers and the client programs."""
    def compile(name, *more):
        command = ["gcc", "-O2", "-o", f"{directory}/{name}", f"{HERE}/{name}.c", *more]
        subprocess.run(command, check=True)

    for peer in ("sink", "blast"):
        compile(peer, f"{HERE}/link.c", "-lssl", "-lcrypto")
    compile("bare", "-lssl", "-lcrypto")
    # The program is linked with whichever library: both have the same name inside.
    compile("job", f"-I{ROOT}/include", f"-L{libdir}", "-l:librtmp.so.1")


def certificate(directory):
    path = f"{directory}/cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", path, "-out", f"{directory}/cert"], check=True, stderr=subprocess.DEVNULL)
    with open(path, "a") as both, open(f"{directory}/cert") as cert:
        both.write(cert.read())
    return path


class Peer:
    """A server of ours on a port of its own, ended with the block it is used in."""

    def __init__(self, bench, program, *args):
        self.process = subprocess.Popen([f"{bench.dir}/{program}", *map(str, args)], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            fail(f"{program} did not start")
        self.port = int(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Bench:
    """The programs in `directory`, run with the libraries of `libraries`: their names, and where each lies."""

    def __init__(self, directory, libraries):
        self.dir = directory
        self.libraries = {name: os.path.abspath(path) for name, path in libraries.items()}
        self.certificate = certificate(directory)
        # How players are served; see `choose_serving`.
        self.serving = "send"

    def environment(self, library):
        return {**os.environ, "LD_LIBRARY_PATH": self.libraries[library], "LIBRTMP_TLS_VERIFY": "0"}

    def run(self, library, command):
        done = subprocess.run(command, env=self.environment(library), capture_output=True, text=True,
                              timeout=CLIENT_TIMEOUT)
        if done.returncode != 0:
            fail(f"{library}: {' '.join(command)}: {done.stderr.strip()}")
        return done

    def client(self, library, *args):
        done = self.run(library, [f"{self.dir}/job", *map(str, args)])
        return [float(word) for word in done.stdout.split()]

    def bare(self, *args):
        done = subprocess.run([f"{self.dir}/bare", *map(str, args)], capture_output=True, text=True, check=True,
                              timeout=CLIENT_TIMEOUT)
        return [float(word) for word in done.stdout.split()]

    def choose_serving(self):
        """Serves players in the way with which a bare client takes less time here: the server is then not what they wait
        for. Which one that is depends on the machine."""
        def cost(serving):
            with Peer(self, "blast", serving, "raw", 30000, 4096, 1 << 20) as peer:
                times = [self.bare("receive", peer.port, 256) for _ in range(5)]
            return statistics.median(nanoseconds / size for nanoseconds, size, _ in times)

        self.serving = min("send", "sendfile", key=cost)

    def counts_per_mib(self, library, job, port, mebibytes):
        """Instructions and system calls of a MiB of the transfer, counted by valgrind: reading the clock is a call too."""
        done = self.run(library, ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--instr-atstart=no",
                                  "--collect-systime=yes", f"{self.dir}/job",
                                  *map(str, job.arguments(library, port, mebibytes))])
        # Instructions, calls, time in calls; callgrind leaves out what is zero at the end.
        instructions, calls = [*map(int, re.search(r"Collected : ([\d ]+)", done.stderr)[1].split()), 0][:2]
        return instructions / mebibytes, calls / mebibytes
