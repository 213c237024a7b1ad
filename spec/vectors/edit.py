#!/usr/bin/env python3
"""edit.py - makes the files of this folder that the command does not make, from one that it made.

    python3 edit.py NAME FROM.aez TO.aez

Checksums, and where the file has them index and trailer, are made to fit the change, so that a reader
has to notice the change itself; where the change is in one of them, NAME says so.
"""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reader"))
sys.dont_write_bytecode = True
import aez_read as aez


def models():
    here = os.path.dirname(os.path.abspath(__file__))
    found = {}
    for name in sorted(os.listdir(here)):
        if name.endswith(".aezm"):
            body = aez.model_file_body(aez.bytes_of(os.path.join(here, name)))
            found[aez.hash128(body)] = body
    return found


MODELS = models()


def varint(v):
    out = bytearray()
    while v >= 0x80:
        out.append(v & 0x7F | 0x80)
        v >>= 7
    out.append(v)
    return bytes(out)


class Parts:
    """A file as header, payloads, and what index and trailer shall say, if it has them."""

    def __init__(self, data):
        self.header = bytearray(data[:8])
        self.sections, self.n_sites, at = [], None, 8
        while at < len(data) and self.n_sites is None:
            section = aez.Section(data, 0, at, 1 << 26)
            at = section.end
            if section.type == aez.INDEX:
                self.n_sites = [e[3] for e in aez.read_index(section.payload)]
            else:
                self.sections.append((section.type, bytearray(section.payload)))
        self.index_change = self.size_change = 0
        self.after = b""

    def payload(self, kind):
        return next(p for t, p in self.sections if t == kind)

    def add(self, at, kind, payload):
        self.sections.insert(at, (kind, bytearray(payload)))

    def bytes(self):
        out, chunks = bytes(self.header), []
        for kind, payload in self.sections:
            whole = section_bytes(kind, payload, len(out), self.header)
            if kind == aez.CHUNK:
                chunks.append((len(out), len(whole)))
            out += whole
        if self.n_sites is None:
            return out + self.after
        index_at = len(out)
        out += section_bytes(aez.INDEX, self.index(chunks), index_at, self.header)
        trailer = struct.pack("<QQ", index_at, len(out) + 24 + self.size_change)
        trailer += struct.pack("<I", aez.xxh3(trailer, 0) & aez.M32) + b"ZEA\x8F"
        return out + trailer + self.after

    def index(self, chunks):
        n_sites = self.n_sites + [1] * (len(chunks) - len(self.n_sites))
        out = varint(len(chunks))
        if chunks:
            out += varint(chunks[0][0]) + varint(0)
        for (_, size), n in zip(chunks, n_sites):
            out += varint(size + self.index_change) + varint(n)
        return out


def put_net(p, at, value):
    """Changes a byte of the head of the one net (13 taps, three axes); at -1: how many there are."""
    payload = p.payload(aez.CHUNK)
    put(payload, payload.index(b"\x01\x0d\x07") + 1 + at, value)


def section_bytes(kind, payload, offset, header):
    out = bytes([kind]) + varint(len(payload)) + bytes(payload)
    return out + struct.pack("<Q", aez.xxh3(out, aez.section_seed(header, offset)))


def put(payload, at, *values):
    payload[at:at + len(values)] = bytes(values)


def change_packed(payload, at, function):
    """Changes packed bytes that stand in a payload."""
    src = aez.Source(bytes(payload), at)
    inner = bytearray(aez.packed_bytes(src, 1 << 32))
    function(inner)
    payload[at:src.at] = b"\0" + varint(len(inner)) + inner


def side_at(payload):
    src = aez.Source(bytes(payload), 1)
    src.varint()
    src.varint()
    return src.at


def body_at(payload):
    """Where the body of a model, or a reference to one, begins in its section."""
    src = aez.Source(bytes(payload))
    n, links = src.varint(), src.u8()
    for _ in range(n):
        src.varint()
    for _ in range(n if links == 1 else 0):
        aez.Map(src)
    return src.at


def layer_at(payload, number):
    """Where a layer begins in a model; 0 is the linear one."""
    found, begin = [], aez.Layer.__init__

    def spy(self, src, *rest):
        found.append(src.at)
        begin(self, src, *rest)

    aez.Layer.__init__ = spy
    aez.Body(bytes(payload[body_at(payload):]))
    aez.Layer.__init__ = begin
    return body_at(payload) + found[number]


