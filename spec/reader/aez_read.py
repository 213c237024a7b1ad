#!/usr/bin/env python3
"""aez_read.py - an independent reader of .aez files, written from spec/aez-format.md alone.

    python3 aez_read.py [-m MODEL.aezm]... FILE.aez [OUT]

Writes the original file to OUT, or to standard output; -m gives a model that the file refers to. It
is slow and plain on purpose: its use is to show that the text is enough, and to check the fast
reader. Needs Python 3.8 and, for zstd frames, either the module zstandard or the command zstd. Numbers in comments are sections of the text.
"""
import copy
import math
import struct
import subprocess
import sys

M32 = (1 << 32) - 1
M64 = (1 << 64) - 1
SHORT = "the bytes end too soon"


class Bad(Exception):
    """A file that cannot be read; kind is the name of the error in the text (14)."""

    def __init__(self, kind, why):
        super().__init__("%s: %s" % (kind, why))
        self.kind = kind
        self.why = why


def corrupt_if(wrong, why):
    if wrong:
        raise Bad("CORRUPT", why)


def limit_if(wrong, why):
    if wrong:
        raise Bad("LIMIT", why)


def signed(v):
    """v modulo 2^64, read as a two's complement number."""
    v &= M64
    return v - (1 << 64) if v >> 63 else v


def clamp(v, most):
    return min(max(v, 0), most)


def floor_log2(v):
    return v.bit_length() - 1


def product(numbers):
    n = 1
    for v in numbers:
        n *= v
    return n


# ---- 1.2 numbers as bytes -----------------------------------------------------------------------


class Source:
    """Bytes being read; a read past the end is CORRUPT."""

    def __init__(self, data, at=0):
        self.data = data
        self.at = at

    def left(self):
        return len(self.data) - self.at

    def take(self, n):
        corrupt_if(n > self.left(), SHORT)
        self.at += n
        return self.data[self.at - n:self.at]

    def uint(self, n):
        return int.from_bytes(self.take(n), "little")

    def u8(self):
        return self.uint(1)

    def f64(self):
        return struct.unpack("<d", self.take(8))[0]

    def varint(self):
        v = 0
        for i in range(10):
            byte = self.u8()
            v |= (byte & 0x7F) << (7 * i)
            if byte < 0x80:
                corrupt_if(v > M64, "a varint above 2^64 - 1")
                return v
        raise Bad("CORRUPT", "a varint of more than 10 bytes")

    def svarint(self):
        return unzigzag(self.varint())

    def done(self, what):
        corrupt_if(self.left() != 0, "bytes are left over in " + what)


def zigzag(v):
    return v << 1 if v >= 0 else (-v << 1) - 1


def unzigzag(z):
    return -(z + 1 >> 1) if z & 1 else z >> 1


class Bits:
    """A string of bits, lowest bit of each byte first."""

    def __init__(self, source):
        self.source = source
        self.bits = 0
        self.n = 0

    def take(self, width):
        while self.n < width:
            self.bits |= self.source.u8() << self.n
            self.n += 8
        value = self.bits & ((1 << width) - 1)
        self.bits >>= width
        self.n -= width
        return value


# ---- XXH3-64 (public description: xxHash specification, XXH3 family) ----------------------------

P32_1, P32_2, P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
P64_1, P64_2, P64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P64_4, P64_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")


def le32(data, at):
    return int.from_bytes(data[at:at + 4], "little")


def le64(data, at):
    return int.from_bytes(data[at:at + 8], "little")


def swap64(v):
    return int.from_bytes(v.to_bytes(8, "little"), "big")


def fold128(a, b):
    wide = a * b
    return (wide & M64) ^ (wide >> 64)


def avalanche(h):
    h ^= h >> 37
    h = h * 0x165667919E3779F9 & M64
    return h ^ h >> 32


def avalanche_xxh64(h):
    h ^= h >> 33
    h = h * P64_2 & M64
    h ^= h >> 29
    h = h * P64_3 & M64
    return h ^ h >> 32


def mix16(data, at, secret_at, seed):
    return fold128(le64(data, at) ^ (le64(SECRET, secret_at) + seed & M64),
                   le64(data, at + 8) ^ (le64(SECRET, secret_at + 8) - seed & M64))


def xxh3_short(data, seed):
    n = len(data)
    if n == 0:
        return avalanche_xxh64(seed ^ le64(SECRET, 56) ^ le64(SECRET, 64))
    if n <= 3:
        mixed = data[0] << 16 | data[n >> 1] << 24 | data[n - 1] | n << 8
        return avalanche_xxh64(mixed ^ ((le32(SECRET, 0) ^ le32(SECRET, 4)) + seed & M64))
    if n <= 8:
        seed ^= swap64(seed & M32) >> 32 << 32
        mixed = le32(data, n - 4) + (le32(data, 0) << 32)
        h = mixed ^ ((le64(SECRET, 8) ^ le64(SECRET, 16)) - seed & M64)
        h ^= (h << 49 | h >> 15) & M64 ^ (h << 24 | h >> 40) & M64
        h = h * 0x9FB21C651E98DF25 & M64
        h ^= (h >> 35) + n & M64
        h = h * 0x9FB21C651E98DF25 & M64
        return h ^ h >> 28
    low = le64(data, 0) ^ ((le64(SECRET, 24) ^ le64(SECRET, 32)) + seed & M64)
    high = le64(data, n - 8) ^ ((le64(SECRET, 40) ^ le64(SECRET, 48)) - seed & M64)
    return avalanche(n + swap64(low) + high + fold128(low, high) & M64)


