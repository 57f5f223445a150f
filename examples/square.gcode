;Square of 20 mm at 75 mm/s, from home: every corner is a full change of direction.
;The path errors that it gives are known: tests/e2e/stepcast/simulate_test.py.
M83 ;relative extrusion
M109 S200 ;wait for the nozzle
G1 F4500
G1 X20 Y0 E0.66
G1 X20 Y20 E0.66
G1 X0 Y20 E0.66
G1 X0 Y0 E0.66
