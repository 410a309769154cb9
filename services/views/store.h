/* store.h - how the operator's store of s3://bucket/key is asked. */
#ifndef SHARELINK_VIEWS_STORE_H
#define SHARELINK_VIEWS_STORE_H

#include "services/views/s3_presign.h"
#include "services/views/views.h"

static inline struct s3_access store_access(const struct views *views)
{
    const struct views_settings *settings = views->settings;

    return (struct s3_access){
        .endpoint = views->s3_origin,
        .region = settings->s3_region,
        .access_key_id = settings->s3_access_key_id,
        .secret_access_key = settings->s3_secret_access_key,
        .path_style = settings->s3_path_style,
    };
}

#endif
