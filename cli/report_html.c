/* report_html.c - the HTML of a report: text, escapes, pictures, the frame of the page. */
#include "platform.h"

#include "report_html.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "json.h"

void report_put(aez_buf *b, const char *text)
{
    aez_put(b, text, strlen(text));
}

void report_putf(aez_buf *b, const char *format, ...)
{
    va_list args;
    int     n;
    char   *room;
    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    room = n < 0 ? NULL : (char *)aez_buf_room(b, (size_t)n + 1);
    if (!room)
        return;
    va_start(args, format);
    (void)vsnprintf(room, (size_t)n + 1, format, args);
    va_end(args);
    b->size += (size_t)n;
}

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* One character of the text; bytes that it takes. */
static size_t put_character(aez_buf *b, const char *text)
{
    size_t      n = aez_utf8_size((const unsigned char *)text);
    const char *entity = entity_of(*text);
    if (n == 0) {
        report_put(b, "\xEF\xBF\xBD");
        return 1;
    }
    if (entity)
        report_put(b, entity);
    else if (n == 1 && ((unsigned char)*text < 0x20 || *text == 0x7F))
        report_put(b, " ");
    else
        aez_put(b, text, n);
    return n;
}

void report_put_escaped(aez_buf *b, const char *text)
{
    while (*text)
        text += put_character(b, text);
}

void report_put_rich(aez_buf *b, const char *text)
{
    while (*text) {
        const char *end = *text == '`' ? strchr(text + 1, '`') : NULL;
        if (!end) {
            text += put_character(b, text);
            continue;
        }
        report_put(b, "<code>");
        for (text++; text < end;)
            text += put_character(b, text);
        report_put(b, "</code>");
        text = end + 1;
    }
}

void report_put_number(aez_buf *b, double v, int digits)
{
    if (isnan(v))
        report_put(b, "\xE2\x80\x93");
    else if (isinf(v))
        report_put(b, v < 0 ? "\xE2\x88\x92\xE2\x88\x9E" : "\xE2\x88\x9E");
    else
        report_putf(b, "%.*g", digits, v);
}

void report_put_count(aez_buf *b, uint64_t n)
{
    char digits[24];
    int  len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            report_put(b, ",");
        aez_put(b, digits + i, 1);
    }
}

void report_put_data_uri(aez_buf *b, const char *type, const uint8_t *bytes, size_t size)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    report_putf(b, "data:%s;base64,", type);
    for (size_t i = 0; i < size; i += 3) {
        size_t   left = size - i;
        uint32_t word = (uint32_t)bytes[i] << 16 | (uint32_t)(left > 1 ? bytes[i + 1] : 0) << 8 |
                        (uint32_t)(left > 2 ? bytes[i + 2] : 0);
        char     four[4] = {letters[word >> 18], letters[word >> 12 & 63],
                            left > 1 ? letters[word >> 6 & 63] : '=',
                            left > 2 ? letters[word & 63] : '='};
        aez_put(b, four, 4);
    }
}

/* Colours of series are safe for the colour-blind: after Okabe and Ito, and for many classes after
 * Tol's muted set, both turned brighter on dark ground. */
