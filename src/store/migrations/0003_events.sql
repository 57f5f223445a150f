-- An event outlives its job and its printer, so it refers to neither.
CREATE TABLE events (
  sequence @integer@ PRIMARY KEY,
  at_ms @integer@ NOT NULL,
  type TEXT NOT NULL,
  printer TEXT NOT NULL,
  job TEXT NOT NULL,
  payload TEXT NOT NULL
)@strict@;

CREATE INDEX events_by_printer ON events (printer, sequence);

CREATE INDEX events_by_job ON events (job, sequence);
