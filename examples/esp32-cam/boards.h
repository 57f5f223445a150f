// Where the camera is wired to, by board (the makers' schematics). -1: not wired.
#pragma once

struct CameraPins {
  int power_down, reset, xclk, sda, scl;
  int d0, d1, d2, d3, d4, d5, d6, d7;  // Y2 to Y9 of the sensor
  int vsync, href, pclk;
};

constexpr CameraPins kAiThinkerEsp32Cam = {32, -1, 0,  26, 27, 5,  18, 19,
                                           21, 36, 39, 34, 35, 25, 23, 22};
constexpr CameraPins kXiaoEsp32S3Sense = {-1, -1, 10, 40, 39, 15, 17, 18,
                                          16, 14, 12, 11, 48, 38, 47, 13};
