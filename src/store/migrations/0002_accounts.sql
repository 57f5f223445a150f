CREATE TABLE users (
  name @byte_text@ PRIMARY KEY,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL,
  active @integer@ NOT NULL CHECK (active IN (0, 1)),
  created_ms @integer@ NOT NULL
)@strict@;

CREATE TABLE api_keys (
  id @byte_text@ PRIMARY KEY,
  secret_sha256 TEXT NOT NULL UNIQUE,
  prefix TEXT NOT NULL,
  app TEXT NOT NULL,
  user_name @byte_text@ NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  printer TEXT,
  permissions TEXT NOT NULL,
  created_ms @integer@ NOT NULL,
  expires_ms @integer@,
  last_used_ms @integer@
)@strict@;

CREATE INDEX api_keys_by_user ON api_keys (user_name);

CREATE TABLE logins (
  token_sha256 TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  user_name @byte_text@ NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  created_ms @integer@ NOT NULL,
  expires_ms @integer@ NOT NULL
)@strict@;

CREATE INDEX logins_by_user ON logins (user_name);

-- Entries outlive the users whom they name.
CREATE TABLE audit_log (
  sequence @integer@ PRIMARY KEY,
  at_ms @integer@ NOT NULL,
  user_name TEXT NOT NULL,
  key_id TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL
)@strict@;
