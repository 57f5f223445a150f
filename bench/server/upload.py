#!/usr/bin/env python3
"""How fast a large upload is, how much memory it takes, beside a plain copy to the same disk.

    bench/server/upload.py build/release/apps/stepcastd/stepcastd
    bench/server/upload.py build/release/apps/stepcastd/stepcastd --opaque --data-dir /var/tmp

Starts a daemon of its own in a fresh folder (in /dev/shm, so that no disk is the limit) and uploads
one file several times over the loopback, each time after a copy of it, with fsync(). The file is a
real one repeated, so that the daemon analyses it while it arrives; with --opaque nothing in it but
its first line can be read, so that there is nothing to analyse. MB are 10^6 bytes. Memory is the
peak of the daemon during the uploads (VmHWM).
"""

import argparse
import os
import pathlib
import shutil
import socket
import statistics
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
MB = 1_000_000


def write_job(path, size, source, opaque):
    if opaque:
        text = os.urandom(1 << 19).hex()
        piece = "".join(f"={text[at:at + 79]}\n" for at in range(0, len(text), 79)).encode()
    else:
        piece = source.read_bytes()
    with path.open("wb") as file:
        file.write(b"G28\n")
        while file.tell() < size:
            file.write(piece[:size - file.tell()])


def copy(source, target):
    """MB/s of a copy that is safe on the disk."""
    start = time.monotonic()
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    took = time.monotonic() - start
    target.unlink()
    return source.stat().st_size / MB / took


def upload(server, path, name, form, boundary):
    """MB/s until the answer is there."""
    head = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"'
            "\r\n\r\n").encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    size = path.stat().st_size
    address = urllib.parse.urlsplit(server.url)
    with path.open("rb") as file, \
            socket.create_connection((address.hostname, address.port)) as line:
        start = time.monotonic()
        line.sendall((f"POST /api/v1/files HTTP/1.1\r\nHost: {address.netloc}\r\n"
                      f"X-Api-Key: {server.key}\r\nContent-Type: {form}\r\n"
                      f"Content-Length: {len(head) + size + len(tail)}\r\n\r\n").encode() + head)
        line.sendfile(file)
        line.sendall(tail)
        answer = line.recv(65536)
        took = time.monotonic() - start
    if b" 201 " not in answer.partition(b"\r\n")[0]:
        sys.exit(f"the upload is refused: {answer.decode(errors='replace')}")
    return size / MB / took


def peak_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM")


def forget_peak(pid):
    """From here on VmHWM is the peak of what follows: before, a password was hashed in 19 MiB."""
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("daemon", type=pathlib.Path)
    parser.add_argument("--data-dir", type=pathlib.Path, default=pathlib.Path("/dev/shm"),
                        help="where the fresh folder is made; it needs room for the file thrice")
    parser.add_argument("--mb", type=int, default=500)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--job", type=pathlib.Path, default=ROOT / "examples/nut.gcode",
                        help="what is repeated")
    parser.add_argument("--opaque", action="store_true")
    options = parser.parse_args()
    os.environ["STEPCASTD"] = str(options.daemon)
    os.environ["STEPCAST_SOURCE_DIR"] = str(ROOT)
    sys.path.insert(0, str(ROOT / "tests/e2e/stepcastd"))
    from server_support import BOUNDARY, FORM, Server  # pylint: disable=import-outside-toplevel

    with tempfile.TemporaryDirectory(dir=options.data_dir) as folder:
        job = pathlib.Path(folder) / "job"
        write_job(job, options.mb * MB, options.job, options.opaque)
        server = Server(folder, more="[files]\nversions = 0\n[storage]\nminimum_free_mib = 16\n")
        server.start().set_up()
        server.wait_for_state("Operational")
        forget_peak(server.process.pid)
        print(f"{options.mb} MB, {'opaque' if options.opaque else 'analysed while it arrives'}; "
              f"daemon at rest: {peak_mib(server.process.pid):.1f} MiB")
        uploads, copies = [], []
        for number in range(options.times):
            copies.append(copy(job, job.with_name("copy")))
            name = f"job{number}.gcode"
            uploads.append(upload(server, job, name, FORM, BOUNDARY))
            print(f"upload {uploads[-1]:.0f} MB/s, plain copy {copies[-1]:.0f} MB/s, "
                  f"daemon's peak {peak_mib(server.process.pid):.1f} MiB", flush=True)
            assert server.delete(f"/api/v1/files/{name}").status == 204
        print(f"median: upload {statistics.median(uploads):.0f} MB/s, "
              f"{statistics.median(uploads) / statistics.median(copies):.0%} of a plain copy")
        server.stop()


if __name__ == "__main__":
    main()
