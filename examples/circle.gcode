;Circles of 10 mm at 75 mm/s, both ways around, as arcs: a lag that differs between X and Y turns
;them into ellipses.
M83 ;relative extrusion
M109 S200 ;wait for the nozzle
G1 X25 Y20 F4500
G3 X25 Y20 I-5 J0 E1.04 ;a full turn, counter-clockwise
G3 X15 Y20 I-5 J0 E0.52 ;half a turn more
G2 X25 Y20 I5 J0 E0.52 ;back over the other half, clockwise
G2 X15 Y20 R5 E0.52 ;the same by its radius
G1 X0 Y0
