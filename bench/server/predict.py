#!/usr/bin/env python3
"""POST /predict of Stepcast beside a service as its source has it: Flask and TensorFlow.

    bench/server/predict.py [--rate 20] [--seconds 30] [--stepcast build/release/apps/stepcast/stepcast]

Both get the same photographs at the same moments, one after the other, so that neither has the
machine less than the other. The source's service is rebuilt here after its description: the picture
scaled to 224 x 224 and divided by 255, MobileNetV2 with a dense layer of 128, six classes. Its
weights are random, which takes the same time. TensorFlow comes from PyPI into a virtual environment,
--environment, which is made if it is not there.
"""

import argparse
import http.client
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLASK_PORT = 18080

SERVICE = f"""
import io
import flask
import numpy as np
import tensorflow as tf
from PIL import Image

base = tf.keras.applications.MobileNetV2(include_top=False, weights=None, pooling="avg",
                                         input_shape=(224, 224, 3))
model = tf.keras.Sequential([base, tf.keras.layers.Dense(128, activation="relu"),
                             tf.keras.layers.Dropout(0.3),
                             tf.keras.layers.Dense(6, activation="softmax")])
classes = ["OK", "blobs", "cracks", "spaghetti", "stringing", "under exstrosion"]
app = flask.Flask("predict")

@app.post("/predict")
def predict():
    picture = Image.open(io.BytesIO(flask.request.files["file"].read())).convert("RGB")
    pixels = np.asarray(picture.resize((224, 224)), dtype=np.float32)[None] / 255
    shares = model.predict(pixels, verbose=0)[0]
    return {{"prediction": classes[int(shares.argmax())], "confidence": float(shares.max())}}

app.run(port={FLASK_PORT}, threaded=True)
"""


def environment(folder):
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", "tensorflow-cpu", "flask",
                        "pillow"], check=True)
    return python


def form(picture):
    head = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
    return head + b"Content-Type: image/jpeg\r\n\r\n" + picture + b"\r\n--XX--\r\n"


def ask(port, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    start = time.monotonic()
    try:
        connection.request("POST", "/predict", body,
                           {"Content-Type": "multipart/form-data; boundary=XX"})
        reply = connection.getresponse()
        reply.read()
        return reply.status, time.monotonic() - start
    except OSError:
        return 0, time.monotonic() - start
    finally:
        connection.close()


def wait_for(port, body, process):
    for _ in range(600):
        if process.poll() is not None:
            sys.exit("a service ended before it answered")
        if ask(port, body)[0] == 200:
            return
        time.sleep(0.2)
    sys.exit("a service does not answer")


def measure(port, bodies, rate, seconds):
    """Asks at fixed moments, whether or not the last answer has come."""
    times, refused, lock, threads = [], [], threading.Lock(), []

    def one(body):
        status, took = ask(port, body)
        with lock:
            (times if status == 200 else refused).append(took)

    start = time.monotonic()
    for i in range(int(rate * seconds)):
        time.sleep(max(0.0, start + i / rate - time.monotonic()))
        threads.append(threading.Thread(target=one, args=(bodies[i % len(bodies)],)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return sorted(times), len(refused)


def report(name, times, refused):
    def at(share):
        return 1000 * times[min(len(times) - 1, int(share * len(times)))]
    print(f"{name:<24} p50 {at(0.5):7.1f} ms   p90 {at(0.9):7.1f}   p99 {at(0.99):7.1f}   "
          f"mean {1000 * statistics.mean(times):7.1f}   {len(times)} answered, {refused} refused",
          flush=True)
    return at(0.99)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--stepcast", default=ROOT / "build/release/apps/stepcast/stepcast")
    parser.add_argument("--runtime", default="auto")
    parser.add_argument("--model", help="the classifier, if not the one that is shipped")
    parser.add_argument("--environment", type=pathlib.Path,
                        default=pathlib.Path(tempfile.gettempdir()) / "stepcast-tensorflow")
    parser.add_argument("--pictures", type=pathlib.Path,
                        default=ROOT.parent / "shared/data/camera/ender3")
    arguments = parser.parse_args()
    files = sorted(arguments.pictures.rglob("*.jpg"))[:50]
    if not files:
        sys.exit(f"no pictures below {arguments.pictures}")
    bodies = [form(file.read_bytes()) for file in files]

    python = environment(arguments.environment)
    ours = subprocess.Popen([arguments.stepcast, "serve-predict", "--port", "0", "--runtime",
                             arguments.runtime,
                             *(["--model", arguments.model] if arguments.model else [])],
                            stderr=subprocess.PIPE, text=True)
    theirs = None
    try:
        greeting = ours.stderr.readline()
        found = re.search(r":(\d+)/predict", greeting)
        if not found:
            sys.exit(greeting)
        print(greeting.strip())
        theirs = subprocess.Popen([python, "-c", SERVICE], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        ports = {"Stepcast": (int(found[1]), ours), "Flask and TensorFlow": (FLASK_PORT, theirs)}
        for port, process in ports.values():
            wait_for(port, bodies[0], process)
        p99 = {name: report(name, *measure(port, bodies, arguments.rate, arguments.seconds))
               for name, (port, _) in ports.items()}
        print(f"p99 is {p99['Flask and TensorFlow'] / p99['Stepcast']:.1f} times as long there")
    finally:
        for process in (ours, theirs):
            if process is not None:
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
