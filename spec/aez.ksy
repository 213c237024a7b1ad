meta:
  id: aez
  title: aez compressed numeric data
  file-extension:
    - aez
    - aezm
  license: BSD-3-Clause
  endian: le
  ks-version: 0.9
doc: |
  The container of the .aez format (sections 3 and 9.1 of aez-format.md): header, sections with their
  checksums, index and trailer. Payloads of chunks and models are integers of a codec and stay
  bytes here. Checksums are not computed.
doc-ref: aez-format.md
seq:
  - id: header
    type: header
  - id: sections
    type: section
    repeat: until
    repeat-until: _.type == section_type::index or _io.eof
  - id: trailer
    type: trailer
    if: sections.last.type == section_type::index
types:
  header:
    seq:
      - id: magic
        contents: [0x8f, 0x41, 0x45, 0x5a]
      - id: version
        type: u1
        valid: 1
      - id: hints
        type: u1
      - id: features
        type: u1
        valid: 0
      - id: zero
        type: u1
        valid: 0
  varint:
    doc: Seven bits a byte, lowest group first (1.2); exact here up to 2^53 in languages with doubles.
    seq:
      - id: groups
        type: group
        repeat: until
        repeat-until: not _.has_next
    instances:
      len:
        value: groups.size
      value:
        value: >-
          groups[0].value
          + (len >= 2 ? groups[1].value * 128 : 0)
          + (len >= 3 ? groups[2].value * 16384 : 0)
          + (len >= 4 ? groups[3].value * 2097152 : 0)
          + (len >= 5 ? groups[4].value * 268435456 : 0)
          + (len >= 6 ? groups[5].value * 34359738368 : 0)
          + (len >= 7 ? groups[6].value * 4398046511104 : 0)
          + (len >= 8 ? groups[7].value * 562949953421312 : 0)
          + (len >= 9 ? groups[8].value * 72057594037927936 : 0)
    types:
      group:
        seq:
          - id: byte
            type: u1
        instances:
          has_next:
            value: byte >= 0x80
          value:
            value: byte & 0x7f
  section:
    seq:
      - id: type
        type: u1
        enum: section_type
      - id: size
        type: varint
      - id: payload
        size: size.value
        type:
          switch-on: type
          cases:
            'section_type::schema': schema
            'section_type::index': index
      - id: check
        type: u8
    instances:
      optional:
        value: type.to_i >= 0x80
  schema:
    seq:
      - id: n_dims
        type: u1
        valid:
          min: 1
          max: 8
      - id: shape
        type: varint
        repeat: expr
        repeat-expr: n_dims
      - id: box_sites
        type: varint
      - id: n_fields
        type: varint
      - id: first_field
        type: field
        doc: What comes before its lattice (7.2), whose length only the codec knows.
      - id: rest
        size-eos: true
  field:
    seq:
      - id: type
        type: u1
        enum: value_type
      - id: flags
        type: u1
      - id: bound
        type: f8
        if: mode != mode::lossless
      - id: missing
        type: f8
        if: flags & 8 != 0
      - id: name_size
        type: varint
        if: flags & 16 != 0
      - id: name
        type: str
        size: name_size.value
        encoding: UTF-8
        if: flags & 16 != 0
    instances:
      mode:
        value: flags & 7
        enum: mode
  index:
    seq:
      - id: n
        type: varint
      - id: offset
        type: varint
        if: n.value > 0
      - id: first_site
        type: varint
        if: n.value > 0
      - id: chunks
        type: chunk_entry
        repeat: expr
        repeat-expr: n.value
  chunk_entry:
    seq:
      - id: size
        type: varint
      - id: n_sites
        type: varint
  trailer:
    seq:
      - id: index_offset
        type: u8
      - id: file_size
        type: u8
      - id: check
        type: u4
      - id: magic
        contents: [0x5a, 0x45, 0x41, 0x8f]
enums:
  section_type:
    1: schema
    2: model
    6: model_reference
    3: chunk
    4: index
    5: table_schema
    16: family
    17: body
    0x81: envelope
    0x92: weights
    0x93: record
    0x94: provenance
  value_type:
    1: u8
    2: i8
    3: u16
    4: i16
    5: u32
    6: i32
    7: u64
    8: i64
    9: f32
    10: f64
    11: opaque
  mode:
    0: lossless
    1: absolute
    2: relative
    3: pointwise_relative
    4: psnr
    5: latents