def decoder_at(payload):
    """Where the decoder of a model begins, and where it ends."""
    found, begin = [], aez.Decoder.__init__

    def spy(self, src):
        found.append(src.at)
        begin(self, src)
        found.append(src.at)

    aez.Decoder.__init__ = spy
    aez.Body(bytes(payload[body_at(payload):]))
    aez.Decoder.__init__ = begin
    return [body_at(payload) + at for at in found]


def change_body(p, at, value):
    payload = p.payload(aez.MODEL)
    put(payload, body_at(payload) + at, value)


def without_decoder(p):
    payload = p.payload(aez.MODEL)
    begin, end = decoder_at(payload)
    del payload[begin:end]
    change_body(p, 1, payload[body_at(payload) + 1] & ~4)


def change_reference(p, at, value):
    payload = p.payload(aez.MODEL_REFERENCE)
    payload[body_at(payload) + at] ^= value


def change_map(p):
    """A shift of 62 in the first map; its svarints and varints are short."""
    payload = p.payload(aez.MODEL_REFERENCE)
    src = aez.Source(bytes(payload))
    n, links = src.varint(), src.u8()
    for _ in range(n):
        src.varint()
    src.svarint(), src.varint()
    begin = src.at
    src.svarint()
    payload[begin:src.at] = varint(2 * 62)


def spied(p, name):
    """What the reader calls with which arguments while it reads the file p."""
    found, real = [], getattr(aez, name)

    def spy(src, *rest):
        found.append((src.at, rest))
        return real(src, *rest)

    setattr(aez, name, spy)
    try:
        aez.File(p.bytes(), 0, MODELS)
    finally:
        setattr(aez, name, real)
    return found


def change_plan(p, number):
    """The last plan of the first chunk is one of the model: another number; None: that of latents."""
    payload, found = p.payload(aez.CHUNK), spied(p, "read_plan")
    put(payload, found[-1][0], payload[found[0][0]] if number is None else number)


def put_second_coder(p, value):
    payload, found = p.payload(aez.CHUNK), spied(p, "restore_differences")
    put(payload, found[0][0], value)


def change_decoder(p, at, value):
    payload = p.payload(aez.MODEL)
    put(payload, decoder_at(payload)[0] + at, value)


def packed(symbols, width):
    """Raw packed symbols."""
    bits = sum(v << i * width for i, v in enumerate(symbols))
    return bytes([width << 3]) + varint(len(symbols)) + bits.to_bytes((len(symbols) * width + 7) // 8,
                                                                      "little")


def zigzag(v):
    return 2 * v if v >= 0 else -2 * v - 1


def integers(v, width=0):
    """10.6.1: of three planes, along lines of a width if there is one, else without a predictor."""
    near = [0] * len(v)
    for i in range(1, len(v) if width else 1):
        near[i] = (v[i - 1] if i < width else v[i - width] if i % width == 0 else
                   v[i - 1] + v[i - width] - v[i - width - 1])
    z = [zigzag(a - b) for a, b in zip(v, near)]
    return ((b"\x23" + varint(width) if width else b"\x03") + packed([x >> 16 for x in z], 12) +
            packed([x >> 8 & 255 for x in z], 8) + packed([x & 255 for x in z], 8))


def layer(activation, shift, n_in, n_out, form=0):
    """Weights between -50 and 50, biases of their size after the shift."""
    w = [pow(i + 2, 3001, 65537) % 101 - 50 for i in range(n_in * n_out)]
    rows = [w[i::n_in] for i in range(n_in)] if form else [w]
    bias = [(pow(i + 2, 777, 65537) % 1001 - 500) for i in range(n_out)]
    return (bytes([activation]) + varint(zigzag(shift)) + bytes([form]) +
            b"".join(integers(row) for row in rows) + integers(bias))


