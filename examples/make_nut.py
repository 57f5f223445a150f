# Writes nut.stl: a hexagonal nut blank (19 mm across flats, 13 mm hole, 6 mm high).
import math
def tri(f,a,b,c):
    f.write("facet normal 0 0 0\nouter loop\n"); [f.write("vertex %g %g %g\n"%p) for p in (a,b,c)]; f.write("endloop\nendfacet\n")
R,r,h,n=10.97,6.5,6.0,72
def outer(i):
    t=2*math.pi*i/n; k=math.cos(math.pi/6)/math.cos((t%(math.pi/3))-math.pi/6); return (R*k*math.cos(t),R*k*math.sin(t))
def inner(i):
    t=2*math.pi*i/n; return (r*math.cos(t),r*math.sin(t))
with open('nut.stl','w') as f:
    f.write("solid nut\n")
    for i in range(n):
        o0,o1,i0,i1=outer(i),outer(i+1),inner(i),inner(i+1)
        for z,flip in((0,1),(h,0)):
            q=[(*i0,z),(*o0,z),(*o1,z),(*i1,z)]
            if flip: q.reverse()
            tri(f,q[0],q[1],q[2]); tri(f,q[0],q[2],q[3])
        tri(f,(*o0,0),(*o1,0),(*o1,h)); tri(f,(*o0,0),(*o1,h),(*o0,h))
        tri(f,(*i1,0),(*i0,0),(*i0,h)); tri(f,(*i1,0),(*i0,h),(*i1,h))
    f.write("endsolid nut\n")
