-- What printing a content takes, for each way to plan: printers of the same settings share it.
CREATE TABLE analyses (
  sha256 @byte_text@ NOT NULL,
  settings @byte_text@ NOT NULL,
  result TEXT NOT NULL,
  PRIMARY KEY (sha256, settings)
)@by_key@;

-- Of a file itself there remains what its slicer wrote into it.
ALTER TABLE files RENAME COLUMN analysis TO stated;

UPDATE files SET stated = '';
