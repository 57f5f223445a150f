-- What files held before they were replaced; the bytes lie in the library by their hash.
CREATE TABLE file_versions (
  path @byte_text@ NOT NULL,
  sha256 @byte_text@ NOT NULL,
  size @integer@ NOT NULL CHECK (size >= 0),
  uploaded_ms @integer@ NOT NULL,
  user_name TEXT NOT NULL,
  replaced_ms @integer@ NOT NULL,
  PRIMARY KEY (path, sha256)
)@by_key@;

CREATE INDEX file_versions_by_sha256 ON file_versions (sha256);

CREATE INDEX file_versions_by_time ON file_versions (replaced_ms);
