-- How far each channel of notifications has got in the log of events.
CREATE TABLE outbox (
  channel @byte_text@ PRIMARY KEY,
  sequence @integer@ NOT NULL
)@strict@;

CREATE TABLE spools (
  id @serial@,
  name TEXT NOT NULL,
  vendor TEXT NOT NULL,
  material TEXT NOT NULL,
  colour TEXT NOT NULL,
  diameter_mm @real@ NOT NULL CHECK (diameter_mm > 0),
  density_g_cm3 @real@ NOT NULL CHECK (density_g_cm3 > 0),
  weight_g @real@ NOT NULL CHECK (weight_g > 0),
  used_g @real@ NOT NULL CHECK (used_g >= 0),
  printer TEXT NOT NULL,
  tool @integer@ NOT NULL,
  note TEXT NOT NULL,
  created_ms @integer@ NOT NULL,
  archived @integer@ NOT NULL CHECK (archived IN (0, 1))
)@strict@;

-- One spool on each tool; an empty printer is the shelf.
CREATE UNIQUE INDEX spools_by_place ON spools (printer, tool) WHERE printer <> '';

-- Keyed by job and tool, so that the usage of a job is booked once.
CREATE TABLE spool_usage (
  job @byte_text@ NOT NULL,
  tool @integer@ NOT NULL,
  spool @integer@ NOT NULL,
  filament_mm @real@ NOT NULL,
  weight_g @real@ NOT NULL,
  at_ms @integer@ NOT NULL,
  PRIMARY KEY (job, tool)
)@strict@;

CREATE INDEX spool_usage_by_spool ON spool_usage (spool, at_ms);

CREATE TABLE maintenance_tasks (
  id @serial@,
  printer TEXT NOT NULL,
  title TEXT NOT NULL,
  note TEXT NOT NULL,
  every_hours @real@ CHECK (every_hours > 0),
  every_filament_m @real@ CHECK (every_filament_m > 0),
  every_days @real@ CHECK (every_days > 0),
  done_ms @integer@ NOT NULL,
  done_hours @real@ NOT NULL,
  done_filament_m @real@ NOT NULL,
  told @integer@ NOT NULL CHECK (told IN (0, 1))
)@strict@;

CREATE INDEX maintenance_tasks_by_printer ON maintenance_tasks (printer, id);

CREATE TABLE maintenance_log (
  id @serial@,
  task @integer@ NOT NULL,
  printer TEXT NOT NULL,
  title TEXT NOT NULL,
  at_ms @integer@ NOT NULL,
  user_name TEXT NOT NULL,
  note TEXT NOT NULL,
  hours @real@ NOT NULL,
  filament_m @real@ NOT NULL
)@strict@;

CREATE INDEX maintenance_log_by_printer ON maintenance_log (printer, at_ms);
