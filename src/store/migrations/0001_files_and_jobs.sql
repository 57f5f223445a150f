-- Every statement ends with a semicolon at the end of a line.
CREATE TABLE files (
  path @byte_text@ PRIMARY KEY,
  display TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size @integer@ NOT NULL CHECK (size >= 0),
  uploaded_ms @integer@ NOT NULL,
  user_name TEXT NOT NULL,
  analysis TEXT NOT NULL
)@strict@;

CREATE INDEX files_by_sha256 ON files (sha256);

-- A job outlives its file and its user, so it refers to neither.
CREATE TABLE jobs (
  id @byte_text@ PRIMARY KEY,
  printer TEXT NOT NULL,
  file TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  user_name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('queued', 'starting', 'printing', 'paused', 'done', 'cancelled', 'failed')),
  created_ms @integer@ NOT NULL,
  started_ms @integer@,
  ended_ms @integer@,
  reason TEXT NOT NULL,
  estimated_s @real@,
  actual_s @real@,
  filament_mm @real@
)@strict@;

CREATE INDEX jobs_by_printer ON jobs (printer, created_ms);

CREATE INDEX jobs_by_file ON jobs (file, ended_ms);
