-- The secret stays readable, because both sides compute with it; recovery codes are hashes.
CREATE TABLE second_factors (
  user_name @byte_text@ PRIMARY KEY REFERENCES users (name) ON DELETE CASCADE,
  secret TEXT NOT NULL,
  last_step @integer@ NOT NULL,
  recovery TEXT NOT NULL,
  created_ms @integer@ NOT NULL
)@strict@;

-- What was answered to requests that bore a key of their own. Status 0: not answered yet.
CREATE TABLE answers (
  caller @byte_text@ NOT NULL,
  idempotency_key @byte_text@ NOT NULL,
  request_sha256 TEXT NOT NULL,
  at_ms @integer@ NOT NULL,
  status @integer@ NOT NULL,
  location TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (caller, idempotency_key)
)@strict@;

CREATE INDEX answers_by_time ON answers (at_ms);