def xxh3_middle(data, seed):
    n = len(data)
    h = n * P64_1
    if n <= 128:
        for i in reversed(range((n - 1) // 32 + 1)):
            h += mix16(data, 16 * i, 32 * i, seed)
            h += mix16(data, n - 16 * (i + 1), 32 * i + 16, seed)
        return avalanche(h & M64)
    for i in range(8):
        h += mix16(data, 16 * i, 16 * i, seed)
    h = avalanche(h & M64)
    for i in range(8, n // 16):
        h += mix16(data, 16 * i, 16 * (i - 8) + 3, seed)
    h += mix16(data, n - 16, 136 - 17, seed)
    return avalanche(h & M64)


def seeded_secret(seed):
    if seed == 0:
        return SECRET
    words = struct.unpack("<24Q", SECRET)
    return struct.pack("<24Q", *((w - seed if i & 1 else w + seed) & M64
                                 for i, w in enumerate(words)))


def accumulate(acc, stripe, keys):
    for i in range(8):
        value = stripe[i]
        key = value ^ keys[i]
        acc[i ^ 1] += value
        acc[i] = acc[i] + (key & M32) * (key >> 32) & M64


def long_accumulators(data, secret):
    acc = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1]
    n, n_stripes = len(data), (len(secret) - 64) // 8
    scramble = struct.unpack_from("<8Q", secret, len(secret) - 64)
    for s in range((n - 1) // 64):
        accumulate(acc, struct.unpack_from("<8Q", data, 64 * s),
                   struct.unpack_from("<8Q", secret, 8 * (s % n_stripes)))
        if s % n_stripes == n_stripes - 1 and 64 * (s + 1) <= (n - 1) // 1024 * 1024:
            for i in range(8):
                a = acc[i] & M64
                acc[i] = (a ^ a >> 47 ^ scramble[i]) * P32_1 & M64
    accumulate(acc, struct.unpack_from("<8Q", data, n - 64),
               struct.unpack_from("<8Q", secret, len(secret) - 64 - 7))
    return acc


def merged(acc, secret, at, h):
    for i in range(4):
        h += fold128(acc[2 * i] & M64 ^ le64(secret, at + 16 * i),
                     acc[2 * i + 1] & M64 ^ le64(secret, at + 8 + 16 * i))
    return avalanche(h & M64)


def xxh3_long(data, seed):
    secret = seeded_secret(seed)
    return merged(long_accumulators(data, secret), secret, 11, len(data) * P64_1)


def xxh3(data, seed):
    if len(data) <= 16:
        return xxh3_short(data, seed)
    return xxh3_middle(data, seed) if len(data) <= 240 else xxh3_long(data, seed)


# ---- XXH3-128 without a seed, in canonical form: what names a model -----------------------------


def hash128_short(data):
    n = len(data)
    if n == 0:
        return (avalanche_xxh64(le64(SECRET, 64) ^ le64(SECRET, 72)),
                avalanche_xxh64(le64(SECRET, 80) ^ le64(SECRET, 88)))
    if n <= 3:
        low = data[0] << 16 | data[n >> 1] << 24 | data[n - 1] | n << 8
        high = int.from_bytes(low.to_bytes(4, "little"), "big")
        high = (high << 13 | high >> 19) & M32
        return (avalanche_xxh64(low ^ le32(SECRET, 0) ^ le32(SECRET, 4)),
                avalanche_xxh64(high ^ le32(SECRET, 8) ^ le32(SECRET, 12)))
    if n <= 8:
        keyed = le32(data, 0) + (le32(data, n - 4) << 32) ^ le64(SECRET, 16) ^ le64(SECRET, 24)
        wide = keyed * (P64_1 + 4 * n)
        low, high = wide & M64, wide >> 64
        high = high + 2 * low & M64
        low ^= high >> 3
        low = (low ^ low >> 35) * 0x9FB21C651E98DF25 & M64
        return low ^ low >> 28, avalanche(high)
    last = le64(data, n - 8)
    wide = (le64(data, 0) ^ last ^ le64(SECRET, 32) ^ le64(SECRET, 40)) * P64_1
    low, high = (wide & M64) + (n - 1 << 54) & M64, wide >> 64
    last ^= le64(SECRET, 48) ^ le64(SECRET, 56)
    high = high + last + (last & M32) * (P32_2 - 1) & M64
    low ^= swap64(high)
    wide = low * P64_2
    return avalanche(wide & M64), avalanche((wide >> 64) + high * P64_2 & M64)


def mix32(acc, data, one, two, secret_at):
    low, high = acc
    low = low + mix16(data, one, secret_at, 0) & M64
    low ^= le64(data, two) + le64(data, two + 8) & M64
    high = high + mix16(data, two, secret_at + 16, 0) & M64
    return low, high ^ (le64(data, one) + le64(data, one + 8) & M64)


def hash128_middle(data):
    n = len(data)
    acc = (n * P64_1 & M64, 0)
    if n <= 128:
        for i in reversed(range((n - 1) // 32 + 1)):
            acc = mix32(acc, data, 16 * i, n - 16 * (i + 1), 32 * i)
    else:
        for i in range(4):
            acc = mix32(acc, data, 32 * i, 32 * i + 16, 32 * i)
        acc = avalanche(acc[0]), avalanche(acc[1])
        for i in range(4, n // 32):
            acc = mix32(acc, data, 32 * i, 32 * i + 16, 32 * (i - 4) + 3)
        acc = mix32(acc, data, n - 16, n - 32, 136 - 17 - 16)
    low, high = acc
    return (avalanche(low + high & M64),
            -avalanche(low * P64_1 + high * P64_4 + n * P64_2 & M64) & M64)


def hash128(data):
    n = len(data)
    if n <= 16:
        low, high = hash128_short(data)
    elif n <= 240:
        low, high = hash128_middle(data)
    else:
        acc = long_accumulators(data, SECRET)
        low = merged(acc, SECRET, 11, n * P64_1)
        high = merged(acc, SECRET, len(SECRET) - 64 - 11, ~(n * P64_2) & M64)
    return (high << 64 | low).to_bytes(16, "big")


# ---- zstd frames (RFC 8878) ---------------------------------------------------------------------


def zstd_frame_size(frame):
    """Bytes of the frame at the start, by its headers."""
    src = Source(frame)
    corrupt_if(src.uint(4) != 0xFD2FB528, "no zstd frame")
    head = src.u8()
    single, size_flag = head >> 5 & 1, head >> 6
    src.take((0 if single else 1) + (0, 1, 2, 4)[head & 3])
    src.take((single, 2, 4, 8)[size_flag])
    last = 0
    while not last:
        block = src.uint(3)
        last = block & 1
        src.take(1 if block >> 1 & 3 == 1 else block >> 3)
    src.take(4 if head & 4 else 0)
    return src.at


def zstd_unpack(frame, n):
    """The n bytes that exactly one zstd frame holds."""
    corrupt_if(zstd_frame_size(frame) != len(frame), "not exactly one zstd frame")
    try:
        import zstandard
        out = zstandard.ZstdDecompressor().decompressobj().decompress(frame)
    except ImportError:
        run = subprocess.run(["zstd", "-dcq"], input=frame, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, check=False)
        corrupt_if(run.returncode != 0, "a zstd frame is damaged")
        out = run.stdout
    corrupt_if(len(out) != n, "a zstd frame of another size")
    return out


# ---- 6.4 packed bytes ---------------------------------------------------------------------------


def packed_bytes(src, max_n):
    method, n = src.u8(), src.varint()
    corrupt_if(method > 1, "unknown method of packed bytes")
    limit_if(n > max_n, "too many packed bytes")
    if method == 0:
        return src.take(n)
    return zstd_unpack(src.take(src.varint()), n)


# ---- 5.1 tokens ---------------------------------------------------------------------------------


class Cut:
    """How a number is cut in a token and raw bits."""

    def __init__(self, split, msb):
        self.split = split
        self.msb = msb
        self.direct = 1 << split

    def count(self):
        return self.direct + ((64 - self.split) << self.msb)

    def raw_bits(self, token):
        if token < self.direct:
            return 0
        return self.split + (token - self.direct >> self.msb) - self.msb

    def first(self, token):
        if token < self.direct:
            return token
        top = (token - self.direct) & ((1 << self.msb) - 1)
        return (1 << self.msb | top) << self.raw_bits(token)


def read_cut(src):
    head = src.u8()
    cut = Cut(head & 15, head >> 4 & 3)
    corrupt_if(head >> 7 or cut.split > 11 or cut.msb > cut.split, "a cut that cannot be")
    return cut, head >> 6 & 1


# ---- 6.1 frequencies ----------------------------------------------------------------------------

EXP16 = [1073741824, 1028218693, 984625594, 942880699, 902905651, 864625413, 827968132, 792865000,
         759250125, 727060411, 696235434, 666717336, 638450708, 611382493, 585461881, 560640218]
EXP256 = [1073741824, 1070838486, 1067942999, 1065055341, 1062175491, 1059303428, 1056439131,
          1053582579, 1050733751, 1047892626, 1045059183, 1042233401, 1039415261, 1036604740,
          1033801819, 1031006477]
EXP4096 = [1073741824, 1073560135, 1073378477, 1073196849, 1073015252, 1072833686, 1072652151,
           1072470646, 1072289173, 1072107729, 1071926317, 1071744935, 1071563584, 1071382264,
           1071200974, 1071019715]
DOWN = [32768, 27554, 23170, 19484]
UP = [4096, 4871, 5793, 6889]


def explicit_frequencies(src, log):
    bits = Bits(src)
    precision, rice, sparse = bits.take(4), bits.take(2), bits.take(1)
    m = bits.take(bits.take(4)) + 1
    corrupt_if(m > 4096, "too many symbols")
    f, last = [], log - 1
    while len(f) < m:
        if sparse:
            f += [0] * (gamma_code(bits) - 1)
            corrupt_if(len(f) >= m, "a gap past the last symbol")
        u = rice_code(bits, rice)
        last += -(u + 1 >> 1) if u & 1 else u >> 1
        corrupt_if(last < sparse or last > log + 1, "a frequency that cannot be")
        if last == 0:
            f.append(0)
        else:
            low = min(last - 1, precision)
            f.append((1 << low | bits.take(low)) << (last - 1 - low))
    best = f.index(max(f))
    f[best] += (1 << log) - sum(f)
    corrupt_if(not 1 <= f[best] < 1 << log, "frequencies that do not fit")
    return f


def gamma_code(bits):
    a = 0
    while a < 16 and not bits.take(1):
        a += 1
    return 1 << a | bits.take(a)


def rice_code(bits, k):
    high = 0
    while high < 64 and bits.take(1):
        high += 1
    return high << k | bits.take(k)


def exp2_down(u):
    if u >> 12 > 30:
        return 0
    x = EXP16[u >> 8 & 15]
    x = x * EXP256[u >> 4 & 15] >> 30
    x = x * EXP4096[u & 15] >> 30
    return x >> (u >> 12)


def scaled(x, scale):
    octave = scale >> 2
    drop = max(octave - 36, 0)
    x >>= drop
    octave -= drop
    if x >> (octave + 6):
        return 1 << 24
    u = x * DOWN[scale & 3]
    u = u >> (octave - 3) if octave >= 3 else u << (3 - octave)
    return min(u, 1 << 24)


def survival(x, scale, shape):
    u = scaled(x, scale)
    if shape == 0:
        return exp2_down(u)
    if shape == 1:
        return (exp2_down(u) << 31) // ((1 << 30) + exp2_down(u))
    if shape == 2:
        return exp2_down(u * u >> 12)
    return (1 << 54) // (u + 4096) ** 2


def survival_zigzag(z, scale, shape):
    if z == 0 or z & 1:
        return survival(z, scale, shape)
    return survival(z - 1, scale, shape) + survival(z + 1, scale, shape) >> 1


def shaped_frequencies(log, m, scale, shape, zero, cut):
    n_tokens = cut.count()
    edge = [1 << 30]
    for t in range(1, m + 1):
        edge.append(survival_zigzag(cut.first(t), scale, shape) if t < n_tokens else 0)
    w = [max(edge[t] - edge[t + 1], 0) for t in range(m)]
    w[0] = w[0] * UP[zero & 3] >> 16 - (zero >> 2)
    total, share = sum(w), (1 << log) - m
    f = [1 + (share * x // total if total else 0) for x in w]
    f[w.index(max(w))] += (1 << log) - sum(f)
    return f


def parametric_frequencies(src, log, cut):
    top, scale, head = src.varint(), src.u8(), src.u8()
    corrupt_if(not 1 <= top <= 4095 or top >= 1 << log or top >= cut.count() or head >> 7,
               "a table of frequencies that cannot be")
    return shaped_frequencies(log, top + 1, scale, head & 3, head >> 2, cut)


# ---- 6.2 rANS -----------------------------------------------------------------------------------


def starts_of(f):
    c = [0]
    for x in f:
        c.append(c[-1] + x)
    return c


def find_symbol(c, y):
    low, high = 0, len(c) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if c[middle] <= y else (low, middle)
    return low


class Rans:
    """Words of a payload, and one step of a state."""

    def __init__(self, payload, log):
        self.words = struct.unpack("<%dH" % (len(payload) // 2), payload)
        self.at = 0
        self.log = log

    def word(self):
        self.at += 1
        return self.words[self.at - 1]

    def refill(self, x):
        if x < 1 << 16 and self.at < len(self.words):
            x = x << 16 | self.word()
        return x

    def step(self, x, c):
        y = x & ((1 << self.log) - 1)
        s = find_symbol(c, y)
        return s, self.refill((c[s + 1] - c[s]) * (x >> self.log) + y - c[s])

    def used_up(self):
        return self.at == len(self.words)


def rans_narrow(payload, log, f, n):
    coder, c, out = Rans(payload, log), starts_of(f), []
    x = coder.refill(coder.refill(0))
    for _ in range(n):
        s, x = coder.step(x, c)
        out.append(s)
    corrupt_if(x != 0 or not coder.used_up(), "a rANS payload does not end as it must")
    return out


def rans_wide(payload, log, f, n):
    coder, c, out = Rans(payload, log), starts_of(f), []
    corrupt_if(len(coder.words) < 8, "a rANS payload without its states")
    x = [coder.word() << 16 | coder.word() for _ in range(4)]
    for i in range(n):
        s, x[i & 3] = coder.step(x[i & 3], c)
        out.append(s)
    corrupt_if(x != [1 << 16] * 4 or not coder.used_up(), "a rANS payload does not end as it must")
    return out


# ---- 6.3 packed symbols -------------------------------------------------------------------------


def packed_symbols(src, max_n, cut):
    head, n = src.u8(), src.varint()
    method, parameter = head & 7, head >> 3
    corrupt_if(method == 7, "unknown method of packed symbols")
    limit_if(n > max_n, "too many symbols")
    if method == 0:
        corrupt_if(parameter > 12, "symbols that are too wide")
        bits = Bits(Source(src.take((n * parameter + 7) // 8)))
        out = [bits.take(parameter) for _ in range(n)]
    elif method == 1:
        corrupt_if(parameter > 1, "too many bytes a symbol")
        raw = zstd_unpack(src.take(src.varint()), n * (parameter + 1))
        out = [raw[i] | (raw[n + i] << 8 if parameter else 0) for i in range(n)]
    elif method == 2:
        corrupt_if(parameter != 0, "a constant with a parameter")
        out = [src.varint()] * n
    else:
        out = packed_rans(src, method - 3, parameter, cut, n)
    corrupt_if(any(s > 4095 or s >= cut.count() for s in out), "a symbol that is no token")
    return out


def packed_rans(src, kind, log, cut, n):
    corrupt_if(not 8 <= log <= 16, "a sum of frequencies that cannot be")
    f = parametric_frequencies(src, log, cut) if kind & 1 else explicit_frequencies(src, log)
    n_words = src.varint()
    return (rans_wide if kind & 2 else rans_narrow)(src.take(2 * n_words), log, f, n)


# ---- 5.2 residual blocks: next(level) gives values, done() checks that all were used ------------


class RawBits:
    def __init__(self, src, present):
        self.data = src.take(src.varint()) if present else b""
        self.value = int.from_bytes(self.data, "little")
        self.at = 0

    def take(self, n):
        corrupt_if(self.at + n > 8 * len(self.data), "raw bits run out")
        self.at += n
        return self.value >> (self.at - n) & ((1 << n) - 1)

    def used_up(self):
        return (self.at + 7) // 8 == len(self.data)


def value_of(cut, token, raw):
    return unzigzag(cut.first(token) + raw.take(cut.raw_bits(token)))


class Stream:
    def __init__(self, src, max_n):
        self.cut, has_raw = read_cut(src)
        self.tokens = packed_symbols(src, max_n, self.cut)
        self.raw = RawBits(src, has_raw)
        self.at = 0

    def next(self):
        corrupt_if(self.at == len(self.tokens), "a stream runs out")
        self.at += 1
        return value_of(self.cut, self.tokens[self.at - 1], self.raw)


class StreamBlock:
    """5.2.1"""

    def __init__(self, src, n_streams, max_n):
        corrupt_if(n_streams > 64, "too many streams")
        self.stream_of, self.streams = [], []
        for i in range(n_streams):
            left = 64 - len(self.stream_of)
            n = src.u8() if i + 1 < n_streams else left
            corrupt_if(n == 0 or (i + 1 < n_streams and n >= left), "levels that do not fit")
            self.stream_of += [i] * n
        for _ in range(n_streams):
            self.streams.append(Stream(src, max_n))
            max_n -= len(self.streams[-1].tokens)

    def next(self, level):
        corrupt_if(not self.streams, "a value of an empty block")
        return self.streams[self.stream_of[level]].next()

    def done(self):
        return all(s.at == len(s.tokens) and s.raw.used_up() for s in self.streams)


class ByteBlock:
    """5.2.2"""

    def __init__(self, src, flags, max_n):
        width, side_by_side = 1 << (flags & 3), flags >> 2
        corrupt_if(flags > 7, "unknown kind of residual block")
        if side_by_side:
            raw = packed_bytes(src, max_n * width)
            corrupt_if(len(raw) % width, "a value is cut off")
            rows = [raw[i:i + width] for i in range(0, len(raw), width)]
        else:
            planes = [packed_bytes(src, max_n)]
            planes += [packed_bytes(src, len(planes[0])) for _ in range(width - 1)]
            corrupt_if(any(len(p) != len(planes[0]) for p in planes), "planes differ in size")
            rows = [bytes(p[i] for p in planes) for i in range(len(planes[0]))]
        self.values = [unzigzag(int.from_bytes(r, "little")) for r in rows]
        self.at = 0

    def next(self, level):
        corrupt_if(self.at == len(self.values), "a block runs out")
        self.at += 1
        return self.values[self.at - 1]

    def done(self):
        return self.at == len(self.values)


class ShapedBlock:
    """5.2.3"""

    def __init__(self, src, max_n):
        self.cut, has_raw = read_cut(src)
        self.left, top = src.varint(), src.varint()
        self.base, self.slope, head = src.svarint(), src.svarint(), src.u8()
        self.m, self.shape, self.zero = top + 1, head & 3, head >> 2
        n_words = src.varint()
        corrupt_if(not 1 <= top <= 4095 or top >= self.cut.count() or head >> 7 or
                   abs(self.base) > 8192 or abs(self.slope) > 8192, "a shape that cannot be")
        limit_if(self.left > max_n, "too many values")
        self.coder = Rans(src.take(2 * n_words), 16)
        self.x = self.coder.refill(self.coder.refill(0))
        self.raw = RawBits(src, has_raw)
        self.starts = {}

    def starts_at(self, level):
        if level not in self.starts:
            turn = abs(self.slope) * level // 32
            scale = self.base + (turn if self.slope > 0 else -turn)
            scale = min(max(scale, 0), 255)
            self.starts[level] = starts_of(shaped_frequencies(16, self.m, scale, self.shape,
                                                              self.zero, self.cut))
        return self.starts[level]

    def next(self, level):
        corrupt_if(self.left == 0, "a block runs out")
        self.left -= 1
        token, self.x = self.coder.step(self.x, self.starts_at(level))
        return value_of(self.cut, token, self.raw)

    def done(self):
        return self.left == 0 and self.x == 0 and self.coder.used_up() and self.raw.used_up()


def residual_block(src, max_n):
    head = src.u8()
    if head % 2 == 0:
        return StreamBlock(src, head // 2, max_n)
    return ShapedBlock(src, max_n) if head == 17 else ByteBlock(src, head >> 1, max_n)


# ---- 7.1, 7.4 types, patterns, orders, images ---------------------------------------------------

TYPE_SIZE = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 8, 8: 8, 9: 4, 10: 8, 11: 1}
U64, F32, F64, OPAQUE = 7, 9, 10, 11
SIGNED_TYPES = (2, 4, 6, 8)
IMAGE_MAX = (1 << 61) - 1
FLOAT_LAYOUT = {32: (23, 127), 64: (52, 1023)}


def is_float(kind):
    return kind in (F32, F64)


def float_order(bits, width):
    sign = 1 << (width - 1)
    return -1 - (bits - sign) if bits & sign else bits


def float_pattern(order, width):
    sign = 1 << (width - 1)
    return order % sign if order >= 0 else sign + (-1 - order) % sign


def order_of(kind, bits):
    width = 8 * TYPE_SIZE[kind]
    if is_float(kind):
        return float_order(bits, width)
    if kind == U64:
        return bits - (1 << 63)
    return bits - (1 << width) if kind in SIGNED_TYPES and bits >> (width - 1) else bits


def pattern_of(kind, order):
    width = 8 * TYPE_SIZE[kind]
    if is_float(kind):
        return float_pattern(order, width)
    return order + (1 << 63) if kind == U64 else order % (1 << width)


def image_of(order, width, scale):
    mantissa, bias = FLOAT_LAYOUT[width]
    magnitude = float_pattern(order, width) % (1 << (width - 1))
    exponent, m = magnitude >> mantissa, magnitude % (1 << mantissa)
    special = (1 << (width - 1 - mantissa)) - 1
    if exponent == special:
        image = IMAGE_MAX if m == 0 else 0
    else:
        m, exponent = (m + (1 << mantissa), exponent) if exponent else (m, 1)
        shift = exponent - bias - mantissa + 60 - scale
        image = min(m << shift if shift >= 0 else m >> -shift, IMAGE_MAX)
    return -image if order < 0 else image


def order_of_image(image, width, scale):
    mantissa, bias = FLOAT_LAYOUT[width]
    largest = (((1 << (width - 1 - mantissa)) - 1) << mantissa) - 1
    a = min(abs(image), IMAGE_MAX)
    if a == 0:
        return 0
    exponent = floor_log2(a) + scale - 60
    if exponent > bias:
        magnitude = largest
    else:
        lowest = 1 - bias - mantissa
        ulp = max(exponent - mantissa, lowest)
        n = shift_to_even(a, ulp - (scale - 60))
        magnitude = min(((ulp - lowest) << mantissa) + n, largest)
    if magnitude == 0:
        return 0
    return magnitude if image > 0 else -1 - magnitude


def shift_to_even(a, shift):
    """a / 2^shift to nearest, ties to even."""
    if shift <= 0:
        return a << -shift
    whole, rest, half = a >> shift, a & ((1 << shift) - 1), 1 << (shift - 1)
    return whole + (rest > half or (rest == half and whole & 1))


def bits32(x):
    """Pattern of x rounded to binary32."""
    try:
        return struct.unpack("<I", struct.pack("<f", x))[0]
    except OverflowError:
        return 0xFF800000 if x < 0 else 0x7F800000


def bits64(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def widened(bits):
    return bits64(struct.unpack("<f", struct.pack("<I", bits))[0])


# ---- 7.2, 7.3 lattices --------------------------------------------------------------------------

INTEGER, DECIMAL, UNIT, TABLE, BITS, LOG = 1, 2, 3, 4, 5, 6


class Lattice:
    def __init__(self, src, kind_of_values):
        head = src.u8()
        self.type, self.kind = kind_of_values, head & 15
        self.via_f32 = head >> 4 & 1
        self.step, self.offset, self.digits, self.unit = 1, 0.0, 0, 0.0
        corrupt_if(head & ~(self.allowed() | 15), "a lattice with flags that it cannot have")
        if head & 0x20:
            self.step = src.varint()
        if head & 0x40:
            self.offset = src.f64()
        if self.kind == DECIMAL:
            self.digits = src.u8()
        if self.kind in (UNIT, LOG):
            self.unit = src.f64()
            corrupt_if(not 0 < self.unit < math.inf, "a unit that cannot be")
        corrupt_if(not 1 <= self.step < 1 << 63 or self.digits > 22 or
                   not math.isfinite(self.offset), "a lattice with numbers that cannot be")
        if self.kind == TABLE:
            self.read_table(src)

    def allowed(self):
        real, via = is_float(self.type), 0x10 if self.type == F64 else 0
        by_kind = {TABLE: 0}
        by_kind.update({DECIMAL: 0x20 | via, UNIT: 0x60, LOG: 0x60, BITS: via} if real
                       else {INTEGER: 0x20})
        corrupt_if(self.kind not in by_kind, "a lattice that the type cannot have")
        return by_kind[self.kind]

    def read_table(self, src):
        """7.2.1"""
        form, n = src.u8(), src.varint()
        decimal = form != 255
        corrupt_if(decimal and (not is_float(self.type) or form & 127 > 17 or
                                (form >> 7 and self.type != F64)), "a table of unknown form")
        limit_if(n >= 65536, "a table that is too large")
        corrupt_if(n + 1 > src.left(), "a table that is cut off")
        number, self.table, orders = 0, [], []
        for i in range(n + 1):
            number = number + src.varint() + 1 if i else src.svarint()
            corrupt_if(number >= 1 << 63, "a number of a table is too large")
            bits = (decimal_bits(number, form & 127, self.type, form >> 7) if decimal
                    else pattern_of(self.type, number) % (1 << 8 * TYPE_SIZE[self.type]))
            orders.append(order_of(self.type, bits))
            corrupt_if(not decimal and orders[-1] != number, "a number outside of the type")
            corrupt_if(i and orders[-1] <= orders[-2], "a table that does not increase")
            self.table.append(bits)

    def image_width(self):
        if self.kind != BITS:
            return 0
        return 32 if self.via_f32 else 8 * TYPE_SIZE[self.type]

    def restore(self, k):
        """7.3: the pattern of the value that k stands for."""
        if self.kind == INTEGER:
            return self.restore_integer(k)
        if self.kind == DECIMAL:
            return decimal_bits(k, self.digits, self.type, self.via_f32)
        if self.kind == UNIT:
            return self.float_bits(self.offset + float(k) * self.unit)
        if self.kind == TABLE:
            return self.table[min(max(k, 0), len(self.table) - 1)]
        if self.kind == BITS:
            return (widened(float_pattern(k, 32)) if self.via_f32
                    else float_pattern(k, 8 * TYPE_SIZE[self.type]))
        return self.float_bits(self.restore_log(k))

    def float_bits(self, x):
        return bits32(x) if self.type == F32 else bits64(x)

    def restore_integer(self, k):
        width = 8 * TYPE_SIZE[self.type]
        if self.type == U64:
            return k % (1 << 64) if self.step == 1 else max(k, 0)
        low = -(1 << (width - 1)) if self.type in SIGNED_TYPES else 0
        return min(max(k, low), low + (1 << width) - 1) % (1 << width)

    def restore_log(self, k):
        """7.3.1"""
        j = abs(k)
        if j <= self.step // 2:
            return 0.0
        t = self.offset + (float(j) - (float(self.step) + 1.0)) * self.unit
        t = min(max(t, -1100.0), 1100.0)
        e = math.floor(t)
        f = t - e
        g = 1.0 + f * (45490 / 65536 + f * (15180 / 65536 + f * (4866 / 65536)))
        try:
            m = math.ldexp(g, e)
        except OverflowError:
            m = math.inf
        return m if k > 0 else -m


def decimal_bits(k, digits, kind, via_f32):
    v = float(k) / float(10 ** digits)
    if kind == F32:
        return bits32(v)
    return widened(bits32(v)) if via_f32 else bits64(v)


# ---- 7.6 exceptions -----------------------------------------------------------------------------


class Exceptions:
    def __init__(self, src, n_sites):
        head = src.u8()
        corrupt_if(head >> 7, "exceptions of unknown form")
        self.n_classes, size = head & 15, (head >> 4) + 1
        self.patterns = [src.uint(size) for _ in range(self.n_classes)]
        n_rare = src.varint()
        corrupt_if(n_rare > n_sites or n_rare * size > src.left(), "too many rare exceptions")
        self.sites = rare_sites(src, n_rare, n_sites)
        planes = [src.take(n_rare) for _ in range(size)]
        self.rare = [int.from_bytes(bytes(p[i] for p in planes), "little") for i in range(n_rare)]

    def apply(self, values, mask, kind):
        cut = (1 << 8 * TYPE_SIZE[kind]) - 1
        for i, c in enumerate(mask or []):
            corrupt_if(not 0 <= c <= self.n_classes, "a class that there is not")
            if c:
                values[i] = self.patterns[c - 1] & cut
        for site, bits in zip(self.sites, self.rare):
            values[site] = bits & cut


def rare_sites(src, n_rare, n_sites):
    sites, after = [], 0
    while len(sites) < n_rare:
        v = src.varint()
        run = src.varint() + 2 if v & 1 else 1
        first = after + (v >> 1)
        corrupt_if(first + run > n_sites or len(sites) + run > n_rare, "sites that do not fit")
        sites += range(first, first + run)
        after = first + run
    return sites


# ---- 4 plans ------------------------------------------------------------------------------------

BASE, LINEAR, CUBIC, WEIGHTS = 0, 1, 2, 3
CONST, FIRST_TAP, MIDDLE = 0, 1, 2
CROSS_TAPS, SCAN_TAPS, FIXED_GRID, CHANNEL_TAPS, MEAN_LEVELS, MATCH_TAPS, NETS = 1, 2, 4, 8, 16, 32, 64


class Tap:
    def __init__(self, field, offset, shift):
        self.field = field
        self.offset = tuple(offset)
        self.shift = shift


class Stage:
    def __init__(self, n_dims, template):
        self.field = template.field
        self.shift = template.shift
        self.fixed_grid = template.flags & (FIXED_GRID | MATCH_TAPS)
        self.mean = template.mean
        self.start = [0] * n_dims
        self.stride = [1] * n_dims
        self.move = [0] * n_dims
        self.taps = []
        self.n_primary = 0
        self.base = template.base
        self.predictor = None
        self.place = None  # of a pyramid's level: axis and distance
        self.contexts, self.match_log = template.contexts, template.match_log

    def add(self, field, shift, n_dims, *offsets):
        """A tap whose offsets are given as pairs of axis and distance."""
        offset = [0] * n_dims
        for axis, distance in offsets:
            offset[axis] = distance
        known = any(t.field == field and t.offset == tuple(offset) for t in self.taps)
        if not known and len(self.taps) < 63:
            self.taps.append(Tap(field, offset, shift))


class Predictor:
    def __init__(self):
        self.kind = BASE
        self.weight_shift = 0
        self.weight = [0] * 64
        self.activity = [0] * 64
        self.level_offset = 0
        self.net = None


class Net:
    """4.6.5, 4.5.6: what corrects the prediction and the level of a stage."""

    def __init__(self, src, n_dims):
        self.n_taps, self.axes, self.centre, n_hidden = (src.u8() for _ in range(4))
        corrupt_if(self.n_taps > 64 or self.axes >> n_dims or self.centre > 63 or
                   not 1 <= n_hidden <= 3, "a net that cannot be")
        n_in = self.n_taps + 1 + bin(self.axes).count("1")
        self.shapes, self.layers, n, products = [], [], self.n_taps, 0
        for i in range(n_hidden + 1):
            n_out = src.varint() if i < n_hidden else 2
            shift, bias_shift = src.u8(), src.u8()
            corrupt_if(not 1 <= n_out <= 256 or shift > 15 or bias_shift > 22,
                       "a layer of a net that cannot be")
            self.shapes.append((n_in, n_out, shift, bias_shift))
            products += n_in * n_out
            n += (n_in + 1) * n_out
            n_in = n_out
        limit_if(products > 1 << 20, "a net with too many weights")
        z = packed_symbols(src, n, wide_cut())
        corrupt_if(len(z) != n or any(v > 126 for v in z[:self.n_taps]) or
                   any(v > 254 for v in z), "numbers of a net that cannot be")
        v = iter([unzigzag(x) for x in z])
        self.input_shift = [next(v) for _ in range(self.n_taps)]
        for n_in, n_out, shift, bias_shift in self.shapes:
            rows = [[next(v) for _ in range(n_in)] for _ in range(n_out)]
            self.layers.append((rows, [next(v) << bias_shift for _ in range(n_out)], shift))

    def outputs(self, x):
        for i, (rows, bias, shift) in enumerate(self.layers):
            half = 1 << shift >> 1
            t = [(sum(w * v for w, v in zip(row, x)) + half >> shift) + b
                 for row, b in zip(rows, bias)]
            if i + 1 < len(self.layers):
                t = [a >> 3 if a < 0 else a for a in t]
            x = [clamp_bits(a + 4 >> 3, 16) for a in t]
        return x

    def correct(self, d, log, level, site, grid):
        """The correction of the prediction, and the new level."""
        x = []
        for v, shift in zip(d, self.input_shift):
            x.append(clamp_bits(signed(v << 15) >> min(max(log + shift + 8, 0), 63), 16))
        x.append((level - self.centre) * 64)
        for a, extent in enumerate(grid):
            if self.axes >> a & 1:
                x.append(site[a] * 1024 // (extent - 1) - 512 if extent > 1 else 0)
        mean, scale = self.outputs(x)
        by = min(7 - log, 30)
        move = mean + (1 << (by - 1)) >> by if by > 0 else mean << min(-by, 47)
        return move, clamp(level + (scale + 32 >> 6), 63)


class Template:
    """4.6: one template as it stands in the file."""

    def __init__(self, src, grid, known):
        self.kind, self.field = src.u8(), src.varint()
        self.flags, self.shift = src.u8(), src.u8()
        corrupt_if(self.kind not in (1, 2) or self.field >= known.n_fields or
                   self.field in known.group_of or self.shift > 62 or self.flags > 127 or
                   self.flags & NETS and self.flags & (MEAN_LEVELS | MATCH_TAPS),
                   "a template that cannot be")
        corrupt_if(self.flags & MATCH_TAPS and not (self.kind == 1 and known.alone),
                   "matches where there can be none")
        self.contexts, self.match_log = [], 0
        self.mean = None
        if self.flags & MEAN_LEVELS:
            self.mean = src.svarint(), src.u8()
            corrupt_if(self.mean[1] > 63, "a mean shift that cannot be")
        self.grid, self.scanned = grid, known.scanned
        if self.kind == 1:
            self.read_list(src, known)
        else:
            self.read_pyramid(src, known)
        self.nets = []
        if self.flags & NETS:
            n = src.u8()
            corrupt_if(not 1 <= n <= 64, "nets that cannot be")
            self.nets = [Net(src, len(grid)) for _ in range(n)]
        known.group_of[self.field] = known.group
        self.stages = self.expand()
        known.n_stages += len(self.stages)
        limit_if(known.n_stages > 4096 + known.n_fields, "too many stages")
        read_predictors(src, self.stages, self.nets)

    def read_list(self, src, known):
        self.base, n_taps = src.u8(), src.u8()
        corrupt_if(self.base > MIDDLE or n_taps > 64, "a list that cannot be")
        self.taps = []
        for _ in range(n_taps):
            field = src.varint()
            corrupt_if(field >= known.n_fields, "a tap in no field")
            offset = [src.svarint() for _ in self.grid]
            corrupt_if(any(not -2**30 <= o < 2**30 for o in offset), "a tap too far away")
            shift = self.shift if field == self.field else read_shift(src)
            self.taps.append(Tap(field, offset, shift))
            corrupt_if(not known.is_earlier(self.taps[-1], self.field), "a tap that looks ahead")
        corrupt_if(self.base == MIDDLE and n_taps > 1 and
                   any(t.field != self.field for t in self.taps[:2]), "a middle in another field")
        if self.flags & MATCH_TAPS:
            self.read_contexts(src)

    def read_contexts(self, src):
        self.match_log, n = src.u8(), src.u8()
        corrupt_if(not 4 <= self.match_log <= 18 or not 1 <= n <= 3 or
                   self.match_log > 4 and 1 << self.match_log > 2 * product(self.grid),
                   "tables of matches that cannot be")
        for _ in range(n):
            mask = int.from_bytes(src.take((len(self.taps) + 7) // 8), "little")
            corrupt_if(mask >> len(self.taps), "a context of taps that are not there")
            self.contexts.append([i for i in range(len(self.taps)) if mask >> i & 1])

    def read_pyramid(self, src, known):
        self.base = MIDDLE
        self.log, n_order = src.u8(), src.u8()
        corrupt_if(not 1 <= self.log <= 12 or not 1 <= n_order <= len(self.grid),
                   "a pyramid that cannot be")
        self.order = list(src.take(n_order))
        corrupt_if(any(a >= len(self.grid) or a in self.scanned for a in self.order) or
                   len(set(self.order)) != n_order, "a pyramid over axes that it cannot have")
        self.channels = []
        if self.flags & CHANNEL_TAPS:
            n = src.u8()
            corrupt_if(n > 64, "too many channels")
            for _ in range(n):
                field = src.varint()
                corrupt_if(field not in known.group_of, "a channel that comes later")
                self.channels.append((field, read_shift(src)))

    def on(self, grid):
        """10.1.3: the same template on another grid."""
        other = copy.copy(self)
        other.grid = grid
        corrupt_if(self.match_log > 4 and 1 << self.match_log > 2 * product(grid),
                   "tables of matches that are too large here")
        other.stages = other.expand()
        known = {stage.place: stage.predictor for stage in self.stages}
        for stage in other.stages:
            corrupt_if(stage.place not in known, "a stage that the plan does not have")
            stage.predictor = known[stage.place]
        return other

    # 4.3, 4.4

    def expand(self):
        if self.kind == 1:
            stage = Stage(len(self.grid), self)
            stage.taps = self.taps
            return [stage]
        stages = [self.anchors()]
        for log in reversed(range(self.log)):
            for turn, axis in enumerate(self.order):
                if 1 << log < self.grid[axis]:
                    stages.append(self.level(1 << log, turn))
        return stages

    def anchors(self):
        stage, n, stride = Stage(len(self.grid), self), len(self.grid), 1 << self.log
        stage.base = FIRST_TAP
        for b in self.order:
            stage.stride[b] = stride
        if self.flags & SCAN_TAPS:
            for a in self.scanned:
                stage.add(self.field, self.shift, n, (a, -1))
        for b in reversed(self.order):
            stage.add(self.field, self.shift, n, (b, -stride))
        self.add_channels(stage)
        return stage

    def level(self, dist, turn):
        stage, n, axis = Stage(len(self.grid), self), len(self.grid), self.order[turn]
        stage.place = axis, dist
        for i, b in enumerate(self.order):
            stage.start[b] = dist if i == turn else 0
            stage.stride[b] = stage.move[b] = dist if i < turn else 2 * dist
        for far in (-1, 1, -3, 3):
            stage.add(self.field, self.shift, n, (axis, far * dist))
        stage.n_primary = 4
        if self.flags & CROSS_TAPS:
            for b in self.order[:turn] + self.order[turn + 1:]:
                for side in (-stage.stride[b], stage.stride[b]):
                    for along in (-dist, dist):
                        stage.add(self.field, self.shift, n, (axis, along), (b, side))
        if self.flags & SCAN_TAPS:
            for a in self.scanned:
                self.add_scan_taps(stage, a)
        self.add_channels(stage)
        return stage

    def add_scan_taps(self, stage, a):
        n = len(self.grid)
        for back in (-1, -2):
            stage.add(self.field, self.shift, n, (a, back))
        for tap in stage.taps[:4]:
            stage.add(self.field, self.shift, n, *enumerate(tap.offset), (a, -1))
        for b in self.order:
            for side in (-1, 1):
                stage.add(self.field, self.shift, n, (a, -1), (b, side))

    def add_channels(self, stage):
        if self.flags & CHANNEL_TAPS:
            for field, shift in self.channels:
                stage.add(field, shift, len(self.grid))


def read_shift(src):
    shift = src.svarint()
    corrupt_if(not -40 <= shift <= 62, "a shift that cannot be")
    return shift


def read_predictors(src, stages, nets):
    before = weights = None
    for stage in stages:
        before = stage.predictor = read_predictor(src, stage, before, weights, nets)
        if before.kind == WEIGHTS:
            weights = before


def read_predictor(src, stage, before, weights, nets):
    head, n, p = src.u8(), len(stage.taps), Predictor()
    corrupt_if(head >= 0x80, "a predictor of unknown form")
    if head & 0x40:
        number = src.u8()
        corrupt_if(number >= len(nets) or nets[number].n_taps != n, "a net that is not there")
        p.net = nets[number]
    p.kind = head & 3
    p.level_offset = before.level_offset if before else 0
    if not head & 0x20:
        delta = src.svarint()
        corrupt_if(abs(delta) > 1000, "a level offset that cannot be")
        p.level_offset += delta
    corrupt_if(abs(p.level_offset) > 1000, "a level offset that cannot be")
    if p.kind == WEIGHTS and head & 4:
        corrupt_if(weights is None, "no weights to repeat")
        p.weight_shift, p.weight = weights.weight_shift, list(weights.weight)
    elif p.kind == WEIGHTS:
        p.weight_shift = src.u8()
        corrupt_if(p.weight_shift > 14, "a weight shift that cannot be")
        p.weight[:n] = [src.svarint() for _ in range(n)]
        corrupt_if(any(not -32768 <= w <= 32767 for w in p.weight), "a weight that cannot be")
    given = head >> 3 & 3
    corrupt_if(given == 2 and before is None, "no activity weights to repeat")
    if given == 3:
        p.activity[:n] = src.take(n)
    else:
        ones = (n, stage.n_primary)[given] if given < 2 else 0
        p.activity[:n] = before.activity[:n] if given == 2 else [1] * ones + [0] * (n - ones)
    return p


class Known:
    """Which fields have been planned so far, and in which group."""

    def __init__(self, n_given, n_fields):
        self.n_given, self.n_fields = n_given, n_fields
        self.group_of = {f: 0 for f in range(n_given)}
        self.group = 0
        self.scanned = []
        self.alone = False
        self.n_stages = 0

    def scan_direction(self, tap):
        return next((-1 if tap.offset[a] < 0 else 1 for a in self.scanned if tap.offset[a]), 0)

    def is_earlier(self, tap, own):
        direction = self.scan_direction(tap)
        if tap.field == own:
            return (direction or next((o for o in tap.offset if o), 0)) < 0
        if tap.field not in self.group_of:
            return False
        return self.group_of[tap.field] < self.group or direction <= 0


class Plan:
    """4.6"""

    def __init__(self, src, grid, n_given, n_fields):
        self.constant = read_constants(src, n_fields)
        self.groups = read_groups(src, grid, n_given, n_fields)


def read_constants(src, n_fields):
    corrupt_if(n_fields > src.left(), "too few constants")
    return [src.svarint() for _ in range(n_fields)]


class ModelPlan:
    """10.1.3: a plan that a model keeps, for the grid it was made on."""

    def __init__(self, src):
        n_given, n = src.varint(), src.varint()
        src.uint(4)
        grain = src.svarint()
        corrupt_if(not 1 <= n <= src.left() or abs(grain) > 32768, "a plan of a model")
        limit_if(n_given + n > 1 << 18, "too many fields")
        self.n_given, self.n_fields = n_given, n_given + n
        self.grid = read_grid(src)
        self.groups = read_groups(src, self.grid, n_given, self.n_fields)

    def on(self, src, grid, n_given, n_fields):
        """The plan with the constants that follow."""
        corrupt_if((self.n_given, self.n_fields, len(self.grid)) != (n_given, n_fields, len(grid)),
                   "a plan for other fields")
        plan = copy.copy(self)
        plan.groups = [(scanned, [t.on(grid) for t in templates])
                       for scanned, templates in self.groups]
        plan.constant = read_constants(src, n_fields)
        return plan


def read_grid(src):
    n_dims, n_sites = src.u8(), 1
    corrupt_if(not 1 <= n_dims <= 8, "a grid that cannot be")
    grid = []
    for _ in range(n_dims):
        grid.append(src.varint())
        corrupt_if(grid[-1] < 1, "a grid without sites")
        limit_if(grid[-1] > (1 << 60) // n_sites, "a grid that is too large")
        n_sites *= grid[-1]
    return grid


def read_groups(src, grid, n_given, n_fields):
    known = Known(n_given, n_fields)
    groups = []
    n_groups = src.varint()
    corrupt_if(n_groups > n_fields - n_given, "too many groups")
    for _ in range(n_groups):
        known.group += 1
        mask, n = src.u8(), src.varint()
        corrupt_if(mask >> len(grid) or n > n_fields - len(known.group_of),
                   "a group that cannot be")
        known.scanned = [a for a in range(len(grid)) if mask >> a & 1]
        known.alone = n == 1
        templates = [Template(src, grid, known) for _ in range(n)]
        groups.append((known.scanned, templates))
    corrupt_if(len(known.group_of) != n_fields, "a field without a plan")
    return groups


# ---- 4.5 running a stage ------------------------------------------------------------------------

CUBIC_TABLE = {0x0F: ((0, 0, -1, -1), 4), 0x07: ((2, -1, -1, 0), 3), 0x0B: ((-1, 2, 0, -1), 3),
               0x05: ((0, 0, -1, 0), 1)}


class Field:
    """The integers of one field, and what taps read."""

    def __init__(self, n_sites, step, width=0, scale=0):
        self.k = [0] * n_sites
        self.skip = [False] * n_sites
        self.mask_field = None
        self.is_mask = False
        self.step = step
        self.width = width
        self.scale = scale
        self.source = self.k
        self.block = None

    def begin(self, constant):
        self.k[:] = [constant] * len(self.k)
        if self.width:
            self.source = [0] * len(self.k)

    def hide(self):
        if self.mask_field is not None:
            self.skip = [s or m != 0 for s, m in zip(self.skip, self.mask_field.k)]


def place(c, extent, move):
    """The coordinate brought inside by multiples of move, or None."""
    if 0 <= c < extent:
        return c
    if move == 0:
        return None
    outside = -c if c < 0 else c - (extent - 1)
    outside = -(-outside // move) * move
    c += outside if c < 0 else -outside
    return c if 0 <= c < extent else None


def middle_of(a, b):
    return signed(a + (signed(b - a) >> 1))


def half_octaves(v):
    v = v + 1 & M64
    if v < 2:
        return 0
    log = floor_log2(v)
    return 2 * log + (v >> (log - 1) & 1)


def to_fixed_grid(p, step):
    half = signed(p + step // 2)
    return signed(half // step * step)


class Matcher:
    """4.7: what followed each context."""

    def __init__(self, stage):
        self.log = stage.match_log
        self.tables = [{} for _ in stage.contexts]  # place: [check, value, run]
        self.last = 0
        self.places = self.found = None

    def look(self, hashes):
        """The value foretold and its level, or None and None."""
        self.places = [(h >> (64 - self.log), h & 0xFFFFFFFF) for h in hashes]
        self.found = None
        for c, (place_in, check) in enumerate(self.places):
            entry = self.tables[c].get(place_in)
            if entry and entry[0] == check:
                self.found = entry
                run = entry[2]
                trust = run if run < 2 else 2 if run < 5 else 3
                return entry[1], 40 + 8 * c + 2 * trust + self.last
        return None, None

    def learn(self, value):
        if self.found:
            self.last = int(self.found[1] == value)
        for table, (place_in, check) in zip(self.tables, self.places):
            entry = table.get(place_in)
            if entry and entry[0] == check and entry[1] == value:
                entry[2] += 1
            else:
                table[place_in] = [check, value, 0]


def steps_between(value, origin, step):
    if step >= 1 << 63:
        return 0
    return (signed(value - origin) + step // 2) // step


class StageRun:
    """A stage on the fields of a chunk."""

    def __init__(self, stage, grid, pitch, fields, constant):
        self.stage, self.grid, self.pitch = stage, grid, pitch
        self.fields, self.constant = fields, constant
        self.own = fields[stage.field]
        self.matcher = Matcher(stage) if stage.contexts else None

    def locate(self, site):
        """Of each tap: None, or its element relative to the target's; and the existing primaries."""
        stage, found, have = self.stage, [], 0
        for i, tap in enumerate(stage.taps):
            at = 0
            for a, extent in enumerate(self.grid):
                move = 0 if i < stage.n_primary else stage.move[a]
                c = place(site[a] + tap.offset[a], extent, move)
                if c is None:
                    at = None
                    break
                at += (c - site[a]) * self.pitch[a]
            found.append(at)
            if i < stage.n_primary and at is not None:
                have |= 1 << i
        return found, have

    def base_rule(self, found):
        """The places, relative to the target's, whose middle is the base; none: the constant."""
        stage = self.stage
        if stage.base == CONST:
            return ()
        if stage.base == MIDDLE and len(found) > 1 and None not in found[:2]:
            return (found[0], found[1])
        return next(((at,) for at, tap in zip(found, stage.taps)
                     if at is not None and tap.field == stage.field), ())

    def base_of(self, field, element, rule):
        source = self.fields[field].source
        if not rule:
            return self.constant[field]
        if len(rule) == 1:
            return source[element + rule[0]]
        return middle_of(source[element + rule[0]], source[element + rule[1]])

    def weights(self, have):
        p = self.stage.predictor
        if p.kind in (BASE, LINEAR):
            return [0] * 64, 0
        if self.stage.n_primary and (p.kind == CUBIC or have != 0x0F):
            w, shift = CUBIC_TABLE.get(have, ((0, 0, 0, 0), 0))
            return list(w) + [0] * 60, shift
        return p.weight, p.weight_shift

    def predict(self, site, element):
        """Prediction and activity of a site."""
        found, have = self.locate(site)
        rule = self.base_rule(found)
        weight, weight_shift = self.weights(have)
        base = self.base_of(self.stage.field, element, rule)
        total = activity = 0
        differences = [0] * len(found)
        for i, tap in enumerate(self.stage.taps):
            if found[i] is None:
                continue
            d = signed(self.fields[tap.field].source[element + found[i]] -
                       self.base_of(tap.field, element, rule))
            d = d >> tap.shift if tap.shift >= 0 else signed(d << -tap.shift)
            differences[i] = d
            total += weight[i] * d
            activity += self.stage.predictor.activity[i] * abs(d)
        self.net_level, net = None, self.stage.predictor.net
        if net and not self.own.width and (self.stage.n_primary == 0 or have == 0x0F):
            level = clamp(half_octaves(activity & M64) - self.stage.predictor.level_offset, 63)
            log = floor_log2(self.own.step) - self.stage.shift + (level >> 1) - 3
            correction, self.net_level = net.correct(differences, log, level, site, self.grid)
            total += correction << weight_shift
        move = signed(total)
        if weight_shift:
            move = signed(move + (1 << (weight_shift - 1))) >> weight_shift
        p = signed(base + (move << self.stage.shift))
        if self.stage.fixed_grid:
            p = to_fixed_grid(p, self.own.step)
        return p, activity & M64

    def level(self, p, activity):
        if self.net_level is not None:
            return self.net_level
        level = half_octaves(activity) - self.stage.predictor.level_offset
        if self.stage.mean:
            floor, shift = self.stage.mean
            level = 4 * clamp(signed(p - floor) >> shift, 15) + clamp(level >> 2, 3)
            return level >> 1 if self.matcher else level
        if self.own.width:
            level -= 2 * floor_log2(abs(p) + 1)
        return clamp(level, 39 if self.matcher else 63)

    def hashes(self, site, element):
        found, _ = self.locate(site)
        for c, context in enumerate(self.stage.contexts):
            h = 0x9E3779B97F4A7C15 + c
            for i in context:
                field = self.stage.taps[i].field
                value = (self.constant[field] if found[i] is None
                         else self.fields[field].source[element + found[i]])
                h = (h ^ value & M64) * 0xD6E8FEB86659FD93 & M64
                h ^= h >> 32
            yield h

    def residual(self, site, element, p, activity, origin):
        if self.own.skip[element]:
            return 0
        foretold = None
        if self.matcher:
            foretold, level = self.matcher.look(list(self.hashes(site, element)))
        if foretold is None:
            return self.own.block.next(self.level(p, activity))
        symbol = zigzag(self.own.block.next(level))
        z = zigzag(steps_between(foretold, origin, self.own.step))
        return unzigzag(z if symbol == 0 else symbol - 1 if symbol <= z else symbol)

    def restore(self, site):
        own, element = self.own, sum(c * p for c, p in zip(site, self.pitch))
        p, activity = self.predict(site, element)
        centre = p
        if self.stage.mean:
            centre = signed(self.stage.mean[0] + (8 << self.stage.mean[1]))
        origin = order_of_image(centre, own.width, own.scale) if own.width else centre
        q = self.residual(site, element, p, activity, origin)
        own.k[element] = signed(origin + q * own.step)
        if self.matcher and not own.skip[element]:
            self.matcher.learn(own.k[element])
        if own.width:
            own.source[element] = image_of(own.k[element], own.width, own.scale)


def positions(axes):
    """All combinations of the given ranges, the last one fastest."""
    if not axes:
        yield ()
        return
    for outer in positions(axes[:-1]):
        for c in axes[-1]:
            yield outer + (c,)


def run_group(scanned, templates, grid, pitch, fields, constant):
    for t in templates:
        fields[t.field].hide()
    runs = [StageRun(s, grid, pitch, fields, constant) for t in templates for s in t.stages]
    for scan in positions([range(grid[a]) for a in scanned]):
        fixed = dict(zip(scanned, scan))
        for run in runs:
            axes = [range(fixed[a], fixed[a] + 1) if a in fixed
                    else range(run.stage.start[a], grid[a], run.stage.stride[a])
                    for a in range(len(grid))]
            for site in positions(axes):
                run.restore(site)


def pitches(grid):
    pitch = [1] * len(grid)
    for a in reversed(range(len(grid) - 1)):
        pitch[a] = pitch[a + 1] * grid[a + 1]
    return pitch


# ---- 10 models ----------------------------------------------------------------------------------

LATENT_MAX = 32767
RELU, LEAKY, TANH, SIGMOID = 1, 2, 3, 4
DENSE, CONV, GROW, RESHAPE = 0, 1, 2, 3
TENSOR_MAX = 1 << 20

# 10.7.1: a quarter of tanh each, from 0 on
TANH_PIECES = [
    (0, 4195269, -4923, -81293), (4109053, 3944944, -254262, -46696),
    (7753039, 3300511, -392492, -5027), (10656031, 2503146, -402816, 21069),
    (12777430, 1761581, -336058, 28885), (14231838, 1175868, -247879, 26041),
    (15185868, 757596, -169516, 19713), (15793661, 477074, -110643, 13607),
    (16173699, 296122, -70177, 8911), (16408555, 182169, -43748, 5665),
    (16552641, 111448, -26980, 3536), (16640645, 67951, -16529, 2182),
    (16694249, 41343, -10081, 1334), (16726845, 25123, -6132, 810), (16746646, 15260, -3738, 500),
    (16758668, 9264, -2277, 309), (16765964, 5612, -1357, 171), (16770390, 3415, -852, 123),
    (16773076, 2061, -490, 58), (16774705, 1248, -292, 32), (16775693, 756, -174, 17),
    (16776292, 467, -129, 26), (16776656, 273, -51, -2), (16776876, 173, -49, 10)]


def clamp_bits(v, bits):
    return min(max(v, -(1 << (bits - 1))), (1 << (bits - 1)) - 1)


def round_shift(v, shift):
    return v + (1 << (shift - 1)) >> shift if shift > 0 else v << -shift


def wide_cut():
    """6.3.1"""
    return Cut(12, 0)


def tanh_57(v):
    """10.7.1: tanh of v / 2^13, v not negative, with 57 fractional bits."""
    if v >> 11 >= len(TANH_PIECES):
        return 1 << 57
    u, (a, b, c, d) = v % 2048, TANH_PIECES[v >> 11]
    return (a << 33) + (b << 22) * u + (c << 11) * u * u + d * u * u * u


def curve(activation, t):
    if activation == TANH:
        y = round_shift(tanh_57(2 * abs(t)), 43)
        return -y if t < 0 else y
    y = round_shift((1 << 57) + tanh_57(abs(t)), 44)
    return 16384 - y if t < 0 else y


def read_integers(src, n):
    """10.6.1"""
    head = src.u8()
    n_planes, predictor = head & 15, head >> 4
    corrupt_if(n_planes > 8 or predictor > 2, "integers that cannot be")
    width = src.varint() if predictor == 2 else 0
    corrupt_if(predictor == 2 and not 2 <= width < n, "a width that cannot be")
    z = [0] * n
    for plane in range(n_planes):
        symbols = packed_symbols(src, n, wide_cut())
        corrupt_if(len(symbols) != n, "integers that are missing")
        corrupt_if((plane or n_planes == 8) and max(symbols) > 255, "a plane that cannot be")
        z = [old << 8 | new for old, new in zip(z, symbols)]
    out = []
    for i, v in enumerate(z):
        if predictor == 0 or i == 0:
            near = 0
        elif predictor == 1 or i < width:
            near = out[i - 1]
        elif i % width == 0:
            near = out[i - width]
        else:
            near = out[i - 1] + out[i - width] - out[i - width - 1]
        out.append(signed(near + unzigzag(v)))
    return out


class Layer:
    """10.6.2, 10.7; of a convolution n_in is the fan-in and n_out the channels."""

    def __init__(self, src, n_in, n_out):
        self.activation, self.shift, form = src.u8(), src.svarint(), src.u8()
        if self.activation > SIGMOID:
            raise Bad("VERSION", "an activation that is not known here")
        corrupt_if(not -16 <= self.shift <= 46 or form > 1, "a layer that cannot be")
        if form == 1:
            columns = [read_integers(src, n_out) for _ in range(n_in)]
            self.rows = [list(row) for row in zip(*columns)]
        else:
            w = read_integers(src, n_in * n_out)
            self.rows = [w[i:i + n_in] for i in range(0, len(w), n_in)]
        corrupt_if(any(abs(w) > 32767 for row in self.rows for w in row), "a weight that cannot be")
        self.bias = read_integers(src, n_out)
        corrupt_if(any(clamp_bits(b, 32) != b for b in self.bias), "a bias that cannot be")

    def shifted(self, o, x):
        return round_shift(sum(w * v for w, v in zip(self.rows[o], x)), self.shift) + self.bias[o]

    def bent(self, t):
        if t >= 0 or self.activation == 0:
            return t
        return 0 if self.activation == RELU else t >> 3

    def hidden(self, o, x):
        t = self.shifted(o, x)
        if self.activation >= TANH:
            return curve(self.activation, t)
        return clamp_bits(self.bent(t) + 4 >> 3, 16)

    def last(self, o, x, frac):
        t = self.shifted(o, x)
        if self.activation >= TANH:
            return round_shift(curve(self.activation, t), 14 - frac)
        return self.bent(t)


class Operation:
    """10.6.3: from a tensor, its extents (c, h, w) and its values in C order, to another."""

    def __init__(self, src, extents):
        self.kind, self.extents = src.u8(), extents
        if self.kind > RESHAPE:
            raise Bad("VERSION", "an operation that is not known here")
        c, h, w = extents
        self.n_in = self.n_out = 0
        if self.kind == DENSE:
            self.out = (src.varint(), 1, 1)
            self.n_in = c * h * w
        elif self.kind == CONV:
            self.out = (src.varint(), h, w)
            self.kh, self.kw = src.u8(), src.u8()
            limit_if(max(self.kh, self.kw) > 63 or self.out[0] > 4096, "a window that is too large")
            corrupt_if(self.kh % 2 == 0 or self.kw % 2 == 0, "a window without a middle")
            self.n_in = c * self.kh * self.kw
        elif self.kind == GROW:
            self.kh, self.kw = src.u8(), src.u8()
            corrupt_if(self.kh < 1 or self.kw < 1, "a factor that cannot be")
            limit_if(max(self.kh, self.kw) > 64, "a factor that is too large")
            self.out = (c, h * self.kh, w * self.kw)
        else:
            self.out = (src.varint(), src.varint(), src.varint())
        n = product(self.out)
        limit_if(not 1 <= n <= TENSOR_MAX, "a tensor that is too large")
        corrupt_if(self.kind == RESHAPE and n != c * h * w, "a tensor of another size")
        limit_if(self.n_in > 65536, "a sum of too much")
        self.n_weights = self.n_in * self.out[0] if self.kind <= CONV else 0
        self.work = n + self.n_in * n

    def windows(self, x):
        """What each channel of a convolution sees, place by place."""
        c, h, w = self.extents
        for row in range(h):
            for col in range(w):
                yield [x[(i * h + row + k) * w + col + m]
                       if 0 <= row + k < h and 0 <= col + m < w else 0
                       for i in range(c)
                       for k in range(-(self.kh // 2), self.kh // 2 + 1)
                       for m in range(-(self.kw // 2), self.kw // 2 + 1)]

    def run(self, x, value):
        """value(o, inputs): what output or channel o makes of its inputs."""
        if self.kind == DENSE:
            return [value(o, x) for o in range(self.out[0])]
        if self.kind == CONV:
            windows = list(self.windows(x))
            return [value(o, v) for o in range(self.out[0]) for v in windows]
        if self.kind == GROW:
            c, h, w = self.out
            return [x[(i * (h // self.kh) + row // self.kh) * (w // self.kw) + col // self.kw]
                    for i in range(c) for row in range(h) for col in range(w)]
        return x


class Decoder:
    """10.6"""

    def __init__(self, src):
        version, flags = src.u8(), src.u8()
        if version != 2 or flags > 7:
            raise Bad("VERSION", "a decoder that is not known here")
        self.n_features, self.n_latent = src.varint(), src.varint()
        n_ops, self.frac = src.u8(), src.u8()
        limit_if(n_ops > 64 or not 1 <= self.n_features <= TENSOR_MAX or self.n_latent > 4096,
                 "a decoder that is too large")
        corrupt_if(self.frac > 24, "a hat with too many bits")
        corrupt_if((self.n_latent > 0) != (n_ops > 0 or flags & 4 > 0), "a decoder without parts")
        d = self.n_features
        offsets = self.statistics(src, d if flags & 1 else 1, -2.0 ** 960)
        scales = self.statistics(src, d if flags & 2 else 1, 0.0)
        self.offsets = offsets if flags & 1 else offsets * d
        self.scales = scales if flags & 2 else scales * d
        self.linear, work, n_weights = None, d, 0
        if flags & 4:
            work, n_weights = work + self.n_latent * d, self.n_latent * d
            limit_if(n_weights > 1 << 24, "too many weights")
            self.linear = Layer(src, self.n_latent, d)
            corrupt_if(self.linear.activation != 0, "a linear layer with an activation")
        self.chain, extents = [], (self.n_latent, 1, 1)
        for _ in range(n_ops):
            op = Operation(src, extents)
            n_weights += op.n_weights
            limit_if(n_weights > 1 << 24, "too many weights")
            if op.kind <= CONV:
                op.layer = Layer(src, op.n_in, op.out[0])
            self.chain.append(op)
            extents, work = op.out, work + op.work
        corrupt_if(n_ops > 0 and (self.chain[-1].kind > CONV or product(extents) != d),
                   "a chain with another end")
        limit_if(work > d << 20, "too much work")

    @staticmethod
    def statistics(src, n, least):
        """10.6.4: patterns of binary64."""
        form = src.u8()
        corrupt_if(form > 2, "statistics that cannot be")
        if form == 2:
            exponent = src.svarint()
            corrupt_if(not -1074 <= exponent <= 960, "statistics that cannot be")
            values = [math.ldexp(float(k), exponent) for k in read_integers(src, n)]
        else:
            bits = [widened(src.uint(4)) if form == 1 else src.uint(8) for _ in range(n)]
            values = [struct.unpack("<d", struct.pack("<Q", b))[0] for b in bits]
        corrupt_if(not all(least <= v <= 2.0 ** 960 for v in values), "statistics that cannot be")
        return [struct.unpack("<Q", struct.pack("<d", v))[0] for v in values]

    def hats(self, x):
        """What the latents x of an item foretell, feature by feature."""
        hat = [0] * self.n_features
        if self.linear:
            hat = [self.linear.last(j, x, self.frac) for j in range(self.n_features)]
        for op in self.chain[:-1]:
            x = op.run(x, op.layer.hidden if op.kind <= CONV else None)
        if self.chain:
            layer = self.chain[-1].layer
            ends = self.chain[-1].run(x, lambda o, v: layer.last(o, v, self.frac))
            hat = [a + b for a, b in zip(hat, ends)]
        return [clamp_bits(h, 32) for h in hat]


class HatRule:
    """10.8"""

    def __init__(self, offset, scale, frac, exponent=0):
        m, e = mantissa_of(scale)
        while 0 < m < 1 << 52:
            m, e = 2 * m, e - 1
        self.mult, self.shift = m + (1 << 21) >> 22, frac - e - exponent - 22
        if self.shift > 61:
            self.mult, self.shift = self.mult >> (self.shift - 61), 61
        m, e = mantissa_of(offset)
        e += exponent
        if e >= 0:
            self.base, low, e = m << e, 0, 0
        elif e >= -63:
            self.base = m >> -e
            low = m - (self.base << -e)
        else:
            self.base, low, e = (-1, M64, -64) if m < 0 else (0, 0, -64)
        self.rest = 0
        if self.shift >= 1:
            self.rest = low << (self.shift + e) if self.shift + e >= 0 else low >> -(self.shift + e)

    def value(self, hat):
        t = hat * self.mult
        if self.shift >= 1:
            t = t + self.rest + (1 << (self.shift - 1)) >> self.shift
        else:
            t <<= -self.shift
        return signed(self.base + t)


def mantissa_of(bits):
    e, m = bits >> 52 & 0x7FF, bits & ((1 << 52) - 1)
    m |= (e > 0) << 52
    return -m if bits >> 63 else m, max(e, 1) - 1075


class Map(HatRule):
    """10.1.1: from a number of the body to an integer of the lattice."""

    def __init__(self, src):
        self.base, self.mult, self.shift = src.svarint(), src.varint(), src.svarint()
        self.rest = src.varint() if self.shift > 0 else 0
        corrupt_if(self.mult > 1 << 31 or not -63 <= self.shift <= 61 or
                   self.shift > 0 and self.rest >> self.shift, "a map that cannot be")


class Body:
    """10.1.2: what files of a family share."""

    def __init__(self, data):
        src = Source(data)
        version, flags = src.u8(), src.u8()
        if version != 1 or flags > 15:
            raise Bad("VERSION", "a model of a newer version")
        n = src.varint()
        self.is_table = flags & 1
        n_axes = 0 if self.is_table else src.u8()
        corrupt_if(n < 1 or n_axes > 7, "items that cannot be")
        limit_if(n > 65535, "too many feature fields")
        self.n_fields, self.shape = n, []
        for _ in range(n_axes):
            self.shape.append(src.varint())
            corrupt_if(self.shape[-1] < 1, "an item without sites")
            limit_if(n * product(self.shape) > TENSOR_MAX, "items that are too large")
        self.inner = product(self.shape)
        self.units = [(0, 0)] * n
        if flags & 2:
            self.units = [(src.svarint(), src.svarint()) for _ in range(n)]
            corrupt_if(any(abs(e) > 1100 for e, _ in self.units), "units that cannot be")
        self.decoder = Decoder(src) if flags & 4 else None
        if self.decoder:
            corrupt_if(self.decoder.n_features != n * self.inner, "a model of other features")
            self.make_rules()
        self.plans, self.mixture = [], None
        if flags & 8:
            self.read_plans(src)
        src.done("the model")

    def make_rules(self):
        d, made = self.decoder, {}
        self.rules = []
        for j, key in enumerate(zip(d.offsets, d.scales)):
            key += self.units[j // self.inner]
            if key not in made:
                made[key] = rule = HatRule(key[0], key[1], d.frac, key[2])
                rule.base -= key[3]
            self.rules.append(made[key])

    def read_plans(self, src):
        """10.1.3"""
        parts = src.u8()
        corrupt_if(not 1 <= parts <= 3, "parts of a model that are not known")
        if parts & 1:
            n = src.varint()
            corrupt_if(not 1 <= n <= 64, "plans that cannot be")
            self.plans = [ModelPlan(src) for _ in range(n)]
        if parts & 2:
            grid = read_grid(src)
            self.mixture = MixtureModel(src, grid)
            self.mixture.n_dims = len(grid)


class Model:
    """10.1: a body, and how the fields of the file are linked with it."""

    def __init__(self, section, body, models):
        src, n_schema = Source(section.payload), len(body.schema.columns)
        n, self.links = src.varint(), src.u8()
        corrupt_if(not 1 <= n <= n_schema or self.links > 2, "links that cannot be")
        limit_if(n > 65535, "too many feature fields")
        self.fields, number = [], -1
        for _ in range(n):
            number += src.varint() + 1
            corrupt_if(number >= n_schema, "a feature field that there is not")
            self.fields.append(number)
        self.maps = [Map(src) for _ in range(n)] if self.links == 1 else []
        if section.type == MODEL:
            data = src.take(src.left())
        else:
            data = referred_body(src, models)
        self.body = Body(data)
        shape = getattr(body.schema, "shape", None)
        corrupt_if(self.body.n_fields != n or bool(self.body.is_table) != (shape is None) or
                   shape is not None and list(shape[1:]) != self.body.shape,
                   "a model that is not one for this file")
        corrupt_if(self.links != 2 and self.body.decoder is None, "hats without a decoder")

    def has_hats(self):
        return self.links != 2

    def value(self, feature, hat):
        number = self.body.rules[feature].value(hat)
        if self.links == 0:
            return number
        number = min(max(number, -1 << 30), 1 << 30)
        return self.maps[feature // self.body.inner].value(number)


def referred_body(src, models):
    digest, size, n = src.take(16), src.varint(), src.u8()
    hint = src.take(n)
    src.done("a reference to a model")
    body = models.get(digest)
    if body is None or len(body) != size:
        raise Bad("MODEL", "needs the model %s (%s)" % (digest.hex(), hint.decode("utf8", "replace")))
    return body


def can_use(model, features, n_sites):
    return (model is not None and model.has_hats() and n_sites > 0 and
            n_sites % model.body.inner == 0 and
            all(f is not None and f.width == 0 for f in features))


def read_hats(src, model, n_sites):
    """10.3: the hat of each feature field."""
    inner, decoder = model.body.inner, model.body.decoder
    n_items = n_sites // inner
    latents = [Field(n_items, 1) for _ in range(decoder.n_latent)]
    if latents:
        read_fields(src, [n_items], latents, model, None)
    hats = [Field(n_sites, 1) for _ in model.fields]
    for r in range(n_items):
        x = [min(max(f.k[r], -LATENT_MAX), LATENT_MAX) for f in latents]
        if r and not latents:
            for hat in hats:
                hat.k[r * inner:r * inner + inner] = hat.k[:inner]
            continue
        values = [model.value(j, h) for j, h in enumerate(decoder.hats(x))]
        for i, hat in enumerate(hats):
            hat.k[r * inner:r * inner + inner] = values[i * inner:i * inner + inner]
    return hats


# ---- 3.5 chunk payload --------------------------------------------------------------------------

BY_STAGES, BY_LATENTS, BY_HAT, BY_WAVELETS, BY_MIXTURE, BY_DIFFERENCES = 0, 1, 2, 3, 4, 5


class Arrangement:
    """3.5.4: where the values of a chunk stand in its integer fields."""

    def __init__(self, shape, axis=0):
        self.n_sites = product(shape)
        self.n_parts, self.inner, self.grid = 1, self.n_sites, list(shape)
        if axis:
            self.n_parts, self.inner = shape[axis - 1], product(shape[axis:])
            self.grid = list(shape[:axis - 1] + shape[axis:])

    def value_at(self, part, site):
        return (site // self.inner * self.n_parts + part) * self.inner + site % self.inner


def read_arrangement(src, n_values):
    n_dims = src.u8()
    corrupt_if(not 1 <= n_dims <= 8, "a shape that cannot be")
    shape = [src.varint() for _ in range(n_dims)]
    axis = src.u8()
    corrupt_if(min(shape) < 2 or not n_values <= product(shape) <= n_values + n_values // 8,
               "a shape that does not fit")
    corrupt_if(axis > n_dims or axis and (n_dims < 2 or shape[axis - 1] > 16),
               "an axis that cannot be cut")
    return Arrangement(shape, axis)


class SideField:
    """What the side bytes say of one field."""

    def __init__(self, src, column, n_sites, may_arrange=False):
        flags = src.u8()
        corrupt_if(flags > 3 or flags & 2 and not may_arrange, "a field with unknown flags")
        self.arrangement = read_arrangement(src, n_sites) if flags & 2 else None
        self.lattice = Lattice(src, column.type) if flags & 1 else column.lattice
        self.exceptions = Exceptions(src, n_sites)
        self.scale = 0
        if self.lattice.image_width():
            self.scale = src.svarint()
            corrupt_if(abs(self.scale) > 1100, "an image scale that cannot be")


def decode_chunk(payload, shape, schema, model=None):
    """The patterns of every field of the chunk."""
    src, n_sites = Source(payload), product(shape)
    kind = src.u8()
    corrupt_if(kind > 1, "a chunk of unknown kind")
    if kind == 0:
        return stored_values(src, n_sites, schema)
    corrupt_if(any(c.type == OPAQUE for c in schema.columns), "opaque bytes that are coded")
    side_src = Source(packed_bytes(src, 1 << 32))
    whole = model is None or not model.has_hats()
    sides = [SideField(side_src, c, n_sites, i == 0 and whole)
             for i, c in enumerate(schema.columns)]
    side_src.done("the side bytes")
    how = sides[0].arrangement or Arrangement(shape)
    fields, own = lay_out(sides, how, n_sites)
    read_fields(src, how.grid, fields, model, model and [own[i][0] for i in model.fields])
    src.done("a chunk")
    return [values_of(side, parts, how, n_sites) for side, parts in zip(sides, own)]


def stored_values(src, n_sites, schema):
    sizes = [TYPE_SIZE[c.type] for c in schema.columns]
    raw = Source(zstd_unpack(src.take(src.left()), n_sites * sum(sizes)))
    return [[raw.uint(size) for _ in range(n_sites)] for size in sizes]


def lay_out(sides, how, n_values):
    """All integer fields in order, and of each field of the schema the parts that hold its values."""
    fields, own = [], []
    for side in sides:
        rare, parts = set(side.exceptions.sites), []
        for part in range(how.n_parts):
            at = [how.value_at(part, i) for i in range(product(how.grid))]
            value = Field(len(at), side.lattice.step, side.lattice.image_width(), side.scale)
            value.skip = [v >= n_values or v in rare for v in at]
            if side.exceptions.n_classes:
                value.mask_field = Field(len(at), 1)
                value.mask_field.skip = [v >= n_values for v in at]
                fields.append(value.mask_field)
            fields.append(value)
            parts.append(value)
        own.append(parts)
    return fields, own


def read_fields(src, shape, fields, model=None, features=()):
    """10.2: coder, plan and residual blocks; features: the model's fields in this chunk, or None;
    no features at all where the fields are latents."""
    coder, grid = src.u8(), [e for e in shape if e != 1] or [1]
    if coder == BY_WAVELETS:
        return restore_by_wavelets(src, grid, fields, model)
    if coder == BY_MIXTURE:
        return restore_by_mixture(src, grid, fields, model)
    corrupt_if(coder > BY_DIFFERENCES or coder != BY_STAGES and
               (features is None or not can_use(model, features, product(shape))),
               "a coder that this chunk cannot have")
    if coder == BY_STAGES:
        return restore_fields(src, grid, [], fields, model)
    hats = read_hats(src, model, product(shape))
    if coder == BY_HAT:
        return restore_fields(src, grid, hats, fields, model)
    if coder == BY_DIFFERENCES:
        return restore_differences(src, grid, fields, model, features, hats)
    for field, hat in zip(features, hats):
        field.k[:] = hat.k
    restore_fields(src, grid, [], [f for f in fields if not any(f is g for g in features)], model)


def restore_differences(src, grid, fields, model, features, hats):
    coder = src.u8()
    corrupt_if(coder not in (BY_STAGES, BY_WAVELETS), "differences by another coder")
    if coder == BY_STAGES:
        restore_fields(src, grid, [], fields, model)
    else:
        restore_by_wavelets(src, grid, fields, model)
    for field, hat in zip(features, hats):
        field.k[:] = [signed(k + h) for k, h in zip(field.k, hat.k)]


def read_plan(src, grid, n_given, n_fields, model):
    """4.6, 10.1.3: a plan of the model, or one that follows."""
    plans = model.body.plans if model else []
    number = src.varint() if plans else 0
    corrupt_if(number > len(plans), "a plan that the model does not have")
    if number:
        return plans[number - 1].on(src, grid, n_given, n_fields)
    return Plan(src, grid, n_given, n_fields)


def restore_fields(src, grid, given, fields, model):
    plan = read_plan(src, grid, len(given), len(given) + len(fields), model)
    n_sites = product(grid)
    for field, constant in zip(fields, plan.constant[len(given):]):
        field.begin(constant)
        field.block = residual_block(src, n_sites)
    for scanned, templates in plan.groups:
        run_group(scanned, templates, grid, pitches(grid), given + fields, plan.constant)
    corrupt_if(not all(f.block.done() for f in fields), "residuals are left over")


def gathered(arrays, how, n_values):
    """The integers of the parts in the order of the values."""
    out = [0] * how.n_sites
    for part, array in enumerate(arrays):
        for i, k in enumerate(array):
            out[how.value_at(part, i)] = k
    return out[:n_values]


def values_of(side, parts, how, n_values):
    values = [side.lattice.restore(k) for k in gathered([p.k for p in parts], how, n_values)]
    mask = None
    if parts[0].mask_field:
        mask = gathered([p.mask_field.k for p in parts], how, n_values)
    side.exceptions.apply(values, mask, side.lattice.type)
    return values


# ---- 11 wavelets --------------------------------------------------------------------------------

def octave_of(i, n, levels):
    o = 0
    while o < levels and i < (n + 1) // 2:
        n, o = (n + 1) // 2, o + 1
    return o


def most_levels(n):
    levels = 0
    while n > 1 and levels < 15:
        n, levels = (n + 1) // 2, levels + 1
    return levels


class Wavelet:
    """11.1: the hat of one field."""

    def __init__(self, src, head, grid):
        corrupt_if(not head & 1 or head > 15, "a wavelet's head")
        self.grid = grid
        self.levels = [src.u8() for _ in grid]
        corrupt_if(any(most < levels for levels, most in zip(self.levels, map(most_levels, grid))),
                   "an axis that is halved too often")
        self.step, self.lift, self.centre = src.varint(), src.u8(), src.svarint()
        corrupt_if(not 1 <= self.step <= 1 << 45, "a step of coefficients")
        self.taps, usual = self.list_taps()
        n_classes = 1 + (head >> 1 & 3)
        self.weights = [self.read_weights(src) if head & 8 else usual for _ in range(n_classes)]
        self.blocks = [residual_block(src, product(grid)) for _ in range(n_classes)]
        self.octaves = [[octave_of(i, n, levels) for i in range(n)]
                        for n, levels in zip(grid, self.levels)]

    def list_taps(self):
        """Taps as functions from a site to another, and their usual weights."""
        taps, axes = [], range(len(self.grid))
        halved = [a for a in axes if self.levels[a]]

        def moved(*moves):
            return lambda x: [x[a] + dict(moves).get(a, 0) for a in axes]

        def halve(which):
            return lambda x: [x[a] // 2 if a in which else x[a] for a in axes]
        for a in axes:
            taps += [(moved((a, -1)), 8), (moved((a, -2)), 3)]
        if len(self.grid) <= 5:
            taps += [(moved((a, -1), (b, side)), 3)
                     for a in axes for b in axes if b > a for side in (-1, 1)]
        taps += [(halve([a]), 4) for a in halved]
        if len(halved) > 1:
            taps.append((halve(halved), 2))
        return [tap for tap, _ in taps], [weight for _, weight in taps]

    def read_weights(self, src):
        pairs = [src.u8() for _ in range((len(self.taps) + 1) // 2)]
        weights = [w for pair in pairs for w in (pair & 15, pair >> 4)]
        corrupt_if(any(weights[len(self.taps):]), "a weight of no tap")
        return weights[:len(self.taps)]

    def read_coefficients(self):
        pitch, q = pitches(self.grid), [0] * product(self.grid)
        for at, site in enumerate(positions([range(n) for n in self.grid])):
            octaves = sum(o[x] for o, x in zip(self.octaves, site))
            kind, activity = min(octaves, len(self.blocks) - 1), 0
            for tap, weight in zip(self.taps, self.weights[kind]):
                other = tap(site)
                if weight and all(0 <= x < n for x, n in zip(other, self.grid)):
                    # the site itself is still 0
                    there = sum(x * p for x, p in zip(other, pitch))
                    activity += weight * min(abs(signed(q[there])), 65535)
            q[at] = self.blocks[kind].next(half_octaves(activity)) & M64
        corrupt_if(not all(b.done() for b in self.blocks), "coefficients are left over")
        return q

    def band_step(self, site):
        step = self.step
        e = sum(1 - o[x] if o[x] < levels else -levels
                for o, x, levels in zip(self.octaves, site, self.levels))
        for _ in range(abs(e)):
            step = step * (75340 if e > 0 else 57008) + (1 << 15) >> 16
        return max(step, 1)

    def hat(self):
        v = self.read_coefficients()
        for at, site in enumerate(positions([range(n) for n in self.grid])):
            q, step = signed(v[at]), self.band_step(site)
            if q:
                v[at] = (abs(q) * step + (step * self.lift >> 8)) * (1 if q > 0 else -1)
        for a, n in enumerate(self.grid):
            pitch = pitches(self.grid)[a]
            for start in range(len(v)):
                if start // pitch % n == 0 and self.levels[a]:
                    line = slice(start, start + n * pitch, pitch)
                    v[line] = join_line(v[line], self.levels[a])
        return [signed(self.centre + (signed(x + (1 << 5)) >> 6)) for x in v]


def join_line(v, levels):
    """11.4: the halves of a line put together again."""
    v = list(v)
    for level in range(levels)[::-1]:
        n = len(v)
        for _ in range(level):
            n = (n + 1) // 2
        n_low, n_high = (n + 1) // 2, n // 2
        if n_high == 0:
            continue
        s, h = v[:n_low], v[n_low:n]
        for c, low in ((29066, True), (57862, False), (-3472, True), (-103949, False)):
            if low:
                s = [signed(x - lift(c, h[max(i - 1, 0)] + h[min(i, n_high - 1)]))
                     for i, x in enumerate(s)]
            else:
                h = [signed(x - lift(c, s[i] + s[min(i + 1, n_low - 1)]))
                     for i, x in enumerate(h)]
        v[0:n:2], v[1:n:2] = s, h
    return v


def lift(c, x):
    return signed(c * x + (1 << 15)) >> 16


def restore_by_wavelets(src, grid, fields, model):
    corrupt_if(product(grid) == 0, "wavelets of no site")
    hats = []
    for field in fields:
        head = src.u8()
        corrupt_if(head and (field.step == 1 or field.width), "a wavelet where there can be none")
        hats.append(Wavelet(src, head, grid).hat() if head else None)
    restore_fields(src, grid, [], fields, model)
    for field, hat in zip(fields, hats):
        if hat:
            field.k[:] = [signed(k + h) for k, h in zip(field.k, hat)]


# ---- 12 mixtures --------------------------------------------------------------------------------

POWER32 = [
    1073741824, 1097253708, 1121280436, 1145833280, 1170923762, 1196563654, 1222764986,
    1249540052, 1276901417, 1304861917, 1333434672, 1362633090, 1392470869, 1422962010,
    1454120821, 1485961921, 1518500250, 1551751076, 1585730000, 1620452965, 1655936265,
    1692196547, 1729250827, 1767116489, 1805811301, 1845353420, 1885761398, 1927054196,
    1969251188, 2012372174, 2056437387, 2101467502, 2147483648]


def power_of(e, bits):
    """2^bits * 2^(e / 1024), rounded down"""
    i, j = (e & 1023) >> 5, e & 31
    p = POWER32[i] + ((POWER32[i + 1] - POWER32[i]) * j >> 5)
    return p >> (30 - bits - (e >> 10))


def logistic(t):
    if abs(t) >= 640:
        return 1 << 24 if t > 0 else 0
    up = (1 << 54) // ((1 << 30) + (POWER32[-abs(t) % 32] >> (abs(t) + 31) // 32))
    return up if t >= 0 else (1 << 24) - up


LOGISTIC = [logistic(t) for t in range(-640, 642)]


class Mixture:
    """12.3: frequencies of the values of one site."""

    def __init__(self, model, out):
        n, m = model.n_logistics, model.n_logistics + len(model.spikes)
        self.model, most = model, max(out[:m])
        weight = [power_of(a - most, 16) if most - a <= 16 * 1024 else 0 for a in out[:m]]
        self.parts = [(weight[i], (out[m + i] << model.unit) + 512,
                       power_of(-min(max(out[m + n + i], -6144), 12288), 20)) for i in range(n)]
        self.spikes = list(zip(model.spikes, weight[n:]))
        self.ratio = ((1 << 22) - model.n_values << 40) // (sum(weight) << 10)

    def start(self, v):
        if v == 0 or v >= self.model.n_values:
            return 1 << 22 if v else 0
        total = sum(w for spike, w in self.spikes if spike < v) << 24
        for w, mean, inverse in self.parts:
            z = min(max(((v << 10) - mean) * inverse >> 20, -20480), 20480)
            low = LOGISTIC[(z >> 5) + 640]
            total += w * (low + ((LOGISTIC[(z >> 5) + 641] - low) * (z & 31) >> 5))
        return ((total >> 14) * self.ratio >> 40) + v

    def find(self, y):
        low, high = 0, self.model.n_values
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.start(middle) <= y else (low, middle)
        return low


class MixtureModel:
    """12.1"""

    def __init__(self, src, grid):
        self.n_batch, self.first, self.n_values = src.u8(), src.svarint(), src.varint() + 2
        corrupt_if(self.n_batch >= len(grid) or self.n_values > 4096, "a mixture that cannot be")
        self.n_logistics, n_spikes = src.u8(), src.u8()
        corrupt_if(not 1 <= self.n_logistics <= 8 or n_spikes > 16, "a mixture of too many parts")
        self.set_values(self.n_values)
        self.spikes = []
        for i in range(n_spikes):
            self.spikes.append(src.varint() + (self.spikes[-1] + 1 if i else 0))
            corrupt_if(self.spikes[-1] >= self.n_values, "a spike beyond the values")
        self.outside = src.varint()
        corrupt_if(self.outside >= self.n_values, "a value outside that cannot be")
        self.item = grid[self.n_batch:]
        self.pitch = pitches(self.item)
        self.read_taps(src)
        n_hidden = src.u8()
        corrupt_if(n_hidden > 3, "a net of too many layers")
        widths = [src.u8() + 1 for _ in range(n_hidden)]
        n_in = len(self.taps) + sum(e if e <= 4 else 1 for e in self.item)
        ends = [n_in] + widths + [3 * self.n_logistics + n_spikes]
        self.layers = [self.read_layer(src, a, b) for a, b in zip(ends, ends[1:])]

    def set_values(self, n_values):
        self.n_values = n_values
        self.unit = next(u for u in range(9) if 16 << u >= n_values)
        scale = (2048 << 8) // (n_values - 1)
        self.input = [(v * scale >> 8) - 1024 for v in range(n_values)]

    def read_taps(self, src):
        n_taps = src.u8()
        corrupt_if(n_taps > 64, "too many taps")
        self.taps = [[src.svarint() for _ in self.item] for _ in range(n_taps)]
        for tap in self.taps:
            first = next((x for x in tap if x), 0)
            corrupt_if(first >= 0 or max(abs(x) for x in tap) > 65535, "a tap that looks ahead")

    def read_layer(self, src, n_in, n_out):
        log, n = src.u8(), (n_in + 1) * n_out
        corrupt_if(not 3 <= log <= 12, "a step of weights that cannot be")
        try:
            all_of_it = [unzigzag(s) for s in packed_symbols(src, n, Cut(12, 0))]
        except Bad as bad:
            raise Bad("CORRUPT", "weights of a mixture") from bad
        corrupt_if(len(all_of_it) != n, "a layer without its weights")
        weights, biases = all_of_it[:n_in * n_out], all_of_it[n_in * n_out:]
        corrupt_if(any(abs(w) > 127 for w in weights), "a weight that is too large")
        rows = [weights[o * n_in:(o + 1) * n_in] for o in range(n_out)]
        return rows, [b << 13 - log for b in biases], log - 3

    def places(self, at):
        """The input row of a site but for the taps, and where each tap reads (None: nowhere)."""
        c = [at // p % e for p, e in zip(self.pitch, self.item)]
        places = []
        for tap in self.taps:
            to = sum(min(max(x + d, 0), e - 1) * p
                     for x, d, e, p in zip(c, tap, self.item, self.pitch))
            places.append(to if to < at else None)
        row = []
        for x, e in zip(c, self.item):
            row += [1024 * (i == x) for i in range(e)] if e <= 4 else \
                [(2 * x + 1) * 1024 // e - 1024]
        return places, row

    def outputs(self, x):
        for i, (rows, biases, shift) in enumerate(self.layers):
            half, out = 1 << shift >> 1, []
            for row, bias in zip(rows, biases):
                t = (sum(w * v for w, v in zip(row, x)) + half >> shift) + bias
                if t < 0 and i + 1 < len(self.layers):
                    t >>= 3
                out.append(clamp_bits(t + 4 >> 3, 16))
            x = out
        return x


def mixture_stream(src, size):
    corrupt_if(size > src.left() or size % 4, "mixtures that end within a word")
    words = list(struct.unpack("<%dI" % (size // 4), src.take(size)))
    return words[::-1]


def mixture_of(src, grid, model):
    """12.1: the model's, or one that follows."""
    kept = model.body.mixture if model else None
    which = src.u8() if kept else 0
    corrupt_if(which > 1, "mixtures of nobody")
    if which == 0:
        return MixtureModel(src, grid)
    more = src.varint()
    corrupt_if(kept.n_dims != len(grid) or list(grid[kept.n_batch:]) != list(kept.item) or
               more > 4096 - kept.n_values, "mixtures of another grid")
    mixture = copy.copy(kept)
    mixture.set_values(kept.n_values + more)
    corrupt_if(mixture.unit != kept.unit, "too many values for these mixtures")
    return mixture


def restore_by_mixture(src, grid, fields, chunk_model):
    """12.2"""
    corrupt_if(len(fields) != 1 or fields[0].step != 1 or fields[0].width or
               fields[0].mask_field or any(fields[0].skip), "mixtures where there can be none")
    model, k = mixture_of(src, grid, chunk_model), fields[0].k
    words = mixture_stream(src, src.varint())
    n_item, x = product(model.item), 0
    for _ in range(2):
        x = x << 32 | words.pop() if words and x < 1 << 32 else x
    for block in range(0, len(k), 64 * n_item):
        lanes = range(block, min(block + 64 * n_item, len(k)), n_item)
        for at in range(n_item):
            places, row = model.places(at)
            for lane in lanes:
                seen = [model.outside if p is None else k[lane + p] - model.first for p in places]
                mixture = Mixture(model, model.outputs([model.input[v] for v in seen] + row))
                y = x & (1 << 22) - 1
                v = mixture.find(y)
                start = mixture.start(v)
                x = (mixture.start(v + 1) - start) * (x >> 22) + y - start
                x = x << 32 | words.pop() if words and x < 1 << 32 else x
                k[lane + at] = signed(model.first + v)
    corrupt_if(x != 0 or words, "mixtures do not end as they must")


# ---- 9.3 decimals -------------------------------------------------------------------------------


def digits_of(m):
    return len(str(m)) if m else 0


class Decimal:
    """(-1)^neg * m * 10^e, trimmed."""

    def __init__(self, neg, m, e):
        while m and m % 10 == 0:
            m, e = m // 10, e + 1
        self.neg, self.m, self.e = neg, m, e if m else 0

    def order(self):
        return digits_of(self.m) - 1 + self.e if self.m else 0

    def real(self):
        return float("%s%de%d" % ("-" if self.neg else "", self.m, self.e))

    def stepwise(self):
        x = float(self.m) if self.m < 1 << 53 else 0.0
        for digit in str(self.m) if self.m >> 53 else "":
            x = x * 10.0 + float(digit)
        p, left = 10.0, abs(self.e)
        while left:
            if left & 1:
                x = x / p if self.e < 0 else x * p
            p, left = p * p, left >> 1
        return -x if self.neg else x


def parsed(text):
    """The decimal that a text made by % stands for."""
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    return Decimal(text[0] == "-", int(whole + fraction), int(exponent or 0) - len(fraction))


def precision(v, p):
    return parsed("%.*e" % (p - 1, v))


def places(v, n):
    corrupt_if(abs(v) >= 10 ** 18, "a number that is too large for its places")
    text = "%.*f" % (n, v)
    corrupt_if(int(text.lstrip("-").replace(".", "")) >= 10 ** 18, "a number of too many digits")
    return parsed(text)


def single(v):
    """v rounded to binary32."""
    return struct.unpack("<f", struct.pack("<I", bits32(v)))[0]


def shortest(v, width):
    for p in range(6, 10) if width == 32 else range(15, 18):
        d = precision(v, p)
        if (single(d.real()) if width == 32 else d.real()) == v:
            break
    return d


# ---- 9.4 notations ------------------------------------------------------------------------------

FIXED, ALWAYS_PLAIN, SWITCH, SHORTER, SCI, SCI_TRIM = range(6)
PLUS, POINT, NO_ZERO, EXP_PLUS, UPPER, MANTISSA0 = 1, 2, 4, 8, 16, 32


class Notation:
    def __init__(self, src):
        self.kind, self.flags, self.digits = src.u8(), src.u8(), src.u8()
        self.min_frac, self.sci_frac, self.exp_digits = src.u8(), src.u8(), src.u8()
        self.low, self.high = src.svarint(), src.svarint()
        corrupt_if(self.kind > SCI_TRIM or self.flags > 63 or not 1 <= self.exp_digits <= 4 or
                   max(self.digits, self.min_frac, self.sci_frac) > 60 or
                   max(abs(self.low), abs(self.high)) > 400, "a notation that cannot be")

    def text(self, d):
        """None: the notation has no form for the decimal."""
        if self.kind == FIXED:
            return self.plain(d, self.digits, True)
        if self.kind == SCI:
            return self.scientific(d, self.digits, True)
        plain = self.plain(d, self.min_frac, False)
        other = self.scientific(d, self.sci_frac, False)
        if self.kind == ALWAYS_PLAIN:
            return plain
        if self.kind == SWITCH:
            return plain if self.low <= d.order() < self.high else other
        if self.kind == SHORTER:
            return other if plain is None or len(other) < len(plain) else plain
        return other

    def sign(self, d):
        return "-" if d.neg else "+" if self.flags & PLUS else ""

    def plain(self, d, n_frac, exactly):
        need, n_whole = max(-d.e, 0), len(str(d.m)) + d.e
        if need > n_frac and exactly:
            return None
        n_frac = max(n_frac, need)
        if n_frac + max(n_whole, 1) + 3 > 512:
            return None
        digits = str(d.m * 10 ** (n_frac + d.e)).rjust(n_frac + 1, "0")
        whole, fraction = digits[:len(digits) - n_frac], digits[len(digits) - n_frac:]
        if self.flags & NO_ZERO and d.m and d.order() < 0:
            whole = ""
        point = "." if n_frac or self.flags & POINT else ""
        return self.sign(d) + whole + point + fraction

    def scientific(self, d, n_frac, exactly):
        digits = str(d.m)
        lead = "0" if self.flags & MANTISSA0 else digits[0]
        rest = digits if self.flags & MANTISSA0 else digits[1:]
        if d.m == 0:
            rest = ""
        if len(rest) > n_frac and exactly:
            return None
        rest = rest.ljust(n_frac, "0")
        x = d.order() + (1 if self.flags & MANTISSA0 else 0) if d.m else 0
        return "%s%s%s%s%s%s%0*d" % (
            self.sign(d), lead, "." if rest or self.flags & POINT else "", rest,
            "E" if self.flags & UPPER else "e",
            "-" if x < 0 else "+" if self.flags & EXP_PLUS else "", self.exp_digits, abs(x))


# ---- 9.5 dates and times ------------------------------------------------------------------------

PARTS = {"Y": "year", "M": "month", "N": "month", "D": "day", "d": "day", "h": "hour", "H": "hour",
         "m": "minute", "s": "second"}


class Stamp:
    def __init__(self, src):
        n = src.u8()
        corrupt_if(n > 39, "a pattern that is too long")
        self.pattern = src.take(n).decode("latin-1")
        count = dict.fromkeys(PARTS.values(), 0)
        for letter in self.pattern:
            if letter in PARTS:
                count[PARTS[letter]] += 1
        self.n_frac = self.pattern.count("f")
        corrupt_if("\0" in self.pattern or not count["year"] == count["month"] == count["day"] == 1
                   or not 1 >= count["hour"] >= count["minute"] >= count["second"] or
                   self.n_frac > 6 or self.n_frac and not count["second"],
                   "a pattern that cannot be")
        self.units = [(p, n) for p, n in (("second", 60), ("minute", 60), ("hour", 24)) if count[p]]

    def text(self, count):
        part = {}
        count, fraction = divmod(count, 10 ** self.n_frac)
        for name, n in self.units:
            count, part[name] = divmod(count, n)
        part["year"], part["month"], part["day"] = date_of(count)
        corrupt_if(not 0 <= part["year"] <= 9999, "a year that has no text")
        digits = iter(str(fraction).rjust(self.n_frac, "0"))
        out = ""
        for letter in self.pattern:
            if letter in PARTS:
                width = 4 if letter == "Y" else 1 if letter in "NdH" else 2
                out += "%0*d" % (width, part[PARTS[letter]])
            else:
                out += next(digits) if letter == "f" else letter
        return out.encode("latin-1")


def date_of(days):
    """Year, month and day of a number of days since 1970-01-01."""
    eras, day = divmod(days + 719468, 146097)  # since 0000-03-01, in eras of 400 years
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    return 400 * eras + year + (month > 9), (month + 2) % 12 + 1, day + 1


# ---- 9.1, 9.2 schema of a table -----------------------------------------------------------------

TEXT, DICTIONARY, STAMP, DECIMAL_COLUMN, DECFLOAT, FLOAT_COLUMN = range(6)
HAS_UNIT, HAS_PRINT, HAS_STEP, HAS_BLANKS, IS_NUMERIC, HAS_FINE = 1, 2, 4, 8, 16, 32


def sized_bytes(src):
    return src.take(src.varint())


class TableColumn:
    """9.2, 9.6"""

    def __init__(self, src):
        first, has = src.u8(), src.u8()
        self.kind, self.quoting, self.fine = first & 15, first >> 4, has & HAS_FINE
        corrupt_if(self.kind > FLOAT_COLUMN or self.quoting > 3 or has > 63 or
                   self.fine and self.kind != DECFLOAT, "a column that cannot be")
        self.lead, self.width = (src.varint(), src.varint()) if has & HAS_BLANKS else (0, 0)
        corrupt_if(max(self.lead, self.width) > 4096, "too many blanks")
        self.base, self.unit, self.step, self.odd, self.entries = 0, 1, 1, [], []
        self.detour = self.print = 0
        if self.kind == TEXT:
            return
        if self.kind == STAMP:
            self.stamp = Stamp(src)
        if has & HAS_UNIT:
            self.base, self.unit = src.svarint(), src.varint()
            corrupt_if(self.unit == 0, "a unit that cannot be")
        if self.kind >= DECIMAL_COLUMN:
            self.read_form(src, has)
        n = src.u8()
        corrupt_if(n > 14, "too many odd texts")
        self.odd = [sized_bytes(src) for _ in range(n)]
        if self.kind != STAMP:
            self.read_entries(src)

    def read_form(self, src, has):
        self.notation, self.places = Notation(src), src.svarint()
        corrupt_if(abs(self.places) > 399, "places that cannot be")
        if self.kind == DECFLOAT:
            self.precision = src.u8()
            corrupt_if(not 1 <= self.precision <= 17, "a precision that cannot be")
        if self.fine:
            self.below = src.u8()
            corrupt_if(not 1 <= self.below <= 17, "fine digits that cannot be")
        if self.kind == FLOAT_COLUMN:
            self.float_width = src.u8()
            corrupt_if(self.float_width not in (32, 64) or not has & HAS_PRINT,
                       "a width that cannot be")
        if has & HAS_PRINT:
            self.detour, self.print = src.u8(), src.u8()
            self.print_digits, self.print_width = src.u8(), src.u8()
            corrupt_if(self.detour > 3 or self.print > 2 or
                       self.print == 0 and self.print_width not in (32, 64) or
                       self.print == 1 and not 1 <= self.print_digits <= 17 or
                       self.print == 2 and self.print_digits > 18, "a detour that cannot be")
        if has & HAS_STEP:
            self.step = src.varint()
            src.f64()
            corrupt_if(not 1 <= self.step <= 1 << 62 or
                       self.step > 1 and self.kind != DECIMAL_COLUMN, "a step that cannot be")

    def read_entries(self, src):
        n = src.varint()
        corrupt_if(n > src.left() or n == 0 and self.kind == DICTIONARY or
                   n and (self.step > 1 or self.fine), "entries that cannot be")
        limit_if(n > 65536, "too many entries")
        if self.kind == DICTIONARY:
            entries = [sized_bytes(src) for _ in range(n)]
        elif n:
            entries = self.read_values(src, n)
        else:
            return
        limit_if(sum(map(len, entries)) > 1 << 26, "entries that are too long")
        self.entries = entries

    def read_values(self, src, n):
        entries, at, k = [None] * n, 0, 0
        n_literal = src.varint()
        corrupt_if(n_literal > n, "too many literals")
        for i in range(n_literal):
            distance = src.varint()
            at += distance
            corrupt_if(i and distance == 0 or at >= n, "literals out of order")
            entries[at] = sized_bytes(src)
        for i in range(n):
            if entries[i] is None:
                k = signed(k + src.svarint())
                entries[i] = self.text(k)
        return entries

    def text(self, k):
        """The text of an integer."""
        if self.entries:
            corrupt_if(not 0 <= k < len(self.entries), "an entry that there is not")
            return self.entries[k]
        if self.kind == STAMP:
            return self.stamp.text(signed(self.base + self.unit * k))
        text = self.notation.text(self.decimal(k))
        corrupt_if(text is None, "a number that its notation cannot write")
        return text.encode("ascii")

    def decimal(self, k):
        if self.kind == FLOAT_COLUMN:
            bits = float_pattern(k, self.float_width)
            return self.printed(struct.unpack("<d", struct.pack(
                "<Q", widened(bits) if self.float_width == 32 else bits))[0])
        if self.kind == DECIMAL_COLUMN:
            c = signed(self.base + self.unit * k)
            return self.after_detour(Decimal(c < 0, abs(c), -self.places))
        low, a = 10 ** (self.precision - 1), abs(k)
        level = (a - low) // (9 * low) if a >= 10 * low else 0
        corrupt_if(level > 1000, "a level that cannot be")
        return self.after_detour(Decimal(k < 0, a - level * 9 * low, level - self.places))

    def printed(self, v):
        corrupt_if(not math.isfinite(v), "a number that is not finite")
        if self.print == 0:
            return shortest(v, self.print_width)
        return (precision if self.print == 1 else places)(v, self.print_digits)

    def after_detour(self, d):
        if self.detour == 0:
            return d
        if self.detour == 2:
            v = d.stepwise()
            exact = self.print == 0 and d.m < 10 ** 15 and v == d.real()
            return d if exact else self.printed(v)
        v = single(d.real())
        if self.detour == 1:
            return self.printed(v)
        corrupt_if(not math.isfinite(v), "a number that is not finite")
        return self.printed(shortest(v, 64).stepwise())

    def united(self, u, fine):
        """9.7: the integer of what was coded and the fine digits."""
        w, n, low = abs(u), self.precision, 10 ** (self.precision - 1)
        if w:
            level, b = self.fine_level(w)
            corrupt_if(b < -18 or b < 0 and w % 10 ** -b, "digits that do not fit")
            m = w * 10 ** b + fine if b > 0 else w // 10 ** -b
        else:
            u = -1 if fine >= 10 ** self.below else 1
            m = fine % 10 ** self.below
            level = max(0, digits_of(m) - n)
            corrupt_if(m % 10 ** level, "fine digits that do not fit")
            m //= 10 ** level
        k = m + level * 9 * low
        corrupt_if(level > 1000 or k > 1 << 62, "a number that is too large")
        return k if u > 0 else -k

    def fine_level(self, w):
        coarse = self.places - self.below
        level = max(0, digits_of(w) - coarse - self.precision + self.places)
        return level, self.below - level

    def fine_radix(self, u):
        return 10 ** max(self.fine_level(abs(u))[1], 0) if u else 2 * 10 ** self.below

    def cell(self, text, delimiter):
        """9.10: blanks and quotes."""
        blanks = b" " * max(self.lead, self.width - len(text))
        quoted = (any(c in text for c in (delimiter, b'"', b"\n", b"\r")), True,
                  text not in (b"", b"NA"), False)[self.quoting]
        return blanks + (b'"' + text.replace(b'"', b'""') + b'"' if quoted else text)


class TableSchema:
    def __init__(self, payload):
        outer = Source(payload)
        src = Source(packed_bytes(outer, FRONT_MAX))
        outer.done("the section of the schema")
        self.delimiter, crlf, n_head = src.take(1), src.u8(), src.u8()
        corrupt_if(crlf > 1 or n_head > 1, "a schema that cannot be")
        self.line_end = b"\r\n" if crlf else b"\n"
        self.head = sized_bytes(src)
        n = src.varint()
        corrupt_if(n > src.left() // 2, "a schema that is cut off")
        limit_if(n > 65535, "too many columns")
        self.columns = [TableColumn(src) for _ in range(n)]
        src.done("the schema")


# ---- 9.8, 9.9, 9.10 chunks of a table -----------------------------------------------------------

K_FIELD, K_CONSTANT, K_COPY = 1, 2, 3
MASK_FIELD, MASK_LIST, MASK_COPY = 1, 2, 3
LENGTHS, TEXTS, FINE = 16, 32, 64


def row_gaps(src, n, n_rows, read):
    """(row, what read gives) n times; rows are given as gaps."""
    corrupt_if(n > src.left() // 2, "a list of rows that is cut off")
    out, after = [], 0
    for _ in range(n):
        row = after + src.varint()
        corrupt_if(row >= n_rows, "a row that there is not")
        out.append((row, read()))
        after = row + 1
    return out


class ColumnPart:
    """What side 0 says of one column, and where its reading stands."""

    def __init__(self, src, column, n_rows, fields):
        mode = src.u8()
        self.column, self.k_mode, mask_mode = column, mode & 3, mode >> 2 & 3
        corrupt_if(mode > 127 or (column.kind == TEXT) != (self.k_mode == 0) or
                   column.kind == TEXT and mask_mode or mode & FINE and not column.fine,
                   "a part of a column that cannot be")
        self.lengths = mode & LENGTHS
        self.text_size = src.varint() if mode & TEXTS else 0
        self.n_words = src.varint() if mode & FINE else 0
        corrupt_if(self.n_words > n_rows, "too many words")
        self.mask, self.classes, self.constant, self.field = None, {}, 0, None
        self.own_field = None
        self.read_mask(src, mask_mode, n_rows, fields)
        self.read_integers(src, n_rows, fields)

    def read_mask(self, src, mode, n_rows, fields):
        if mode == MASK_FIELD:
            self.mask = Field(n_rows, 1)
            self.mask.is_mask = True
            fields.append(self.mask)
        elif mode == MASK_COPY:
            self.mask = earlier(fields, src.varint(), True)
        elif mode == MASK_LIST:
            self.classes = dict(row_gaps(src, src.varint(), n_rows, src.u8))
            corrupt_if(0 in self.classes.values(), "class 0 in a list")

    def read_integers(self, src, n_rows, fields):
        column, width, scale = self.column, 0, 0
        if self.k_mode == K_FIELD:
            if column.kind == FLOAT_COLUMN and not column.entries:
                width, scale = column.float_width, src.svarint()
                corrupt_if(abs(scale) > 1100, "an image scale that cannot be")
            self.field = Field(n_rows, column.step, width, scale)
            self.field.mask_field = self.mask
            self.own_field = self.field
            fields.append(self.field)
        elif self.k_mode == K_COPY:
            self.field = earlier(fields, src.varint(), False)
        elif self.k_mode == K_CONSTANT:
            self.constant = src.svarint()

    def take_side(self, src):
        self.texts = Source(src.take(self.text_size))
        self.words = Source(src.take(8 * self.n_words))
        self.value, self.scale = 0, M64

    def next_text(self):
        if self.lengths:
            return sized_bytes(self.texts)
        end = self.texts.data.find(b"\n", self.texts.at)
        corrupt_if(end < 0, "a text without its end")
        return self.texts.take(end + 1 - self.texts.at)[:-1]

    def next_fine(self, radix):
        if radix == 1:
            return 0
        if radix > M64 // self.scale:
            self.value, self.scale = self.words.uint(8), 1
        self.value, fine = divmod(self.value, radix)
        self.scale *= radix
        return fine

    def text(self, row):
        column = self.column
        if column.kind == TEXT:
            return self.next_text()
        c = self.mask.k[row] if self.mask else self.classes.get(row, 0)
        corrupt_if(not 0 <= c <= len(column.odd) + 1, "a class that there is not")
        if c:
            return self.next_text() if c > len(column.odd) else column.odd[c - 1]
        k = self.field.k[row] if self.field else self.constant
        if column.fine:
            k = column.united(k, self.next_fine(column.fine_radix(k)))
        return column.text(k)

    def done(self):
        self.texts.done("texts")
        self.words.done("fine digits")


def earlier(fields, number, is_mask):
    corrupt_if(number >= len(fields) or fields[number].is_mask != is_mask,
               "a copy of a field that there is not")
    return fields[number]


def decode_table_chunk(payload, schema, model=None):
    """The number of rows and their text."""
    src = Source(payload)
    kind, n_rows, text_size = src.u8() & 127, src.varint(), src.varint()
    corrupt_if(kind > 1 or n_rows > text_size, "a chunk that cannot be")
    if kind == 0:
        limit_if(text_size > 1 << 32, "a text that is too long")
        return n_rows, zstd_unpack(src.take(src.left()), text_size)
    side = [Source(packed_bytes(src, 1 << 32)) for _ in range(3)]
    n = side[0].varint()
    corrupt_if(n > n_rows, "too many verbatim rows")
    verbatim = dict(row_gaps(side[0], n, n_rows, side[0].varint))
    fields = []
    parts = [ColumnPart(side[0], c, n_rows, fields) for c in schema.columns]
    side[0].done("side 0")
    read_fields(src, [n_rows], fields, model, model and [parts[i].own_field for i in model.fields])
    src.done("a chunk")
    for part in parts:
        part.take_side(side[1])
    out = []
    for row in range(n_rows):
        if row in verbatim:
            out.append(side[2].take(verbatim[row]))
            continue
        cells = [p.column.cell(p.text(row), schema.delimiter) for p in parts]
        out.append(schema.delimiter.join(cells) + schema.line_end)
    for part in parts:
        part.done()
    side[2].done("side 2")
    return n_rows, b"".join(out)


# ---- 3.2 schema, 3.4 boxes ----------------------------------------------------------------------


class Column:
    def __init__(self, src):
        self.type, flags = src.u8(), src.u8()
        mode = flags & 7
        corrupt_if(flags > 0x1F or self.type not in TYPE_SIZE or mode > 5,
                   "a field that cannot be")
        bound = src.f64() if mode else 0.0
        corrupt_if(not 0 <= bound < math.inf, "a bound that cannot be")
        if flags & 8:
            src.f64()
        n = src.varint() if flags & 0x10 else 0
        limit_if(n > 65535, "a name that is too long")
        corrupt_if(b"\0" in src.take(n), "a name with a zero byte")
        corrupt_if(mode and self.type == OPAQUE or mode in (3, 4) and not is_float(self.type),
                   "a bound that the type cannot have")
        self.lattice = None if self.type == OPAQUE else Lattice(src, self.type)


class Schema:
    def __init__(self, payload):
        src = Source(payload)
        n_dims = src.u8()
        corrupt_if(not 1 <= n_dims <= 8, "not 1 to 8 dimensions")
        self.shape = [src.varint() for _ in range(n_dims)]
        self.box_sites = src.varint()
        corrupt_if(self.box_sites == 0, "chunks without sites")
        limit_if(shape_is_too_large(self.shape), "a shape that is too large")
        n_fields = src.varint()
        corrupt_if(not 1 <= n_fields <= 65535 or n_fields > src.left(), "not 1 to 65535 fields")
        self.columns = [Column(src) for _ in range(n_fields)]
        src.done("the schema")

    def payload_limit(self):
        """11: the largest payload of a section after the schema."""
        sites = product(next(boxes(self.shape, self.box_sites), [0]))
        raw = sites * sum(TYPE_SIZE[c.type] for c in self.columns)
        return max(FRONT_MAX, raw + raw // 64 + 4096 * len(self.columns))


def shape_is_too_large(shape):
    n = 1
    for extent in shape:
        if extent and n > (1 << 60) // extent:
            return True
        n *= extent
    return any(extent > 1 << 60 for extent in shape)


def boxes(shape, box_sites):
    """3.4: the shapes of all chunks, in order."""
    if 0 in shape:
        return
    cut = 0
    while cut + 1 < len(shape) and product(shape[cut + 1:]) > box_sites:
        cut += 1
    rows = max(box_sites // product(shape[cut + 1:]), 1)
    rows = -(-shape[cut] // -(-shape[cut] // rows))
    for _ in range(product(shape[:cut])):
        for first in range(0, shape[cut], rows):
            yield [1] * cut + [min(rows, shape[cut] - first)] + shape[cut + 1:]


def has_one_box(schema):
    shapes = boxes(schema.shape, schema.box_sites)
    return next(shapes, None) is not None and next(shapes, None) is None


# ---- 3.1, 3.3, 3.7, 3.8, 3.10 container ----------------------------------------------------------

SCHEMA, MODEL, CHUNK, INDEX, TABLE_SCHEMA, MODEL_REFERENCE, ENVELOPE = 1, 2, 3, 4, 5, 6, 0x81
FAMILY, BODY, FLOAT_WEIGHTS, RECORD, PROVENANCE = 16, 17, 0x92, 0x93, 0x94  # of model files
FRONT_MAX = 1 << 26


def check_header(data):
    if len(data) < 8 and data == b"\x8FAEZ"[:len(data)] + data[4:]:
        raise Bad("TRUNCATED", "the file ends in its header")
    if data[:4] != b"\x8FAEZ":
        raise Bad("MAGIC", "not an .aez file")
    if data[4] != 1 or data[6] != 0:
        raise Bad("VERSION", "a newer version, or a feature that is not known here")
    corrupt_if(data[7] != 0, "the header is damaged")


def section_seed(header, offset):
    return le64(header, 0) ^ offset


class Section:
    def __init__(self, data, start, at, limit):
        """The section at byte `at` of a file that begins at byte `start` of data."""
        src = Source(data, at)
        try:
            self.type, size = src.u8(), src.varint()
            corrupt_if(self.type == 0, "a section without a type")
            limit_if(size > limit, "a section that is too large")
            self.payload = src.take(size)
            end = src.at
            check = src.uint(8)
        except Bad as bad:
            raise bad if bad.why != SHORT else Bad("TRUNCATED", "a section is cut off")
        seed = section_seed(data[start:start + 8], at - start)
        corrupt_if(check != xxh3(data[at:end], seed), "a checksum is wrong")
        self.offset, self.size, self.end = at - start, src.at - at, src.at


def read_index(payload):
    src = Source(payload)
    n = src.varint()
    corrupt_if(n > src.left() // 2, "an index that is cut off")
    entries = []
    if n:
        offset, site = src.varint(), src.varint()
    for _ in range(n):
        entries.append((offset, src.varint(), site, src.varint()))
        offset, site = offset + entries[-1][1], site + entries[-1][3]
    src.done("the index")
    return entries


def check_trailer(data, start, at, index_offset):
    """Returns where the file ends."""
    trailer = data[at:at + 24]
    if len(trailer) < 24:
        raise Bad("TRUNCATED", "the trailer is cut off")
    wanted = struct.pack("<QQ", index_offset, at + 24 - start)
    wanted += struct.pack("<I", xxh3(wanted, 0) & M32) + b"ZEA\x8F"
    corrupt_if(trailer != wanted, "the trailer is wrong")
    return at + 24


class Array:
    """The values of a file of arrays."""

    def __init__(self, payload):
        self.schema = Schema(payload)
        self.shapes = boxes(self.schema.shape, self.schema.box_sites)
        self.sole = has_one_box(self.schema)
        self.payload_limit = self.schema.payload_limit()
        self.columns = [[] for _ in self.schema.columns]
        self.model = None

    def take(self, payload):
        shape = next(self.shapes, None)
        corrupt_if(shape is None, "more chunks than the shape has")
        for out, new in zip(self.columns, decode_chunk(payload, shape, self.schema, self.model)):
            out += new
        return product(shape)

    def finish(self):
        corrupt_if(next(self.shapes, None) is not None, "fewer chunks than the shape has")

    def original(self, envelope):
        """8.1: the bytes of the file that was compressed."""
        layout = Layout(self.schema, envelope)
        size = TYPE_SIZE[layout.type]
        order = "big" if layout.flags & 1 else "little"
        inner = 1 if layout.axis is None else product(layout.shape[layout.axis + 1:])
        out = [layout.head]
        for first in range(0, len(self.columns[0]), inner or 1):
            for column in self.columns:
                out += [v.to_bytes(size, order) for v in column[first:first + inner]]
        return b"".join(out) + layout.tail


class Table:
    """The text of a file of a table."""
    payload_limit = 1 << 33  # the reader's memory limit

    def __init__(self, payload):
        self.schema = TableSchema(payload)
        self.out = [self.schema.head]
        self.sole = False
        self.model = None

    def take(self, payload):
        self.sole = len(self.out) == 1 and payload[:1] >= b"\x80"
        n_rows, text = decode_table_chunk(payload, self.schema, self.model)
        self.out.append(text)
        return n_rows

    def finish(self):
        pass

    def original(self, envelope):
        return b"".join(self.out)


class File:
    """One whole file out of data, from byte `start` on."""

    def __init__(self, data, start, models):
        """models: bodies of models that the file may refer to, by their hashes."""
        check_header(data[start:start + 8])
        section = Section(data, start, start + 8, FRONT_MAX)
        if section.type == FAMILY:
            raise Bad("MAGIC", "a model file, which holds no values")
        corrupt_if(section.type not in (SCHEMA, TABLE_SCHEMA),
                   "the file does not begin with a schema")
        self.body = (Array if section.type == SCHEMA else Table)(section.payload)
        self.envelope = None
        self.models = models
        self.read_sections(data, start, section.end)

    def read_sections(self, data, start, at):
        met, first_site = [], 0
        while True:
            section = Section(data, start, at, self.body.payload_limit)
            at = section.end
            if section.type == CHUNK:
                n_sites = self.body.take(section.payload)
                met.append((section.offset, section.size, first_site, n_sites))
                first_site += n_sites
                if self.body.sole:
                    self.end = at
                    return
            elif section.type == ENVELOPE:
                corrupt_if(self.envelope is not None or met, "an envelope out of place")
                self.envelope = section.payload
            elif section.type in (MODEL, MODEL_REFERENCE):
                corrupt_if(self.body.model is not None or met, "a model out of place")
                self.body.model = Model(section, self.body, self.models)
            elif section.type == INDEX:
                break
            elif not section.type & 0x80:
                raise Bad("VERSION", "a section that must be understood")
        self.body.finish()
        corrupt_if(read_index(section.payload) != met, "the index does not match the chunks")
        self.end = check_trailer(data, start, at, section.offset)


# ---- 8 envelope ---------------------------------------------------------------------------------

RAW, NPY, IDX, PLAIN = 0, 1, 2, 3
NPY_NAME = {1: "u1", 2: "i1", 3: "u2", 4: "i2", 5: "u4", 6: "i4", 7: "u8", 8: "i8", 9: "f4",
            10: "f8"}
IDX_CODE = {1: 8, 2: 9, 4: 0x0B, 6: 0x0C, 9: 0x0D, 10: 0x0E}


class Layout:
    def __init__(self, schema, envelope):
        self.type = schema.columns[0].type
        corrupt_if(any(c.type != self.type for c in schema.columns), "fields of several types")
        self.axis, self.head, self.tail = None, b"", b""
        if not envelope:
            self.kind, self.flags = PLAIN if self.type == OPAQUE else RAW, 0
            self.shape = implied_shape(schema, None)
        else:
            self.read(Source(envelope), schema)
        self.check(schema)
        if self.kind in (NPY, IDX) and not self.flags & 16:
            self.head = npy_header(self) if self.kind == NPY else idx_header(self)

    def read(self, src, schema):
        version, self.kind, self.flags = src.u8(), src.u8(), src.u8()
        if version != 1 or self.kind > PLAIN:
            raise Bad("VERSION", "an envelope of a newer version, or of an unknown kind")
        if self.flags & 4:
            self.axis = src.varint()
            corrupt_if(self.axis >= 64, "an axis that cannot be")
        if self.flags & 8:
            n = src.varint()
            corrupt_if(n > 64, "too many dimensions")
            self.shape = [src.varint() for _ in range(n)]
        else:
            self.shape = implied_shape(schema, self.axis)
        if self.flags & 16:
            self.head = byte_string(src)
        if self.flags & 32:
            self.tail = byte_string(src)
        src.done("the envelope")

    def check(self, schema):
        flags, npy = self.flags, self.kind == NPY
        corrupt_if((self.kind == PLAIN) != (self.type == OPAQUE) or
                   self.kind == PLAIN and flags or
                   flags & (2 | 64 | 128) and not npy or flags & 64 and self.type != 1 or
                   flags & 128 and flags & 16 or flags & 1 and TYPE_SIZE[self.type] == 1,
                   "an envelope with flags that it cannot have")
        corrupt_if(self.axis is not None and self.axis >= len(self.shape), "an axis too far")
        n_fields = 1 if self.axis is None else self.shape[self.axis]
        corrupt_if(n_fields != len(schema.columns) or grid_of(self) != schema.shape or
                   product(self.shape) * TYPE_SIZE[self.type] >= 1 << 63,
                   "the envelope contradicts the schema")


def byte_string(src):
    n = src.varint()
    corrupt_if(not 1 <= n <= 65536, "a byte string that cannot be")
    return src.take(n)


def implied_shape(schema, axis):
    corrupt_if(axis is not None and axis > len(schema.shape), "an axis too far")
    shape = list(schema.shape)
    if axis is not None:
        shape.insert(axis, len(schema.columns))
    return shape


def grid_of(layout):
    """8.3: the shape that the schema has for this layout."""
    if product(layout.shape) == 0:
        return [0]
    rest = [e for i, e in enumerate(layout.shape) if i != layout.axis] or [1]
    merged = max(len(rest) - 7, 1)
    return [product(rest[:merged])] + rest[merged:]


def npy_header(layout):
    shape = layout.shape[::-1] if layout.flags & 2 else layout.shape
    name = NPY_NAME[layout.type] if not layout.flags & 64 else "b1"
    order = "|" if TYPE_SIZE[layout.type] == 1 else ">" if layout.flags & 1 else "<"
    text = "{'descr': '%s%s', 'fortran_order': %s, 'shape': (%s%s), }" % (
        order, name, bool(layout.flags & 2), ", ".join(map(str, shape)),
        "," if len(shape) == 1 else "")
    if layout.shape and not layout.flags & 128:
        text += " " * (21 - len(str(layout.shape[0])))
    text += " " * (64 - (10 + len(text) + 1) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("ascii")


def idx_header(layout):
    corrupt_if(layout.type not in IDX_CODE or not layout.shape or max(layout.shape) > M32,
               "an envelope that implies an impossible header")
    return struct.pack(">BBBB%dI" % len(layout.shape), 0, 0, IDX_CODE[layout.type],
                       len(layout.shape), *layout.shape)


# ---- model files (10.12) ------------------------------------------------------------------------


def check_family(payload):
    """10.12.1: gives the number of sections that follow."""
    src = Source(payload)
    n_sections, is_table = src.varint(), src.u8()
    corrupt_if(is_table > 1, "a family of another kind")
    extents = [src.varint() for _ in range(3)]
    corrupt_if(not all(1 <= e <= 1 << 20 for e in extents) or product(extents) > 1 << 20,
               "an item that cannot be")
    n_fields = src.varint()
    corrupt_if(not 1 <= n_fields <= 65535, "a number of fields that cannot be")
    for _ in range(n_fields):
        kind = src.u8()
        corrupt_if(kind != 0 if is_table else not 1 <= kind <= 10, "a field of an unknown type")
        size = src.varint()
        corrupt_if(size > 1 << 24 or 0 in src.take(size), "a name with a byte 0")
    src.done("the family")
    return n_sections


def model_file_body(data):
    """The body of a model file: what files refer to by its hash."""
    if len(data) < 8:
        raise Bad("TRUNCATED", "no header")
    check_header(data[:8])
    section = Section(data, 0, 8, 1 << 33)
    if section.type in (SCHEMA, TABLE_SCHEMA):
        raise Bad("MAGIC", "an archive, not a model file")
    corrupt_if(section.type != FAMILY, "the file does not begin with a family")
    seen, body = set(), None
    for _ in range(check_family(section.payload)):
        section = Section(data, 0, section.end, 1 << 33)
        if section.type not in (BODY, FLOAT_WEIGHTS, RECORD, PROVENANCE):
            if not section.type & 0x80:
                raise Bad("VERSION", "an unknown required section")
            continue
        corrupt_if(section.type in seen, "a section twice")
        seen.add(section.type)
        if section.type == BODY:
            body = section.payload
    corrupt_if(section.end != len(data), "bytes after the end")
    corrupt_if(body is None, "a model file without a model")
    return body


def read_all(data, models):
    at, out = 0, []
    while at < len(data) or not out:
        file = File(data, at, models)
        out.append(file.body.original(file.envelope))
        at = file.end
    return b"".join(out)


def bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


def main(arguments):
    names, models = [], {}
    path = None
    try:
        rest = iter(arguments[1:])
        for word in rest:
            if word != "-m":
                names.append(word)
                continue
            path = next(rest, "")
            body = model_file_body(bytes_of(path))
            models[hash128(body)] = body
        if not 1 <= len(names) <= 2:
            sys.stderr.write("usage: aez_read.py [-m MODEL.aezm]... FILE.aez [OUT]\n")
            return 2
        path = names[0]
        out = read_all(bytes_of(path), models)
        if len(names) == 1:
            sys.stdout.buffer.write(out)
        else:
            with open(names[1], "wb") as f:
                f.write(out)
    except Bad as bad:
        sys.stderr.write("aez_read.py: %s: %s\n" % (path, bad))
        return 1
    except OSError as error:
        sys.stderr.write("aez_read.py: %s\n" % error)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