static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--panel:#f6f7f9;--ink:#1b1f24;--soft:#57606a;"
    "--grid:#d5dae0;--rule:#d0d7de;--link:#0b5cad;"
    "--s1:#0072b2;--s2:#d55e00;--s3:#00896a;--s4:#b0508f;--s5:#b87c00;--s6:#3a9ad9;--s7:#57606a;"
    "--s8:#8a5a2b;"
    "--c1:#332288;--c2:#b5495b;--c3:#117733;--c4:#c79a1e;--c5:#44aa99;--c6:#882255;--c7:#5aa9d6;"
    "--c8:#7d7d24;--c9:#aa4499;--c10:#777777}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#12151a;--panel:#1a1f26;--ink:#e3e7ec;"
    "--soft:#9aa5b1;--grid:#343c46;--rule:#343c46;--link:#6cb2f2;"
    "--s1:#56b4e9;--s2:#f0803c;--s3:#2fbf97;--s4:#dd8fc0;--s5:#e6b23c;--s6:#8fd0ff;--s7:#a9b4bf;"
    "--s8:#c99a6b;"
    "--c1:#8f84e8;--c2:#e87c8d;--c3:#4fb46f;--c4:#e3c14f;--c5:#5fd0be;--c6:#d45a94;--c7:#8ccbf0;"
    "--c8:#b9b94f;--c9:#d77fc8;--c10:#a8a8a8}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--bg);color:var(--ink);"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}\n"
    "main{max-width:1120px;margin:0 auto;padding:24px 16px 48px}\n"
    "h1,h2,h3,nav{overflow-wrap:anywhere}\n"
    "h1{font-size:1.8rem;line-height:1.2;margin:.2em 0 .5em}\n"
    "h2{font-size:1.3rem;line-height:1.25;margin:2em 0 .5em;padding-top:.6em;"
    "border-top:1px solid var(--rule)}\n"
    "h3{font-size:1.05rem;margin:1.6em 0 .4em}\n"
    "article+article{margin-top:4em}\n"
    "p{max-width:46em;margin:.6em 0}\n"
    "a{color:var(--link)}\n"
    "code{font:.9em ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;"
    "background:var(--panel);padding:.1em .3em;border-radius:4px;overflow-wrap:anywhere}\n"
    ".plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));"
    "gap:8px 28px}\n"
    "figure{margin:1em 0;min-width:0}\n"
    "figure.plot{max-width:640px}\n"
    "figcaption{font-weight:600;margin-bottom:.35em;overflow-wrap:anywhere}\n"
    ".note{color:var(--soft);font-size:.86rem;margin:.35em 0 0;font-weight:400;max-width:none}\n"
    "svg.plot{display:block;width:100%;max-width:100%;height:auto;font-family:inherit}\n"
    "svg .word{font-weight:700;paint-order:stroke;stroke:var(--bg);stroke-width:5px;"
    "stroke-linejoin:round}\n"
    ".legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1em 1.1em;margin:0 0 .3em;padding:0;"
    "font-size:.86rem}\n"
    ".legend li{display:flex;align-items:center;gap:.45em}\n"
    ".legend i{display:inline-block;width:1.5em;height:0;border-top:3px solid var(--c)}\n"
    ".legend i.dash{border-top-style:dashed}\n"
    ".legend i.points{width:.7em;height:.7em;border:0;border-radius:50%;background:var(--c)}\n"
    ".legend i.fill{width:1em;height:.8em;border:1px solid var(--c);position:relative;"
    "overflow:hidden}\n"
    ".legend i.fill::after{content:'';position:absolute;inset:0;background:var(--c);opacity:.35}\n"
    ".wide{overflow-x:auto;margin:1em 0;-webkit-overflow-scrolling:touch}\n"
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}\n"
    "caption{text-align:left;font-weight:600;margin-bottom:.4em}\n"
    "th,td{padding:.28em .75em;border-bottom:1px solid var(--rule);text-align:left;"
    "white-space:nowrap}\n"
    "thead th{border-bottom:2px solid var(--rule);vertical-align:bottom}\n"
    "tbody tr:hover{background:var(--panel)}\n"
    ".n{text-align:right}\n"
    ".best{font-weight:700}\n"
    ".bad{color:var(--s2);font-weight:700}\n"
    ".row{display:grid;grid-template-columns:7.5em 1fr;align-items:center;gap:2px 12px;"
    "margin:3px 0}\n"
    ".row span{font-size:.86rem;text-align:right;overflow-wrap:anywhere}\n"
    ".strip{margin:0 0 1em}\n"
    ".strip img{display:block;width:100%;height:auto;image-rendering:pixelated;"
    "image-rendering:crisp-edges;image-rendering:pixelated}\n"
    "nav ul{padding-left:1.2em;margin:.4em 0 1.6em}\n"
    "footer{margin-top:3em;padding-top:.8em;border-top:1px solid var(--rule);color:var(--soft);"
    "font-size:.86rem}\n"
    "@media (max-width:640px){main{padding:14px 14px 32px}h1{font-size:1.45rem}"
    ".row{grid-template-columns:1fr}.row span{text-align:left}th,td{padding:.25em .5em}}\n"
    "@media print{.wide{overflow:visible}}\n";

void report_html_open(aez_buf *b, const char *title)
{
    report_put(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                  "<meta name=\"generator\" content=\"aez report\"/>\n<title>");
    report_put_escaped(b, title);
    report_put(b, "</title>\n<style>\n");
    report_put(b, style);
    report_put(b, "</style>\n</head>\n<body>\n<main>\n");
}

void report_html_close(aez_buf *b)
{
    report_putf(b, "<footer>Written by aez %d.%d.%d report.</footer>\n</main>\n</body>\n</html>\n",
                AEZ_VERSION_MAJOR, AEZ_VERSION_MINOR, AEZ_VERSION_PATCH);
}
