-- The job of which this one is the rest: its printer had lost its power.
ALTER TABLE jobs ADD COLUMN recovers @byte_text@ NOT NULL DEFAULT '';
