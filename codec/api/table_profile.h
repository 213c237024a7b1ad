/* table_profile.h - the first pass over a table, as encoders and families see it. */
#ifndef AEZ_API_TABLE_PROFILE_H
#define AEZ_API_TABLE_PROFILE_H

#include "../table/table.h"

struct aez_table_profile {
    aez_mem           mem;
    aez_table_survey *survey;
};

#endif
