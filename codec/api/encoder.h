/* encoder.h - the encoder's state, shared by its sources: sites in, rows in, bytes out. */
#ifndef AEZ_API_ENCODER_H
#define AEZ_API_ENCODER_H

#include "../../format/format.h"
#include "../chunk/table_chunk.h"
#include "../search/seed.h"
#include "index_list.h"
#include "options.h"
#include "profile.h"
#include "row_store.h"
#include "schema.h"

#define AEZ_DEFAULT_CHUNK ((uint64_t)16 << 20)
#define AEZ_MESSAGE_SIZE 200

/* One chunk of the batch in flight: a box of sites, or a run of rows. */
typedef struct aez_slot {
    aez_box        box;
    uint8_t      **column; /* [n_fields] of an array */
    aez_row_store  rows;   /* of a table */
    uint64_t       filled; /* sites or rows */
    aez_buf        payload;
    aez_chunk_info info;
    aez_status     status;
} aez_slot;

enum { AEZ_TAKING, AEZ_FINISHED, AEZ_BROKEN };

struct aez_encoder {
    aez_mem           mem;
    aez_options       options;
    int               is_table;
    aez_owned_schema  schema; /* of an array */
    aez_chunk_context ctx;
    aez_table_schema  table; /* of a table */
    aez_table_context table_ctx;
    aez_buf           front;        /* packed schema of a table, written with the first chunk */
    uint64_t          n_head_left; /* header rows still to be left out */
    uint32_t          n_columns;
    uint32_t          width, n_full;
    aez_slot         *slot; /* [width]; slot[n_full] is being filled */
    uint64_t          next_box, pushed;
    uint8_t           header[AEZ_HEADER_SIZE];
    aez_buf           out;
    size_t            out_pos;
    uint64_t          file_size; /* bytes put to `out` so far, pulled ones too */
    aez_index_list    index;
    uint64_t          raw_done;
    aez_report        report;
    char             *text; /* [n_columns][AEZ_NOTE_SIZE] of the last chunk */
    aez_plan_seed    *seed; /* the first chunk's plans, for those after it; NULL: not kept */
    aez_plan_seed    *family; /* takes the first chunk's plans for a model; not owned; or NULL */
    int               sole; /* the batch being coded is all of the file */
    aez_learned      *learned, *baseline; /* the model, and PCA to compare it with; or NULL */
    aez_buf           model_section; /* of the model that was given, until it is written */
    uint8_t          *kept_exact;         /* of a table: [n_columns] no feature of latents alone */
    double            error, baseline_error;
    uint64_t          n_errors, item_bytes, baseline_bytes; /* item_bytes: of latents alone */
    int               state;
    char              message[AEZ_MESSAGE_SIZE];
};

/* Ends the encoder's use with a status and a sentence (NULL: the status's own). */
aez_status aez_encoder_fail(aez_encoder *e, aez_status st, const char *what);
/* A new handle with its options; *out is set even on failure, unless memory was short. */
aez_status aez_encoder_begin(aez_encoder **out, const aez_options *options);
aez_search_options aez_encoder_search(const aez_encoder *e);
/* Slots for `width` chunks and the texts of n_columns. */
aez_status aez_encoder_take_slots(aez_encoder *e, uint32_t width, uint32_t n_columns);
/* The header, which begins the file; then sections. */
void       aez_encoder_put_header(aez_encoder *e);
void       aez_encoder_put_section(aez_encoder *e, unsigned type, const void *payload, size_t size);
/* Whether the options ask for a model, or let one be tried. */
int aez_model_is_wanted(const aez_options *options);
/* Most features of an item that a model of the file's own is tried for. */
uint64_t aez_model_features_max(const aez_options *options);
/* The lattice of a field of which latents are kept; 0: its values have no even grid. */
int aez_latent_lattice(aez_lattice *out, aez_type type, const aez_survey *survey);
/* Learns a model of the array, or of the table's first chunk, where one is wanted, and writes its
 * section if it is kept. On failure the encoder has failed. */
aez_status aez_encoder_learn_sites(aez_encoder *e, const aez_profile *profile);
aez_status aez_encoder_learn_rows(aez_encoder *e, const aez_row_store *store);
void       aez_encoder_forget(aez_encoder *e);
/* Chunks see e->learned from now on. */
void           aez_encoder_adopt(aez_encoder *e);
aez_model_file aez_encoder_model_file(const aez_encoder *e);
/* Writes the section of a model, or of a reference to one. */
void aez_encoder_put_model(aez_encoder *e, unsigned type, const aez_buf *section);
/* Links the model of the options, if there is one, with the fields or columns; its section waits for
 * the first chunks. On failure the encoder has failed, and its message names what differs. */
aez_status aez_encoder_use_trained(aez_encoder *e);
/* For training stages: what codes the first chunk best is added to the (lean) seed, which outlives
 * the encoder. Later chunks are coded without it. Before anything is pushed. */
void aez_encoder_keep(aez_encoder *e, aez_plan_seed *seed);
/* Writes the front of a table's file, once; bare: its rows are stored. */
aez_status aez_encoder_put_table_front(aez_encoder *e, int bare);
/* Codes the full slots and empties them. */
aez_status aez_encoder_code_batch(aez_encoder *e);

#endif
