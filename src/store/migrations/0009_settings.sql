-- What people have set through clients, by what it is for (a printer, a user) and name.
CREATE TABLE settings (
  scope @byte_text@ NOT NULL,
  name @byte_text@ NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (scope, name)
)@strict@;
