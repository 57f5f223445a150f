CREATE TABLE users (
  name TEXT COLLATE "C" PRIMARY KEY,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL,
  active BIGINT NOT NULL CHECK (active IN (0, 1)),
  created_ms BIGINT NOT NULL
);

CREATE TABLE api_keys (
  id TEXT COLLATE "C" PRIMARY KEY,
  secret_sha256 TEXT NOT NULL UNIQUE,
  prefix TEXT NOT NULL,
  app TEXT NOT NULL,
  user_name TEXT COLLATE "C" NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  printer TEXT,
  permissions TEXT NOT NULL,
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT,
  last_used_ms BIGINT
);

CREATE INDEX api_keys_by_user ON api_keys (user_name);

CREATE TABLE logins (
  token_sha256 TEXT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  user_name TEXT COLLATE "C" NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  created_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL
);

CREATE INDEX logins_by_user ON logins (user_name);

-- Entries outlive the users whom they name.
CREATE TABLE audit_log (
  sequence BIGINT PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  user_name TEXT NOT NULL,
  key_id TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL
);
