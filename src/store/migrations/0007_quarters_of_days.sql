-- A year of all metrics of a printer in one page: hours are still nine thousand rows of each.
CREATE TABLE telemetry_6h (
  series @integer@ NOT NULL,
  at_s @integer@ NOT NULL,
  samples @integer@ NOT NULL,
  lowest @real@ NOT NULL,
  mean @real@ NOT NULL,
  highest @real@ NOT NULL,
  PRIMARY KEY (series, at_s)
)@by_key@;

INSERT INTO telemetry_6h (series, at_s, samples, lowest, mean, highest)
  SELECT series, at_s / 21600 * 21600 AS slot, CAST(sum(samples) AS @integer@), min(lowest),
    sum(mean * samples) / sum(samples), max(highest)
  FROM telemetry_1h GROUP BY series, slot;
