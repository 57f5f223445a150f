"""A camera that sends MJPEG, and counts who asks it."""

import http.server
import threading

JPEG = b"\xff\xd8 picture %d \xff\xd9"
# With a frame header: 64 x 48, one component.
SIZED_JPEG = b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x30\x00\x40\x01\x01\x11\x00 picture %d \xff\xd9"


class Camera:
    """Serves /?action=stream on any port; a frame each time somebody calls shoot()."""

    def __init__(self, picture=JPEG):
        self.frames = threading.Condition()
        self.number = 0
        self.open = 0  # connections now
        self.opened = 0  # connections ever
        camera = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type",
                                 "multipart/x-mixed-replace; boundary=--cameraboundary")
                self.end_headers()
                with camera.frames:
                    camera.open += 1
                    camera.opened += 1
                    camera.frames.notify_all()
                try:
                    while True:
                        with camera.frames:
                            camera.frames.wait(0.05)
                            camera.number += 1
                            frame = picture % camera.number
                        self.wfile.write(b"--cameraboundary\r\nContent-Type: image/jpeg\r\n"
                                         b"Content-Length: %d\r\n\r\n%s\r\n" % (len(frame), frame))
                except OSError:
                    pass
                finally:
                    with camera.frames:
                        camera.open -= 1
                        camera.frames.notify_all()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/?action=stream"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def wait_until(self, holds, timeout_s=20):
        with self.frames:
            return self.frames.wait_for(lambda: holds(self), timeout_s)
