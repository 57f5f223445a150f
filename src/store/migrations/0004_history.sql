-- What a printer measured, told and did over time. Rows outlive the printers, jobs and users whom
-- they name, so they refer to none of them.
CREATE TABLE printers (
  id @byte_text@ PRIMARY KEY,
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  profile TEXT NOT NULL,
  first_seen_ms @integer@ NOT NULL,
  last_seen_ms @integer@ NOT NULL
)@strict@;

-- A short number for what would otherwise be repeated in every row of telemetry.
CREATE TABLE telemetry_series (
  id @serial@,
  printer TEXT NOT NULL,
  metric TEXT NOT NULL,
  UNIQUE (printer, metric)
)@strict@;

CREATE TABLE telemetry_1s (
  series @integer@ NOT NULL,
  at_s @integer@ NOT NULL,
  value @real@ NOT NULL,
  PRIMARY KEY (series, at_s)
)@by_key@;

CREATE TABLE telemetry_1min (
  series @integer@ NOT NULL,
  at_s @integer@ NOT NULL,
  samples @integer@ NOT NULL,
  lowest @real@ NOT NULL,
  mean @real@ NOT NULL,
  highest @real@ NOT NULL,
  PRIMARY KEY (series, at_s)
)@by_key@;

-- A year in one chart: the minutes of a year are half a million rows.
CREATE TABLE telemetry_1h (
  series @integer@ NOT NULL,
  at_s @integer@ NOT NULL,
  samples @integer@ NOT NULL,
  lowest @real@ NOT NULL,
  mean @real@ NOT NULL,
  highest @real@ NOT NULL,
  PRIMARY KEY (series, at_s)
)@by_key@;

-- Pictures are files; their bytes are not kept here.
CREATE TABLE frames (
  id @serial@,
  printer TEXT NOT NULL,
  job TEXT NOT NULL,
  at_ms @integer@ NOT NULL,
  camera TEXT NOT NULL,
  path TEXT NOT NULL UNIQUE,
  size @integer@ NOT NULL CHECK (size >= 0),
  width @integer@ NOT NULL,
  height @integer@ NOT NULL,
  layer @integer@
)@strict@;

CREATE INDEX frames_by_printer ON frames (printer, at_ms);

CREATE INDEX frames_by_job ON frames (job, at_ms);

CREATE TABLE detections (
  id @serial@,
  printer TEXT NOT NULL,
  job TEXT NOT NULL,
  at_ms @integer@ NOT NULL,
  frame TEXT NOT NULL,
  model TEXT NOT NULL,
  label TEXT NOT NULL,
  confidence @real@ NOT NULL CHECK (confidence BETWEEN 0 AND 1),
  x @real@ NOT NULL,
  y @real@ NOT NULL,
  width @real@ NOT NULL,
  height @real@ NOT NULL,
  layer @integer@,
  z_mm @real@
)@strict@;

CREATE INDEX detections_by_printer ON detections (printer, at_ms);

CREATE INDEX detections_by_job ON detections (job, at_ms);

CREATE TABLE corrections (
  id @serial@,
  printer TEXT NOT NULL,
  job TEXT NOT NULL,
  at_ms @integer@ NOT NULL,
  detection @integer@,
  kind TEXT NOT NULL,
  old_value @real@,
  new_value @real@,
  outcome TEXT NOT NULL
)@strict@;

CREATE INDEX corrections_by_printer ON corrections (printer, at_ms);

CREATE INDEX corrections_by_job ON corrections (job, at_ms);

CREATE TABLE ae_hits (
  id @serial@,
  printer TEXT NOT NULL,
  job TEXT NOT NULL,
  at_ms @integer@ NOT NULL,
  trai @integer@ NOT NULL,
  amplitude_v @real@ NOT NULL,
  duration_s @real@ NOT NULL,
  energy_eu @real@ NOT NULL,
  rms_v @real@ NOT NULL,
  rise_time_s @real@ NOT NULL,
  counts @integer@ NOT NULL,
  samples @integer@ NOT NULL,
  label TEXT NOT NULL,
  probability @real@,
  x_mm @real@,
  y_mm @real@,
  z_mm @real@,
  waveform TEXT NOT NULL
)@strict@;

CREATE INDEX ae_hits_by_printer ON ae_hits (printer, at_ms);

CREATE INDEX ae_hits_by_job ON ae_hits (job, at_ms);
