-- Every statement ends with a semicolon at the end of a line.
CREATE TABLE files (
  path TEXT PRIMARY KEY,
  display TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size >= 0),
  uploaded_ms INTEGER NOT NULL,
  user_name TEXT NOT NULL,
  analysis TEXT NOT NULL
) STRICT;

CREATE INDEX files_by_sha256 ON files (sha256);

-- A job outlives its file and its user, so it refers to neither.
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  printer TEXT NOT NULL,
  file TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  user_name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('queued', 'starting', 'printing', 'paused', 'done', 'cancelled', 'failed')),
  created_ms INTEGER NOT NULL,
  started_ms INTEGER,
  ended_ms INTEGER,
  reason TEXT NOT NULL,
  estimated_s REAL,
  actual_s REAL,
  filament_mm REAL
) STRICT;

CREATE INDEX jobs_by_printer ON jobs (printer, created_ms);

CREATE INDEX jobs_by_file ON jobs (file, ended_ms);
