/* table_dialect.h - parts of choosing a schema; for codec/table only. */
#ifndef AEZ_TABLE_DIALECT_H
#define AEZ_TABLE_DIALECT_H

#include "table_survey.h"

/* Columns with their blanks and quotes, line end, head with names. */
aez_status aez_table_choose_dialect(aez_table_schema *schema, aez_table_survey *survey,
                                    const aez_table_options *options);
/* At least half of the cells that are not empty are numbers, and none looks like 007. */
int        aez_table_is_numeric(const survey_column *column);
/* Kind, form and entries of column i; its name and layout are set already. */
aez_status aez_table_choose_column(aez_table_schema *schema, const aez_table_survey *survey,
                                   uint32_t i, double epsilon);

#endif
