/* report_html.h - the HTML of a report: text, escapes, pictures, the frame of the page. */
#ifndef AEZ_CLI_REPORT_HTML_H
#define AEZ_CLI_REPORT_HTML_H

#include "../codec/base/buf.h"
#include "message.h"

/* Text as it stands. */
void report_put(aez_buf *b, const char *text);
void report_putf(aez_buf *b, const char *format, ...) AEZ_PRINTF(2, 3);
/* Text of others: what means something in HTML is escaped, what is no UTF-8 becomes U+FFFD. */
void report_put_escaped(aez_buf *b, const char *text);
/* The same, with `code` between backquotes. */
void report_put_rich(aez_buf *b, const char *text);
/* At most `digits` significant digits; a dash for NaN, a sign for the infinities. */
void report_put_number(aez_buf *b, double v, int digits);
/* 1,234,567 */
void report_put_count(aez_buf *b, uint64_t n);
/* data:TYPE;base64,... */
void report_put_data_uri(aez_buf *b, const char *type, const uint8_t *bytes, size_t size);

/* Everything before and after what the page shows. One file, nothing from elsewhere, no script. */
void report_html_open(aez_buf *b, const char *title);
void report_html_close(aez_buf *b);

#endif
