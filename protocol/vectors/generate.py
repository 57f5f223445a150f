#!/usr/bin/env python3
"""Writes the vectors of protocol paper version 1: name.bin and name.json.

Independent of the C++ codecs on purpose: it follows the byte tables of ../step-stream.md with the
standard library only, so that the two check each other. 64-bit integers are strings in the JSON.
"""
import json
import pathlib
import struct

HERE = pathlib.Path(__file__).parent
SESSION = 0x0123456789ABCDEF


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def packet(kind, number, ticks=b"", end=False, attempt=0, session=SESSION, version=1, flags=None,
           length=None, reserved=0, crc_error=0, magic=b"SCPP"):
    head = magic + struct.pack("<BBBBQIHH", version, kind, int(end) if flags is None else flags,
                               attempt, session, number, len(ticks) if length is None else length,
                               reserved)
    return head + struct.pack("<I", crc32c(head + ticks) ^ crc_error) + ticks


def ack(state=3, flags=1, number=1, base=0, bitmap=0, fill=0, consumed=0, pauses=0, echo=0,
        attempt=0, executed=0, positions=(0, 0, 0, 0), session=SESSION, version=1, reserved=0,
        crc_error=0):
    body = b"SCPP" + struct.pack("<BBBBQIIHHIIIIQ4i", version, 2, state, flags, session, number,
                                 base, bitmap, fill, consumed, pauses, echo,
                                 attempt | reserved << 8, executed, *positions)
    return body + struct.pack("<I", crc32c(body) ^ crc_error)


def write(name, data, **fields):
    (HERE / f"{name}.bin").write_bytes(data)
    (HERE / f"{name}.json").write_text(json.dumps(fields, indent=1) + "\n")


def good_packet(name, kind, number, ticks=b"", end=False, attempt=0):
    write(name, packet(kind, number, ticks, end, attempt), kind="packet", status="ok",
          type={1: "data", 3: "probe"}[kind], session=str(SESSION), number=number, end=end,
          attempt=attempt, ticks=list(ticks))


def bad(name, kind, status, data):
    write(name, data, kind=kind, status=status)


def good_ack(name, **f):
    write(name, ack(**f), kind="ack", status="ok", session=str(SESSION), state=f["state"],
          prompt=bool(f["flags"]), number=f["number"], base=f["base"], bitmap=f["bitmap"],
          fill=f["fill"], consumed=f["consumed"], pauses=f["pauses"], echo=f["echo"],
          attempt=f["attempt"], executed=str(f["executed"]), positions=list(f["positions"]))


FULL = bytes((i * 7 + i // 256) & 0xFF for i in range(1200))

good_packet("data_end", 1, 0, b"\x11\x13\x00", end=True)
good_packet("data_full", 1, 4711, FULL, attempt=3)
good_packet("data_full_end", 1, 0xFFFFFFFF, FULL, end=True)
good_packet("data_empty_print", 1, 0, end=True)
good_packet("probe", 3, 20, attempt=0x81)
bad("packet_empty", "packet", "too_short", b"")
bad("packet_header_cut", "packet", "too_short", packet(3, 0)[:27])
bad("packet_magic", "packet", "magic", packet(1, 0, FULL, magic=b"SCPQ"))
bad("packet_version", "packet", "version", packet(1, 0, FULL, version=2))
bad("packet_type_ack", "packet", "type", packet(2, 0, FULL))
bad("packet_flag_reserved", "packet", "reserved", packet(1, 0, FULL, flags=2))
bad("packet_field_reserved", "packet", "reserved", packet(1, 0, FULL, reserved=1))
bad("packet_payload_cut", "packet", "length", packet(1, 0, FULL)[:-1])
bad("packet_payload_long", "packet", "length", packet(1, 0, FULL) + b"\0")
bad("packet_length_lies", "packet", "length", packet(1, 0, b"\x11", end=True, length=0xFFFF))
bad("packet_short_without_end", "packet", "length", packet(1, 0, FULL[:1199]))
bad("packet_over_long", "packet", "length", packet(1, 0, FULL + b"\x11", end=True))
bad("probe_with_payload", "packet", "length", packet(3, 0, b"\x11"))
bad("probe_with_end", "packet", "length", packet(3, 0, flags=1))
bad("packet_crc", "packet", "crc", packet(1, 0, FULL, crc_error=1))

good_ack("ack_running", state=3, flags=1, number=17, base=110, bitmap=0b1011, fill=99,
         consumed=11, pauses=2, echo=113, attempt=1, executed=13200,
         positions=(2**31 - 1, -2**31, -1, 42))
good_ack("ack_wrapped", state=7, flags=0, number=0xFFFFFFFF, base=4, bitmap=0, fill=0,
         consumed=4, pauses=0, echo=0xFFFFFFFF, attempt=255, executed=2**64 - 1,
         positions=(0, 0, 0, 0))
bad("ack_cut", "ack", "too_short", ack()[:71])
bad("ack_long", "ack", "length", ack() + b"\0")
bad("ack_version", "ack", "version", ack(version=2))
bad("ack_is_data", "ack", "type", packet(1, 0, FULL))
bad("ack_flag_reserved", "ack", "reserved", ack(flags=2))
bad("ack_field_reserved", "ack", "reserved", ack(reserved=1))
bad("ack_crc", "ack", "crc", ack(crc_error=1))
bad("ack_state", "ack", "value", ack(state=9))
bad("ack_bitmap", "ack", "value", ack(bitmap=1 << 10))
bad("ack_fill", "ack", "value", ack(fill=101))
