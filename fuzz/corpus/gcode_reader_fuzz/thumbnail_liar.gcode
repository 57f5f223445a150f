; thumbnail_JPG begin 1x1 4
; AAAA
; thumbnail_JPG end
; thumbnail begin 1x1 1
; thumbnail end
