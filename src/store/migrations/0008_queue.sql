-- An entry outlives its file, its user and its printers, so it refers to none of them.
CREATE TABLE queue (
  id @byte_text@ PRIMARY KEY,
  printer TEXT NOT NULL,
  printer_group TEXT NOT NULL,
  file TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  user_name TEXT NOT NULL,
  priority @integer@ NOT NULL,
  place @integer@ NOT NULL,
  copies @integer@ NOT NULL CHECK (copies >= 1),
  material TEXT NOT NULL,
  nozzle_mm @real@,
  created_ms @integer@ NOT NULL,
  expires_ms @integer@,
  closed TEXT NOT NULL CHECK (closed IN ('', 'done', 'cancelled', 'expired')),
  closed_ms @integer@,
  CHECK ((closed = '') = (closed_ms IS NULL))
)@strict@;

CREATE INDEX queue_by_end ON queue (closed_ms);

-- The id is also that of the job, whose row is written when the printer is asked.
CREATE TABLE queue_starts (
  id @byte_text@ PRIMARY KEY,
  entry @byte_text@ NOT NULL REFERENCES queue (id) ON DELETE CASCADE,
  printer TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('claimed', 'asked', 'expired')),
  version @integer@ NOT NULL,
  claimed_ms @integer@ NOT NULL,
  expires_ms @integer@ NOT NULL,
  reason TEXT NOT NULL
)@strict@;

CREATE INDEX queue_starts_by_entry ON queue_starts (entry);

CREATE TABLE printer_setup (
  printer @byte_text@ PRIMARY KEY,
  bed_job TEXT NOT NULL,
  material TEXT NOT NULL,
  nozzle_mm @real@,
  queue_paused @integer@ NOT NULL CHECK (queue_paused IN (0, 1))
)@strict@;
