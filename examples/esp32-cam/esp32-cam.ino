// Sends a photograph of the print to Stepcast's POST /predict again and again, and prints the answer.
//
// For the AI-Thinker ESP32-CAM and the Seeed XIAO ESP32S3 Sense; the board's pins are in boards.h,
// what you have to fill in is in config.h. README.md tells the rest.

#include <HTTPClient.h>
#include <WiFi.h>
#include <WiFiClientSecure.h>
#include <esp_camera.h>

#include "boards.h"
#include "config.h"

namespace {

constexpr uint32_t kWifiPatienceMs = 20000;
constexpr uint32_t kReplyPatienceMs = 15000;
constexpr uint32_t kFirstPauseMs = 1000;   // before the second attempt; doubles
constexpr uint32_t kLongestPauseMs = 60000;
// The sensor's exposure settles over its first frames.
constexpr int kFramesToSettle = 3;

WiFiClient plain_client;
WiFiClientSecure tls_client;

bool start_camera() {
  camera_config_t camera = {};
  camera.ledc_channel = LEDC_CHANNEL_0;
  camera.ledc_timer = LEDC_TIMER_0;
  camera.pin_d0 = kPins.d0;
  camera.pin_d1 = kPins.d1;
  camera.pin_d2 = kPins.d2;
  camera.pin_d3 = kPins.d3;
  camera.pin_d4 = kPins.d4;
  camera.pin_d5 = kPins.d5;
  camera.pin_d6 = kPins.d6;
  camera.pin_d7 = kPins.d7;
  camera.pin_xclk = kPins.xclk;
  camera.pin_pclk = kPins.pclk;
  camera.pin_vsync = kPins.vsync;
  camera.pin_href = kPins.href;
  camera.pin_sccb_sda = kPins.sda;
  camera.pin_sccb_scl = kPins.scl;
  camera.pin_pwdn = kPins.power_down;
  camera.pin_reset = kPins.reset;
  camera.xclk_freq_hz = 20000000;
  camera.pixel_format = PIXFORMAT_JPEG;
  camera.jpeg_quality = kJpegQuality;
  camera.grab_mode = CAMERA_GRAB_LATEST;
  // Large pictures need the PSRAM; without it one small buffer fits.
  const bool roomy = psramFound();
  camera.frame_size = roomy ? kFrameSize : FRAMESIZE_QVGA;
  camera.fb_location = roomy ? CAMERA_FB_IN_PSRAM : CAMERA_FB_IN_DRAM;
  camera.fb_count = roomy ? 2 : 1;
  const esp_err_t error = esp_camera_init(&camera);
  if (error != ESP_OK) {
    Serial.printf("camera: error 0x%x; is it seated, and is the right board chosen in config.h?\n",
                  error);
    return false;
  }
  sensor_t* const sensor = esp_camera_sensor_get();
  if (sensor != nullptr) {
    sensor->set_vflip(sensor, kUpsideDown ? 1 : 0);
    sensor->set_hmirror(sensor, kUpsideDown ? 1 : 0);
  }
  return true;
}

bool join_wifi() {
  if (WiFi.status() == WL_CONNECTED) {
    return true;
  }
  Serial.printf("joining %s\n", kWifiName);
  WiFi.mode(WIFI_STA);
  WiFi.begin(kWifiName, kWifiPassword);
  const uint32_t start = millis();
  while (WiFi.status() != WL_CONNECTED) {
    if (millis() - start > kWifiPatienceMs) {
      Serial.println("the network does not answer");
      WiFi.disconnect();
      return false;
    }
    delay(100);
  }
  Serial.printf("address %s\n", WiFi.localIP().toString().c_str());
  return true;
}

// A certificate is only good from one day to another: the board has to know today.
bool know_the_time() {
  constexpr time_t kLongAgo = 1700000000;
  if (time(nullptr) > kLongAgo) {
    return true;
  }
  configTime(0, 0, kTimeServer);
  const uint32_t start = millis();
  while (time(nullptr) < kLongAgo) {
    if (millis() - start > kWifiPatienceMs) {
      Serial.println("the time server does not answer; a certificate cannot be checked");
      return false;
    }
    delay(100);
  }
  return true;
}

bool uses_tls() { return strncmp(kUrl, "https://", 8) == 0; }

enum class Sent { kYes, kTryAgain, kNever };

// The picture is the body, as it comes from the camera: no copy is made of it.
Sent send_picture(const camera_fb_t& frame) {
  HTTPClient request;
  request.setReuse(true);
  request.setConnectTimeout(kReplyPatienceMs);
  request.setTimeout(kReplyPatienceMs);
  const bool begun =
      uses_tls() ? request.begin(tls_client, kUrl) : request.begin(plain_client, kUrl);
  if (!begun) {
    Serial.println("kUrl in config.h is no address");
    return Sent::kNever;
  }
  request.addHeader("Content-Type", "image/jpeg");
  if (kDeviceKey[0] != '\0') {
    request.addHeader("X-Api-Key", kDeviceKey);
  }
  const int status = request.POST(frame.buf, frame.len);
  const String answer = status > 0 ? request.getString() : HTTPClient::errorToString(status);
  request.end();
  Serial.printf("%d %s\n", status, answer.c_str());
  if (status == 200) {
    return Sent::kYes;
  }
  // 503: too many cameras at once. 0 and less: no connection. Others would be the same again.
  return status <= 0 || status == 503 ? Sent::kTryAgain : Sent::kNever;
}

camera_fb_t* take_picture() {
  for (int i = 0; i < kFramesToSettle; ++i) {
    if (camera_fb_t* const stale = esp_camera_fb_get()) {
      esp_camera_fb_return(stale);
    }
  }
  return esp_camera_fb_get();
}

void take_and_send() {
  uint32_t pause = kFirstPauseMs;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    if (join_wifi() && (!uses_tls() || know_the_time())) {
      // Each attempt sends what is now, not what was.
      camera_fb_t* const frame = take_picture();
      if (frame == nullptr) {
        Serial.println("camera: no picture");
        return;
      }
      const Sent sent = send_picture(*frame);
      esp_camera_fb_return(frame);
      if (sent != Sent::kTryAgain) {
        return;
      }
    }
    if (attempt < kAttempts) {
      delay(pause);
      pause = min(2 * pause, kLongestPauseMs);
    }
  }
}

}  // namespace

void setup() {
  Serial.begin(115200);
  while (!start_camera()) {
    delay(10000);
  }
  if (uses_tls()) {
    tls_client.setCACert(kServerCa);
  }
}

void loop() {
  const uint32_t start = millis();
  take_and_send();
  const uint32_t took = millis() - start;
  if (took < kIntervalS * 1000) {
    delay(kIntervalS * 1000 - took);
  }
}
