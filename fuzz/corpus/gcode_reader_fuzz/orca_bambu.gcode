; HEADER_BLOCK_START
; BambuStudio 01.08.00.62
; model printing time: 17m 30s; total estimated time: 23m 12s
; total layer number: 125
; total filament length [mm] : 1234.56
; HEADER_BLOCK_END
M1002 gcode_claim_action : 1
G29.1 Z{+0.0} ; clear z-trim
M620 S0A
M624 AQAAAAAAAAA=
; CHANGE_LAYER
; Z_HEIGHT: 0.2
; FEATURE: Outer wall
EXCLUDE_OBJECT_DEFINE NAME=a CENTER=1,2 POLYGON=[[1,2],[3,4]]
EXCLUDE_OBJECT_START NAME=a
G1 X1 Y2 E.03
EXCLUDE_OBJECT_END NAME=a
START_PRINT MSG="a;b" T='c d'