def chain(parts, n_features=12, n_latent=3, flags=1, linear=b""):
    """A decoder; its offsets are a map of three lines, or a single number."""
    offsets = [4 * i + i // 4 - 9 for i in range(n_features)]
    return (bytes([2, flags]) + varint(n_features) + varint(n_latent) + bytes([len(parts), 10]) +
            (b"\2\x14" + integers(offsets, 4) if flags & 1 else b"\1" + struct.pack("<f", -1.5)) +
            b"\0" + struct.pack("<d", 24576.3) + linear + b"".join(parts))


ZEROS = bytes(5)  # a layer of any size
DENSE, CONV, UP, SHAPE = [bytes([kind]) for kind in range(4)]


def all_kinds(end):
    """Every kind of operation and of activation; `end` is the last one's."""
    return [DENSE + b"\6" + layer(2, -3, 3, 6),
            SHAPE + b"\2\3\1",
            UP + b"\1\2",
            CONV + b"\3\3\1" + layer(3, 0, 6, 3),
            CONV + b"\4\1\3" + layer(4, 8, 9, 4),
            CONV + b"\2\3\3" + layer(1, 6, 36, 2),
            DENSE + b"\x0c" + layer(end, 2, 12, 12, 1)]


def replace_decoder(p, new):
    payload = p.payload(aez.MODEL)
    begin, end = decoder_at(payload)
    payload[begin:end] = new


def change_layer(p, number, at, value):
    payload = p.payload(aez.MODEL)
    put(payload, layer_at(payload, number) + at, value)


def coder_at(payload):
    """Where the coder of a chunk of an array stands."""
    src = aez.Source(bytes(payload), 1)
    aez.packed_bytes(src, 1 << 32)
    return src.at


def change_wavelet(p, at, size, function):
    """Changes `size` bytes of the first wavelet of a chunk, `at` bytes after its head."""
    payload = p.payload(aez.CHUNK)
    begin = coder_at(payload) + 1 + at
    payload[begin:begin + size] = bytes(function(payload[begin:begin + size]))


def change_arrangement(payload, first=None, axis=None):
    """Changes the first extent of a shape of two axes, or the axis that is cut, in the side bytes."""
    def of_side(inner):
        src = aez.Source(bytes(inner), 2)
        begin, extents = src.at, [src.varint(), src.varint()]
        extents[0] = extents[0] if first is None else first
        shape = b"".join(varint(e) for e in extents)
        inner[begin:src.at + 1] = shape + bytes([inner[src.at] if axis is None else axis])

    change_packed(payload, 1, of_side)


def match_at(p):
    """Where the chunk describes the first tables of matches."""
    found, read = [], aez.Template.read_contexts

    def spy(self, src):
        found.append(src.at)
        read(self, src)

    aez.Template.read_contexts = spy
    aez.read_all(p.bytes(), MODELS)
    aez.Template.read_contexts = read
    return found[0]


def change_coded(p, at, size, new):
    """Replaces `size` bytes of a chunk of an array, `at` bytes after its coder."""
    payload = p.payload(aez.CHUNK)
    begin = coder_at(payload) + 1 + at
    payload[begin:begin + size] = bytes(new)


def first_column(inner):
    src = aez.Source(bytes(inner), 3)
    aez.sized_bytes(src)
    src.varint()
    return src.at


# Offsets below are those of 15.3 of the text, whose file is the one that is changed unless make.sh
# says otherwise.
CHANGES = {
    "optional-section": lambda p: p.add(1, 0xF0, b"skip me"),
    "long-varint": lambda p: p.payload(aez.SCHEMA).__setitem__(slice(1, 2), b"\x88\x80\x00"),
    "magic": lambda p: put(p.header, 0, 0x8E),
    "header-zero": lambda p: put(p.header, 7, 1),
    "version": lambda p: put(p.header, 4, 2),
    "feature": lambda p: put(p.header, 6, 1),
    "section": lambda p: p.add(1, 0x70, b"needed"),
    "envelope-version": lambda p: p.add(1, aez.ENVELOPE, b"\x02\x00\x00"),
    "section-zero": lambda p: p.add(1, 0, b""),
    "no-schema": lambda p: p.sections.pop(0),
    "n-dims": lambda p: put(p.payload(aez.SCHEMA), 0, 9),
    "sites": lambda p: p.payload(aez.SCHEMA).__setitem__(
        slice(1, 2), varint(1 << 61)),
    "type": lambda p: put(p.payload(aez.SCHEMA), 7, 12),
    "mode": lambda p: put(p.payload(aez.SCHEMA), 8, 7),
    "digits": lambda p: put(p.payload(aez.SCHEMA), 10, 23),
    "schema-left-over": lambda p: p.payload(aez.SCHEMA).append(0),
    "chunk-kind": lambda p: put(p.payload(aez.CHUNK), 0, 2),
    "chunk-left-over": lambda p: p.payload(aez.CHUNK).append(0),
    "side-flags": lambda p: put(p.payload(aez.CHUNK), 3, 4),
    "coder": lambda p: put(p.payload(aez.CHUNK), 6, 1),
    "scan-mask": lambda p: put(p.payload(aez.CHUNK), 10, 2),
    "template-kind": lambda p: put(p.payload(aez.CHUNK), 12, 3),
    "field-number": lambda p: put(p.payload(aez.CHUNK), 13, 1),
    "tap-ahead": lambda p: p.payload(aez.CHUNK).__setitem__(slice(17, 18), b"\x01\x00\x02"),
    "predictor-head": lambda p: put(p.payload(aez.CHUNK), 18, 0x80),
    "net-none": lambda p: put(p.payload(aez.CHUNK), 18, 0x40),
    "net-number": lambda p: put_net(p, -1, 0),
    "net-taps": lambda p: put_net(p, 0, 14),
    "net-axes": lambda p: put_net(p, 1, 0x0F),
    "net-hidden": lambda p: put_net(p, 3, 4),
    "net-shift": lambda p: put_net(p, 5, 16),
    "net-bias": lambda p: put_net(p, 6, 23),
    "too-few-residuals": lambda p: put(p.payload(aez.CHUNK), 23, 7),
    "too-many-residuals": lambda p: put(p.payload(aez.CHUNK), 23, 9),
    "raw-bits": lambda p: p.payload(aez.CHUNK).__setitem__(slice(27, 30), b"\x01\x4D"),
    "cut": lambda p: put(p.payload(aez.CHUNK), 21, 0x4C),
    "no-chunk": lambda p: p.sections.pop(),
    "chunk-twice": lambda p: p.add(len(p.sections), aez.CHUNK, p.sections[-1][1]),
    "mean-shift": lambda p: p.payload(aez.CHUNK).__setitem__(slice(14, 16), b"\x10\x00\x00\x40"),
    "template-flags": lambda p: put(p.payload(aez.CHUNK), 14, 0x80),
    # of 12 features in one field, with one hidden layer
    "decoder": lambda p: change_decoder(p, 0, 3),
    "activation": lambda p: change_layer(p, 1, 0, 5),
    "operation": lambda p: replace_decoder(p, chain(all_kinds(0)[:-1] + [b"\4\x0c"])),
    "model-chain": lambda p: replace_decoder(
        p, chain(all_kinds(0), flags=5, linear=layer(0, 1, 3, 12, 1))),
    "model-tanh": lambda p: replace_decoder(p, chain(all_kinds(3), flags=0)),
    "model-sigmoid": lambda p: replace_decoder(
        p, chain(all_kinds(4), flags=5, linear=layer(0, -1, 3, 12))),
    "model-end": lambda p: replace_decoder(p, chain(all_kinds(0) + [SHAPE + b"\3\4\1"])),
    "model-values": lambda p: replace_decoder(p, chain(all_kinds(0)[:-2])),
    "model-window": lambda p: replace_decoder(
        p, chain(all_kinds(0)[:3] + [CONV + b"\1\2\1" + ZEROS])),
    "model-shape": lambda p: replace_decoder(
        p, chain([SHAPE + b"\2\2\1", DENSE + b"\x0c" + ZEROS])),
    "model-factor": lambda p: replace_decoder(
        p, chain([UP + b"\0\1", DENSE + b"\x0c" + ZEROS])),
    "model-tensor": lambda p: replace_decoder(
        p, chain([UP + b"\x40\x40", UP + b"\x40\x40", CONV + b"\1\1\1" + ZEROS])),
    "model-work": lambda p: replace_decoder(
        p, chain([UP + b"@@", CONV + b"??" + ZEROS, DENSE + b"" + ZEROS])),
    "model-parts": lambda p: replace_decoder(p, chain([])),
    "model-bent": lambda p: replace_decoder(p, chain([], flags=4, linear=layer(1, 0, 3, 12))),
    "model-relu": lambda p: change_layer(p, 1, 0, 1),
    "model-field": lambda p: put(p.payload(aez.MODEL), 2, 1),
    "model-links": lambda p: put(p.payload(aez.MODEL), 1, 3),
    "model-table": lambda p: change_body(p, 1, 5),
    "model-fields": lambda p: change_body(p, 2, 2),
    "model-inner": lambda p: change_body(p, 4, 0),
    "model-features": lambda p: change_body(p, 4, 11),
    "model-no-decoder": lambda p: without_decoder(p),
    "model-latents": lambda p: change_decoder(p, 3, 13),
    "model-frac": lambda p: change_decoder(p, 5, 25),
    "model-integers": lambda p: change_layer(p, 0, 3, 0x31),
    "model-form": lambda p: change_layer(p, 0, 2, 2),
    "model-twice": lambda p: p.add(1, aez.MODEL, p.payload(aez.MODEL)),
    "model-late": lambda p: p.sections.append(p.sections.pop(
        [kind for kind, _ in p.sections].index(aez.MODEL))),
    "model-coder": lambda p: put(p.payload(aez.CHUNK), coder_at(p.payload(aez.CHUNK)), 6),
    "model-version": lambda p: change_body(p, 0, 2),
    "model-flags": lambda p: change_body(p, 1, 16),
    "refer-hash": lambda p: change_reference(p, 0, 0x55),
    "refer-size": lambda p: change_reference(p, 16, 1),
    "refer-links": lambda p: put(p.payload(aez.MODEL_REFERENCE), 1, 2),
    "refer-left-over": lambda p: p.payload(aez.MODEL_REFERENCE).append(0),
    "refer-map": lambda p: change_map(p),
    "refer-plan": lambda p: change_plan(p, 99),
    "refer-other-plan": lambda p: change_plan(p, None),
    "refer-more": lambda p: put(p.payload(aez.CHUNK), coder_at(p.payload(aez.CHUNK)) + 2, 0x7F),
    "refer-nobody": lambda p: put(p.payload(aez.CHUNK), coder_at(p.payload(aez.CHUNK)) + 1, 2),
    "differences-coder": lambda p: put_second_coder(p, 4),
    # of three axes
    "wavelets-head": lambda p: change_wavelet(p, 0, 1, lambda old: [old[0] | 0x10]),
    "wavelets-none": lambda p: change_wavelet(p, 0, 1, lambda old: [old[0] & 0xFE]),
    "wavelets-levels": lambda p: change_wavelet(p, 1, 1, lambda old: [5]),
    "wavelets-step": lambda p: change_wavelet(p, 4, 3, lambda old: varint((1 << 45) + 1)),
    # 119 values, first 0
    "mixtures-batch": lambda p: change_coded(p, 0, 1, [3]),
    "mixtures-values": lambda p: change_coded(p, 2, 1, varint(4095)),
    "mixtures-logistics": lambda p: change_coded(p, 3, 1, [0]),
    "mixtures-spikes": lambda p: change_coded(p, 4, 1, [17]),
    "mixtures-end": lambda p: p.payload(aez.CHUNK).__delitem__(slice(-4, None)),
    "mixtures-stream": lambda p: put(p.payload(aez.CHUNK), -9, p.payload(aez.CHUNK)[-9] ^ 1),
    "model-no-model": lambda p: p.sections.pop([kind for kind, _ in p.sections].index(aez.MODEL)),
    "table-chunk-kind": lambda p: put(p.payload(aez.CHUNK), 0, 0x82),
    "table-rows": lambda p: p.payload(aez.CHUNK).__setitem__(slice(1, 3), varint(1 << 30)),
    "table-left-over": lambda p: p.payload(aez.CHUNK).append(0),
    "table-side": lambda p: change_packed(
        p.payload(aez.CHUNK), side_at(p.payload(aez.CHUNK)), lambda inner: inner.append(0)),
    "table-crlf": lambda p: change_packed(
        p.payload(aez.TABLE_SCHEMA), 0, lambda inner: put(inner, 1, 2)),
    "table-column": lambda p: change_packed(
        p.payload(aez.TABLE_SCHEMA), 0, lambda inner: put(inner, first_column(inner), 6)),
    "table-sole": lambda p: put(p.payload(aez.CHUNK), 0, p.payload(aez.CHUNK)[0] | 0x80),
    "shape-small": lambda p: change_arrangement(p.payload(aez.CHUNK), first=11),
    "shape-large": lambda p: change_arrangement(p.payload(aez.CHUNK), first=14),
    "shape-axis": lambda p: change_arrangement(p.payload(aez.CHUNK), axis=3),
    "match-log": lambda p: put(p.payload(aez.CHUNK), match_at(p), 19),
    "match-contexts": lambda p: put(p.payload(aez.CHUNK), match_at(p) + 1, 4),
    "index": lambda p: setattr(p, "index_change", 1),
    "file-size": lambda p: setattr(p, "size_change", 1),
    "after-the-end": lambda p: setattr(p, "after", b"\0"),
}


def change(name, data):
    if name == "checksum":
        return data[:20] + bytes([data[20] ^ 1]) + data[21:]
    if name == "hints":
        return data[:5] + b"\x01" + data[6:]
    if name == "truncated":
        return data[:-1]
    parts = Parts(data)
    CHANGES[name](parts)
    return parts.bytes()


def main():
    name, source, target = sys.argv[1:]
    with open(source, "rb") as f:
        data = change(name, f.read())
    with open(target, "wb") as f:
        f.write(data)


main()
