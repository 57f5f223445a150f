g01x10y-2.5e.3f1500
G92.1
G2 X1 Y1 I.5 J-.5
M117 5" (1/2) ; shown
M118 A1 hello
M0 P500 S2 Take it off
M486 S1 A"part; 1"
M486 Apart 2
M862.3 P "MK3S"
M291 P"a ""b""" R"c"
G1 X{1+move.axes[0]} Y[2]
T0
T-1
Tx
T?
(a) G1 (b) X1 (c) ; d
G28 X Y
M600
