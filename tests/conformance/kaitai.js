/* conformance.js KSY FILE...: compiles a Kaitai Struct description and parses every file with it to
 * the last byte; where a file has an index, its entries must be the chunk sections. */
const fs = require('fs');
const vm = require('vm');
const yaml = require('js-yaml');
const compiler = require('kaitai-struct-compiler');
const KaitaiStream = require('kaitai-struct/KaitaiStream');

function load(sources) {
    const module = {exports: {}};
    const code = sources['Aez.js'];
    const wrap = vm.runInThisContext('(function (exports, require, module) {' + code + '\n})');
    wrap(module.exports, require, module);
    return module.exports.Aez || module.exports;
}

function check(Aez, path) {
    const bytes = fs.readFileSync(path);
    const stream = new KaitaiStream(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const aez = new Aez(stream);
    const kinds = Aez.SectionType;
    const last = aez.sections[aez.sections.length - 1];
    if (!stream.isEof())
        throw new Error('bytes left over: ' + (bytes.length - stream.pos));
    const chunks = aez.sections.filter((s) => s.type === kinds.CHUNK);
    if (last.type === kinds.INDEX) {
        if (last.payload.n.value !== chunks.length)
            throw new Error('the index has another number of chunks');
        for (let i = 0; i < chunks.length; i++) {
            const size = 1 + chunks[i].size.len + chunks[i].size.value + 8;
            if (last.payload.chunks[i].size.value !== size)
                throw new Error('the index has another size of chunk ' + i);
        }
        if (aez.trailer.fileSize !== bytes.length)
            throw new Error('the trailer has another size of the file');
    }
}

(async () => {
    const [ksy, ...files] = process.argv.slice(2);
    const Aez = load(await compiler.compile('javascript', yaml.load(fs.readFileSync(ksy, 'utf8'))));
    let bad = 0;
    for (const file of files) {
        try {
            check(Aez, file);
        } catch (e) {
            console.error(file + ': ' + e.message);
            bad++;
        }
    }
    console.log('kaitai: ' + (files.length - bad) + ' of ' + files.length + ' files parsed');
    process.exit(bad ? 1 : 0);
})().catch((e) => {
    console.error(String(e.message || e));
    process.exit(1);
});
