// What you have to fill in.
#pragma once

#include "boards.h"

// The board: kAiThinkerEsp32Cam or kXiaoEsp32S3Sense.
constexpr const CameraPins& kPins = kAiThinkerEsp32Cam;

constexpr char kWifiName[] = "";
constexpr char kWifiPassword[] = "";

// http://HOST:8080/predict of `stepcast serve-predict`, or https://HOST:5080/predict of stepcastd.
constexpr char kUrl[] = "http://192.168.1.10:8080/predict";
// The key of a device that is bound to the printer before the camera; empty: none is sent.
constexpr char kDeviceKey[] = "";

// For https: the certificate, PEM, of the authority that signed the server's. Nobody else's is taken.
constexpr char kServerCa[] = R"(-----BEGIN CERTIFICATE-----
-----END CERTIFICATE-----
)";
constexpr char kTimeServer[] = "pool.ntp.org";

// FRAMESIZE_QVGA (320 x 240), FRAMESIZE_VGA (640 x 480) or FRAMESIZE_SVGA (800 x 600).
constexpr framesize_t kFrameSize = FRAMESIZE_VGA;
constexpr int kJpegQuality = 12;  // 0 to 63, less is better and larger
constexpr bool kUpsideDown = false;

constexpr uint32_t kIntervalS = 30;  // from one picture to the next
constexpr int kAttempts = 4;         // for each
