; estimated printing time (normal mode) = 1e300d
;TIME:nan
;   Build time: -1 hours
